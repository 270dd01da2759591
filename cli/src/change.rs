//! What the commands share that change one execution: they find it by what a person calls it, ask, and tell the answer.

use super::{
    Failure, Globals,
    client::{Client, Reply, escaped},
    output,
    pick::pick,
};
use serde::Serialize;

/// What came of a change.
pub struct Changed {
    /// The execution's id, which a person may have called by a part of it.
    pub id: String,
    /// The answer of the API.
    pub reply: Reply,
    /// What is told where nobody may move the execution now.
    idle: Option<&'static str>,
}

/// Asks for a change of an execution; `what` is the rest of the API's path.
pub async fn change(globals: &Globals, execution: &str, what: &str, body: &impl Serialize) -> Result<Changed, Failure> {
    change_or(globals, execution, what, body, async |_, _, failure| failure).await
}

/// The same, with advice to a refusal by who knows the execution's id.
pub async fn change_or(
    globals: &Globals,
    execution: &str,
    what: &str,
    body: &impl Serialize,
    advise: impl AsyncFnOnce(&Client, &str, Failure) -> Failure,
) -> Result<Changed, Failure> {
    let client = Client::open(globals).await?;
    let answer = async {
        let id = pick(&client, execution).await?;
        match client.post(&format!("/v1/executions/{}/{what}", escaped(&id)), body).await {
            Ok(reply) => Ok((id, reply)),
            Err(failure) => Err(advise(&client, &id, failure).await),
        }
    }
    .await;
    let idle = client.idle();
    client.close().await;
    answer.map(|(id, reply)| Changed { id, reply, idle })
}

impl Changed {
    /// Whether a host moves all executions of the data folder now.
    pub fn is_served(&self) -> bool {
        self.idle.is_none()
    }

    /// Prints the answer as it is where a program reads. False where a person does.
    pub fn is_printed(&self, globals: &Globals) -> bool {
        if globals.json {
            output::json(&self.reply.0);
        }
        globals.json
    }

    /// Tells a person that nobody may move the execution now, where that is so and `moves` says that it has to move.
    pub fn tell_idle(&self, moves: bool) {
        if let Some(idle) = self.idle.filter(|_| moves) {
            eprintln!("{idle}");
        }
    }
}
