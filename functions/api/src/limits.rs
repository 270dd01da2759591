//! Every bound of the HTTP functions, with its reason.

use std::time::Duration;

/// Items of one page of a list at most.
pub const PAGE_ITEMS: usize = 200;
/// Items of a page where the request names no limit.
pub const PAGE_DEFAULT: usize = 50;
/// Bytes of the items of one page as JSON. A page ends before the item that would exceed them; only its first item may
/// be larger. Escaped within a JSON string they are twice as many at most, and a response of Lambda takes 6 MB.
pub const PAGE_BYTES: usize = 2_500_000;
/// Bytes of offloaded values, as JSON, that an answer about all nodes of an execution shows; the first value may be
/// larger. In memory they take up to forty times as much.
pub const VALUES_BYTES: usize = 8 * 1024 * 1024;
/// Questions that an execution shows of its descendants. The inbox, filtered by the execution, has all of them.
pub const QUESTIONS_BELOW: usize = 50;
/// Questions that one request answers: each takes a turn of its execution, of some tens of milliseconds on AWS, and API
/// gateways cut requests off at 29 seconds.
pub const ANSWERS_AT_ONCE: usize = 100;
/// Questions that one request looks at where it searches the inbox by what is asked: each takes a request or two to the
/// store, [`ROWS_AT_ONCE`] at a time, which together are over within a second or two on AWS.
pub const SEARCHED: usize = 500;
/// Pages of a host's list that such a request reads: twice those that hold [`SEARCHED`] questions, since a host that looks
/// for an assignee in DynamoDB may give pages with nothing on them.
pub const SEARCHED_PARTS: usize = 6;
/// Rows of a page that are read at the same time: each takes a request or two to the store.
pub const ROWS_AT_ONCE: usize = 16;
/// Turns of a history read at a time, so that few are read in vain where the bytes of a page are used up early.
pub const TURNS_PER_BITE: usize = 50;
/// Bytes of a part of an execution that is imported: an outcome of the largest size, and what its turn records beside it.
/// On AWS a function takes no more than [`engine::limits::REQUEST_BYTES`].
pub const IMPORT_BYTES: usize = engine::limits::OUTCOME_BYTES + 8 * 1024 * 1024;
/// How long a request waits for an execution at most: API gateways cut requests off at 29 or 30 seconds.
pub const WAIT: Duration = Duration::from_secs(25);
/// How long the JavaScript of one document may take to be parsed in all. Four megabytes of it take a tenth of a second;
/// a request does not wait for code of others that has all places.
pub const SCRIPTS: Duration = Duration::from_secs(5);
/// How long an event stream is silent before it sends a comment line, so that proxies keep it open: their usual idle
/// limit is 30 to 60 seconds.
pub const HEARTBEAT: Duration = Duration::from_secs(15);
/// Turns that one read of a journal takes: a few hundred kilobytes at most in memory.
pub const TURNS_PER_READ: usize = 200;
/// Bytes of the newest turns, as text, that several streams of one execution share: what those who follow it have not read
/// yet. Whoever is further behind reads by itself, so that thousands of executions may be followed.
pub const FOLLOWED_BYTES: usize = 64 * 1024;
/// Log lines that a node list shows for each node; the rest is on `/logs`.
pub const NODE_LOG_LINES: usize = 100;
/// Pages of log lines read for one node list: 20,000 lines, as many as twenty attempts may write.
pub const NODE_LOG_PAGES: usize = 100;
/// Bytes of a request's line and headers: eight times what most servers take.
pub const HEAD_BYTES: usize = 64 * 1024;
/// Requests per second and owner: far above what people do, low enough that one runaway script leaves room.
pub const REQUESTS_PER_SECOND: f64 = 10_000.0;
/// Requests that an owner who was silent before may send in one burst.
pub const REQUESTS_AT_ONCE: f64 = 20_000.0;
/// Owners whose requests are counted at a time, which bounds the memory for it: those who sent least are forgotten.
pub const RATED_OWNERS: usize = 10_000;
/// Bytes of an owner's name in a request.
pub const OWNER_BYTES: usize = 255;
/// Bytes of one part of a path, and of a query parameter that names something. Every name in use is shorter, and a sort
/// key of DynamoDB, which holds more than the name, has 1,024 bytes.
pub const NAME_BYTES: usize = 512;
/// Keys of metadata by which one list may be filtered: a condition of DynamoDB has 4 KB.
pub const METADATA_FILTERS: usize = 10;
/// Bytes of a key of metadata to filter by, and of the text that it must equal: hosts search no larger ones.
pub const METADATA_BYTES: usize = 1_024;
/// Bytes of an `Idempotency-Key`: the bound of most services that take one.
pub const KEY_BYTES: usize = 255;
/// Bytes of a secret's value: longer than any key or certificate chain.
pub const SECRET_BYTES: usize = 64 * 1024;
/// What all aliases of a document in YAML stand for, in the parser's events of which a value is one or two: twenty for each
/// of the nodes that a document may have, and read in less than half a second.
pub const YAML_REPLAYED: usize = 40_000;
/// Templates without quotes that are looked for in a text that cannot be parsed: the first one is the fault, and each look
/// reads a line.
pub const TEMPLATES_LOOKED_AT: usize = 100;
/// Stack of the thread that reads YAML: for [`NESTING`] levels of a parser that was compiled without optimization, which takes
/// some 60 KiB for each. Of a flat text nearly all of it is never touched, and takes no memory.
pub const YAML_STACK_BYTES: usize = 16 << 20;
/// Secrets that one listing reads at a time. On AWS each is a call of a service.
pub const SECRETS_AT_ONCE: usize = 8;
/// How long a client may take to send a request's body: 6 MiB at 2.5 Mbit/s.
pub const BODY: Duration = Duration::from_secs(20);
/// Faults of one body that are told at once: for each it is read once more.
pub const MISFITS: usize = 16;
/// Bytes of a body from which on it is read beside the threads that answer. Less takes about a millisecond.
pub const ASIDE_BYTES: usize = 256 * 1024;
/// Levels of nesting in a body's JSON: those of a document, and those that a request puts around it. Readers of a
/// journal or an answer, which add some more, stop at 128.
pub const NESTING: usize = engine::limits::JSON_DEPTH + 10;
/// How long an answer that is sent in one piece waits for events: API Gateway cuts off at 29 seconds, of which a cold
/// start and a slow store take a part.
pub const WHOLE_WAIT: Duration = Duration::from_secs(20);
/// Bytes of events, and of offloaded values, in an answer that is sent in one piece: the same as on a page, for the same
/// reason. A larger value is named and not shown.
pub const WHOLE_BYTES: usize = PAGE_BYTES;
/// Bytes of a body, as a JSON string, in a response of Lambda, which has 6 MiB together with its headers.
pub const LAMBDA_BYTES: usize = 6 * 1024 * 1024 - 64 * 1024;
/// How long before the function's time is over a stream ends by itself: a stream that is cut off counts as a failure.
pub const STREAM_END: Duration = Duration::from_secs(2);
/// How long a stream lasts even where the function's time seems to be over: some emulators tell no deadline.
pub const STREAM_LEAST: Duration = Duration::from_secs(5);
/// How long a client whose stream ended waits before it connects again.
pub const RETRY: Duration = Duration::from_secs(1);
/// Bytes of a JSON Web Token: those of issuers that list hundreds of groups, and no more than servers take of headers.
pub const JWT_BYTES: usize = 16 * 1024;
/// By how much the clocks of an issuer and of this host may differ.
pub const JWT_SKEW: Duration = Duration::from_secs(60);
/// Bytes of an issuer's configuration, and of its keys: those of issuers with certificates in each of many keys.
pub const JWKS_BYTES: usize = 256 * 1024;
/// Keys of one issuer: some more than any issuer rotates through.
pub const JWKS_KEYS: usize = 100;
/// After how long an issuer's keys are fetched anew, so that one which was withdrawn opens nothing for long.
pub const JWKS_FRESH: Duration = Duration::from_secs(3_600);
/// For how long keys are good that cannot be fetched anew, so that an issuer that is down locks nobody out at once.
pub const JWKS_STALE: Duration = Duration::from_secs(24 * 3_600);
/// How long after its keys were read an issuer is asked no more, whatever keys tokens name.
pub const JWKS_PAUSE: Duration = Duration::from_secs(60);
/// The same after its keys could not be read: shorter, since nobody gets in meanwhile.
pub const JWKS_RETRY: Duration = Duration::from_secs(10);
/// Executions that one what-if replays where the request names no limit: with the time below the limit is seldom reached.
pub const WHATIF_DEFAULT: usize = 1_000;
/// Executions that one what-if replays at most.
pub const WHATIF_EXECUTIONS: usize = 10_000;
/// After how long a what-if begins no further executions. Those that were begun, [`ROWS_AT_ONCE`] of them, may take a second
/// each where they go on to the most turns of a replay, and API gateways cut requests off at 29 seconds.
pub const WHATIF: Duration = Duration::from_secs(5);
/// The time of a function that a what-if leaves for what was begun and for its answer.
pub const WHATIF_MARGIN: Duration = Duration::from_secs(5);
/// Bytes of executions, as JSON, after which a what-if begins no further ones: those that were begun add less than as much
/// again.
pub const WHATIF_BYTES: usize = PAGE_BYTES / 2;
/// How long the request that makes a job does slices of it, on hosts where nobody else does at once; the last one may take
/// [`engine::limits::JOB_SLICE_TIME`] longer.
pub const JOB_FIRST: Duration = Duration::from_secs(5);
/// The time of a function that these slices leave for the last one and for the answer.
pub const JOB_MARGIN: Duration = Duration::from_secs(10);
/// Within how long the route that Slack calls says whether an answer is durable. Slack waits for three seconds, of which the
/// way to us and back takes a part; the contract has two and a half.
pub const SLACK_DURABLE: Duration = Duration::from_millis(2_200);
/// Within how long that route answers in any case, once a person was told what became of the answer.
pub const SLACK_ANSWERED: Duration = Duration::from_millis(2_500);
/// Questions that the command in Slack lists: what fits on a screen. The inbox has all of them.
pub const SLACK_LISTED: usize = 15;
/// Questions that the command looks at to list them. Each takes a request to the store.
pub const SLACK_LOOKED_AT: usize = 30;
/// Bytes of the name of a chat's session: longer than any id in use, and far below the bound of what lists are filtered by.
pub const SESSION_BYTES: usize = 128;
/// Bytes of a message of a chat: a long document that somebody pastes.
pub const CHAT_BYTES: usize = 256 * 1024;
/// Messages of one session that may wait for their turn: more than a person types while an answer comes, and few enough for
/// each to be looked up.
pub const SESSION_WAITING: u64 = 100;
/// Executions of a session that are looked at for its latest message. Forks and copies are among them, which are none.
pub const SESSION_LOOKED_AT: usize = 20;
/// Bytes of an offloaded value that a stream of a chat tells: what a person may read. Others are told by where they lie.
pub const TOLD_BYTES: u64 = 256 * 1024;
/// Days after which a token ends that an invocation makes without saying when: the first one of a deployment, which
/// somebody may forget.
pub const FIRST_TOKEN_DAYS: f64 = 30.0;
/// How often the model of a draft is asked. One that has not written a valid document by then writes none after it either,
/// and each round costs.
pub const DRAFT_ROUNDS: u32 = 5;
/// After how long a draft is given up. A large document takes a model a minute to write.
pub const DRAFT: Duration = Duration::from_secs(240);
/// The same behind API Gateway, which cuts off at 30 seconds: a cold start, the secrets and the checks of what was written
/// take a part.
pub const DRAFT_WHOLE: Duration = Duration::from_secs(25);
/// The time of a function that a draft leaves for these checks and for the answer.
pub const DRAFT_MARGIN: Duration = Duration::from_secs(1);
/// Bytes of what a draft is to do: some pages of text.
pub const DRAFT_INTENT_BYTES: usize = 64 * 1024;
/// Faults that a model is told of a document: what comes after them mostly follows from them.
pub const DRAFT_FAULTS: usize = 50;
