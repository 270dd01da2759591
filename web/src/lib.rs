//! The pages: what people see who would rather look than read. A page is a function of a view.
