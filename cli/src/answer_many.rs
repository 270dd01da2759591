//! The same answer to several questions, and what became of each.

use super::{
    Exit, Failure, Globals, Outcome,
    client::{Client, Reply},
    output,
};
use api::types::{AnswerBody, AnswersBody, RespondedItem, RespondedMany, RespondedOutcome, WhyNot};
use serde_json::json;

/// The line of a question that cannot be answered, since it is not known which is meant.
pub fn refused(id: &str, failure: &Failure) -> RespondedItem {
    let (code, message) = (failure.code.clone(), failure.message().to_owned());
    let error = WhyNot { code, message, decision: None, errors: Vec::new() };
    RespondedItem { interaction_id: id.to_owned(), outcome: RespondedOutcome::Refused { error } }
}

/// Answers these questions, each by itself. `refused` are those that cannot be, with their places among all.
///
/// # Errors
/// Where none was answered: the questions are not alike, are too many, or the host is out of reach.
pub async fn send(
    client: &Client,
    interaction_ids: Vec<String>,
    refused: Vec<(usize, RespondedItem)>,
    answer: AnswerBody,
) -> Result<Reply, Failure> {
    if answer.arguments.is_some() {
        let message = "the arguments of one tool are not those of another";
        return Err(Failure::usage(message, "answer one question with --arguments"));
    }
    let AnswerBody { approved, option, data, text, content, tool, comment, answer_as, arguments: _ } = answer;
    let body = AnswersBody { interaction_ids, approved, option, data, text, content, tool, comment, answer_as };
    let mut reply = match body.interaction_ids.is_empty() {
        true => Reply(json!({ "items": [] })),
        false => client.post("/v1/interactions/respond", &body).await?,
    };
    if let Some(items) = reply.0["items"].as_array_mut() {
        for (at, item) in refused {
            items.insert(at.min(items.len()), json!(item));
        }
    }
    Ok(reply)
}

/// Tells one line for each question, and `idle` where any was answered. Exit 1 where any was not.
pub fn tell(globals: &Globals, reply: &Reply, idle: Option<&str>) -> Outcome {
    let done: RespondedMany = reply.read()?;
    let refused = done.items.iter().filter(|item| matches!(item.outcome, RespondedOutcome::Refused { .. })).count();
    let exit = if refused > 0 { Exit::Failed } else { Exit::Done };
    if globals.json {
        output::json(&reply.0);
        return Ok(exit);
    }
    done.items.iter().for_each(|item| output::line(&line(item)));
    if refused > 0 {
        let all = output::counted(done.items.len(), "question");
        eprintln!("{}", output::yellow(&format!("{refused} of {all} not answered: the lines above say why")));
    }
    if let Some(idle) = idle.filter(|_| refused < done.items.len()) {
        eprintln!("{idle}");
    }
    Ok(exit)
}

fn line(item: &RespondedItem) -> String {
    let id = &item.interaction_id;
    match &item.outcome {
        RespondedOutcome::Done(one) => match &one.decision {
            Some(decision) => format!("{id} is decided: {decision}"),
            None => {
                let missing = output::counted(one.responses_needed as usize, "more answer");
                format!("{id} has your answer; {missing} to go")
            }
        },
        RespondedOutcome::Refused { error } => {
            let reasons = error.errors.iter().map(|fault| format!("; {}: {}", fault.path, fault.message));
            let reasons: String = reasons.collect();
            output::clean(&format!("{id} is not answered: {}{reasons}", error.message)).replace('\n', " ")
        }
    }
}
