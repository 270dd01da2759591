//! Checks the text in the editor: what the API's checks say of it, each at its line, and its picture.

use super::problem::Problem;
use crate::{
    desk::{Asked, Refusal},
    limits,
    session::Visit,
    workflows::drawn,
};
use api::{
    types::{Checked as Told, Fault},
    written::{Format, Malformed, Places, read},
};
use maud::Markup;
use serde_json::Value;

/// What the checks say of a text.
#[derive(Default)]
pub struct Checked {
    /// The document; none where the text is none.
    pub document: Option<Value>,
    /// The id that the workflow has; none where it is not valid.
    pub id: Option<String>,
    /// The problems, errors first, [`limits::PROBLEMS`] at most.
    pub problems: Vec<Problem>,
    /// Problems that are not among them.
    pub more: usize,
    /// The picture of a valid document.
    pub picture: Option<Markup>,
    /// Whether nothing is written yet.
    pub is_empty: bool,
}

/// Checks a text.
///
/// # Errors
/// What the API says where it does not check at all.
pub async fn check(visit: &Visit, text: &str) -> Asked<Checked> {
    if text.trim().is_empty() {
        return Ok(Checked { is_empty: true, ..Checked::default() });
    }
    let (own, format) = (text.to_owned(), Format::of(text));
    let document = match api::aside(move || read(&own, format)).await? {
        Ok(document) => document,
        Err(malformed) => return Ok(unread(text, &malformed)),
    };
    let told = match visit.desk.post::<Told>("/v1/workflows/validate", &document).await {
        Ok(told) => told,
        Err(refusal) if refusal.status.is_client_error() => return unchecked(document, refusal),
        Err(refusal) => return Err(refusal),
    };
    let own = text.to_owned();
    Ok(api::aside(move || placed(&own, format, document, &told)).await?)
}

fn unread(text: &str, malformed: &Malformed) -> Checked {
    Checked { problems: vec![Problem::malformed(text, malformed)], ..Checked::default() }
}

/// A document that is not even checked, since it is too large or nests too deep. Who may not ask is refused.
fn unchecked(document: Value, refusal: Refusal) -> Asked<Checked> {
    if matches!(refusal.problem.code.as_str(), "forbidden" | "missing_scope" | "unauthorized" | "rate_limited") {
        return Err(refusal);
    }
    let problems = vec![Problem::whole(refusal.problem.detail.clone())];
    Ok(Checked { document: Some(document), problems, ..Checked::default() })
}

/// Finds the line of each problem, and draws the picture.
fn placed(text: &str, format: Format, document: Value, told: &Told) -> Checked {
    let places = Places::of(text, format);
    let faults: Vec<&Fault> = told.errors.iter().chain(&told.warnings).collect();
    let shown =
        faults.iter().take(limits::PROBLEMS).map(|fault| Problem::of(fault, text, &places, &document)).collect();
    let parsed = document::parse(&document).ok();
    let picture = parsed.as_ref().map(|parsed| drawn(&parsed.workflow, &[], |_| None));
    Checked {
        id: parsed.filter(|_| told.valid).map(|parsed| parsed.workflow.id.to_string()),
        document: Some(document),
        problems: shown,
        more: faults.len().saturating_sub(limits::PROBLEMS),
        picture,
        is_empty: false,
    }
}
