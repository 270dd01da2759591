//! Whoever waits for a change of an execution.

use super::{command, control, document, kept, start, started};
use engine::port::Host;
use serde_json::json;
use std::time::Duration;
use stepwell_core::command::Control;

pub async fn a_watcher_wakes(host: &dyn Host) {
    let workflow = kept(host, &document("watch")).await;
    let id = start(host, started(host, &workflow, "watch", json!({}))).await.id().clone();
    let soon = Duration::from_secs(5);
    tokio::time::timeout(soon, host.journal().changed(&id, 0)).await.expect("there is a turn after 0");
    let watch = tokio::time::timeout(soon, host.journal().changed(&id, 1));
    let change = async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        command(host, &id, control(Control::Pause)).await;
    };
    let (woken, ()) = tokio::join!(watch, change);
    woken.expect("a commit wakes it");
}
