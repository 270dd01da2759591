//! What the routes of the editor answer.

use super::{
    check::{Checked, check},
    checked::checked,
    draft::{Base, Draft, Wish},
    examples::find,
    page::{Shown, page},
};
use crate::{
    answered::{page_of_session, see_other},
    desk::{Asked, Refusal, part},
    form::Faults,
    layout::{Place, View, shown},
    look::plainly,
    refused::refused,
    session::{Sent, Visit},
    words::sentence,
    workflows::{compact, key},
};
use api::{
    Params,
    types::{Accepted, InlineBody, Saved, Workflow},
};
use axum::{
    extract::Path,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::Response,
};
use document::json::Unique;
use maud::html;
use serde_json::Value;

/// `GET /new`: an empty editor, or an example in it.
pub async fn new(visit: Visit, mut params: Params) -> Response {
    let read = async {
        let id = params.take("example")?;
        params.done()?;
        let missing = || Refusal::new(StatusCode::NOT_FOUND, "not_found", "there is no example of this name");
        let example = id.map(|id| find(&id).ok_or_else(missing)).transpose()?;
        let draft = Draft {
            text: example.map(|one| one.text()).unwrap_or_default(),
            input: example.map_or("{}", |one| one.input).to_owned(),
            ..Draft::default()
        };
        let checked = check(&visit, &draft.text).await?;
        Ok::<_, Refusal>((draft, checked, example))
    };
    match read.await {
        Ok((draft, checked, example)) => {
            let shown = Shown { draft: &draft, checked: &checked, faults: Faults::default(), example, other: None };
            page(&visit, StatusCode::OK, &shown)
        }
        Err(refusal) => refused(&refusal, &visit.up),
    }
}

/// `GET /workflows/{id}/edit`: the latest version, or the text of an older one to go on from.
pub async fn edit(visit: Visit, Path(id): Path<String>, mut params: Params) -> Response {
    let read = async {
        let version = params.number::<u64>("version")?;
        params.done()?;
        let path = format!("/v1/workflows/{}", part(&id));
        let latest = visit.desk.get::<Workflow>(&path).await?;
        let from = match version {
            None => latest.clone(),
            Some(version) => visit.desk.get(&format!("{path}?version={version}")).await?,
        };
        let of = Some(Base { id: latest.id, version: latest.version });
        let draft = Draft { text: compact(&from.document), input: "{}".into(), of, over: None };
        let checked = check(&visit, &draft.text).await?;
        Ok::<_, Refusal>((draft, checked))
    };
    match read.await {
        Ok((draft, checked)) => {
            let faults = Faults::default();
            page(
                &visit,
                StatusCode::OK,
                &Shown { draft: &draft, checked: &checked, faults, example: None, other: None },
            )
        }
        Err(refusal) => refused(&refusal, &visit.up),
    }
}

/// `POST /new/check`: problems and picture of the text alone, for the module. Nothing is changed.
pub async fn part_of(Sent { visit, pairs }: Sent) -> Response {
    match check(&visit, pairs.get("text").unwrap_or_default()).await {
        Ok(found) => page_of_session(StatusCode::OK, checked(&found)),
        Err(refusal) => refused(&refusal, &visit.up),
    }
}

/// `POST /new`.
pub async fn sent_new(sent: Sent) -> Response {
    act(sent, None).await
}

/// `POST /workflows/{id}/edit`.
pub async fn sent_edit(Path(id): Path<String>, sent: Sent) -> Response {
    act(sent, Some(&id)).await
}

/// What came of a wish.
enum Done {
    /// The page goes on there.
    Gone(String),
    /// It is saved, and the host has something to say about it.
    Told(Saved),
    /// The editor comes back, with what is wrong.
    Again(StatusCode, Faults),
    /// The version that somebody else saved stands in the way.
    Overtaken(u64),
}

async fn act(Sent { visit, pairs }: Sent, id: Option<&str>) -> Response {
    let Some((mut draft, wish)) = Draft::read(&pairs, id) else {
        let detail = "this is no form of the editor: load the page again";
        return refused(&Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_form", detail), &visit.up);
    };
    let checked = match check(&visit, &draft.text).await {
        Ok(checked) => checked,
        Err(refusal) => return refused(&refusal, &visit.up),
    };
    let done = match wish {
        Wish::Check => Done::Again(StatusCode::OK, Faults::default()),
        Wish::Run => run(&visit, &draft, &checked, pairs.get("key").unwrap_or_default()).await,
        Wish::Save => save(&visit, &draft, &checked).await,
    };
    let (status, faults, other) = match done {
        Done::Gone(address) => return see_other(&address),
        Done::Told(saved) => return told(&visit, &saved),
        Done::Again(status, faults) => (status, faults, None),
        Done::Overtaken(other) => (StatusCode::CONFLICT, Faults::default(), Some(other)),
    };
    // Somebody has to compare this text with another: in one endless line nobody can.
    if let (Some(_), Some(document), false) = (other, &checked.document, draft.text.trim().contains('\n')) {
        draft.text = compact(document);
    }
    page(&visit, status, &Shown { draft: &draft, checked: &checked, faults, example: None, other })
}

/// The document that is to be run or saved; the editor comes back where there is none.
fn document(checked: &Checked) -> Result<Value, Done> {
    let refused = |message: &str| {
        let mut faults = Faults::default();
        faults.add("text", message);
        Done::Again(StatusCode::UNPROCESSABLE_ENTITY, faults)
    };
    match &checked.document {
        Some(document) if checked.id.is_some() => Ok(document.clone()),
        Some(_) => Err(refused("Correct its errors first: they stand beside the text.")),
        None if checked.is_empty => Err(refused("Write a document first, or start from an example.")),
        None => Err(refused("It is neither JSON nor YAML: what is wrong stands beside the text.")),
    }
}

async fn run(visit: &Visit, draft: &Draft, checked: &Checked, once: &str) -> Done {
    let workflow = match document(checked) {
        Ok(workflow) => workflow,
        Err(again) => return again,
    };
    let mut faults = Faults::default();
    let input = match draft.input.trim() {
        "" => None,
        text => match serde_json::from_str::<Unique>(text) {
            Ok(Unique(input)) => Some(input),
            Err(error) => {
                faults.add("input", format!("This is not JSON: {error}"));
                return Done::Again(StatusCode::UNPROCESSABLE_ENTITY, faults);
            }
        },
    };
    let body = InlineBody { workflow, input, metadata: None };
    match visit.desk.send_with::<Accepted>(Method::POST, "/v1/executions", key(once), &body).await {
        Ok(accepted) => Done::Gone(format!("{}executions/{}", visit.up, part(&accepted.execution_id))),
        Err(refusal) => Done::Again(refusal.status, not_run(&refusal)),
    }
}

/// Why a run was refused, beside the input where it is for the input.
fn not_run(refusal: &Refusal) -> Faults {
    let mut faults = Faults::default();
    for error in &refusal.problem.errors {
        // Of an input that does not fit its schema the API names the place within the input.
        match (error.code.as_str(), error.path.as_str()) {
            ("invalid_input", "") => faults.add("input", error.message.clone()),
            ("invalid_input", place) => faults.add("input", format!("{place}: {}", error.message)),
            (_, _) => faults.add("text", error.message.clone()),
        }
    }
    if faults.is_empty() {
        faults.add_whole(format!("It was not run. {}", sentence(&plainly(&refusal.problem.detail))));
    }
    faults
}

async fn save(visit: &Visit, draft: &Draft, checked: &Checked) -> Done {
    let document = match document(checked) {
        Ok(document) => document,
        Err(again) => return again,
    };
    let own = checked.id.as_deref().unwrap_or_default();
    let id = draft.of.as_ref().map_or(own, |base| base.id.as_str());
    let path = format!("/v1/workflows/{}", part(id));
    let expected = match (draft.over, &draft.of) {
        (Some(over), _) => Some(over),
        (None, Some(base)) => Some(base.version),
        // A new document must not follow somebody else's by having the same id.
        (None, None) => match visit.desk.get::<Workflow>(&path).await {
            Ok(saved) => return Done::Overtaken(saved.version),
            Err(refusal) if refusal.status == StatusCode::NOT_FOUND => None,
            Err(refusal) => return not_saved(&refusal),
        },
    };
    let saved: Asked<Saved> = match expected {
        None => visit.desk.post("/v1/workflows", &document).await,
        Some(version) => {
            let value = HeaderValue::from_str(&format!("\"{version}\"")).ok();
            let headers: HeaderMap = value.map(|value| (header::IF_MATCH, value)).into_iter().collect();
            visit.desk.send_with(Method::PUT, &path, headers, &document).await
        }
    };
    match saved {
        Ok(saved) if saved.warnings.is_empty() => Done::Gone(format!("{}workflows/{}", visit.up, part(&saved.id))),
        Ok(saved) => Done::Told(saved),
        Err(refusal) => not_saved(&refusal),
    }
}

fn not_saved(refusal: &Refusal) -> Done {
    let latest = refusal.problem.more.get("version").and_then(Value::as_u64);
    if let (StatusCode::PRECONDITION_FAILED, Some(latest)) = (refusal.status, latest) {
        return Done::Overtaken(latest);
    }
    let mut faults = Faults::default();
    for error in &refusal.problem.errors {
        let hint = error.hint.as_deref().filter(|hint| !hint.is_empty()).map(|hint| format!(": {hint}"));
        faults.add("text", format!("{}{}", error.message, hint.unwrap_or_default()));
    }
    if faults.is_empty() {
        faults.add_whole(format!("It was not saved. {}", sentence(&plainly(&refusal.problem.detail))));
    }
    Done::Again(refusal.status, faults)
}

/// The page of a version that is saved although the host has something to say about it.
fn told(visit: &Visit, saved: &Saved) -> Response {
    let body = html! {
        article.card.narrow {
            h1 { "Saved as version " (saved.version) }
            p { "The host has this to say about " bdi { (saved.id) } ":" }
            ul.faults {
                @for fault in &saved.warnings {
                    li {
                        @if let Some(node) = &fault.node { strong { bdi { (node) } } ": " }
                        (fault.message)
                        @if let Some(hint) = &fault.hint { br; span.hint { (hint) } }
                    }
                }
            }
            div.actions {
                a.button href={ (visit.up) "workflows/" (part(&saved.id)) } { "To the workflow" }
                a.button href={ (visit.up) "workflows/" (part(&saved.id)) "/edit" } { "Go on editing" }
            }
        }
    };
    shown(visit, View { place: Place::Workflows, title: "Saved", scripts: &[], body })
}
