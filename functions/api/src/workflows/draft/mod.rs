//! Drafts: a language model writes a workflow document, and the static checks judge it. What they refuse goes back to the
//! model. Nothing is saved, and nothing runs.

mod answer;
mod choice;
mod told;

use super::host_checks::checked;
use crate::{
    Answered, App, Json, NoParams, Problem, Routes, Runner, limits,
    types::{Draft, DraftBody, Fault, Tokens},
};
use axum::{
    extract::State,
    http::{StatusCode, header},
};
use document::{
    validate::Severity,
    work::{Message, ModelAnswer, Usage},
};
use engine::model::Model;
use std::{sync::Arc, time::Duration};
use stepwell_core::task::Failure;
use tokio::time::Instant;
use utoipa_axum::routes;

pub(super) fn routes() -> Routes {
    Routes::new().routes(routes!(draft))
}

/// Have a language model write a workflow document, or change one. The static checks judge what it writes, and it is told
/// their errors, five rounds at most. Nothing is saved and nothing runs. It takes as long as the model does: up to four
/// minutes, and 25 seconds behind API Gateway.
#[utoipa::path(post, path = "/v1/workflows/draft", operation_id = "draft_workflow", tag = "workflows",
    security(("bearer" = [])), request_body = DraftBody,
    responses((status = 200, body = Draft),
        (status = 501, body = crate::types::ProblemDetails, content_type = "application/problem+json",
            description = "This host asks no models"),
        (status = 502, body = crate::types::ProblemDetails, content_type = "application/problem+json",
            description = "The model did not answer"),
        (status = 504, body = crate::types::ProblemDetails, content_type = "application/problem+json",
            description = "No model answered in the time that a draft has here"),
        crate::types::Refused))]
async fn draft(
    caller: Runner,
    State(app): State<Arc<App>>,
    _: NoParams,
    Json(body): Json<DraftBody>,
) -> Answered<axum::Json<Draft>> {
    let Some(most) = app.drafts else {
        let detail = "this function asks no models on request: send it to the address of the API, or to that of the function `step`";
        return Err(Problem::new(StatusCode::NOT_IMPLEMENTED, "no_models_here", detail));
    };
    let left = app.host.time_left().map(|left| left.saturating_sub(limits::DRAFT_MARGIN));
    let most = left.map_or(most, |left| left.min(most));
    if body.intent.trim().is_empty() || body.intent.len() > limits::DRAFT_INTENT_BYTES {
        let hint = "say in up to 64 KiB of text what the workflow is to do";
        return Err(Problem::field("invalid_field", "/intent", "this says not what to draft", hint));
    }
    if body.base.as_ref().is_some_and(|base| !base.is_object()) {
        let hint = "send the document that is to be changed, or leave `base` out";
        return Err(Problem::field("invalid_field", "/base", "this is no document", hint));
    }
    let asking = choice::chosen(&app, &caller, body.model.as_ref()).await?;
    let model = Model::of(&*app.host, &caller.owner, asking).await?;
    let conversation = vec![Message::User { content: told::first(&body.intent, body.base.as_ref()) }];
    let mut drafting = Drafting { app: &app, owner: &caller.owner, model, conversation, draft: Draft::default() };
    drafting.rounds(most).await?;
    Ok(axum::Json(drafting.draft))
}

/// A draft in the making.
struct Drafting<'a> {
    app: &'a App,
    owner: &'a str,
    model: Model<'a>,
    /// What was said so far, the oldest first.
    conversation: Vec<Message>,
    /// What it has come to.
    draft: Draft,
}

impl Drafting<'_> {
    /// Asks until a document is valid, or the rounds or the time, which is `most`, are used up.
    async fn rounds(&mut self, most: Duration) -> Answered<()> {
        let until = Instant::now() + most;
        let left = || until.saturating_duration_since(Instant::now());
        while !self.draft.valid && self.draft.rounds < limits::DRAFT_ROUNDS {
            if left().is_zero() {
                return self.out_of_time(most);
            }
            let said = match self.model.ask(told::format(), &self.conversation, left().as_secs_f64()).await {
                Ok(said) => said,
                Err(_) if left().is_zero() => return self.out_of_time(most),
                Err(failure) => return Err(not_asked(&failure)),
            };
            self.draft.rounds += 1;
            add(&mut self.draft.usage, said.usage, self.draft.rounds == 1);
            self.judge(said).await?;
        }
        Ok(())
    }

    /// Ends a draft whose time is over: with what a model wrote by then.
    ///
    /// # Errors
    /// 504 `timeout` where no model has answered.
    fn out_of_time(&mut self, most: Duration) -> Answered<()> {
        let seconds = most.as_secs_f64().ceil();
        if self.draft.rounds == 0 {
            let whole = limits::DRAFT.as_secs();
            let detail = format!(
                "no model had answered after {seconds} s, which is the time of a draft here: ask a faster model or for less, or \
                 draft with `stepwell draft` without --url, which waits for {whole} s"
            );
            return Err(Problem::new(StatusCode::GATEWAY_TIMEOUT, "timeout", detail));
        }
        self.draft.warnings.push(Fault {
            code: "out_of_time".into(),
            severity: Some(Severity::Warning),
            message: format!("the model was asked no further, since a draft has {seconds} s here"),
            hint: self.draft.document.is_some().then(|| "send this document as `base`, to go on from it".into()),
            ..Fault::default()
        });
        Ok(())
    }

    /// Takes an answer for the draft, and tells the model what is wrong with it.
    async fn judge(&mut self, said: ModelAnswer) -> Answered<()> {
        let again = match answer::read(&said.text) {
            Err(why) => {
                self.draft.errors = vec![Fault {
                    code: "malformed".into(),
                    severity: Some(Severity::Error),
                    message: why.clone(),
                    ..Fault::default()
                }];
                why
            }
            Ok((explanation, document)) => {
                let found = checked(self.app, self.owner, document.clone(), Severity::Warning).await?;
                let again = told::errors(&found.errors);
                self.draft = Draft {
                    valid: found.valid,
                    document: Some(document),
                    errors: found.errors,
                    warnings: found.warnings,
                    explanation,
                    ..std::mem::take(&mut self.draft)
                };
                again
            }
        };
        self.conversation.push(Message::Assistant { content: said.text, tool_calls: Vec::new() });
        self.conversation.push(Message::User { content: again });
        Ok(())
    }
}

fn add(sum: &mut Tokens, used: Usage, is_first: bool) {
    let before = if is_first { Some(0.0) } else { sum.usd };
    sum.usd = before.zip(used.usd()).map(|(before, more)| before + more);
    sum.input_tokens += used.input_tokens;
    sum.output_tokens += used.output_tokens;
    sum.cached_tokens += used.cached_tokens;
}

/// What to do about a key that is not there.
const NO_KEY: &str = "store the key: PUT /v1/secrets/NAME, or `stepwell secret set NAME`; `stepwell draft` and `dev` also read the \
                      variable of that name";

/// The problem of a model that gave no answer.
fn not_asked(failure: &Failure) -> Problem {
    let status = match failure.code.as_str() {
        "rate_limited" => StatusCode::SERVICE_UNAVAILABLE,
        "invalid_request" | "template_error" | "address_not_allowed" | "secret_not_allowed" | "context_too_long" => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
        _ => StatusCode::BAD_GATEWAY,
    };
    // What fails of a model's templates is its key.
    let problem = match failure.code.as_str() {
        "template_error" => Problem::field(&failure.code, "/model", failure.message.as_str(), NO_KEY),
        code => Problem::new(status, code, failure.message.as_str()),
    };
    match failure.retry_after_seconds {
        Some(seconds) => problem.with_header(header::RETRY_AFTER, &format!("{:.0}", seconds.max(1.0).ceil())),
        None => problem,
    }
}
