//! The children of a node, as their parent knows them.

use super::bits::Bits;
use crate::{
    id::{Activation, ExecutionId, child_id},
    payload::Payload,
};
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use std::collections::BTreeMap;

/// Children that were started before the execution went back, or by the execution that it was forked from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// The epoch of their activation.
    pub epoch: u32,
    /// The execution that started them; none for this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<ExecutionId>,
    /// Their indices.
    pub ended: Bits,
}

/// The children that one attempt of a `map` or `workflow` node started.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Children {
    /// Number of the node's visit.
    pub visit: u32,
    /// Number of the node's attempt, from 1. Each attempt has children of its own.
    #[serde(default = "crate::id::first", skip_serializing_if = "crate::id::is_first")]
    pub attempt: u32,
    /// How many children there are in all; their indices are `0..count`.
    pub count: u32,
    /// For a `map` the list of its items; for a `workflow` the input that all children share.
    pub items: Payload,
    /// Children that run at once, where a template said so when they were planned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_once: Option<u64>,
    /// Children that may fail, where a template said so when they were planned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tolerated: Option<u64>,
    /// All children with an index below this one have been asked for.
    pub started: u32,
    /// By which retry of the execution those that had not completed were last taken up; 0 where by none.
    #[serde(default, skip_serializing_if = "crate::id::is_zero")]
    pub reopened: u32,
    /// Those below this index have been asked for since; none where that is all that were before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again: Option<u32>,
    /// Whether a patch changed the config of their failed node, whose next attempt then starts children anew.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub outdated: bool,
    /// Children that ended before the checkpoint of a rollback or of a fork: they stay under the ids that they had.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<Kept>,
    /// Indices of the children that ended.
    pub ended: Bits,
    /// Indices of the children that ended in another way than completed.
    pub failed: Bits,
    /// The children that told that a person is asked in them or below them, by index, with the number of the child's turn
    /// of which it told.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "by_index")]
    pub asking: BTreeMap<u32, u64>,
    /// The same of the children that told that nobody is asked any more. As long as they live, an older message may
    /// still come.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "by_index")]
    pub ceased: BTreeMap<u32, u64>,
}

impl Children {
    /// The id of a child of an activation.
    pub fn id_of(&self, parent: &ExecutionId, activation: &Activation, index: u32) -> ExecutionId {
        let Some(kept) = self.kept.iter().find(|kept| kept.ended.contains(index)) else {
            return child_id(parent, activation, self.attempt, index);
        };
        let then = Activation { epoch: kept.epoch, ..activation.clone() };
        child_id(kept.of.as_ref().unwrap_or(parent), &then, self.attempt, index)
    }

    /// All children with an index below this one have been asked for since the node began, or was last retried.
    pub fn asked(&self) -> u32 {
        self.again.unwrap_or(self.started)
    }

    /// How many of the children that were asked for have not ended. One that was not may have ended all the same: it came
    /// from another host, and was further than its parent knew.
    pub fn running(&self) -> u32 {
        let asked = self.asked();
        asked.saturating_sub(self.ended.len_below(asked))
    }

    /// How many of those that were ever asked for may live.
    pub fn living(&self) -> u32 {
        self.started.saturating_sub(self.ended.len_below(self.started))
    }

    /// The bound below which all children are asked for where so many more may run: those that have ended already take no
    /// place.
    pub fn started_with(&self, more: u32) -> u32 {
        let (mut to, mut left) = (self.asked(), more);
        while to < self.count {
            let has_ended = self.ended.contains(to);
            if !has_ended && left == 0 {
                break;
            }
            left -= u32::from(!has_ended);
            to += 1;
        }
        to
    }

    /// Goes on with those that did not complete, by a retry of the execution with this number. They are asked for as at
    /// first, so that no more than may run at once do. Those that an earlier rollback left behind start anew.
    pub fn reopen(&mut self, retry: u32) {
        let failed = std::mem::take(&mut self.failed);
        self.ended.remove_all(&failed);
        self.kept.iter_mut().for_each(|kept| kept.ended.remove_all(&failed));
        self.kept.retain(|kept| !kept.ended.is_empty());
        (self.reopened, self.again) = (retry, Some(0));
        (self.asking, self.ceased) = Default::default();
    }

    /// Notes that all children with an index below this one have been asked for.
    pub fn ask_for(&mut self, to: u32) {
        self.again = self.again.map(|_| to).filter(|to| *to < self.started);
        self.started = self.started.max(to);
    }

    /// The number of the turn of which a child told last; 0 where it has told nothing.
    pub fn told_seq(&self, index: u32) -> u64 {
        self.asking.get(&index).or(self.ceased.get(&index)).copied().unwrap_or(0)
    }
}

/// Reads numbers by the index of a child. In JSON the key of a map is a text, and within an event it stays one: serde
/// looks for the type of the event first, and keeps the rest as it finds it.
fn by_index<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<u32, u64>, D::Error> {
    let texts = BTreeMap::<String, u64>::deserialize(deserializer)?;
    let numbers = texts.into_iter().map(|(index, number)| Ok((index.parse().map_err(D::Error::custom)?, number)));
    numbers.collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    /// As events are, in one of which a checkpoint comes with its children.
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(tag = "type", rename_all = "snake_case")]
    enum Tagged {
        Of { children: Children },
    }

    #[test]
    fn a_child_that_ended_before_it_was_asked_for_takes_no_place() {
        let mut children: Children = serde_json::from_value(json!({"visit": 1, "count": 20, "items": [], "started": 1,
            "ended": "", "failed": ""}))
        .unwrap();
        assert_eq!((children.running(), children.started_with(0), children.started_with(2)), (1, 1, 3));
        [1, 2, 9, 10].iter().for_each(|index| assert!(children.ended.insert(*index)));
        assert_eq!((children.running(), children.started_with(0), children.started_with(1)), (1, 3, 4));
        children.started = 9;
        assert_eq!((children.running(), children.started_with(0), children.started_with(99)), (7, 11, 20));
        children.started = 20;
        assert_eq!((children.running(), children.started_with(5)), (16, 20));
    }

    #[test]
    fn what_children_told_is_read_within_an_event_too() {
        let children = json!({"visit": 1, "count": 3, "items": [1, 2, 3], "started": 3, "ended": "", "failed": "",
            "asking": {"0": 5}, "ceased": {"1": 4, "2": 7}});
        let alone: Children = serde_json::from_value(children.clone()).unwrap();
        assert_eq!((alone.told_seq(0), alone.told_seq(2)), (5, 7));
        let text = json!({"type": "of", "children": children}).to_string();
        let read: Tagged = serde_json::from_str(&text).unwrap();
        assert_eq!(read, Tagged::Of { children: alone });
        assert_eq!(serde_json::to_value(&read).unwrap(), serde_json::from_str::<serde_json::Value>(&text).unwrap());
        let odd = json!({"visit": 1, "count": 1, "items": [], "started": 1, "ended": "", "failed": "",
            "asking": {"first": 5}});
        assert!(serde_json::from_value::<Children>(odd).is_err());
    }
}
