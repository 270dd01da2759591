//! Tokens and secrets.

use api::{Admin, Answered, App, Json, Path, Problem, Routes, Scope, limits, schema, sha256_of_token};
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::json;
use shared::{
    port::{Secret, Token},
    time::Time,
};
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::routes;
use uuid::{NoContext, Timestamp, Uuid};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(create_token)).routes(routes!(set_secret))
}

/// A token to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TokenBody {
    /// For people.
    name: String,
    /// Who bears it, an e-mail address; the caller where absent.
    subject: Option<String>,
    /// Of `read`, `run`, `respond`, `admin`.
    scopes: Vec<String>,
    /// RFC 3339; never where absent.
    expires_at: Option<String>,
}

/// Make a token of the caller's owner. It is shown this once; only its hash is kept.
#[utoipa::path(post, path = "/v1/tokens", operation_id = "create_token", tag = "admin", security(("bearer" = [])),
    request_body = TokenBody,
    responses((status = 201, body = schema::NewToken),
        (status = "4XX", body = schema::ProblemDetails, content_type = "application/problem+json")))]
async fn create_token(caller: Admin, State(app): State<Arc<App>>, Json(body): Json<TokenBody>) -> Answered<Response> {
    if let Some(at) = body.scopes.iter().position(|one| !Scope::ALL.iter().any(|scope| scope.as_str() == one)) {
        let message = format!("`{}` is not a scope", body.scopes[at]);
        let hint = "the scopes are read, run, respond and admin";
        return Err(Problem::field("invalid_field", &format!("/scopes/{at}"), message, hint));
    }
    if body.scopes.is_empty() {
        return Err(Problem::field("invalid_field", "/scopes", "a token needs a scope", "name at least one"));
    }
    let expires_at = body.expires_at.as_deref().map(|text| {
        let time = Time::parse(text).filter(|time| *time > app.host.now());
        let hint = "write it in RFC 3339, such as 2027-01-31T00:00:00Z";
        time.ok_or_else(|| Problem::field("invalid_field", "/expires_at", "this is not a time to come", hint))
    });
    // Two version-7 UUIDs carry 148 random bits, where they share no counter.
    let random = || Uuid::new_v7(Timestamp::now(NoContext)).simple();
    let token = format!("sw_{}{}", random(), random());
    let kept = Token {
        sha256: sha256_of_token(&token),
        name: body.name,
        owner: caller.owner.clone(),
        subject: body.subject.unwrap_or_else(|| caller.subject.clone()),
        scopes: body.scopes,
        expires_at: expires_at.transpose()?,
    };
    let shown = json!({
        "token": token,
        "name": kept.name,
        "owner": kept.owner,
        "subject": kept.subject,
        "scopes": kept.scopes,
        "expires_at": kept.expires_at.map(|time| time.to_string()),
    });
    app.host.add_token(kept).await?;
    Ok((StatusCode::CREATED, axum::Json(shown)).into_response())
}

/// A credential to be stored.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SecretBody {
    /// Its value; it can never be read back.
    value: String,
    /// The hosts it may be sent to; any where absent.
    #[serde(default)]
    hosts: Vec<String>,
}

/// Store a credential of the caller's owner.
#[utoipa::path(put, path = "/v1/secrets/{name}", operation_id = "set_secret", tag = "admin",
    security(("bearer" = [])), request_body = SecretBody, params(("name" = String, Path)),
    responses((status = 204), (status = "4XX", body = schema::ProblemDetails,
        content_type = "application/problem+json")))]
async fn set_secret(
    caller: Admin,
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    Json(body): Json<SecretBody>,
) -> Answered<StatusCode> {
    let good = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.len() > shared::limits::ID_BYTES
        || name.starts_with(|c: char| c.is_ascii_digit())
        || !name.chars().all(good)
    {
        let hint = "use 1 to 64 of A-Z a-z 0-9 _, and no digit first: expressions read it as secrets.NAME";
        return Err(Problem::field("invalid_name", "", format!("`{name}` cannot name a secret"), hint));
    }
    if body.value.is_empty() || body.value.len() > limits::SECRET_BYTES {
        let hint = "give 1 to 65536 bytes";
        return Err(Problem::field("invalid_field", "/value", "this value cannot be stored", hint));
    }
    app.host.set_secret(&caller.owner, &name, Secret { value: body.value, hosts: body.hosts }).await?;
    Ok(StatusCode::NO_CONTENT)
}
