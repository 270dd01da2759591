//! Query parameters: each is taken by name, and what is left over is refused.

use crate::{Problem, limits, request::cursor};
use axum::{
    extract::{FromRequestParts, Query},
    http::request::Parts,
};
use document::time::Time;
use engine::port::Window;

/// The query of a request. Call [`Params::done`] once everything known is taken.
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

/// That a request has no query. For routes that write: a parameter that is not read would have meant something else.
pub struct NoParams;

impl<S: Send + Sync> FromRequestParts<S> for NoParams {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        Params::from_request_parts(parts, state).await?.done()?;
        Ok(Self)
    }
}

impl Params {
    /// The value of a parameter; twice is refused.
    pub fn take(&mut self, name: &str) -> Result<Option<String>, Problem> {
        let mut values = self.take_all(name);
        if values.len() > 1 {
            return Err(invalid(name, "is given more than once", "give it once"));
        }
        Ok(values.pop())
    }

    /// The value of a parameter that names something.
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

    /// Every parameter that begins with a prefix, without it.
    pub fn take_prefixed(&mut self, prefix: &str) -> Vec<(String, String)> {
        let (taken, rest): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.0).into_iter().partition(|(key, _)| key.starts_with(prefix));
        self.0 = rest;
        taken.into_iter().map(|(key, value)| (key[prefix.len()..].to_owned(), value)).collect()
    }

    /// A number.
    pub fn number<T: std::str::FromStr>(&mut self, name: &str) -> Result<Option<T>, Problem> {
        self.take(name)?
            .map(|text| text.parse().map_err(|_| invalid(name, "is not a number in its range", "give a plain number")))
            .transpose()
    }

    /// A moment.
    pub fn time(&mut self, name: &str) -> Result<Option<Time>, Problem> {
        self.take(name)?
            .map(|text| {
                let hint = "write it in RFC 3339, such as 2026-01-31T09:00:00Z";
                // A `+` that was not escaped comes as a space.
                Time::parse(&text.replace(' ', "+")).ok_or_else(|| invalid(name, "is not a time", hint))
            })
            .transpose()
    }

    /// `limit` and `cursor` of a list of that name.
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

    /// Refuses what is left.
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

/// 422 about one parameter.
fn invalid(name: &str, what: &str, hint: &str) -> Problem {
    Problem::field("invalid_parameter", name, format!("the parameter `{name}` {what}"), hint)
}

impl Params {
    /// 422: a parameter has a value that it cannot have.
    pub fn refuse(name: &str, what: &str, hint: &str) -> Problem {
        invalid(name, what, hint)
    }
}
