//! The patches that scripts ask for.

use crate::sim::parsed;
use engine::{
    patch::{PatchRequest, patch},
    port::{Host, StoreError},
};
use futures::FutureExt;
use serde_json::{Value, json};
use stepwell_core::id::ExecutionId;

/// Operations on the workflow of a script, which a number chooses. Whether an execution's past allows them is for the rules
/// to say; a node that is added twice makes no workflow.
pub fn operations(document: &Value, number: usize) -> Value {
    let nodes = &parsed(document).nodes;
    let at = number / 4 % nodes.len();
    let id = nodes[at].id.as_str();
    match number % 4 {
        0 | 1 => {
            let new = format!("p{number}");
            let port = nodes[at].ports.get(number / 16 % nodes[at].ports.len().max(1));
            let node = json!({"id": new, "type": "transform", "config": {"expression": "7"}});
            let mut way = json!({"from": id, "to": new});
            if let Some(port) = port {
                way["port"] = json!(port);
            }
            json!([{"op": "add", "path": "/nodes/-", "value": node}, {"op": "add", "path": "/edges/-", "value": way}])
        }
        2 => json!([{"op": "add", "path": format!("/nodes/{at}/retry"), "value": {"max_attempts": number % 5 + 1}}]),
        _ => json!([{"op": "add", "path": format!("/nodes/{at}/on_error"), "value": "continue"}]),
    }
}

/// Patches an execution. A refusal is an answer.
///
/// # Errors
/// What the store says.
pub async fn patched(host: &dyn Host, of: &ExecutionId, operations: Value) -> Result<(), StoreError> {
    let asked = PatchRequest { operations, ..PatchRequest::default() };
    let checks = |_| async { Ok(()) }.boxed();
    patch(host, of, asked, &checks, false).await.map(drop)
}
