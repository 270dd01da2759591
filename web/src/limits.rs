//! Every bound of the pages, with its reason.

use std::time::Duration;

/// Bytes of a submitted form: a text of 300 pages with every character escaped, and a bound on what a stranger can have
/// read.
pub const FORM_BYTES: usize = 2 * 1024 * 1024;
/// Pairs of name and value in a submitted form: more than [`FIELDS`] fields with [`ROWS`] rows on one page make in
/// practice.
pub const FORM_PAIRS: usize = 10_000;
/// Fields that a form shows for a schema. A larger one is asked for as JSON: nobody fills in a page of a thousand fields.
pub const FIELDS: usize = 300;
/// Levels of objects and lists in a form. What lies deeper is asked for as JSON, which also ends schemas that hold
/// themselves.
pub const LEVELS: usize = 6;
/// Rows of a list in a form, so that one submit cannot ask for a page of any size.
pub const ROWS: usize = 200;
/// References (`$ref`) from one schema to the next that are followed before a form gives up.
pub const REFERENCES: usize = 16;
/// Characters up to which a text has a field of one line.
pub const LINE: u64 = 120;
/// Options up to which all are shown beside each other; more make a list that folds.
pub const RADIOS: usize = 7;
/// Characters of a question in the title of a page: what the tab of a browser shows at most.
pub const TITLE: usize = 80;
/// Bytes of Markdown that are rendered; what is longer shows as plain text, since it was hardly written by a person.
pub const MARKDOWN_BYTES: usize = 256 * 1024;
/// Requests per second with one person's link: what a person with a slow hand for rows and corrections needs.
pub const LINK_PER_SECOND: f64 = 5.0;
/// Requests with one link in a burst.
pub const LINK_AT_ONCE: f64 = 300.0;
/// The name under which all requests with links that nobody was given are counted together.
pub const GUESSES: &str = "guesses";
/// How long somebody stays signed in who showed a token: a working day. A token that ends or is revoked ends it sooner.
pub const SESSION: Duration = Duration::from_secs(12 * 3600);
/// How long a sign-in by the issuer may take: somebody may have to find a second factor.
pub const SIGN_IN: Duration = Duration::from_secs(600);
/// How long a browser is known that nobody has signed in with: forms of pages that stayed open as long still count.
pub const VISIT: Duration = Duration::from_secs(30 * 86_400);
