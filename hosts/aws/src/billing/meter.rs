//! Counts what is used of the table, by the capacity units that DynamoDB reports with each call. There is a sum for the
//! whole process, and one for each execution until its next commit takes the sum along.

use crate::billing::prices;
use aws_sdk_dynamodb::types::ConsumedCapacity;
use serde_json::{Map, Value, json};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
};
use stepwell_core::id::ExecutionId;

/// What a call is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// Reading an execution's journal.
    Load,
    /// Writing an execution's turns.
    Turn,
    /// Heads of executions and questions, with their indexes.
    Head,
    /// Everything else: guards, saved workflows, tokens, lists.
    Other,
}

/// What a call is made for, and which execution is charged with it.
#[derive(Clone, Copy, Debug)]
pub struct Use<'a> {
    /// The purpose by which the process's totals are kept.
    pub purpose: Purpose,
    /// The execution that is charged with the call; `None` where its cost is reckoned otherwise, or is no execution's.
    pub execution: Option<&'a ExecutionId>,
}

/// A call that no execution is charged with.
pub const fn nobodys(purpose: Purpose) -> Use<'static> {
    Use { purpose, execution: None }
}

/// A call that an execution is charged with.
pub const fn of(purpose: Purpose, execution: &ExecutionId) -> Use<'_> {
    Use { purpose, execution: Some(execution) }
}

/// What an execution has used so far. Units of DynamoDB are counted in halves.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spent {
    /// Write units of turns.
    pub writes: f64,
    /// Read units of loads.
    pub reads: f64,
    /// Write units of heads and of everything else but turns, indexes included.
    pub head_writes: f64,
    /// Read units of heads and of everything else but loads.
    pub head_reads: f64,
    /// Number of messages sent to the step queue.
    pub messages: u64,
    /// Number of objects put into S3.
    pub objects: u64,
    /// Number of clocks started in Step Functions, for pauses and long timers.
    pub alarms: u64,
    /// State transitions of those clocks.
    pub transitions: u64,
}

impl Spent {
    /// The sum of both, field by field.
    pub fn plus(self, other: Self) -> Self {
        Self {
            writes: self.writes + other.writes,
            reads: self.reads + other.reads,
            head_writes: self.head_writes + other.head_writes,
            head_reads: self.head_reads + other.head_reads,
            messages: self.messages + other.messages,
            objects: self.objects + other.objects,
            alarms: self.alarms + other.alarms,
            transitions: self.transitions + other.transitions,
        }
    }

    /// The text in a turn's item: the numbers in the order of the fields, with slashes between.
    pub fn to_text(self) -> String {
        let Self { writes, reads, head_writes, head_reads, messages, objects, alarms, transitions } = self;
        format!("{writes}/{reads}/{head_writes}/{head_reads}/{messages}/{objects}/{alarms}/{transitions}")
    }

    /// Reads the text that [`Spent::to_text`] makes. A number that is missing counts as 0.
    pub fn parse(text: &str) -> Self {
        let parts: Vec<&str> = text.split('/').collect();
        let units = |at: usize| parts.get(at).and_then(|part| part.parse::<f64>().ok()).unwrap_or_default();
        let count = |at: usize| parts.get(at).and_then(|part| part.parse::<u64>().ok()).unwrap_or_default();
        Self {
            writes: units(0),
            reads: units(1),
            head_writes: units(2),
            head_reads: units(3),
            messages: count(4),
            objects: count(5),
            alarms: count(6),
            transitions: count(7),
        }
    }

    /// The cost in US dollars, by the prices in [`crate::billing::prices`].
    pub fn dollars(&self) -> f64 {
        let millions = (self.writes + self.head_writes) * prices::WRITE_UNITS
            + (self.reads + self.head_reads) * prices::READ_UNITS
            + self.messages as f64 * prices::MESSAGES
            + self.objects as f64 * prices::OBJECTS
            + self.transitions as f64 * prices::TRANSITIONS;
        millions / 1e6
    }

    /// The fields that the API shows in `cost` beside the number of turns. `usd` is rounded to 12 decimals.
    pub fn shown(&self) -> Map<String, Value> {
        let shown = json!({
            "write_units": self.writes + self.head_writes,
            "read_units": self.reads + self.head_reads,
            "messages": self.messages,
            "objects": self.objects,
            "alarms": self.alarms,
            "usd": (self.dollars() * 1e12).round() / 1e12,
        });
        shown.as_object().cloned().unwrap_or_default()
    }
}

/// What a process has used of the table since it began.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Totals {
    /// Number of calls by the name of DynamoDB's operation, such as `PutItem`.
    pub calls: BTreeMap<&'static str, u64>,
    /// Write units of the table by purpose, without its indexes.
    pub writes: BTreeMap<Purpose, f64>,
    /// Write units of indexes by purpose.
    pub index_writes: BTreeMap<Purpose, f64>,
    /// Read units by purpose.
    pub reads: BTreeMap<Purpose, f64>,
}

/// Counts what is used of the table. There is one meter per process.
#[derive(Debug, Default)]
pub struct Meter(Mutex<Counted>);

#[derive(Debug, Default)]
struct Counted {
    totals: Totals,
    executions: HashMap<ExecutionId, Spent>,
}

/// Number of executions whose sums wait for a commit. Beyond it all sums are dropped, so that executions that this
/// process reads and never commits to cannot fill the memory.
const WAITING: usize = 4_096;

impl Meter {
    /// Counts a call with the capacity that DynamoDB says it took. `wrote` tells write units from read units.
    pub fn used(&self, call: &'static str, wrote: bool, to: Use<'_>, capacity: &[&ConsumedCapacity]) {
        let mut counted = self.counted();
        *counted.totals.calls.entry(call).or_default() += 1;
        let sum =
            |units: fn(&ConsumedCapacity) -> Option<f64>| capacity.iter().filter_map(|one| units(one)).sum::<f64>();
        let all = sum(|one| one.capacity_units);
        // Where DynamoDB does not tell table and indexes apart, all units count as the table's.
        let table = sum(|one| one.table.as_ref().map_or(one.capacity_units, |table| table.capacity_units));
        let totals = &mut counted.totals;
        if wrote {
            *totals.writes.entry(to.purpose).or_default() += table;
            *totals.index_writes.entry(to.purpose).or_default() += all - table;
        } else {
            *totals.reads.entry(to.purpose).or_default() += all;
        }
        let mut spent = Spent::default();
        match (to.purpose, wrote) {
            (Purpose::Turn, true) => spent.writes = all,
            (Purpose::Load, false) => spent.reads = all,
            (_, true) => spent.head_writes = all,
            (_, false) => spent.head_reads = all,
        }
        if let Some(id) = to.execution {
            add(&mut counted, id, spent);
        }
    }

    /// Adds to what an execution has used since its last commit.
    pub fn add(&self, id: &ExecutionId, spent: Spent) {
        add(&mut self.counted(), id, spent);
    }

    /// Takes what an execution has used since its last commit, and begins its sum anew.
    pub fn take(&self, id: &ExecutionId) -> Spent {
        self.counted().executions.remove(id).unwrap_or_default()
    }

    /// What the process has used so far.
    pub fn totals(&self) -> Totals {
        self.counted().totals.clone()
    }

    fn counted(&self) -> MutexGuard<'_, Counted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn add(counted: &mut Counted, id: &ExecutionId, spent: Spent) {
    if counted.executions.len() >= WAITING && !counted.executions.contains_key(id) {
        counted.executions.clear();
    }
    let sum = counted.executions.entry(id.clone()).or_default();
    *sum = sum.plus(spent);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_spent_survives_being_written() {
        let spent = Spent {
            writes: 11.0,
            reads: 10.5,
            head_writes: 14.0,
            head_reads: 0.5,
            messages: 10,
            objects: 2,
            alarms: 1,
            transitions: 7,
        };
        assert_eq!(Spent::parse(&spent.to_text()), spent);
        assert_eq!(Spent::parse(""), Spent::default());
    }

    #[test]
    fn a_sum_is_taken_once() {
        let meter = Meter::default();
        let id = ExecutionId::from("x");
        meter.add(&id, Spent { reads: 0.5, ..Spent::default() });
        meter.add(&id, Spent { reads: 1.0, ..Spent::default() });
        assert_eq!(meter.take(&id).reads, 1.5);
        assert_eq!(meter.take(&id), Spent::default());
    }
}
