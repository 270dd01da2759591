//! Requests that may come again: what tells one from another is part of the turn that did it.

use super::{document, kept, start, started};
use engine::{drive::submit, port::Host};
use serde_json::json;
use stepwell_core::{
    command::{Asked, Command},
    error::Rejection,
    event::Request,
    payload::Payload,
};

/// Two processes send the same request, the second of them once more after all was read anew.
pub(super) async fn a_request_is_done_once(host: &dyn Host) {
    let workflow = kept(host, &document("requests")).await;
    let id = start(host, started(host, &workflow, "requests", json!({}))).await.id().clone();
    let asked = |hash: &str| Asked {
        request: Some(Request { key: "key".into(), hash: hash.into() }),
        ..Command::Signal { name: "go".into(), data: Payload::new(json!(1)) }.into()
    };
    let (one, other) = futures::join!(submit(host, &id, asked("a")), submit(host, &id, asked("a")));
    let replies: Vec<_> = [one, other].into_iter().flat_map(|done| done.unwrap().unwrap().replies).collect();
    assert!(replies.contains(&Ok(())) && replies.contains(&Err(Rejection::Repeated(2))), "{replies:?}");
    let again = submit(host, &id, asked("a")).await.unwrap().unwrap();
    assert_eq!((again.replies, again.state.signals.len()), (vec![Err(Rejection::Repeated(2))], 1));
    let reused = submit(host, &id, asked("b")).await.unwrap().unwrap();
    assert_eq!(reused.replies, [Err(Rejection::KeyReused)]);
    let turns = host.journal().turns(&id, 1, 1).await.unwrap();
    assert_eq!(turns[0].request.as_ref().map(|request| request.key.as_str()), Some("key"));
    assert_eq!(host.journal().load(&id).await.unwrap().unwrap(), again.state);
}
