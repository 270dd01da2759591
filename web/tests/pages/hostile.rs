//! Text of others stays text on every page.

use crate::{
    browser::{tags, text},
    world::{BOB, World},
};
use serde_json::json;

const HOSTILE: &str = "</textarea></script><script>alert(1)</script>\"'><img src=x onerror=alert(1)>\u{202e}evil 🦊";

#[tokio::test]
async fn nothing_that_somebody_wrote_becomes_part_of_a_page() {
    let properties = json!({(HOSTILE): {"type": "string", "title": HOSTILE, "description": HOSTILE, "default": HOSTILE},
        "e": {"enum": [HOSTILE, "b"], "title": HOSTILE}, "c": {"const": HOSTILE}, "l": {"type": "array", "title": HOSTILE, "items": {"title": HOSTILE, "type": "string"}, "default": [HOSTILE]}});
    let configs = [
        json!({"kind": "approval", "approval_threshold": 2}),
        json!({"kind": "decision", "options": [{"id": "a", "label": HOSTILE}, {"id": "b", "label": "b"}]}),
        json!({"kind": "review", "content": HOSTILE}),
        json!({"kind": "ask"}),
        json!({"kind": "authorization", "tool": HOSTILE, "arguments": {(HOSTILE): HOSTILE}, "security_level": "high"}),
        json!({"kind": "input", "schema": {"type": "object", "title": HOSTILE, "description": HOSTILE, "properties": properties}}),
    ];
    let safe = World::new();
    for config in configs {
        let mut config = config;
        let fields = config.as_object_mut().unwrap();
        fields.insert("question".into(), json!(HOSTILE));
        fields.insert("details".into(), json!(HOSTILE));
        fields.insert("assignees".into(), json!(["ann@example.com", BOB, HOSTILE]));
        let question = safe.question(config.clone()).await;
        let changed = [("comment", HOSTILE), ("choice", HOSTILE), ("option", HOSTILE), ("text", HOSTILE)];
        let pages = [safe.get(&question.ann).await.of(200), safe.fill(&question.ann, &changed).await.of(422)];
        for page in pages {
            assert!(!page.contains("<script>") && !tags(&page).contains("img"), "{config}: {page}");
            assert!(
                page.matches("</script>").count() == page.matches("/assets/").count() - 2
                    && text(&page).contains("evil 🦊")
            );
        }
        let good = match config["kind"].as_str().unwrap() {
            "decision" => vec![("option", "a")],
            "ask" => vec![("text", HOSTILE)],
            "input" => vec![],
            _ => vec![("choice", "approved"), ("tool", HOSTILE)],
        };
        let good: Vec<_> = if config["kind"] == "authorization" {
            good
        } else {
            good.into_iter().filter(|(name, _)| *name != "tool").collect()
        };
        let page = safe.answered(&question.ann, &[&good[..], &[("comment", HOSTILE)]].concat()).await;
        assert!(!page.contains("<script>") && !tags(&page).contains("img"), "{config}: {page}");
        let after = safe.get(&question.bob).await.text;
        assert!(!after.contains("<script>") && !tags(&after).contains("img"), "{config}");
    }
}
