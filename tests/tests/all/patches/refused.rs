//! A patch that is refused leaves everything as it was, byte for byte.

use document::Workflow;
use engine::patch::{PatchRequest, Refused, patch};
use futures::FutureExt;
use serde_json::json;
use std::{
    collections::BTreeMap,
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
};
use stepwell_core::event::Turn;
use stepwell_tests::sim::{Run, SimHost, World, root_id};

/// What a future gives on a host whose calls are done when they are asked for again.
fn done<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(done) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return done;
        }
    }
}

/// All that a host keeps.
fn bytes(host: &SimHost) -> String {
    let world = host.world();
    let journals = serde_json::to_string(&world.journals).unwrap();
    let workflows: std::collections::BTreeSet<&String> = world.workflows.keys().collect();
    format!("{journals} {:?} {:?} {:?} {workflows:?}", world.queue, world.timers, world.shown)
}

/// Asks a host for a patch that the rules refuse.
///
/// # Errors
/// Where it is not refused, or leaves a trace.
pub fn leaves_no_trace(world: &World, old: &Workflow, new: &Workflow, turns: &[Turn]) -> Result<(), String> {
    let host = Run::take_up(&[(*old.document).clone()], BTreeMap::from([(root_id(), turns.to_vec())])).host;
    host.world().blobs.clone_from(&world.blobs);
    let before = bytes(&host);
    let operations = json!([{"op": "replace", "path": "", "value": *new.document}]);
    let checks = |_| async { Ok(()) }.boxed();
    let asked = PatchRequest { operations, ..PatchRequest::default() };
    match done(patch(&host, &root_id(), asked, &checks, false)) {
        Ok(Err(Refused::InTheWay(_))) => {}
        Ok(Err(other)) => return Err(format!("refused for another reason: {other:?}")),
        Ok(Ok(_)) => return Err("the host takes it, although the rules refuse it".into()),
        Err(error) => return Err(error.to_string()),
    }
    let after = bytes(&host);
    if before == after { Ok(()) } else { Err(format!("refused, and it left a trace:\n{before}\n{after}")) }
}
