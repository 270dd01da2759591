#![allow(clippy::unwrap_used, clippy::panic)]
use super::*;
use crate::{billing::meter::Meter, error::Patience, store::Parts, testing::Recorder, tests::scripted::Script};
use engine::port::Runner;
use stepwell_core::task::{CodeTask, Work};

const NOW: Time = Time(1_000_000);

/// A runner whose nodes end at once, or never.
struct Nodes {
    ends: bool,
}

#[async_trait]
impl Runner for Nodes {
    async fn run(&self, _: &Task, _: &(dyn Fn() -> Time + Send + Sync)) -> Report {
        if !self.ends {
            std::future::pending::<()>().await;
        }
        let outcome = Outcome::Succeeded { port: "success".into(), output: serde_json::json!(1) };
        Report { outcome, logs: Vec::new() }
    }
}

fn host(runner: Option<Nodes>) -> Aws {
    beside(&Arc::new(Recorder::default()), runner, true)
}

fn beside(recorder: &Arc<Recorder>, runner: Option<Nodes>, behind_message: bool) -> Aws {
    let table = Table::new(Parts {
        client: Script::default().clients().dynamodb(),
        name: "t".into(),
        blobs: recorder.clone(),
        clock: Arc::new(|| NOW),
        meter: Arc::new(Meter::default()),
        patience: Patience::default(),
        behind_message,
    });
    let runner = runner.map(|nodes| Arc::new(nodes) as Arc<dyn Runner>);
    let (queue, alarms, credentials) = (recorder.clone(), recorder.clone(), recorder.clone());
    let services = Services { queue, alarms, credentials, signer: None, runner };
    Aws::new(Arc::new(table), services, Arc::new(|| NOW))
}

fn task(timeout_seconds: f64) -> Task {
    let work = Work::Code(CodeTask { code: String::new(), names: serde_json::Map::new() });
    Task { owner: "ann".into(), idempotency_key: "k".into(), timeout_seconds, work, secrets: Vec::new() }
}

async fn outcome(host: &Aws, timeout_seconds: f64) -> Outcome {
    host.run(&task(timeout_seconds)).await.outcome
}

#[tokio::test]
async fn a_node_that_would_outlive_the_function_fails_with_its_own_error() {
    let host = host(Some(Nodes { ends: false }));
    host.begins(NOW.after_seconds(limits::MARGIN_SECONDS + 0.02));
    let Outcome::Unknown(failure) = outcome(&host, 60.0).await else { panic!("nobody knows how it ended") };
    assert_eq!((failure.code.as_str(), failure.retryable), ("timeout", true));
    assert!(failure.message.contains("FunctionTimeout"), "{}", failure.message);
}

#[tokio::test]
async fn a_node_is_not_begun_where_no_time_is_left() {
    let host = host(Some(Nodes { ends: false }));
    host.begins(NOW.after_seconds(limits::MARGIN_SECONDS));
    let Outcome::Failed(failure) = outcome(&host, 60.0).await else { panic!("it is certain that nothing happened") };
    assert_eq!((failure.code.as_str(), failure.retryable), ("timeout", true));
}

#[tokio::test]
async fn a_node_with_time_enough_ends_as_it_does() {
    let host = host(Some(Nodes { ends: true }));
    assert!(matches!(outcome(&host, 60.0).await, Outcome::Succeeded { .. }), "nobody said when the function ends");
    for seconds in [6.0, 66.0] {
        host.begins(NOW.after_seconds(seconds));
        assert!(matches!(outcome(&host, 60.0).await, Outcome::Succeeded { .. }), "{seconds} s");
    }
}

#[tokio::test]
async fn only_the_step_function_runs_nodes() {
    let Outcome::Failed(failure) = outcome(&host(None), 1.0).await else { panic!("nothing was run") };
    assert_eq!(failure.code, "no_runner");
}

#[tokio::test]
async fn what_a_request_committed_is_no_error_where_its_effects_are_late() {
    let busy = StoreError::Transient("busy".into());
    let (id, work) = (ExecutionId::from("e1"), stepwell_core::effect::Work::Timeout);
    let message = stepwell_core::effect::Message { execution: id.clone(), work };
    let effects = [stepwell_core::effect::Effect::Send { message, at: None }];
    for (behind_message, told) in [(false, Ok(())), (true, Err(busy.clone()))] {
        let recorder = Arc::new(Recorder::default());
        let host = beside(&recorder, None, behind_message);
        recorder.fail_at(1, busy.clone());
        assert_eq!(host.outbox().deliver_committed(&id, &effects).await, told, "behind messages: {behind_message}");
        recorder.fail_at(1, busy.clone());
        assert_eq!(
            host.outbox().deliver(&id, &effects).await,
            Err(busy.clone()),
            "nothing was committed: it is an error"
        );
    }
}
