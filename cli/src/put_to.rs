//! `stepwell reassign INTERACTION PERSON…` and `stepwell notify INTERACTION`: whom a question is put to, and the messages
//! to them sent again.

use super::{
    Exit, Failure, Globals, Outcome,
    client::{Client, Reply, escaped},
    output, pick,
};
use api::types::{Interaction, NotifyBody, ReassignBody};
use serde::Serialize;
use stepwell_core::interaction::delivery::DeliveryStatus;

/// The arguments of `stepwell reassign`.
#[derive(clap::Args)]
pub struct Reassign {
    /// The question; the beginning of its id is enough
    interaction: String,
    /// Everybody who may answer from now on: e-mail addresses, names, or groups (group:NAME)
    #[arg(required = true, value_name = "PERSON")]
    people: Vec<String>,
    /// Record this reason in the history
    #[arg(long)]
    reason: Option<String>,
}

/// The arguments of `stepwell notify`.
#[derive(clap::Args)]
pub struct Notify {
    /// The question; the beginning of its id is enough
    interaction: String,
    /// Only to this receiver, as `stepwell show` and the API name it
    #[arg(long, value_name = "RECEIVER")]
    to: Option<String>,
}

/// Puts the question to others. Exit 1 where it is refused.
pub async fn reassign(globals: &Globals, args: Reassign) -> Outcome {
    let body = ReassignBody { assignees: args.people, reason: args.reason };
    let (reply, idle) = ask(globals, &args.interaction, "reassign", &body).await?;
    if globals.json {
        output::json(&reply.0);
        return Ok(Exit::Done);
    }
    let one: Interaction = reply.read()?;
    output::line(&output::clean(&format!("{} is put to {}", one.interaction_id, one.assignees.join(", "))));
    tell(idle);
    Ok(Exit::Done)
}

/// Sends the messages again. Exit 1 where there are none.
pub async fn notify(globals: &Globals, args: Notify) -> Outcome {
    let (reply, idle) = ask(globals, &args.interaction, "notify", &NotifyBody { to: args.to }).await?;
    if globals.json {
        output::json(&reply.0);
        return Ok(Exit::Done);
    }
    let one: Interaction = reply.read()?;
    let on_their_way = one.deliveries.iter().filter(|it| it.status == DeliveryStatus::Pending).count();
    let count = output::counted(on_their_way, "message");
    output::line(&format!("{count} about {} on the way", one.interaction_id));
    tell(idle);
    Ok(Exit::Done)
}

/// Asks, and returns the answer with what is told where nobody may send messages now.
async fn ask(
    globals: &Globals,
    interaction: &str,
    what: &str,
    body: &impl Serialize,
) -> Result<(Reply, Option<&'static str>), Failure> {
    let client = Client::open(globals).await?;
    let answer = async {
        let id = pick::question(&client, interaction).await?;
        client.post(&format!("/v1/interactions/{}/{what}", escaped(&id)), body).await
    }
    .await;
    let idle = client.idle();
    client.close().await;
    answer.map(|reply| (reply, idle))
}

fn tell(idle: Option<&str>) {
    if let Some(idle) = idle {
        eprintln!("{idle}");
    }
}
