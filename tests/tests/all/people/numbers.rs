//! The numbers about questions, as Prometheus reads them.

use super::{
    ground::{Ground, asking},
    stage::Stage,
    until,
};
use serde_json::{Value, json};

/// The value of one line; none where there is no such line.
fn value(stage: &Stage, line: &str) -> Option<f64> {
    let text = stage.dev.try_call("GET", "/metrics", &[], &Value::Null).unwrap().text();
    text.lines().find_map(|one| one.strip_prefix(line)?.strip_prefix(' ')?.parse().ok())
}

#[test]
fn questions_are_counted_while_they_are_open_and_once_they_are_over() {
    let stage = Stage::open("numbers");
    let mail = json!([{"type": "email"}]);
    let question = json!({"kind": "approval", "question": "Pay?", "assignees": ["ann@example.com"], "channels": mail});
    stage.save(&asking("pays", question));
    stage.save(&asking("soon", json!({"kind": "ask", "question": "Why?", "timeout_seconds": 0.2})));
    let ids: Vec<String> = (0..3).map(|_| stage.start("pays", &json!({}))).collect();
    let questions: Vec<String> = ids.iter().map(|id| stage.asked(id)).collect();
    // While they are open: of the kinds of which none is, that is told too.
    for name in ["open", "oldest_open_seconds"] {
        assert_eq!(value(&stage, &format!("stepwell_interactions_{name}{{kind=\"review\"}}")), Some(0.0));
    }
    assert_eq!(value(&stage, "stepwell_interactions_open{kind=\"approval\"}"), Some(3.0));
    let age = || value(&stage, "stepwell_interactions_oldest_open_seconds{kind=\"approval\"}").unwrap();
    let before = age();
    until("the oldest grows older", || age() > before);
    until("three mails are counted", || {
        value(&stage, "stepwell_messages_total{channel=\"email\",result=\"sent\"}") == Some(3.0)
    });
    assert_eq!(value(&stage, "stepwell_interactions_opened_total{kind=\"approval\"}"), Some(3.0));
    // One is answered, one is cancelled, and one of another kind passes its deadline.
    assert_eq!(stage.answer(&questions[0], "ann@example.com", &json!({"approved": true})).0, 200);
    assert_eq!(stage.dev.call("POST", &format!("/v1/executions/{}/cancel", ids[1]), &json!({})).0, 200);
    let late = stage.start("soon", &json!({}));
    stage.dev.until(&late, &["failed"]);
    let closed = |kind: &str, status: &str| {
        value(&stage, &format!("stepwell_interactions_closed_total{{kind=\"{kind}\",status=\"{status}\"}}"))
    };
    let all = [closed("approval", "answered"), closed("approval", "cancelled"), closed("ask", "timed_out")];
    assert_eq!(all, [Some(1.0); 3]);
    assert_eq!(value(&stage, "stepwell_interactions_open{kind=\"approval\"}"), Some(1.0));
    // The time to answer counts what people answered, and nothing else.
    let times = "stepwell_interaction_answer_seconds";
    for line in
        ["_bucket{kind=\"approval\",le=\"60\"}", "_bucket{kind=\"approval\",le=\"+Inf\"}", "_count{kind=\"approval\"}"]
    {
        assert_eq!(value(&stage, &format!("{times}{line}")), Some(1.0), "{line}");
    }
    assert!(value(&stage, &format!("{times}_sum{{kind=\"approval\"}}")).unwrap() > 0.0);
    assert_eq!(value(&stage, &format!("{times}_count{{kind=\"ask\"}}")), None);
    let text = stage.dev.try_call("GET", "/metrics", &[], &Value::Null).unwrap().text();
    assert_eq!(text.matches("# TYPE stepwell_interaction_answer_seconds histogram").count(), 1);
}
