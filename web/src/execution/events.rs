//! `GET /executions/{id}/events`: tells the page that listens that its execution has moved. It does not say how: the page
//! asks for its parts. So the stream reads no journal, and says once what happened many times since it last spoke.

use super::moves::Moves;
use crate::{desk::Asked, refused::refused, session::Visit};
use api::{Bounds, Params, Scope, sse};
use axum::{body::Body, extract::Path, response::Response};
use futures::stream;

/// The stream, after the checkpoint that the page shows.
pub async fn events(visit: Visit, Path(id): Path<String>, params: Params) -> Response {
    match moves(&visit, &id, params).await {
        Ok(body) => sse::response(body),
        Err(refusal) => refused(&refusal, &visit.up),
    }
}

async fn moves(visit: &Visit, id: &str, mut params: Params) -> Asked<Body> {
    visit.caller.require(Scope::Read)?;
    let after = params.number("after")?.unwrap_or_default();
    params.done()?;
    let execution = visit.app.execution(&visit.caller.owner, id).await?;
    let bounds = visit.desk.beside::<Bounds>().copied();
    let moves = Moves::after(&visit.app, execution.id(), after, bounds.map(|bounds| bounds.until));
    Ok(match bounds.and_then(|bounds| bounds.whole) {
        Some(_) => Body::from(moves.so_far().await?),
        None => Body::from_stream(stream::unfold(moves, |mut moves| async move {
            let told = moves.next().await?;
            Some((told, moves))
        })),
    })
}
