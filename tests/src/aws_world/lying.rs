//! A stack as it lies: the rows of its table, the objects of its bucket, the messages of its queue and what Step
//! Functions keeps, as lines of text that a later release is held against. They can be laid into a new world.

use super::{World, clocks::Pause, ports::Services};
use aws_sdk_dynamodb::{primitives::Blob, types::AttributeValue};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use document::time::Time;
use engine::envelope::Envelope;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use stepwell_core::id::{ExecutionId, InteractionId};

/// One thing that lies in a stack. Bytes are in base64, and attributes as DynamoDB writes them in JSON.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// What the lines are of.
    About {
        /// The time of the world's clock.
        at: Time,
        /// The execution that was started.
        execution: ExecutionId,
        /// Its owner.
        owner: String,
        /// All executions that messages were for.
        receivers: Vec<ExecutionId>,
        /// How the execution must end.
        expected: Value,
    },
    /// A row of the table.
    Item(Value),
    /// An object of the bucket.
    Object {
        /// Its key.
        key: String,
        /// Its bytes.
        bytes: String,
    },
    /// A message of the queue.
    Message {
        /// Its body.
        body: Value,
        /// From when on it is seen.
        at: Time,
        /// How often it was handed out.
        deliveries: u32,
        /// The clock that sends it.
        clock: Option<String>,
    },
    /// The name of a clock that was started.
    Started(String),
    /// A clock that waits for a person.
    Pause {
        /// The question.
        interaction: InteractionId,
        /// The execution that asks it.
        execution: ExecutionId,
        /// Whether the callback function has opened it.
        is_open: bool,
    },
    /// A task token that was completed.
    Completed(String),
}

/// All lines of a stack.
#[derive(Clone, Debug)]
pub struct Lying(pub Vec<Line>);

impl Lying {
    /// The lines as text. Panics where one cannot be written.
    pub fn to_text(&self) -> String {
        self.0.iter().map(|line| serde_json::to_string(line).expect("a line") + "\n").collect()
    }

    /// Reads lines. Panics where one is none.
    pub fn of(text: &str) -> Self {
        Self(text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"))).collect())
    }
}

impl World {
    /// Everything that lies in the world but what is about all of it.
    pub async fn lying(&self) -> Lying {
        let mut lines = self.rows().await.into_iter().map(Line::Item).collect::<Vec<_>>();
        lines.extend(self.services.lines());
        Lying(lines)
    }

    /// The rows of the table, in the order of their keys.
    async fn rows(&self) -> Vec<Value> {
        let (mut rows, mut from) = (Vec::new(), None);
        loop {
            let scan = self.dynamodb().scan().table_name(self.table()).set_exclusive_start_key(from);
            let page = self.wire.quietly(scan.send()).await.expect("the table is read");
            rows.extend(page.items().iter().map(|item| Value::Object(item.iter().map(attribute).collect())));
            from = page.last_evaluated_key;
            if from.is_none() {
                break;
            }
        }
        rows.sort_by_key(|row| (row["pk"].to_string(), row["sk"].to_string()));
        rows
    }

    /// Lays lines into this world, which must be a new one. What they are about is left to the caller.
    pub async fn lay(&self, lying: &Lying) {
        for line in &lying.0 {
            match line {
                Line::Item(row) => {
                    let item: HashMap<String, AttributeValue> =
                        row.as_object().expect("a row").iter().map(|(name, one)| (name.clone(), value(one))).collect();
                    let put = self.dynamodb().put_item().table_name(self.table()).set_item(Some(item));
                    self.wire.quietly(put.send()).await.expect("the row is written");
                }
                other => self.services.lay(other),
            }
        }
    }
}

impl Services {
    fn lines(&self) -> Vec<Line> {
        let kept = self.kept();
        let objects =
            kept.blobs.iter().map(|(key, bytes)| Line::Object { key: key.clone(), bytes: STANDARD.encode(bytes) });
        let messages = kept.queue.iter().map(|one| Line::Message {
            body: serde_json::from_str(&Envelope::new(one.message.clone()).to_json()).expect("it is JSON"),
            at: one.visible_at,
            deliveries: one.deliveries,
            clock: one.clock.clone(),
        });
        let started = kept.clocks.started.iter().cloned().map(Line::Started);
        let completed = kept.clocks.completed.iter().cloned().map(Line::Completed);
        let pauses = kept.clocks.pauses.iter().map(|(interaction, pause)| Line::Pause {
            interaction: interaction.clone(),
            execution: pause.execution.clone(),
            is_open: pause.is_open,
        });
        objects.chain(messages).chain(started).chain(pauses).chain(completed).collect()
    }

    fn lay(&self, line: &Line) {
        let mut kept = self.kept();
        match line.clone() {
            Line::About { at, receivers, .. } => {
                kept.clock = Some(at);
                kept.receivers.extend(receivers);
            }
            Line::Item(_) => {}
            Line::Object { key, bytes } => drop(kept.blobs.insert(key, STANDARD.decode(bytes).expect("base64"))),
            Line::Message { body, at, deliveries, clock } => {
                let message = Envelope::from_json(&body.to_string()).expect("a message of ours").message;
                kept.enqueue(message, at, clock.as_deref());
                kept.queue.last_mut().expect("it was put there").deliveries = deliveries;
            }
            Line::Started(name) => {
                kept.clocks.started.insert(name);
            }
            Line::Pause { interaction, execution, is_open } => {
                kept.clocks.pauses.insert(interaction, Pause { execution, is_open });
            }
            Line::Completed(token) => {
                kept.clocks.completed.insert(token);
            }
        }
    }
}

/// An attribute as DynamoDB writes it in JSON.
fn attribute((name, value): (&String, &AttributeValue)) -> (String, Value) {
    (name.clone(), shown(value))
}

fn shown(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!({ "S": text }),
        AttributeValue::N(digits) => json!({ "N": digits }),
        AttributeValue::B(bytes) => json!({ "B": STANDARD.encode(bytes.as_ref()) }),
        AttributeValue::Ss(texts) => json!({ "SS": texts }),
        AttributeValue::Bool(is) => json!({ "BOOL": is }),
        AttributeValue::L(all) => json!({ "L": all.iter().map(shown).collect::<Vec<_>>() }),
        AttributeValue::M(fields) => json!({ "M": fields.iter().map(attribute).collect::<Map<_, _>>() }),
        other => panic!("no row has such an attribute: {other:?}"),
    }
}

fn value(shown: &Value) -> AttributeValue {
    let (kind, one) = shown.as_object().and_then(|fields| fields.iter().next()).expect("an attribute");
    let text = |one: &Value| one.as_str().unwrap_or_else(|| panic!("no text: {shown}")).to_owned();
    let all = || one.as_array().into_iter().flatten();
    match kind.as_str() {
        "S" => AttributeValue::S(text(one)),
        "N" => AttributeValue::N(text(one)),
        "B" => AttributeValue::B(Blob::new(STANDARD.decode(text(one)).expect("base64"))),
        "SS" => AttributeValue::Ss(all().map(text).collect()),
        "BOOL" => AttributeValue::Bool(one.as_bool().unwrap_or_default()),
        "L" => AttributeValue::L(all().map(value).collect()),
        "M" => {
            let fields = one.as_object().into_iter().flatten();
            AttributeValue::M(fields.map(|(name, one)| (name.clone(), value(one))).collect())
        }
        _ => panic!("no such attribute: {shown}"),
    }
}
