//! A host with a scripted model and a ledger, and one execution.

use document::{
    Workflow, parse,
    time::Time,
    work::{McpAsk, McpServer, ModelCall},
};
use engine::{
    drive::submit,
    past::RanBy,
    port::{Catalogue as _, Journal as _},
    rollback::roll_back,
};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use stepwell_core::{
    command::{Command, Control},
    effect::Work as Asked,
    error::Rejection,
    event::{Event, Started, Turn},
    execution::{Execution, Status, Talk},
    id::ExecutionId,
    interaction::{Answer, Interaction, Via},
    invariant,
    rollback::Rollback,
    task::{Failure, Outcome, Report, Task, Work},
};
use stepwell_memory::Memory;

/// What came from the host, in order.
#[derive(Default)]
pub struct Came {
    /// The calls of the model: what it was told, and all messages.
    pub asked: Vec<Value>,
    /// The paths of requests, each once for each key.
    pub entries: Vec<String>,
    booked: std::collections::BTreeSet<String>,
    /// The failure that the model gives next, and not its answer.
    pub fails: Option<Failure>,
    /// The paths of requests that are refused.
    pub refuses: Vec<String>,
    /// The paths of requests that fail as a call fails that a person refused.
    pub rejects: Vec<String>,
}

impl Came {
    /// How many answers of the model there were in each of its calls.
    pub fn numbers(&self) -> Vec<usize> {
        self.asked.iter().map(|call| answers(call["messages"].as_array().unwrap())).collect()
    }
}

fn answers(messages: &[Value]) -> usize {
    let begin = messages.iter().rposition(|message| message["role"] == "user").unwrap_or_default();
    messages[begin..].iter().filter(|message| message["role"] == "assistant").count()
}

/// A host over a scripted model, and one execution.
pub struct World {
    pub host: Memory,
    pub came: Arc<Mutex<Came>>,
    pub workflow: Arc<Workflow>,
    pub id: ExecutionId,
}

/// An answer that asks for tools.
pub fn calls(all: &[(&str, Value)]) -> Value {
    let calls = all.iter().enumerate();
    let calls =
        calls.map(|(at, (name, arguments))| json!({"id": at.to_string(), "name": name, "arguments": arguments}));
    json!({"text": "", "tool_calls": calls.collect::<Vec<_>>()})
}

/// An answer that is the last one.
pub fn says(text: &str) -> Value {
    json!({ "text": text })
}

/// A tool that charges `/name/AMOUNT`, and refunds it.
pub fn charges(name: &str, tool: Value) -> Value {
    let to = |path: &str| json!({"method": "POST", "url": format!("https://ledger.example/{path}{name}/{{{{ args.amount }}}}")});
    json!({"id": name, "type": "http_request", "retry": {"max_attempts": 1}, "config": to(""),
        "compensate": {"type": "http_request", "config": to("undo/")}, "tool": tool})
}

/// An agent with tools, behind the trigger and before a last step.
pub fn agent(config: Value, tools: &[Value]) -> Value {
    let model = json!({"provider": "openai_compatible", "name": "m", "base_url": "https://model.example/v1"});
    let mut all = json!({"model": model, "system_prompt": "You pay.", "prompt": "Pay for {{ input.who }}."});
    all.as_object_mut().unwrap().extend(config.as_object().unwrap().clone());
    let mut nodes = vec![
        json!({"id": "start", "type": "manual_trigger"}),
        json!({"id": "a", "type": "agent", "config": all, "retry": {"max_attempts": 2, "initial_seconds": 1}}),
    ];
    let mut edges = vec![json!({"from": "start", "to": "a"})];
    for tool in tools {
        let connection = match tool["type"].as_str() {
            Some("memory") => "ai_memory",
            _ => "ai_tool",
        };
        edges.push(json!({"from": tool["id"], "to": "a", "connection": connection}));
        nodes.push(tool.clone());
    }
    json!({"id": "agents", "nodes": nodes, "edges": edges})
}

/// What answers in place of the outside world: the model by how many answers are in what it is asked.
fn answer(came: &mut Came, script: &dyn Fn(usize, &ModelCall) -> Value, task: &Task) -> Outcome {
    let output = match &task.work {
        Work::Model(call) => {
            let call: &ModelCall = call;
            came.asked.push(json!({"system": call.system, "messages": call.messages}));
            if let Some(failure) = came.fails.clone() {
                return Outcome::Failed(failure);
            }
            let messages = json!(call.messages);
            let mut answer = script(answers(messages.as_array().unwrap()), call);
            answer["usage"] = json!({"input_tokens": 10, "output_tokens": 1});
            answer["model"] = json!("sim/m");
            answer["stop_reason"] = json!("stop");
            answer
        }
        Work::Http(http) => {
            let path = http.url.trim_start_matches("https://ledger.example").to_owned();
            if came.refuses.contains(&path) {
                return Outcome::Failed(Failure::new("refused", "the ledger refuses"));
            }
            if came.rejects.contains(&path) {
                return Outcome::Failed(Failure::new("rejected", "no reason was given"));
            }
            if came.booked.insert(task.idempotency_key.clone()) {
                came.entries.push(path.clone());
            }
            json!({"body": {"path": path}})
        }
        Work::Code(code) => json!({"saw": code.names.get("args")}),
        Work::Mcp(asked) => match &asked.ask {
            McpAsk::ListTools if matches!(&asked.server, McpServer::Http { url, .. } if url.ends_with("/strict")) => {
                let amount = json!({"type": "object", "required": ["amount"], "additionalProperties": false,
                    "properties": {"amount": {"type": "integer", "maximum": 900}}});
                json!([{"name": "pay", "parameters": amount}, {"name": "files.pay!", "parameters": amount},
                    {"name": "odd", "parameters": {"type": "no such type"}}])
            }
            McpAsk::ListTools => json!([{"name": "search", "parameters": {}}, {"name": "drop", "parameters": {}}]),
            McpAsk::CallTool { name, arguments } => json!({"called": name, "with": arguments}),
        },
    };
    Outcome::Succeeded { port: "success".into(), output }
}

impl World {
    /// Starts a document; nothing runs yet.
    pub async fn started(
        document: &Value,
        script: impl Fn(usize, &ModelCall) -> Value + Send + Sync + 'static,
    ) -> Self {
        Self::started_on(|host| host, document, script).await
    }

    /// The same on a host that is set up further.
    pub async fn started_on(
        set_up: impl FnOnce(Memory) -> Memory,
        document: &Value,
        script: impl Fn(usize, &ModelCall) -> Value + Send + Sync + 'static,
    ) -> Self {
        let came = Arc::new(Mutex::new(Came::default()));
        let seen = came.clone();
        let host = Memory::new(Time(1_000)).with_runner(move |task| {
            let outcome = answer(&mut seen.lock().unwrap(), &script, task);
            Report { outcome, logs: Vec::new() }
        });
        let host = set_up(host);
        let workflow = parse(document).unwrap_or_else(|issues| panic!("{issues:#?}")).workflow;
        host.keep_workflow(&workflow).await.unwrap();
        let world = Self { host, came, workflow, id: "e".into() };
        world.starts("e", json!({"who": "Ada"})).await;
        world
    }

    /// The same, run as far as it goes.
    pub async fn ran(document: &Value, script: impl Fn(usize, &ModelCall) -> Value + Send + Sync + 'static) -> Self {
        let world = Self::started(document, script).await;
        world.host.handle_due().await;
        world
    }

    /// Starts another execution of the document.
    pub async fn starts(&self, id: &str, input: Value) -> ExecutionId {
        let id = ExecutionId::from(id);
        let started = Started::new(id.clone(), &self.workflow, input, self.host_now());
        submit(&self.host, &id, Command::Start(Box::new(started))).await.unwrap();
        id
    }

    fn host_now(&self) -> Time {
        engine::port::Clock::now(&self.host)
    }

    pub fn state(&self) -> Arc<Execution> {
        self.host.state(&self.id).unwrap()
    }

    #[track_caller]
    pub fn is(&self, status: Status) {
        assert_eq!(self.state().status(), status, "{:#?}", self.state().error);
    }

    pub fn talk(&self) -> Arc<Talk> {
        self.state().node(&"a".into()).unwrap().talk.clone().unwrap()
    }

    pub fn output(&self) -> Value {
        self.state().node(&"a".into()).unwrap().output.as_ref().unwrap().value().unwrap().clone()
    }

    pub fn entries(&self) -> Vec<String> {
        self.came.lock().unwrap().entries.clone()
    }

    pub fn numbers(&self) -> Vec<usize> {
        self.came.lock().unwrap().numbers()
    }

    /// All that models were asked.
    pub fn asked(&self) -> Vec<String> {
        self.came.lock().unwrap().asked.iter().map(ToString::to_string).collect()
    }

    /// What the model was told first in the latest call, and the messages of it.
    pub fn last_asked(&self) -> (Value, Vec<Value>) {
        let came = self.came.lock().unwrap();
        let last = came.asked.last().unwrap();
        (last["system"].clone(), last["messages"].as_array().unwrap().clone())
    }

    /// What the model was told of its tools in the latest call.
    pub fn told(&self) -> Vec<String> {
        let (_, messages) = self.last_asked();
        let tools = messages.iter().filter(|message| message["role"] == "tool");
        tools.map(|message| message["content"].as_str().unwrap().to_owned()).collect()
    }

    /// Handles messages until the model has answered so often, or nothing is due.
    pub async fn until_answered(&self, times: usize) {
        while self.state().node(&"a".into()).and_then(|node| node.talk.clone()).map_or(0, |talk| talk.turns.len())
            < times
        {
            let Some(delivery) = self.host.take() else { return };
            engine::step::handle(&self.host, std::slice::from_ref(&delivery)).await;
            self.host.ack(delivery.receipt);
        }
    }

    /// Handles messages until the next one would ask the model, which it leaves handed out.
    pub async fn until_it_asks(&self) -> engine::port::Delivery {
        loop {
            let delivery = self.host.take().expect("the model is asked");
            let asks = matches!(&delivery.message.work, Asked::Step { io: true, .. })
                && delivery.message.execution == self.id
                && self.state().children.get("a").is_none_or(|kids| kids.ended.len() == kids.count)
                && self
                    .state()
                    .node(&"a".into())
                    .is_some_and(|node| matches!(node.phase, stepwell_core::execution::Phase::Due { .. }));
            if asks && !self.collects() {
                return delivery;
            }
            engine::step::handle(&self.host, std::slice::from_ref(&delivery)).await;
            self.host.ack(delivery.receipt);
        }
    }

    /// Whether the agent's present attempt is to gather what its tools gave.
    fn collects(&self) -> bool {
        let state = self.state();
        let Some(node) = state.node(&"a".into()) else { return false };
        state.children.get("a").is_some_and(|kids| (kids.visit, kids.attempt) == (node.visit, node.attempt))
    }

    pub async fn ask(&self, command: Command) -> Result<(), Rejection> {
        let mut done = submit(&self.host, &self.id, command).await.unwrap().unwrap();
        done.replies.pop().unwrap()
    }

    pub async fn control(&self, control: Control) {
        self.ask(Command::Control { control, reason: None }).await.unwrap();
    }

    /// Lets time pass, and what is due by then run.
    pub async fn after(&self, seconds: f64) {
        let until = self.host_now().after_seconds(seconds);
        while let Some(at) = self.host.next_due().filter(|at| *at <= until) {
            self.host.advance(at);
            self.host.handle_due().await;
        }
        self.host.advance(until);
        self.host.handle_due().await;
    }

    /// The one open question, and the execution that asks it.
    pub fn question(&self) -> (ExecutionId, Interaction) {
        let all = self.host.all();
        let mut open: Vec<_> = all
            .iter()
            .flat_map(|state| state.open_interactions().map(|one| (state.id().clone(), (**one).clone())))
            .collect();
        assert_eq!(open.len(), 1, "{open:#?}");
        open.pop().unwrap()
    }

    /// Answers the one open question, and lets run what follows.
    pub async fn answers(&self, answer: Answer) -> Result<(), Rejection> {
        self.answers_as("ada@example.com", answer).await
    }

    /// The same in the name of somebody else.
    pub async fn answers_as(&self, by: &str, answer: Answer) -> Result<(), Rejection> {
        let (id, one) = self.question();
        let answer = Answer { by: by.into(), via: Via::Api, ..answer };
        let command = Command::Answer { interaction_id: one.interaction_id.clone(), answer: Box::new(answer) };
        submit(&self.host, &id, command).await.unwrap().unwrap().replies.pop().unwrap()?;
        self.host.handle_due().await;
        Ok(())
    }

    pub async fn turns(&self) -> Vec<Turn> {
        self.host.turns(&self.id, 0, 1_000_000).await.unwrap()
    }

    /// The turns that recorded the answers of the model, in order.
    pub async fn answered_in(&self) -> Vec<u64> {
        let of = |event: &Event| matches!(event, Event::AgentAnswered(_));
        self.turns().await.iter().filter(|turn| turn.events.iter().any(of)).map(|turn| turn.seq).collect()
    }

    pub async fn back(&self, to: u64) {
        roll_back(&self.host, &self.id, Rollback::to(to), None, None).await.unwrap().unwrap();
        self.host.handle_due().await;
    }

    /// Checks the invariants of the execution model on every journal.
    pub async fn holds(&self) {
        for state in self.host.all() {
            let turns = self.host.turns(state.id(), 0, 1_000_000).await.unwrap();
            let ran_by = RanBy::of(&self.host, &state.started, &turns).await.unwrap();
            let broken = invariant::check(ran_by.documents(), &turns, &state);
            assert!(broken.is_empty(), "{}: {broken:#?}", state.id());
        }
    }
}
