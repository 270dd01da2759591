//! Every bound of the pages, with its reason.

use std::time::Duration;

/// Bytes of a submitted form: a text of 300 pages with every character escaped, and a bound on what a stranger can have
/// read.
pub const FORM_BYTES: usize = 2 * 1024 * 1024;
/// Pairs of name and value in a submitted form: more than [`FIELDS`] fields with [`ROWS`] rows on one page make in
/// practice.
pub const FORM_PAIRS: usize = 10_000;
/// Fields that a form shows for a schema. A larger one is asked for as JSON: nobody fills in a page of a thousand fields.
pub const FIELDS: usize = 300;
/// Levels of objects and lists in a form. What lies deeper is asked for as JSON, which also ends schemas that hold
/// themselves.
pub const LEVELS: usize = 6;
/// Rows of a list in a form, so that one submit cannot ask for a page of any size.
pub const ROWS: usize = 200;
/// References (`$ref`) from one schema to the next that are followed before a form gives up.
pub const REFERENCES: usize = 16;
/// Characters up to which a text has a field of one line.
pub const LINE: u64 = 120;
/// Options up to which all are shown beside each other; more make a list that folds.
pub const RADIOS: usize = 7;
/// Characters of a question in the title of a page: what the tab of a browser shows at most.
pub const TITLE: usize = 80;
/// Bytes of Markdown that are rendered; what is longer shows as plain text, since it was hardly written by a person.
pub const MARKDOWN_BYTES: usize = 256 * 1024;
/// Requests per second with one person's link: what a person with a slow hand for rows and corrections needs.
pub const LINK_PER_SECOND: f64 = 5.0;
/// Requests with one link in a burst.
pub const LINK_AT_ONCE: f64 = 300.0;
/// The name under which all requests with links that nobody was given are counted together.
pub const GUESSES: &str = "guesses";
/// How long somebody stays signed in who showed a token: a working day. A token that ends or is revoked ends it sooner.
pub const SESSION: Duration = Duration::from_secs(12 * 3600);
/// How long a sign-in by the issuer may take: somebody may have to find a second factor.
pub const SIGN_IN: Duration = Duration::from_secs(600);
/// How long a browser is known that nobody has signed in with: forms of pages that stayed open as long still count.
pub const VISIT: Duration = Duration::from_secs(30 * 86_400);
/// Executions of a chat among which the visitor's own conversations are looked for: those of the last hour where many talk,
/// and of months where few do.
pub const CHAT_RUNS: &str = "50";
/// Conversations that are listed beside one: what fits on a screen.
pub const CHAT_SESSIONS: usize = 12;
/// Characters of what was said last, as the name of a conversation.
pub const CHAT_TITLE: usize = 60;
/// Characters of a tool's arguments and of its result: the page of the execution shows more.
pub const CHAT_VALUE: usize = 4_000;
/// Executions that figures are counted from: enough to show what goes wrong, and read in a fraction of a second.
pub const FIGURES: usize = 500;
/// Executions of one page of the list that they are read from: the most that a host gives at once.
pub const FIGURES_PAGE: usize = 200;
/// States that are read for figures at a time.
pub const FIGURES_AT_ONCE: usize = 16;
/// Turns of an execution that went back, or had an agent run again, up to which its journal is read for figures: of a longer
/// one only that counts which led to its present state, so that one execution does not cost as much as all others.
pub const FIGURES_TURNS: u64 = 1_000;
/// How long figures are shown before they are counted anew: what people do not notice, so that many open pages cost one
/// reading.
pub const FIGURES_FRESH: Duration = Duration::from_secs(5);
/// How far back the figures of workflows look: far enough for one that runs each week or month.
pub const FIGURES_OF: Duration = Duration::from_secs(30 * 86_400);
/// Versions of a workflow that its page lists. Each is read from the store; others are chosen by their number.
pub const VERSIONS: u64 = 8;
/// Of these, how many are read at a time.
pub const VERSIONS_AT_ONCE: usize = 4;
/// Columns of a document's lines, as people read and edit it: what stands beside a picture on a usual screen.
pub const COLUMNS: usize = 100;
/// Lines around a change that a difference shows.
pub const LINES_AROUND: usize = 3;
/// Lines that a difference shows at most: nobody reads more, and the page stays light.
pub const DIFFERENCE_LINES: usize = 3_000;
/// How long the smallest difference of two documents is looked for, on a thread that nobody waits for.
pub const DIFFERENCE: Duration = Duration::from_millis(300);
/// Problems of a document that the editor shows: whoever has more corrects some of them first.
pub const PROBLEMS: usize = 50;
/// Characters of a line that the editor shows beside a problem.
pub const EXCERPT: usize = 120;
/// Bytes of a form of the editor, as of any request to the API.
pub const EDITOR_BYTES: usize = engine::limits::REQUEST_BYTES;
/// Nodes of a workflow up to which the bodies of its loops are drawn at once; of a larger one loops are folded until somebody
/// opens them.
pub const PICTURE_NODES: usize = 60;
/// After how long a browser without scripts loads the page of a running execution again: often enough to follow what people
/// do, and seldom enough to read what is there.
pub const AGAIN: Duration = Duration::from_secs(20);
/// How long a page is told nothing after it was told that its execution moved: people do not follow more than two pictures
/// a second, and a phone has time for its reader.
pub const MOVES: Duration = Duration::from_millis(500);
/// How many times as long as it took to draw a page that follows an execution no other is drawn, as long as that rest is
/// below its bound: so all of them
/// together take a twentieth of one processor at most. Fifty pages of two milliseconds each have their turns every two
/// seconds, and of six milliseconds, where the host is busy, every six.
pub const LIVE_REST: u32 = 19;
/// How long that rest is at most, so that one page of a large workflow does not make others stand still.
pub const LIVE_RESTS: Duration = Duration::from_secs(1);
/// Turns that the timeline of an execution shows: more bars than that are narrower than what can be told apart.
pub const TIMELINE_TURNS: usize = 400;
/// Turns of a part of the journal in a page.
pub const JOURNAL_TURNS: usize = 50;
/// Events of one turn that a page shows; the API shows all.
pub const EVENTS: usize = 100;
/// Bytes of a value that lies elsewhere up to which a page fetches it: it shows no more than the beginning.
pub const VALUE_BYTES: usize = 256 * 1024;
/// Members and elements that a page shows of one value.
pub const VALUE_ENTRIES: usize = 150;
/// Characters that a page shows of one text within a value.
pub const VALUE_TEXT: usize = 2_000;
/// Characters that a page shows of a member's name.
pub const VALUE_KEY: usize = 200;
/// Bytes of a message from which it scrolls in a place of its own: some ten lines on a usual screen.
pub const LONG: usize = 1_200;
/// Characters of what a list says that a turn did. The checkpoint itself shows all that it recorded.
pub const TOLD: usize = 400;
/// Levels of a value that a page shows.
pub const VALUE_LEVELS: usize = 12;
/// Levels of a value that are open at first.
pub const VALUE_OPEN: usize = 2;
/// Answers of an agent's model that a page shows, the newest. The whole conversation is one link away.
pub const TALK_TURNS: usize = 20;
/// Tool calls of one answer that a page shows.
pub const TALK_CALLS: usize = 20;
/// Messages that a page shows of what an agent remembered, or was told first.
pub const TALK_MESSAGES: usize = 40;
/// Characters that a page shows of the arguments, and of the result, of a tool call: with the bounds above, a page of the
/// longest conversation stays below a megabyte.
pub const TALK_VALUE: usize = 1_000;
/// Lines of a node's log that a page shows.
pub const LOG_LINES: usize = 100;
/// Pages of an execution's log that are searched for the lines of one node.
pub const LOG_PAGES: usize = 10;
/// Attempts of a node that a page lists.
pub const ATTEMPTS: usize = 20;
/// Questions, and children, that the page of an execution lists; the inbox, and the next part, have the others.
pub const BELOW: usize = 20;
/// Executions among which the beginning of an id is looked for: ten pages of a host's list.
pub const SEARCHED: usize = 2_000;
/// Executions that are chosen one by one and asked at once: what one page of the list shows. A job asks more.
pub const CHOSEN: usize = 200;
/// Of these, how many the way back to the list still names: what an address has room for everywhere.
pub const CHOSEN_KEPT: usize = 50;
/// Questions that are counted where a list has more than it shows: what the API gives at once.
pub const WAITING: usize = 200;
/// Characters of a value beside a question: what somebody reads before deciding. The execution's page has all.
pub const CONTEXT: usize = 3_000;
/// Questions that are answered together: what the API takes at once.
pub const TOGETHER: usize = api::limits::ANSWERS_AT_ONCE;
/// How often it is looked whether what is confirmed is what was shown, of an execution that goes on just then.
pub const CONFIRMS: usize = 5;
/// Checkpoints among which somebody chooses one; any other is named by its number.
pub const CHECKPOINTS: usize = 30;
/// Executions of one status that are counted for the first page: a figure of four digits is read as "many" anyway.
pub const ALIVE: u64 = 1_000;
/// Rows of each list on the first page: what is seen at a glance. The lists themselves have all.
pub const GLANCE: usize = 5;
/// Nodes of each table on the first page.
pub const NODES: usize = 8;
/// Dead letters that the page of operations shows; the list of executions has all.
pub const DEAD: usize = 20;
/// Schedules of a host that are looked at for one owner's.
pub const SCHEDULES: usize = 1_000;
/// How far ahead schedules are looked for: those that start once in some years are shown too.
pub const SCHEDULES_AHEAD: Duration = Duration::from_secs(10 * 366 * 86_400);
/// Characters of a question in a list: what tells it from others. Its page has all of it.
pub const ASKED: usize = 160;
/// Characters of a name within a list or a sentence: what tells it from others. Its own page has all of it.
pub const NAME: usize = 60;
/// Characters of an agent's name in the boxes of what it uses: a box has room for the number of calls beside it.
pub const AGENT_NAME: usize = 16;
/// Characters of what an execution says of itself in a list. Its page has all of it.
pub const SAID: usize = 140;
/// Characters of the sentence with which a list says why something failed: most have some 100, and are shown whole.
pub const SENTENCE: usize = 300;
/// Milliseconds of the time that the first page shows: what a day's work was, and what went wrong overnight.
pub const DAY_MS: i64 = 86_400_000;
