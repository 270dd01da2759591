//! A value of a config that is no text: a number, a boolean, one of some words. It stands in the document, or is one
//! template alone that yields it, and has the same bounds in both cases.

use crate::reading::{Cx, Fields, Place, kind_of, whole};
use expression::{Expr, ExprError, Scope, Template};
use serde_json::Value;
use std::fmt::Debug;

/// A type of which a config may have values.
pub trait Ruled: Copy + Debug + Send + Sync + 'static {
    /// What bounds the values.
    type Bounds: Copy + Debug + Send + Sync;

    /// Reads a literal member of a config, and reports what is wrong with it.
    fn literal(f: &Fields<'_, '_>, cx: &mut Cx<'_>, key: &str, bounds: Self::Bounds) -> Option<Self>;

    /// Reads what a template yielded.
    fn rendered(value: &Value, bounds: Self::Bounds) -> Option<Self>;

    /// What is wanted, for messages.
    fn wanted(bounds: Self::Bounds) -> String;
}

/// A number within bounds, both included.
impl Ruled for f64 {
    type Bounds = (f64, f64);

    fn literal(f: &Fields<'_, '_>, cx: &mut Cx<'_>, key: &str, (least, most): Self::Bounds) -> Option<Self> {
        f.number(cx, key, least, most)
    }

    fn rendered(value: &Value, (least, most): Self::Bounds) -> Option<Self> {
        value.as_f64().filter(|number| (least..=most).contains(number))
    }

    fn wanted((least, most): Self::Bounds) -> String {
        format!("a number from {least} to {most}")
    }
}

/// A whole number within bounds, both included.
impl Ruled for u64 {
    type Bounds = (u64, u64);

    fn literal(f: &Fields<'_, '_>, cx: &mut Cx<'_>, key: &str, (least, most): Self::Bounds) -> Option<Self> {
        f.integer(cx, key, least, most)
    }

    fn rendered(value: &Value, (least, most): Self::Bounds) -> Option<Self> {
        whole(value).filter(|number| (least..=most).contains(number))
    }

    fn wanted((least, most): Self::Bounds) -> String {
        format!("a whole number from {least} to {most}")
    }
}

impl Ruled for bool {
    type Bounds = ();

    fn literal(f: &Fields<'_, '_>, cx: &mut Cx<'_>, key: &str, (): Self::Bounds) -> Option<Self> {
        f.flag(cx, key)
    }

    fn rendered(value: &Value, (): Self::Bounds) -> Option<Self> {
        value.as_bool()
    }

    fn wanted((): Self::Bounds) -> String {
        "true or false".into()
    }
}

/// A value of a config, literal or rendered.
#[derive(Clone, Debug)]
pub struct Setting<T: Ruled>(Source<T>);

#[derive(Clone, Debug)]
enum Source<T: Ruled> {
    Literal(T),
    Template { key: &'static str, template: Template, bounds: T::Bounds },
}

impl<T: Ruled> Setting<T> {
    /// A value that is known.
    pub fn of(value: T) -> Self {
        Self(Source::Literal(value))
    }

    /// The value, where it stands in the document; none where a template yields it.
    pub fn literal(&self) -> Option<T> {
        match &self.0 {
            Source::Literal(value) => Some(*value),
            Source::Template { .. } => None,
        }
    }

    /// The value, its template rendered and checked.
    ///
    /// # Errors
    /// Those of a template; `invalid_config` where it yields what the document could not have.
    pub fn value(&self, scope: &Scope<'_>) -> Result<T, ExprError> {
        let (key, template, bounds) = match &self.0 {
            Source::Literal(value) => return Ok(*value),
            Source::Template { key, template, bounds } => (*key, template, *bounds),
        };
        let rendered = template.render(scope)?;
        // The message names the type alone: whoever reads it need not be whoever may read the value.
        T::rendered(&rendered, bounds).ok_or_else(|| {
            let found = kind_of(&rendered);
            let message =
                format!("`{key}` must be {}, and its template yields {found} that is none", T::wanted(bounds));
            ExprError { code: "invalid_config", message }
        })
    }

    /// The value that a template yields; none where the value stands in the document, so that nothing of it needs to be
    /// recorded.
    ///
    /// # Errors
    /// Those of [`Self::value`].
    pub fn rendered(&self, scope: &Scope<'_>) -> Result<Option<T>, ExprError> {
        match self.literal() {
            Some(_) => Ok(None),
            None => self.value(scope).map(Some),
        }
    }

    /// Adds the expressions of the template, where it is one.
    pub(crate) fn expressions<'a>(&'a self, all: &mut Vec<&'a Expr>) {
        if let Source::Template { template, .. } = &self.0 {
            all.extend(template.expressions().into_iter().map(|(_, expr)| expr));
        }
    }
}

impl Cx<'_> {
    /// Reads a member that is no text: a literal, or one template alone that yields it. None where it is absent or
    /// wrong.
    pub fn setting<T: Ruled>(
        &mut self,
        f: &Fields<'_, '_>,
        key: &'static str,
        bounds: T::Bounds,
        place: Place<'_>,
    ) -> Option<Setting<T>> {
        if f.get(key).and_then(Value::as_str).is_none_or(|text| !text.contains("{{")) {
            return T::literal(f, self, key, bounds).map(Setting::of);
        }
        let template = self.whole_template(f, key, place)?;
        Some(Setting(Source::Template { key, template, bounds }))
    }

    /// Reads a member that is one template alone, and so may yield what is no text.
    pub(crate) fn whole_template(&mut self, f: &Fields<'_, '_>, key: &str, place: Place<'_>) -> Option<Template> {
        let template = self.template(f, key, place)?;
        if !template.is_whole() {
            let message = format!("`{key}` is text around a template, and text is not what is wanted here");
            f.wrong(self, key, message, "Give one template alone, such as `{{ input.limit }}`.");
            return None;
        }
        Some(template)
    }
}
