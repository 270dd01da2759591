//! The names of items: partition keys, sort keys, and the keys of the indexes. Numbers and times have a fixed width, so
//! that their text sorts as they do.

use crate::limits;
use document::{
    id::{WorkflowId, sha256_hex},
    time::Time,
};
use stepwell_core::{
    event::InLine,
    execution::Status,
    id::{ExecutionId, InteractionId, fraction},
    interaction::InteractionStatus,
};

/// The sort key of an execution's head.
pub const HEAD: &str = "head";
/// The prefix of the sort keys of the task tokens of callers that wait for an execution's end.
pub const CALLER: &str = "caller#";
/// The prefix of the sort keys of commits.
pub const TURN: &str = "t#";
/// The prefix of the sort keys of the task tokens of pauses.
pub const TOKEN: &str = "token#";
/// The sort key of a guard's lease.
pub const LOCK: &str = "lock";
/// The prefix of the sort keys of a guard's members that stand in no line.
pub const MEMBER: &str = "m#";
/// The prefix of the sort keys of a guard's members that stand in lines.
pub const LINED: &str = "ml#";
/// What the sort keys of all members of a guard begin with, and no others of it.
pub const MEMBERS: &str = "m";
/// The sort key of a question.
pub const QUESTION: &str = "i";
/// The largest number of a turn that a key can hold.
pub const LAST_TURN: u64 = 9_999_999_999;

/// The partition of an execution.
pub fn execution(id: &ExecutionId) -> String {
    format!("x#{id}")
}

/// The execution that a partition belongs to; `None` where the partition is of another kind.
pub fn execution_of(partition: &str) -> Option<ExecutionId> {
    partition.strip_prefix("x#").map(Into::into)
}

/// The sort key of the commit whose first turn has the number `first`.
pub fn turn(first: u64) -> String {
    format!("{TURN}{:010}", first.min(LAST_TURN))
}

/// The number of a commit's first turn, from its sort key; `None` where the key is of another kind.
pub fn first_of(sort: &str) -> Option<u64> {
    sort.strip_prefix(TURN)?.parse().ok()
}

/// The sort key of a pause's task token.
pub fn token(interaction: &InteractionId) -> String {
    format!("{TOKEN}{interaction}")
}

/// The partition of a question.
pub fn question(id: &InteractionId) -> String {
    format!("q#{id}")
}

/// The question that a partition belongs to; `None` where the partition is of another kind.
pub fn question_of(partition: &str) -> Option<InteractionId> {
    partition.strip_prefix("q#").map(Into::into)
}

/// The partition of the guard of a workflow with `overlap` or `max_concurrency`.
pub fn guard(owner: &str, workflow: &WorkflowId) -> String {
    format!("g#{owner}#{workflow}")
}

/// The sort key of a guard's member. It begins with the time of the start, so that members sort oldest first.
pub fn member(started: Time, id: &ExecutionId) -> String {
    format!("{MEMBER}{}", moment(started, id.as_str()))
}

/// The prefix of the sort keys of the members of one line. Whatever the line's name holds, no line has a part of another's.
pub fn line(name: &str) -> String {
    format!("{LINED}{}#", sha256_hex(name.as_bytes()))
}

/// The sort key of a guard's member that stands in a line. Members of one line sort by their places.
pub fn lined(place: &InLine, started: Time, id: &ExecutionId) -> String {
    format!("{}{:020}#{}", line(&place.line), place.number, moment(started, id.as_str()))
}

/// What the sort key of a guard's member says: the start time, the execution and, where it stands in a line, the line as the
/// key has it with the place; `None` where the key is of another kind.
pub fn member_of(sort: &str) -> Option<(Time, ExecutionId, Option<InLine>)> {
    let (rest, in_line) = match sort.strip_prefix(LINED) {
        None => (sort.strip_prefix(MEMBER)?, None),
        Some(rest) => {
            let (line, rest) = rest.split_once('#')?;
            let (number, rest) = rest.split_once('#')?;
            (rest, Some(InLine { line: line.into(), number: number.parse().ok()? }))
        }
    };
    let (at, id) = rest.split_once('#')?;
    Some((Time(at.parse().ok()?), id.into(), in_line))
}

/// The key, in the index `lists`, of an owner's executions in one status.
pub fn list(owner: &str, status: Status) -> String {
    format!("e#{owner}#{status}")
}

/// The key, in the index `lists`, of an execution's children.
pub fn children(parent: &ExecutionId) -> String {
    format!("c#{parent}")
}

/// The key, in the index `byworkflow`, of a workflow's executions.
pub fn by_workflow(owner: &str, workflow: &WorkflowId) -> String {
    format!("w#{owner}#{workflow}")
}

/// List of the questions in one status.
pub fn questions(owner: &str, status: InteractionStatus) -> String {
    format!("i#{owner}#{status}")
}

/// One part of a list, by its number from 0. The first has the name of the list itself, which earlier releases gave to the
/// whole list: what they wrote is found there. No list begins with a digit, so that no part has the name of another list.
pub fn part(list: &str, part: usize) -> String {
    if part == 0 { list.to_owned() } else { format!("{part}/{list}") }
}

/// The part of a list, which has `parts`, that what has this id is in: by a hash of the id, so that writes of one moment
/// spread over all.
pub fn part_for(list: &str, id: &str, parts: usize) -> String {
    // The hash is one of its own, since the parts of `due` would otherwise go with those of lists.
    part(list, (fraction(&["list", id]) * parts as f64) as usize)
}

/// The partition of the index `due` that an execution is in, by a hash of its id.
pub fn due(id: &ExecutionId) -> String {
    due_shard((fraction(&[id.as_str()]) * limits::DUE_SHARDS as f64) as usize)
}

/// One partition of the index `due`, by its number from 0.
pub fn due_shard(shard: usize) -> String {
    format!("due#{shard}")
}

/// The partition of the index `due` that an ended execution is in until its retention is over, by a hash of its id. It is
/// apart from [`due`], so that no number of removals keeps the supervisor from those that are alive.
pub fn expiring(id: &ExecutionId) -> String {
    expiring_shard((fraction(&[id.as_str()]) * limits::DUE_SHARDS as f64) as usize)
}

/// One partition of ended executions, by its number from 0.
pub fn expiring_shard(shard: usize) -> String {
    format!("end#{shard}")
}

/// The latest time that a key can hold, in the year 2286. Keys hold it in the place of later ones.
pub const LAST_TIME: Time = Time(9_999_999_999_999);

/// A time as text: milliseconds since 1970 in 13 digits.
pub fn time(at: Time) -> String {
    format!("{:013}", at.0.clamp(0, LAST_TIME.0))
}

/// A time as text, followed by what decides the order among items of the same time.
pub fn moment(at: Time, rest: &str) -> String {
    format!("{}#{rest}", time(at))
}

/// The partition of an owner's saved workflows.
pub fn catalogue(owner: &str) -> String {
    format!("w#{owner}")
}

/// The sort key of the pointer to a saved workflow's latest version.
pub fn latest(id: &str) -> String {
    format!("p#{id}")
}

/// The sort key of one version of a saved workflow.
pub fn version(id: &str, version: u64) -> String {
    format!("v#{id}#{version:010}")
}

/// The owner whose saved workflows are in a partition; `None` where the partition is of another kind.
pub fn catalogue_of(partition: &str) -> Option<&str> {
    partition.strip_prefix("w#")
}

/// The sort key of a saved workflow's schedules.
pub fn schedules(id: &str) -> String {
    format!("s#{id}")
}

/// The workflow whose schedules have a sort key; `None` where the key is of another kind.
pub fn schedules_of(sort: &str) -> Option<&str> {
    sort.strip_prefix("s#")
}

/// The prefix of the sort keys of event listeners.
pub const LISTENERS: &str = "l#";

/// The sort key of a saved workflow's event listeners.
pub fn listeners(id: &str) -> String {
    format!("{LISTENERS}{id}")
}

/// The partition of the index `due` that schedules are in. One is enough: schedules are few, and only the supervisor
/// reads them.
pub const SCHEDULES: &str = "schedules";

/// The partition of an owner's jobs over many executions, and their key in the index `lists`. Their sort keys in the table
/// are their ids.
pub fn jobs(owner: &str) -> String {
    format!("j#{owner}")
}

/// The partition of the index `due` that jobs are in. One is enough: an owner has few that are running.
pub const JOBS: &str = "jobs";

/// The partition of a document.
pub fn document(hash: &str) -> String {
    format!("d#{hash}")
}

/// The sort key of a document.
pub const DOCUMENT: &str = "doc";

/// The prefix of the keys in S3 of a document that is too large for its item. Early releases wrote it under `d/HASH` itself.
pub fn large_document(hash: &str) -> String {
    format!("d/{hash}/")
}

/// The prefix of the sort keys of notes about objects. They lie in the partitions of the rows that name the objects.
pub const NOTE: &str = "o#";

/// The sort key of the note about an object.
pub fn note(object: &str) -> String {
    format!("{NOTE}{object}")
}

/// The partition of the index `due` that notes about objects are in. One is enough: a document, or the rows of a workflow,
/// are rarely so large that they have an object.
pub const OBJECTS: &str = "objects";

/// The prefix of the keys in S3 of the rows that items of a partition have there, so that an owner's go with the owner. Early
/// releases wrote them without a prefix of the partition, below `r/` itself.
pub fn rows(partition: &str) -> String {
    format!("r/{}/", sha256_hex(partition.as_bytes()))
}

/// The document that a partition belongs to, by its hash; `None` where the partition is of another kind.
pub fn document_of(partition: &str) -> Option<&str> {
    partition.strip_prefix("d#")
}

/// The partition of the index `due` that documents are in which no owner has saved. One is enough: a document is written
/// once, and again some once a month.
pub const DOCUMENTS: &str = "documents";

/// The partition of the index `due` that conversations are in until they are forgotten. One is enough for a thousand that
/// go on each second.
pub const CONVERSATIONS: &str = "conversations";

/// The partition of an API token.
pub fn api_token(sha256: &str) -> String {
    format!("k#{sha256}")
}

/// The partition of the list of an owner's API tokens. Its sort keys are their hashes.
pub fn api_tokens(owner: &str) -> String {
    format!("o#{owner}")
}

/// The prefix of the keys of everything that an execution has in S3.
pub fn values(id: &ExecutionId) -> String {
    format!("x/{id}/")
}

/// The key in S3 of an execution's value, by its hash, or of the body or the log lines of a commit.
pub fn value(id: &ExecutionId, name: &str) -> String {
    format!("{}{name}", values(id))
}

/// The partition of the heads of an owner's conversations. Its sort keys are the conversations' own.
pub fn memories(owner: &str) -> String {
    format!("m#{owner}")
}

/// The owner whose conversations' heads are in a partition; `None` where the partition is of another kind.
pub fn memories_of(partition: &str) -> Option<&str> {
    partition.strip_prefix("m#")
}

/// The partition of one conversation. Its sort keys are the times at which agents added to it. The length of the owner's
/// name tells it from that of another owner's whose name begins in the same way.
pub fn memory(owner: &str, key: &str) -> String {
    format!("mm#{}#{owner}#{key}", owner.len())
}

/// The partition of an owner's groups. Its sort keys are their names in lower case.
pub fn groups(owner: &str) -> String {
    format!("p#{owner}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_sorts_as_numbers_and_times_do() {
        let numbers = [1, 2, 9, 10, 99, 1_000, LAST_TURN];
        assert!(numbers.windows(2).all(|pair| turn(pair[0]) < turn(pair[1])));
        assert!(numbers.iter().all(|&number| first_of(&turn(number)) == Some(number)));
        assert!(moment(Time(999), "z") < moment(Time(1_000), "a"));
        let times = [Time(-1), Time(1), Time(1_800_000_000_000), LAST_TIME, Time(16_725_225_600_000), Time(i64::MAX)];
        assert!(times.windows(2).all(|pair| time(pair[0]) <= time(pair[1])), "also those of the year 2500");
        assert!(turn(LAST_TURN) > turn(1) && TOKEN > TURN, "tokens lie beyond the turns");
        assert!(!HEAD.starts_with(TURN) && first_of("token#1").is_none());
    }

    #[test]
    fn what_a_key_names_can_be_read_from_it() {
        let id = ExecutionId::from("01890000-0000-7000-8000-000000000001");
        assert_eq!(execution_of(&execution(&id)), Some(id.clone()));
        assert_eq!(member_of(&member(Time(7), &id)), Some((Time(7), id.clone(), None)));
        assert_eq!(question_of(&question(&"q".into())), Some("q".into()));
    }

    #[test]
    fn what_is_written_at_once_spreads_over_the_parts_of_a_list() {
        let list = list("o", Status::Running);
        let mut counts = std::collections::BTreeMap::<String, usize>::new();
        for n in 0..4_000 {
            *counts.entry(part_for(&list, &format!("id-{n}"), 4)).or_default() += 1;
        }
        assert_eq!(
            counts.keys().cloned().collect::<std::collections::BTreeSet<_>>(),
            (0..4).map(|n| part(&list, n)).collect()
        );
        assert!(counts.values().all(|count| (850..1_150).contains(count)), "{counts:?}");
        assert_eq!(part_for(&list, "any", 1), list, "a list of one part is as it was before lists had parts");
    }

    #[test]
    fn executions_spread_over_the_parts_of_the_due_index() {
        let shards: std::collections::BTreeSet<_> = (0..400).map(|n| due(&n.to_string().into())).collect();
        assert_eq!(shards.len(), limits::DUE_SHARDS);
        let ended: std::collections::BTreeSet<_> = (0..400).map(|n| expiring(&n.to_string().into())).collect();
        assert!(
            ended.len() == limits::DUE_SHARDS && ended.is_disjoint(&shards),
            "those that ended have parts of their own"
        );
    }
}
