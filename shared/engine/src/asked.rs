//! What turns say of people, for the numbers that hosts give: questions that were put and that are over, and messages
//! that were tried.

use stepwell_core::{
    event::{Closed, Event, TriedToTell, Turn},
    execution::Execution,
    interaction::{InteractionKind, InteractionStatus, channel::ChannelKind, delivery::Told},
};

/// A question that is over.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Over {
    /// What the question asked for.
    pub kind: InteractionKind,
    /// How it ended.
    pub status: InteractionStatus,
    /// Seconds since it was asked.
    pub seconds: f64,
}

document::closed_set!(
    /// How a try to send a message ended, and what its channel said later.
    Sent {
        /// The channel took it.
        Sent = "sent",
        /// It failed for now.
        Failed = "failed",
        /// The channel refused it for good.
        Refused = "refused",
        /// The channel had taken it, and says that it came back.
        Bounced = "bounced",
    }
);

/// What the turns of one commit say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Asked {
    /// The questions that were put, each by its kind.
    pub opened: Vec<InteractionKind>,
    /// The questions that ended.
    pub over: Vec<Over>,
    /// The tries to send messages, each with its channel.
    pub messages: Vec<(ChannelKind, Sent)>,
}

impl Asked {
    /// What these turns say, after which an execution is in this state. A group that became its members, and a message
    /// that nobody needed any more, were not tried.
    pub fn of(turns: &[Turn], state: &Execution) -> Self {
        let mut asked = Self::default();
        for (turn, event) in turns.iter().flat_map(|turn| turn.events.iter().map(move |event| (turn, event))) {
            if let Event::InteractionOpened { interaction, .. } = event {
                asked.opened.push(interaction.kind);
            }
            if let Event::InteractionClosed(closed) = event {
                asked.over.extend(over(turn, closed, state));
            }
            if let Event::InteractionTold(tried) = event {
                asked.messages.extend(sent(tried, state));
            }
        }
        asked
    }

    /// Whether the turns say nothing of people, as most do.
    pub fn is_empty(&self) -> bool {
        self.opened.is_empty() && self.over.is_empty() && self.messages.is_empty()
    }
}

fn over(turn: &Turn, closed: &Closed, state: &Execution) -> Option<Over> {
    let one = state.interaction(closed.interaction_id.as_str())?;
    let seconds = (turn.at.0 - one.created_at.0).max(0) as f64 / 1000.0;
    Some(Over { kind: one.kind, status: closed.status, seconds })
}

fn sent(tried: &TriedToTell, state: &Execution) -> Option<(ChannelKind, Sent)> {
    let one = state.interaction(tried.interaction_id.as_str())?;
    let channel = one.deliveries.get(tried.delivery)?.kind;
    let sent = match &tried.told {
        Told::Sent { .. } => Sent::Sent,
        Told::Failed { .. } => Sent::Failed,
        Told::Refused { .. } => Sent::Refused,
        Told::Bounced { .. } => Sent::Bounced,
        Told::Members(_) | Told::Dropped => return None,
    };
    Some((channel, sent))
}
