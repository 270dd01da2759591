//! Stepwell as a library, on the host in memory: a workflow is started, asks a person, and goes on with the answer.
//!
//! ```text
//! cargo run --release -p stepwell-memory --example embed
//! ```

use document::parse;
use engine::{
    drive::submit,
    start::{StartRequest, start},
};
use serde_json::json;
use std::error::Error;
use stepwell_core::{command::Command, interaction::Answer};
use stepwell_memory::Memory;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let document = json!({
        "id": "expenses",
        "nodes": [
            {"id": "start", "type": "manual_trigger"},
            {"id": "approve", "type": "human",
             "config": {"kind": "approval", "question": "Pay {{ input.amount }} to {{ input.payee }}?"}},
            {"id": "paid", "type": "transform", "config": {"expression": "'paid ' + input.payee"}}
        ],
        "edges": [{"from": "start", "to": "approve"}, {"from": "approve", "to": "paid", "port": "approved"}]
    });
    // An invalid document gives the list of what is wrong, each with its place in the document.
    let workflow = parse(&document).map_err(|issues| format!("{issues:?}"))?.workflow;

    let host = Memory::on_the_clock();
    let request = StartRequest::new("us", workflow, json!({"payee": "Ada", "amount": 1250}));
    let id = start(&host, request).await?.id().clone();
    // The start is durable, and nothing of it has run yet. Workers of a host hand its messages to the engine.
    host.handle_due().await;

    let state = host.state(&id).ok_or("the execution is gone")?;
    let open = state.open_interactions().next().ok_or("nobody was asked")?;
    println!("{:?}: {}", state.status(), open.question);

    let answer = Answer { by: "boss@example.com".into(), approved: Some(true), ..Answer::default() };
    let command = Command::Answer { interaction_id: open.interaction_id.clone(), answer: Box::new(answer) };
    let answered = submit(&host, &id, command).await?.ok_or("the execution is gone")?;
    // The rules reply to each command; a refusal, such as of an answer that comes too late, changes nothing.
    answered.replies.into_iter().collect::<Result<Vec<()>, _>>()?;
    host.handle_due().await;

    let state = host.state(&id).ok_or("the execution is gone")?;
    println!(
        "{:?}: {}",
        state.status(),
        state.output.as_ref().and_then(|output| output.value()).ok_or("it has no output")?
    );
    Ok(())
}
