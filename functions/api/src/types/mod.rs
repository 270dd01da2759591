//! The bodies of requests and answers, as Rust types: the server makes answers of them, the command line reads them, and
//! the OpenAPI document is generated from them. Their documentation is the text of that document.

mod admin;
mod agent;
mod answers;
mod chat;
mod control;
pub mod document;
mod draft;
mod execution;
mod group;
mod history;
mod interaction;
mod job;
mod memory;
mod moving;
mod node;
mod page;
mod patch;
mod problem;
mod receipt;
mod rollback;
mod said;
mod slack;
mod start;
mod values;
mod warning;
mod whatif;
mod words;
mod workflow;

pub use admin::{Health, NewToken, SecretBody, SecretRow, StoredSecret, TokenBody, TokenRow};
pub use agent::{Agent, AgentCall, AgentMemory, AgentTurn, AgentUsage, LentTo};
pub use answers::{AnswersBody, RespondedItem, RespondedMany, RespondedOutcome, WhyNot};
pub use chat::{ChatAnswer, ChatBody, ChatMessage, ChatResumeBody, Conversation};
pub use control::{Ended, Reason, ResumeAnswer, ResumeBody, Resumed, Seen, SignalBody, WentOn};
pub use document::Document;
pub use draft::{Draft, DraftBody, Tokens};
pub use execution::{Cost, Execution, ExecutionError, Links, Parent, Usage};
pub use group::{Group, GroupBody};
pub use history::{Checkpoint, History, JournalEvent, Turn};
pub use interaction::{AnswerBody, Delivery, Interaction, NotifyBody, ReassignBody, Responded};
pub use job::{BulkBody, BulkFilter, EraseBody, Job, JobError, JobLinks, NoFields, WouldMeet};
pub use memory::{Memory, MemoryWithMessages};
pub use moving::{ExportPiece, Imported, MovedLine, Taken};
pub use node::{ChildCounts, LogLine, Node, Nodes};
pub use page::{
    ExecutionPage, GroupPage, InteractionPage, JobPage, LogPage, MemoryPage, Page, SecretPage, TokenPage, WorkflowPage,
};
pub use patch::{ExecutionWorkflow, InTheWay, PatchBody, PatchOp, PatchOperation, Patched};
pub use problem::{Conflict, Fault, ProblemDetails, Refused};
pub use receipt::{Key, Keys, Receipt};
pub use rollback::{
    BackAnswer, BacktrackBody, CheckpointId, ForkBody, RestoredState, RollbackBody, Undone, UnstickBody, WentBack,
    WouldCompensate, WouldGoBack, WouldRunWith,
};
pub use said::{Authorization, Choice, Response};
pub use slack::SlackReply;
pub use start::{Accepted, InlineBody, StartBody};
pub use values::{Values, lost};
pub use warning::ExecutionWarning;
pub use whatif::{
    WhatIf, WhatIfBody, WhatIfItem, WhatIfModels, WhatIfQuestions, WhatIfRoute, WhatIfRoutes, WhatIfStatus,
    WhatIfSteps, WhatIfSummary, WhatIfUsage, WhatIfVisit, WhatIfWay, WouldFork, WouldRun,
};
pub use words::Timestamp;
pub use workflow::{Checked, Saved, Workflow, WorkflowRow};
