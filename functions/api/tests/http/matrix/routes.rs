//! Every route, and what it asks of its callers.

/// What a route asks of its callers.
#[derive(Clone, Copy, PartialEq)]
pub enum Needs {
    /// Nothing: it shows nothing of anybody.
    Nothing,
    /// A token with this scope.
    Scope(&'static str),
    /// A token with this scope for what is the bearer's own, and one with `admin` for all.
    Own(&'static str),
    /// A token with the scope `respond`, of somebody who is asked.
    Asked,
    /// A token with the scope `run`, or with `respond` of somebody who is asked; never of a requester who may not decide.
    Concerned,
    /// A token with the scope `run`, but of a requester who may not decide.
    Changes,
}

use Needs::{Asked, Changes, Concerned, Nothing, Own, Scope};

/// A route, what it asks, its status for those who may, and that for another owner with all scopes. What is asked of an
/// execution that waits for a person does not fit in some routes, which is told to none but those who may.
pub type Row = (&'static str, &'static str, Needs, u16, u16);

pub const READ: Needs = Scope("read");
const RUN: Needs = Scope("run");
const ADMIN: Needs = Scope("admin");

pub const ROUTES: [Row; 69] = [
    ("GET", "/health", Nothing, 200, 200),
    ("GET", "/openapi.json", Nothing, 200, 200),
    ("GET", "/v1/schema", Nothing, 200, 200),
    ("GET", "/metrics", READ, 200, 200),
    ("GET", "/v1/executions", READ, 200, 200),
    ("GET", "/v1/executions/{id}", READ, 200, 404),
    ("GET", "/v1/executions/{id}/checkpoints/{checkpoint}", READ, 200, 404),
    ("GET", "/v1/executions/{id}/events", READ, 200, 404),
    ("GET", "/v1/executions/{id}/history", READ, 200, 404),
    ("GET", "/v1/executions/{id}/logs", READ, 200, 404),
    ("GET", "/v1/executions/{id}/nodes", READ, 200, 404),
    ("GET", "/v1/executions/{id}/workflow", READ, 200, 404),
    ("GET", "/v1/interactions", READ, 200, 200),
    ("GET", "/v1/interactions/{id}", READ, 200, 404),
    ("GET", "/v1/jobs", READ, 200, 200),
    ("GET", "/v1/jobs/{id}", READ, 200, 404),
    ("GET", "/v1/workflows", READ, 200, 200),
    ("GET", "/v1/workflows/{id}", READ, 200, 404),
    ("GET", "/v1/workflows/{id}/graph", READ, 200, 404),
    // There is none of anybody.
    ("GET", "/v1/memories", Own("read"), 200, 200),
    ("GET", "/v1/memories/{key}", Own("read"), 404, 404),
    ("DELETE", "/v1/memories/{key}", Own("run"), 404, 404),
    ("GET", "/v1/groups", READ, 200, 200),
    ("GET", "/v1/groups/{name}", READ, 200, 404),
    ("POST", "/v1/workflows/validate", READ, 200, 200),
    ("POST", "/v1/workflows/{id}/whatif", READ, 200, 404),
    // No model is named, which is told to none but those who may ask one.
    ("POST", "/v1/workflows/draft", RUN, 422, 422),
    ("POST", "/v1/executions", RUN, 202, 202),
    ("POST", "/v1/workflows/{id}/executions", RUN, 202, 404),
    ("POST", "/v1/triggers/{workflow_id}", RUN, 202, 404),
    ("POST", "/v1/triggers/{workflow_id}/{path}", RUN, 202, 404),
    ("POST", "/v1/executions/{id}/signals/{name}", RUN, 200, 404),
    ("POST", "/v1/executions/{id}/pause", RUN, 200, 404),
    ("POST", "/v1/executions/{id}/cancel", RUN, 200, 404),
    ("POST", "/v1/executions/{id}/retry", RUN, 409, 404),
    ("POST", "/v1/executions/{id}/rollback", RUN, 200, 404),
    ("POST", "/v1/executions/{id}/backtrack", RUN, 200, 404),
    ("POST", "/v1/executions/{id}/fork", RUN, 202, 404),
    ("POST", "/v1/executions/{id}/unstick", RUN, 409, 404),
    ("POST", "/v1/executions/{id}/resume", Asked, 200, 404),
    ("POST", "/v1/interactions/{id}/respond", Asked, 200, 404),
    // The workflow is no chat, and nobody has said anything, which is told to none but those who may.
    ("POST", "/v1/chat/{workflow_id}", RUN, 422, 404),
    ("POST", "/v1/chat/{workflow_id}/resume", Scope("respond"), 404, 404),
    ("GET", "/v1/chat/{workflow_id}/{session_id}", READ, 404, 404),
    // Each question is refused by itself.
    ("POST", "/v1/interactions/respond", Scope("respond"), 200, 200),
    ("POST", "/v1/interactions/{id}/reassign", Concerned, 200, 404),
    ("POST", "/v1/interactions/{id}/notify", Concerned, 422, 404),
    ("POST", "/v1/hooks/slack", Nothing, 404, 404),
    ("GET", "/v1/keys", READ, 200, 200),
    ("POST", "/v1/keys", ADMIN, 409, 409),
    ("GET", "/v1/executions/{id}/export", ADMIN, 200, 404),
    ("DELETE", "/v1/executions/{id}", ADMIN, 409, 404),
    ("POST", "/v1/executions/{id}/patch", Changes, 200, 404),
    ("PATCH", "/v1/executions/{id}/workflow", Changes, 200, 404),
    ("POST", "/v1/executions/bulk", ADMIN, 200, 200),
    ("POST", "/v1/executions/import", ADMIN, 422, 422),
    ("POST", "/v1/jobs/{id}/cancel", ADMIN, 409, 404),
    ("POST", "/v1/workflows", ADMIN, 201, 201),
    ("PUT", "/v1/workflows/{id}", ADMIN, 200, 404),
    ("DELETE", "/v1/workflows/{id}", ADMIN, 204, 404),
    ("GET", "/v1/secrets", ADMIN, 200, 200),
    ("PUT", "/v1/secrets/{name}", ADMIN, 200, 200),
    ("DELETE", "/v1/secrets/{name}", ADMIN, 204, 404),
    ("DELETE", "/v1/owner", ADMIN, 422, 422),
    ("GET", "/v1/tokens", ADMIN, 200, 200),
    ("POST", "/v1/tokens", ADMIN, 201, 201),
    ("DELETE", "/v1/tokens/{id}", ADMIN, 204, 404),
    ("PUT", "/v1/groups/{name}", ADMIN, 200, 200),
    ("DELETE", "/v1/groups/{name}", ADMIN, 204, 404),
];
