//! No token stands in a line of the log.

use crate::{browser::filled, world::World};
use axum::routing::get;
use serde_json::json;
use std::{
    io::Write,
    sync::{Arc, Mutex},
};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

async fn broken() {
    panic!("a handler that panics")
}

#[tokio::test]
async fn a_link_is_in_no_line_of_the_log() {
    let log = Log::default();
    let writer = log.clone();
    let told = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_ansi(false);
    let told =
        told.with_span_events(tracing_subscriber::fmt::format::FmtSpan::FULL).with_writer(move || writer.clone());
    let _guard = tracing::subscriber::set_default(told.finish());
    let world = World::with_routes(web::routes().merge(api::Routes::new().route("/i/{token}/broken", get(broken))));
    let question = world.question(json!({"kind": "approval"})).await;
    let page = world.get(&question.ann).await.of(200);
    world.form(&question.ann, &filled(&page)).await.of(422);
    world.answered(&question.ann, &[("choice", "approved")]).await;
    assert_eq!(world.get(&question.ann).await.status, 410);
    assert_eq!(world.get(&format!("{}/broken", question.ann)).await.status, 500);
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(text.contains("a handler panicked") && text.contains("/i/{token}/broken"), "{text}");
    let token = question.ann.trim_start_matches("/i/");
    assert!(!text.contains(token) && !text.contains(&token[..20]), "{text}");
}
