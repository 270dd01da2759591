//! Stepwell on AWS: state in DynamoDB, messages in SQS, large values in S3, alarm clocks in Step Functions, credentials
//! in Secrets Manager. The rules are in `shared`; the adapters here only store state and hand out messages.
//!
//! | word | is |
//! |---|---|
//! | table | the state: executions, saved workflows, tokens ([`store`]) |
//! | clock | an execution of the wait machine: of a pause, or of one long timer |
//! | pause | the clock of a question to people: opens the question with its task token, and goes off at its deadlines |
//! | task token | completes a task of Step Functions: a pause's, or that of a caller who waits for an execution's end |
//! | head | the one item of an execution that lists and the supervisor read, beside the items of its turns |
//! | mark | an entry that a request leaves on an execution's head until the effects of its commit are delivered |
//! | stone | an item that holds the number of a removed turn for an hour, so that no late commit can take it |
//! | guard | a record of a workflow's executions under way, where the workflow has `overlap` or `max_concurrency` |
//! | lease | lets one process at a time start executions of a workflow that has a guard |

pub mod billing;
mod delivery;
pub mod error;
mod host;
pub mod limits;
pub mod runtime;
pub mod services;
pub mod store;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;

pub use host::{Aws, Clock, People, Services, clock};
pub use nodes::Fetcher;
pub use runtime::{
    function::{connect, connect_behind_messages, connect_to_check, connect_to_people, deadline, main, memory, owner},
    people::slack,
};
pub use services::{alarm::StepFunctions, blobs::S3, queue::Sqs, secrets::SecretsManager, signing::SigningKeys};
