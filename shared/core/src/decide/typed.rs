//! What is wrong with what somebody types into a form, as far as it is no answer yet. Forms ask it, so that all of them say the
//! same in the same words; of an answer the rules check it too.

use crate::{
    error::Reason,
    execution::Execution,
    interaction::{Interaction, InteractionKind},
    reading::Reading,
    sight::Sight,
};
use document::{HumanKind, Workflow};
use expression::Expr;
use serde_json::Value;

/// Why the content of a review cannot be approved whose field was emptied: nobody means that by a slip, and an answer without
/// content approves the content that was shown. Of what is rejected nothing has to stand there.
pub fn emptied(one: &Interaction, approved: Option<bool>) -> Option<Reason> {
    let is_approval = one.kind == InteractionKind::Review && approved == Some(true);
    let message = match one.content.as_ref().filter(|_| is_approval)? {
        Value::Null => return None,
        Value::String(text) if text.trim().is_empty() => return None,
        Value::String(_) => "Nothing stands here: write what you approve, or reject it.",
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            "Write JSON here; `null` stands for nothing."
        }
    };
    Some(Reason { code: "missing_field".into(), path: "/content".into(), message: message.into() })
}

/// The rules of a question that data for it does not meet. `unread`: JSON Pointers in the data to what a form could not read and
/// has refused already. A rule about any of that is passed over, since the data lacks it.
pub fn unmet(
    (workflow, execution): (&Workflow, &Execution),
    one: &Interaction,
    data: &Value,
    unread: &[String],
    reading: &Reading,
) -> Vec<Reason> {
    let Some(ix) = workflow.node_ix(one.activation.node.as_str()) else { return Vec::new() };
    let human = workflow.node(one.activation.node.as_str()).and_then(|node| node.kind.human());
    let Some(HumanKind::Input { rules, .. }) = human.map(|human| &human.kind) else { return Vec::new() };
    let sight = Sight::of_config(workflow, execution, ix, reading);
    let extra = [("answer", data)];
    let rules = rules.iter().filter(|rule| unread.iter().all(|pointer| !reads(rule, pointer)));
    let message = |rule: &Expr| match rule.eval_bool(&sight.scope_with(&extra)) {
        Ok(true) => None,
        Ok(false) => Some(format!("the rule is not met: {}", rule.source())),
        Err(error) => Some(format!("the rule cannot be checked: {error}")),
    };
    let reason = |message| Reason { code: "rule".into(), path: "/data".into(), message };
    rules.filter_map(message).map(reason).collect()
}

/// Whether a rule reads what a JSON Pointer in the answer leads to, or what lies around it or within it.
fn reads(rule: &Expr, pointer: &str) -> bool {
    let place: Vec<String> =
        pointer.split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~")).collect();
    rule.references().paths.iter().any(|path| {
        let mut names = path.segments.iter();
        names.next().is_some_and(|root| root == "answer") && names.zip(&place).all(|(name, part)| name == part)
    })
}
