//! Every bound of what hosts do around the rules, in one place, each with its reason; those of the rules with them.

use std::time::Duration;
pub use stepwell_core::limits::*;

/// Children that are started, told or read at a time. Each takes a connection or two, a batch has ten messages, and a
/// function has 1,024 file descriptors.
pub const CHILDREN_AT_ONCE: usize = 32;
/// The same number on the embedded host, where children that are written together share one sync of the disk.
pub const CHILDREN_IN_ONE_SYNC: usize = 1_000;
/// Steps that only compute whose turns are written with the start of a child: enough for the body of a `map` that shapes its
/// item, and few beside the hundreds of children that one message starts.
pub const COMPUTED_AT_START: usize = 8;
/// Entries of a rank that are taken in a row while a lower rank waits. What callers wait for loses little by it, and bulk
/// work goes on, whatever callers do.
pub const TURNS_OF_A_RANK: u32 = 8;
/// Seconds between two looks at an attempt that runs in this process and that somebody waits for. Its end is told at once;
/// only where it was cut off must somebody look.
pub const LOOKS_AGAIN_SECONDS: f64 = 2.0;
/// How often a message may be handed out and fail; after that it is a dead letter.
pub const DELIVERIES: u32 = 5;
/// Steps of one execution that follow each other in one process which goes [ahead](crate::ahead), before the next one waits for
/// its message: so a loop of thousands takes its place in the queue again and again, and a batch returns, with the other
/// executions of it, after as many steps as a batch has messages and a few more.
pub const STEPS_AHEAD: u32 = 16;
/// The part of a process's time that must be left for it to go ahead with one more step: those of the batch that came by
/// messages have begun by then, and a step has nearly the time that it would have in a process of its own.
pub const TIME_AHEAD: f64 = 0.75;
/// The longest time in seconds between two looks at an execution that is held back. What such a look makes good, a
/// message that was lost, is rare.
pub const HELD_PAUSE_SECONDS: f64 = 3_600.0;
/// Executions that a supervisor outside of the process looks after at once: each makes some ten calls one after the other,
/// of a few milliseconds each, and several children may be told something at once.
pub const LOOKED_AFTER_AT_ONCE: usize = 16;
/// Ended executions that it removes at once. Each may have as many children removed at once, and a function has 1,024 file
/// descriptors.
pub const REMOVED_AT_ONCE: usize = 16;
/// Executions held back that one transaction of the embedded host lets in, so that it stays short where a limit is
/// removed that held back thousands.
pub const LET_IN_AT_ONCE: u64 = 250;
/// Descendants that one answer reads to show what they ask. Each takes a request to the store.
pub const ASKING_READ: usize = 500;
/// Bytes of a request to the API, which is what AWS Lambda takes.
pub const REQUEST_BYTES: usize = 6 * 1024 * 1024;
/// Characters of an error's message, or of another text of somebody else's, in a line of the log: enough to see what was
/// wrong. The journal has all of it.
pub const TOLD_CHARS: usize = 200;
/// Seconds after the end of an agent for which another one of its execution looks whether what it said is in the conversation:
/// by then the message of a process that died has come again.
pub const REMEMBERED_SECONDS: u64 = 900;
/// Bytes that a secret's value must have to be masked. Masking shorter ones would blot out ordinary words.
pub const MASKED_BYTES: usize = 4;
/// Bytes from which a secret is masked in any case: shorter ones in another case are ordinary words too often.
pub const MASKED_FOLDED_BYTES: usize = 8;
/// How often escapes within escapes are undone when secrets are looked for: what is encoded more often comes from
/// somebody who knows the secret.
pub const MASKED_ROUNDS: usize = 3;
/// Bytes of a text that are searched for secrets at once. What decoders make of them takes ten times as much.
pub const MASKED_WINDOW_BYTES: usize = 1024 * 1024;
/// Texts of conversations that are known to hold no secret: those of a hundred long ones, in half a megabyte.
pub const MASKED_KNOWN: usize = 64 * 1024;
/// Bytes of one field of a line of the log. A longer field is cut, since a line of CloudWatch has 256 KB at most.
pub const LOG_FIELD_BYTES: usize = 8 * 1024;
/// Turns that are read at once where a few are shown or handed on, so that few are read in vain.
pub const TURNS_PER_BITE: usize = 50;
/// Turns that are read at once where the whole journal is gone through for a rollback: some hundred KB.
pub const TURNS_PER_READ: usize = 1_000;
/// How long a small document may take that the host fetches for itself. A request waits for it.
pub const FETCH: Duration = Duration::from_secs(5);
/// Groups of people that an owner may keep. Whoever answers or looks at an inbox has all of an owner's looked through on
/// AWS.
pub const GROUPS: usize = 200;
/// Members of one group: as many people as one question may name.
pub const GROUP_MEMBERS: usize = PEOPLE;
/// Bytes of the names of a group's members in all, since a group is one item of DynamoDB.
pub const GROUP_BYTES: usize = 64 * 1024;
/// Bytes of one member's name: the longest e-mail address, and some room.
pub const MEMBER_BYTES: usize = 320;
/// Operations of one patch. Each may go through the whole document.
pub const PATCH_OPERATIONS: usize = 1_000;
/// How often a rollback is planned again because the execution moved on meanwhile. Each time somebody made progress.
pub const PLANS: u32 = 32;
/// Children of which the preview of a rollback tells what would be undone within them, those below them among them. Each is
/// read from its journal while a caller waits.
pub const PREVIEWED_CHILDREN: usize = 1_000;
/// How long children are read for a preview at most, since a request waits for it.
pub const PREVIEWING: Duration = Duration::from_secs(5);
/// Executions of one slice of a job: done in a second or two on every host, so that other jobs have their turn and a crash
/// repeats little.
pub const JOB_SLICE: usize = 100;
/// Pages of the list that one slice reads for its next executions, since pages may be empty where a filter leaves most out.
pub const JOB_PAGES: usize = 10;
/// For how long executions of a slice are asked one after the other. Those that no time was left for are the next slice's, so
/// that a slow store makes slices smaller and none of them futile.
pub const JOB_ASKING: Duration = Duration::from_secs(4);
/// Executions of a slice that are asked however long it takes, so that each slice comes further.
pub const JOB_ASKED: usize = 10;
/// The longest that one slice takes before it is left, and gone on with later: the supervisor begins none with less time.
pub const JOB_SLICE_TIME: Duration = Duration::from_secs(8);
/// Jobs of one owner that may be running at a time: each goes on in turn, so more would make none of them faster.
pub const JOBS_RUNNING: usize = 10;
/// Executions that are counted for a job before it begins, and for its dry run.
pub const JOB_COUNTED: u64 = 10_000;
/// Executions of one page that is counted: what a list gives at most.
pub const JOB_PAGE: usize = 200;
/// How long they are counted at most, since a request waits for it.
pub const JOB_COUNTING: Duration = Duration::from_secs(5);
/// Executions that the answer to a dry run names.
pub const JOB_SHOWN: usize = 20;
/// Errors that a job keeps: enough to see what is wrong, and little enough for a record that is written with each slice.
pub const JOB_ERRORS: usize = 20;
/// Jobs that are looked up at once as due. Of each owner one is taken up, then they are looked up anew.
pub const JOBS_DUE: usize = 200;
/// How often a slice is tried before the executions that the store does not answer for count as failed, and the job as
/// failed where the store cannot list them: with the pauses between, some minutes.
pub const JOB_TRIES: u32 = 8;
/// Seconds until a slice is tried again, doubled with each try, and the most that this grows to.
pub const JOB_PAUSE_SECONDS: (f64, f64) = (1.0, 60.0);
/// How long a slice of an erasure removes what is kept beside executions, before it goes on with them.
pub const ERASED_BESIDE: Duration = Duration::from_secs(3);
/// The longest that the removal of one execution takes in one slice of an erasure: of a large family some is gone then, and
/// the next slice goes on.
pub const ERASING_ONE: Duration = Duration::from_secs(4);
/// Tokens, secrets, groups or conversations of one page that an erasure reads: a few seconds of removals.
pub const ERASED_PAGE: usize = 50;
/// Rows of saved workflows that one call of an erasure removes, for the same reason.
pub const ERASED_ROWS: usize = 200;
/// Seconds by which lists may lag behind the journal, with some to spare: what began so long before an erasure came to its
/// end is looked for once more.
pub const LISTS_LAG_SECONDS: f64 = 60.0;
/// Days for which a job is shown after its end.
pub const JOB_DAYS: f64 = 90.0;
/// Lines of nodes that are read at a time where an execution moves: what a store gives at once.
pub const LOG_PAGE: usize = 200;
/// Bytes of lines that move with one turn: with a turn they fit into a request, which has 6 MiB on AWS.
pub const MOVED_LOG_BYTES: usize = 2 * 1024 * 1024;
/// Bytes of a line's JSON beside its text and its node.
pub const LOG_AROUND_BYTES: usize = 100;
/// Saved workflows below another one that are read to tell whether one of them keeps out whoever starts it: a request waits
/// for that.
pub const WORKFLOWS_BELOW: usize = 100;
