//! Query parameters. A handler takes each by name; parameters that are left over are refused.

use crate::{Problem, limits, request::cursor};
use axum::{
    extract::{FromRequestParts, Query},
    http::request::Parts,
};
use document::time::Time;
use engine::port::Window;

/// The query of a request, as pairs of name and value. A handler calls [`Params::done`] once it has taken all it knows.
pub struct Params(Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query = Query::<Vec<(String, String)>>::from_request_parts(parts, state).await;
        let Query(pairs) = query.map_err(|_| {
            Problem::field("invalid_parameter", "", "the query is not valid", "percent-encode names and values")
        })?;
        Ok(Self(pairs))
    }
}

/// Refuses requests with a query. For routes that change something: whoever sends a parameter expects it to matter, and
/// it would be ignored.
pub struct NoParams;

impl<S: Send + Sync> FromRequestParts<S> for NoParams {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        Params::from_request_parts(parts, state).await?.done()?;
        Ok(Self)
    }
}

impl Params {
    /// The parameters that stand elsewhere than in a query, such as in a body.
    pub fn of(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }

    /// The value of a parameter; None where it is absent.
    ///
    /// # Errors
    /// 422 `invalid_parameter` where it is given more than once.
    pub fn take(&mut self, name: &str) -> Result<Option<String>, Problem> {
        let mut values = self.take_all(name);
        if values.len() > 1 {
            return Err(invalid(name, "is given more than once", "give it once"));
        }
        Ok(values.pop())
    }

    /// The value of a parameter that names something, such as an id.
    ///
    /// # Errors
    /// 422 `invalid_parameter` where it is given twice or has more than [`limits::NAME_BYTES`].
    pub fn name(&mut self, name: &str) -> Result<Option<String>, Problem> {
        let value = self.take(name)?;
        if value.as_ref().is_some_and(|value| value.len() > limits::NAME_BYTES) {
            return Err(invalid(name, "is too long", "give 512 bytes at most"));
        }
        Ok(value)
    }

    /// Every value of a parameter that may be repeated.
    pub fn take_all(&mut self, name: &str) -> Vec<String> {
        let (taken, rest) = std::mem::take(&mut self.0).into_iter().partition(|(key, _)| key == name);
        self.0 = rest;
        let taken: Vec<(String, String)> = taken;
        taken.into_iter().map(|(_, value)| value).collect()
    }

    /// Every parameter whose name begins with a prefix: the rest of the name, and the value.
    pub fn take_prefixed(&mut self, prefix: &str) -> Vec<(String, String)> {
        let (taken, rest): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.0).into_iter().partition(|(key, _)| key.starts_with(prefix));
        self.0 = rest;
        taken.into_iter().map(|(key, value)| (key[prefix.len()..].to_owned(), value)).collect()
    }

    /// The value of a parameter that is a number.
    ///
    /// # Errors
    /// 422 `invalid_parameter` where it is given twice, is no number, or is none of the type `T`.
    pub fn number<T: std::str::FromStr>(&mut self, name: &str) -> Result<Option<T>, Problem> {
        self.take(name)?
            .map(|text| text.parse().map_err(|_| invalid(name, "is not a number in its range", "give a plain number")))
            .transpose()
    }

    /// The value of a parameter that is `true` or `false`.
    ///
    /// # Errors
    /// 422 `invalid_parameter` where it is given twice or is neither.
    pub fn flag(&mut self, name: &str) -> Result<Option<bool>, Problem> {
        self.take(name)?
            .map(|text| text.parse().map_err(|_| invalid(name, "is neither true nor false", "give one of them")))
            .transpose()
    }

    /// The value of a parameter that is a time in RFC 3339.
    ///
    /// # Errors
    /// 422 `invalid_parameter` where it is given twice or is no time.
    pub fn time(&mut self, name: &str) -> Result<Option<Time>, Problem> {
        self.take(name)?
            .map(|text| {
                let hint = "write it in RFC 3339, such as 2026-01-31T09:00:00Z";
                // The `+` of an offset arrives as a space where the caller did not escape it.
                Time::parse(&text.replace(' ', "+")).ok_or_else(|| invalid(name, "is not a time", hint))
            })
            .transpose()
    }

    /// The parameters `limit` (1 to 200, by default 50) and `cursor` of the list of that name.
    ///
    /// # Errors
    /// 422 `invalid_parameter` where the limit is out of range or the cursor is not one of this list.
    pub fn window(&mut self, list: &str) -> Result<Window, Problem> {
        let limit = self.number("limit")?.unwrap_or(limits::PAGE_DEFAULT);
        if !(1..=limits::PAGE_ITEMS).contains(&limit) {
            return Err(invalid("limit", "is out of range", "give 1 to 200"));
        }
        let cursor = self.take("cursor")?.map(|text| {
            let hint = "send `next_cursor` of the page before, unchanged, to the same list";
            cursor::read(list, &text).ok_or_else(|| invalid("cursor", "is not one of this list", hint))
        });
        Ok(Window { limit, cursor: cursor.transpose()? })
    }

    /// Ends the reading of parameters.
    ///
    /// # Errors
    /// 422 `unknown_field` about the first parameter that was not taken.
    pub fn done(self) -> Result<(), Problem> {
        match self.0.first() {
            None => Ok(()),
            Some((name, _)) => {
                let message = format!("unknown parameter `{name}`");
                Err(Problem::field("unknown_field", name, message, "leave it out, or correct its name"))
            }
        }
    }
}

/// 422 about one parameter: `what` completes the sentence "the parameter NAME …".
fn invalid(name: &str, what: &str, hint: &str) -> Problem {
    Problem::field("invalid_parameter", name, format!("the parameter `{name}` {what}"), hint)
}

impl Params {
    /// 422 `invalid_parameter` about a value that a parameter cannot have: `what` completes the sentence "the parameter
    /// NAME …", `hint` says what to send in its place.
    pub fn refuse(name: &str, what: &str, hint: &str) -> Problem {
        invalid(name, what, hint)
    }
}
