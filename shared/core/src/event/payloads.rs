//! The values that events keep.

use super::{Event, Turn};
use crate::{payload::Payload, rollback::Ended};

impl Turn {
    /// Every value that the turn's events keep. Those that were offloaded are fetched by a host before they are read.
    pub fn payloads(&self) -> Vec<&Payload> {
        self.events.iter().flat_map(Event::payloads).collect()
    }
}

impl Event {
    fn payloads(&self) -> Vec<&Payload> {
        match self {
            Self::ExecutionStarted(started) => {
                let inherited = started.inherited.iter().map(|(_, payload)| payload);
                let forked = started.forked.iter().flat_map(|fork| fork.payloads());
                [&started.input]
                    .into_iter()
                    .chain(&started.item)
                    .chain(&started.args)
                    .chain(inherited)
                    .chain(forked)
                    .collect()
            }
            Self::NodeSucceeded { output, .. }
            | Self::ExecutionCompleted { output, .. }
            | Self::SignalReceived { data: output, .. } => vec![output],
            Self::ChildrenPlanned(planned) => vec![&planned.items],
            Self::AgentOpened(opened) => opened.memory.iter().chain(&opened.tools).collect(),
            Self::AgentAnswered(answered) => {
                answered.asked.iter().chain([&answered.answer]).chain(&answered.remember).collect()
            }
            Self::AgentToolEnded(ended) => [&ended.end.result].into_iter().chain(&ended.end.arguments).collect(),
            Self::RollbackBegun { plan, rollback, .. } => plan.payloads().into_iter().chain(&rollback.input).collect(),
            Self::RollbackAsked { rollback } => rollback.input.iter().collect(),
            Self::AwaitedEnded { ended: Ended::Succeeded { output }, .. } => vec![output],
            Self::NodeRouted { output, .. } | Self::LoopEntered { items: output, .. } => output.iter().collect(),
            _ => Vec::new(),
        }
    }
}
