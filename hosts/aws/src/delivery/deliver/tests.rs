#![allow(clippy::unwrap_used)]
use super::*;
use crate::{
    testing::Recorder,
    tests::story::{Story, document},
};
use stepwell_core::{
    command::{Command, Control},
    interaction::Interaction,
    payload::Payload,
    task::Outcome,
};

async fn deliver(recorder: &Recorder, story: &Story) -> Result<(), StoreError> {
    recorder.know(&story.state);
    courier(recorder, story.now).deliver(story.state.id(), &story.effects).await
}

fn courier(recorder: &Recorder, now: Time) -> Courier<'_> {
    Courier { records: recorder, queue: recorder, alarms: recorder, now }
}

fn approval() -> Story {
    Story::opened(&document("approval", json!({"question": "Pay?", "timeout_seconds": 3600, "wait_by": "states"})))
}

#[tokio::test]
async fn a_pause_is_opened_answered_and_completed_once() {
    let (recorder, mut story) = (Recorder::default(), approval());
    let id = story.question().interaction_id.clone();
    for _ in 0..2 {
        deliver(&recorder, &story).await.unwrap();
    }
    assert_eq!((recorder.starts(), recorder.clocks().len()), (2, 1), "asked twice, started once");
    courier(&recorder, story.now).open(&"e1".into(), &id, "TOKEN").await.unwrap();
    assert!(recorder.told().is_empty(), "the question is open");
    story.approve();
    for _ in 0..2 {
        deliver(&recorder, &story).await.unwrap();
    }
    assert_eq!(recorder.told(), [("TOKEN".into(), Ok(json!({ "interaction": id })))]);
    assert!(recorder.stopped().is_empty(), "it ends by itself");
}

#[tokio::test]
async fn a_pause_that_begins_too_late_is_completed_at_once() {
    let (recorder, mut story) = (Recorder::default(), approval());
    let id = story.question().interaction_id.clone();
    story.approve();
    deliver(&recorder, &story).await.unwrap();
    assert!(recorder.told().is_empty(), "nobody has opened it");
    courier(&recorder, story.now).open(&"e1".into(), &id, "TOKEN").await.unwrap();
    assert_eq!(recorder.told().len(), 1);
    assert_eq!(recorder.get_token(&"e1".into(), id.as_str()).await.unwrap(), None);
    for (execution, interaction) in [("e1", "unknown"), ("gone", "q")] {
        courier(&recorder, story.now).open(&execution.into(), &interaction.into(), "OTHER").await.unwrap();
    }
    assert_eq!(recorder.told().len(), 3, "nobody waits for what does not exist");
}

#[tokio::test]
async fn a_cancelled_pause_is_completed_and_stopped_also_before_it_began() {
    for begun in [true, false] {
        let (recorder, mut story) = (Recorder::default(), approval());
        let id = story.question().interaction_id.clone();
        recorder.know(&story.state);
        if begun {
            courier(&recorder, story.now).open(&"e1".into(), &id, "TOKEN").await.unwrap();
        }
        story.ask(Command::Control { control: Control::Cancel, reason: None });
        deliver(&recorder, &story).await.unwrap();
        assert_eq!(recorder.stopped(), [id.to_string()]);
        assert_eq!(recorder.told().len(), usize::from(begun));
    }
}

#[tokio::test]
async fn a_token_stays_until_its_task_was_told() {
    let (recorder, mut story) = (Recorder::default(), approval());
    let id = story.question().interaction_id.clone();
    recorder.put_token(&"e1".into(), id.as_str(), "TOKEN").await.unwrap();
    story.approve();
    recorder.know(&story.state);
    // The delivery calls `state`, `get_token`, `complete` and `remove_token`; the third call fails.
    recorder.fail_at(3, StoreError::Transient("busy".into()));
    assert!(deliver(&recorder, &story).await.is_err());
    assert!(recorder.told().is_empty());
    deliver(&recorder, &story).await.unwrap();
    assert_eq!(recorder.told().len(), 1);
}

#[tokio::test]
async fn the_supervisor_completes_what_a_crash_left_open() {
    let (recorder, mut story) = (Recorder::default(), approval());
    let id = story.question().interaction_id.clone();
    recorder.put_token(&"e1".into(), id.as_str(), "TOKEN").await.unwrap();
    recorder.put_caller(&"e1".into(), "CALLER");
    courier(&recorder, story.now).tidy(&story.state).await.unwrap();
    assert!(recorder.told().is_empty(), "the question is open");
    story.approve();
    recorder.know(&story.state);
    for _ in 0..2 {
        courier(&recorder, story.now).tidy(&story.state).await.unwrap();
    }
    assert_eq!(recorder.told().len(), 1);
    assert_eq!(recorder.told()[0].0, "TOKEN");
}

#[tokio::test]
async fn the_supervisor_leaves_alone_what_was_asked_since_it_looked() {
    let (recorder, mut story) = (Recorder::default(), approval());
    let another = Interaction { interaction_id: "another".into(), ..story.question().clone() };
    story.approve();
    let stale = story.state.clone();
    recorder.put_token(&"e1".into(), "another", "TOKEN").await.unwrap();
    story.state.interactions.push(another.into());
    recorder.know(&story.state);
    courier(&recorder, story.now).tidy(&stale).await.unwrap();
    assert!(recorder.told().is_empty(), "the question is open");
}

fn awaited(expression: &str) -> Story {
    Story::begin(&document("transform", json!({ "expression": expression })), true)
}

fn report(story: &mut Story, outcome: Outcome) {
    story.ask(Command::Report {
        activation: story.activation(),
        attempt: 1,
        outcome: outcome.into(),
        duration_ms: None,
    });
}

#[tokio::test]
async fn the_caller_hears_of_the_end_once() {
    let (recorder, mut story) = (Recorder::default(), awaited("1"));
    recorder.put_caller(&"e1".into(), "CALLER");
    deliver(&recorder, &story).await.unwrap();
    assert!(recorder.told().is_empty(), "it has not ended");
    report(&mut story, Outcome::Succeeded { port: "success".into(), output: json!({"paid": true}) });
    for _ in 0..2 {
        deliver(&recorder, &story).await.unwrap();
    }
    let result = json!({ "execution_id": "e1", "status": "completed", "output": {"paid": true} });
    assert_eq!(recorder.told(), [("CALLER".into(), Ok(result))]);
}

#[tokio::test]
async fn the_caller_of_a_reopened_execution_hears_of_one_end() {
    let cancel = || Command::Control { control: Control::Cancel, reason: None };
    let retry = || Command::Control { control: Control::Retry, reason: None };
    // Given an end of which the caller hears. It is reopened, and ends again.
    let (recorder, mut story) = (Recorder::default(), awaited("1"));
    recorder.put_caller(&"e1".into(), "CALLER");
    story.ask(cancel());
    deliver(&recorder, &story).await.unwrap();
    story.ask(retry());
    deliver(&recorder, &story).await.unwrap();
    report(&mut story, Outcome::Succeeded { port: "success".into(), output: json!(1) });
    deliver(&recorder, &story).await.unwrap();
    assert_eq!(recorder.told().len(), 1, "nobody waits for the second end");
    // Given an end that is taken back before its caller hears of it.
    let (recorder, mut story) = (Recorder::default(), awaited("1"));
    recorder.put_caller(&"e1".into(), "CALLER");
    story.ask(cancel());
    let late = story.effects.clone();
    story.ask(retry());
    recorder.know(&story.state);
    courier(&recorder, story.now).deliver(&"e1".into(), &late).await.unwrap();
    assert!(recorder.told().is_empty(), "it has not ended");
    report(&mut story, Outcome::Succeeded { port: "success".into(), output: json!(1) });
    deliver(&recorder, &story).await.unwrap();
    let result = json!({ "execution_id": "e1", "status": "completed", "output": 1 });
    assert_eq!(recorder.told(), [("CALLER".into(), Ok(result))]);
}

#[tokio::test]
async fn all_who_wait_for_the_end_hear_of_it_and_none_is_forgotten_on_the_way() {
    let (recorder, mut story) = (Recorder::default(), awaited("1"));
    recorder.put_caller(&"e1".into(), "FIRST");
    recorder.put_caller(&"e1".into(), "SECOND");
    report(&mut story, Outcome::Succeeded { port: "success".into(), output: json!(1) });
    // The delivery calls `state`, `callers`, `complete`, `remove_caller` and `complete`; the last of these fails.
    recorder.fail_at(5, StoreError::Transient("busy".into()));
    assert!(deliver(&recorder, &story).await.is_err());
    deliver(&recorder, &story).await.unwrap();
    let told: Vec<_> = recorder.told().into_iter().map(|(token, _)| token).collect();
    assert_eq!(told, ["FIRST", "SECOND"]);
}

#[tokio::test]
async fn a_caller_whose_token_is_refused_keeps_no_other_waiting() {
    let (recorder, mut story) = (Recorder::default(), awaited("1"));
    recorder.put_caller(&"e1".into(), "FIRST");
    recorder.put_caller(&"e1".into(), "SECOND");
    report(&mut story, Outcome::Succeeded { port: "success".into(), output: json!(1) });
    // The delivery calls `state`, `callers`, `complete`, `complete` and `remove_caller`; the third call is refused.
    recorder.fail_at(3, StoreError::Permanent("SendTaskSuccess: ValidationException".into()));
    deliver(&recorder, &story).await.unwrap();
    let told: Vec<_> = recorder.told().into_iter().map(|(token, _)| token).collect();
    assert_eq!(told, ["SECOND"]);
    assert_eq!(recorder.callers(&"e1".into()).await.unwrap(), ["FIRST"]);
}

#[tokio::test]
async fn the_caller_hears_why_it_failed_or_was_cancelled() {
    let failure = stepwell_core::task::Failure::new("declined", "the card was declined");
    let mut failed = awaited("1");
    report(&mut failed, Outcome::Failed(failure));
    let mut cancelled = awaited("1");
    cancelled.ask(Command::Control { control: Control::Cancel, reason: None });
    for (story, code, message) in
        [(failed, "declined", "the card was declined"), (cancelled, "cancelled", "the execution was cancelled")]
    {
        let recorder = Recorder::default();
        recorder.put_caller(&"e1".into(), "CALLER");
        deliver(&recorder, &story).await.unwrap();
        assert_eq!(recorder.told(), [("CALLER".into(), Err((code.into(), message.into())))]);
    }
}

#[tokio::test]
async fn a_result_that_was_offloaded_is_fetched_and_one_that_no_task_takes_is_left_out() {
    for (bytes, omitted) in [(20_000, false), (300_000, true)] {
        let (recorder, mut story) = (Recorder::default(), awaited("1"));
        recorder.put_caller(&"e1".into(), "CALLER");
        let output = Payload::new(json!("x".repeat(bytes)));
        report(&mut story, Outcome::Succeeded { port: "success".into(), output: output.value().unwrap().clone() });
        let (blob, value) = story.state.output.as_ref().unwrap().offload(1_000).unwrap();
        crate::services::ports::Blobs::put(&recorder, &blob.sha256, value).await.unwrap();
        story.state = serde_json::from_value(serde_json::to_value(&story.state).unwrap()).unwrap();
        assert!(story.state.output.as_ref().unwrap().missing().is_some());
        deliver(&recorder, &story).await.unwrap();
        let told = recorder.told().remove(0).1.unwrap();
        assert_eq!(told["output_omitted"] == true, omitted);
        assert_eq!(told["output"].as_str().map_or(0, str::len), if omitted { 0 } else { bytes });
    }
}

#[tokio::test]
async fn an_end_lets_others_in() {
    let document = json!({
        "id": "w", "settings": {"max_concurrency": 2},
        "nodes": [{"id": "go", "type": "manual_trigger"}, {"id": "n", "type": "transform", "config": {"expression": "1"}}],
        "edges": [{"from": "go", "to": "n"}],
    });
    let (recorder, mut story) = (Recorder::default(), Story::begin(&document, false));
    for id in ["e2", "e3"] {
        recorder.hold(id.into());
    }
    report(&mut story, Outcome::Succeeded { port: "success".into(), output: json!(1) });
    deliver(&recorder, &story).await.unwrap();
    let admitted: Vec<_> = recorder.take_messages().into_iter().map(|(message, _)| message).collect();
    let expected = ["e2", "e3"].map(|id| Message { execution: id.into(), work: Work::Admit });
    assert_eq!(admitted, expected);
}

#[tokio::test]
async fn an_error_of_any_call_is_an_error_of_the_whole() {
    let mut story = approval();
    let opening = story.effects.clone();
    story.approve();
    story.effects.extend(opening);
    story.effects.push(Effect::Send { message: Message { execution: "e1".into(), work: Work::Timeout }, at: None });
    let calls = {
        let recorder = Recorder::default();
        recorder.put_token(&"e1".into(), story.question().interaction_id.as_str(), "TOKEN").await.unwrap();
        let before = recorder.calls();
        deliver(&recorder, &story).await.unwrap();
        recorder.calls() - before
    };
    assert!(calls >= 5, "{calls}");
    for call in 1..=calls {
        let recorder = Recorder::default();
        recorder.put_token(&"e1".into(), story.question().interaction_id.as_str(), "TOKEN").await.unwrap();
        recorder.fail_at(call, StoreError::Transient("busy".into()));
        assert_eq!(deliver(&recorder, &story).await, Err(StoreError::Transient("busy".into())), "call {call}");
        deliver(&recorder, &story).await.unwrap();
        // Where the token could not be removed, its task is completed twice. Step Functions then says that the task is
        // over, which is success.
        assert!((1..=2).contains(&recorder.told().len()), "call {call}");
    }
}
