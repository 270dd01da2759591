//! What is done about an act in Slack, and what is said about it.

use super::{
    answering, list,
    outcome::{Asked, Done, GONE},
};
use crate::{Answered, App, Caller, Problem, Scope, request::turns, types::SlackReply};
use axum::http::{StatusCode, header};
use engine::port::{SlackAct, SlackDeed, SlackDesk, SlackStranger};
use stepwell_core::{execution::Execution, id::InteractionId, interaction::Via};

/// Does what an act asks for.
///
/// # Errors
/// Only what another try may help against. Everything else is told to the person.
pub(super) async fn act(app: &App, desk: &dyn SlackDesk, act: &SlackAct) -> Answered<Done> {
    match &act.what {
        SlackDeed::Nothing => Ok(Done::default()),
        SlackDeed::List => match person(desk, act).await? {
            Ok(person) => Ok(Done::reply(SlackReply::text(list::waiting(app, desk, person).await?))),
            Err(why) => Ok(Done::reply(SlackReply::text(desk.plain(&why)))),
        },
        SlackDeed::OpenForm { interaction, trigger, direct } => {
            let (asked, person) = tokio::join!(asked(app, interaction), person(desk, act));
            let Some(asked) = asked? else { return Ok(Done::word(GONE)) };
            match person? {
                Ok(person) => {
                    let caller = caller(app, &asked.execution, person).await?;
                    open(app, desk, &caller, &asked, trigger, *direct).await
                }
                Err(why) => Ok(Done::word(why)),
            }
        }
        SlackDeed::Choose { interaction, choice } => {
            let (asked, person) = tokio::join!(asked(app, interaction), person(desk, act));
            let Some(asked) = asked? else { return Ok(Done::word(GONE)) };
            match person? {
                Ok(person) => {
                    let caller = caller(app, &asked.execution, person).await?;
                    answering::chosen(app, desk, &caller, &asked, act, *choice).await
                }
                Err(why) => Ok(Done::word(why)),
            }
        }
        SlackDeed::SendForm { interaction, values } => {
            let (asked, person) = tokio::join!(asked(app, interaction), person(desk, act));
            let Some(asked) = asked? else { return Ok(Done::word(GONE)) };
            match person? {
                Ok(person) => {
                    let caller = caller(app, &asked.execution, person).await?;
                    answering::filled(app, desk, &caller, &asked, act, values).await
                }
                Err(why) => Ok(Done::reply(answering::above(desk, &asked, &why))),
            }
        }
    }
}

/// Shows a form to whoever may answer by it. The dangerous are decided by its person alone, and not where others look on.
async fn open(
    app: &App,
    desk: &dyn SlackDesk,
    caller: &Caller,
    asked: &Asked,
    trigger: &str,
    direct: bool,
) -> Answered<Done> {
    let Some(question) = asked.question() else { return Ok(Done::word(GONE)) };
    if !question.is_open() {
        return Ok(Done::word(answering::over(question)));
    }
    let inbox = app.host.links().map(|links| links.inbox(&asked.id));
    if answering::needs_tool(question) && !direct {
        return Ok(Done::word(answering::NOT_HERE));
    }
    if let Err(problem) = answering::may_answer(app, desk, caller, asked).await? {
        return Ok(Done::word(answering::told(&problem)));
    }
    match desk.open_form(trigger, question, inbox.as_deref()).await {
        Ok(()) => Ok(Done::default()),
        Err(SlackStranger::Refused(why)) => Ok(Done::word(why)),
        Err(SlackStranger::Unavailable(why)) => {
            tracing::warn!(why, "a form of Slack was not opened");
            Err(unavailable("Slack did not open the form: press the button again"))
        }
    }
}

/// The question with this id, and whoever asks it; none where the host has none.
async fn asked(app: &App, id: &InteractionId) -> Answered<Option<Asked>> {
    let Some(execution) = app.host.index().asks(id).await? else { return Ok(None) };
    let execution = app.host.journal().load_lean(&execution).await?;
    Ok(execution.map(|execution| Asked { execution, id: id.clone() }))
}

/// The address of whoever acted, or why it is not known.
async fn person(desk: &dyn SlackDesk, act: &SlackAct) -> Answered<Result<String, String>> {
    match desk.email(&act.user, &act.place).await {
        Ok(address) => Ok(Ok(address)),
        Err(SlackStranger::Refused(why)) => Ok(Err(why)),
        Err(SlackStranger::Unavailable(why)) => {
            tracing::warn!(why, "Slack did not say who one of its users is");
            Err(unavailable("Slack did not say who this is: try again"))
        }
    }
}

fn unavailable(detail: &str) -> Problem {
    let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail);
    problem.with_header(header::RETRY_AFTER, "1")
}

/// Whoever acted, as a caller of the tenant whose question it is. Who is not asked the rules refuse.
async fn caller(app: &App, execution: &Execution, person: String) -> Answered<Caller> {
    let owner = execution.started.owner.clone();
    // Counted after the proof, as every request.
    if let Some(rates) = &app.rates {
        rates.take(&owner)?;
    }
    turns::take_from(&owner).await;
    tracing::Span::current().record("execution", execution.id().as_str());
    Ok(Caller {
        owner,
        subject: person,
        scopes: vec![Scope::Respond],
        groups: Vec::new(),
        local: false,
        via: Via::Slack,
    })
}
