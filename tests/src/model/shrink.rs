//! Makes a script that fails short, and tells how to play it again.

use super::script::{Script, Step, What};

/// Leaves out steps as long as the rest still fails: halves first, then ever smaller pieces, one by one at last, until no
/// step can be left out. Then messages are handled in as small numbers as still fail.
pub async fn shrink(mut steps: Vec<Step>, fails: impl AsyncFn(&[Step]) -> bool) -> Vec<Step> {
    let mut size = steps.len().div_ceil(2);
    while size > 0 {
        let mut shorter = false;
        let mut at = 0;
        while at < steps.len() {
            let mut rest = steps.clone();
            rest.drain(at..(at + size).min(steps.len()));
            if fails(&rest).await {
                steps = rest;
                shorter = true;
            } else {
                at += size;
            }
        }
        // What could not be left out before may be needless now.
        size = if shorter && size == 1 { 1 } else { size / 2 };
    }
    for at in 0..steps.len() {
        while let What::Go(most @ 1..) = steps[at].what {
            let mut fewer = steps.clone();
            fewer[at].what = What::Go(most / 2);
            let mut one_less = steps.clone();
            one_less[at].what = What::Go(most - 1);
            if fails(&fewer).await {
                steps = fewer;
            } else if fails(&one_less).await {
                steps = one_less;
            } else {
                break;
            }
        }
    }
    steps
}

/// A script as code, to be put into a test.
pub fn replay(script: &Script) -> String {
    let Script { seed, delivers, case, steps } = script;
    let saved: Vec<String> = case.saved.iter().map(|document| format!("json!({document})")).collect();
    let steps: String = steps.iter().map(|step| format!("        {step:?},\n")).collect();
    format!(
        "Script {{\n    seed: {seed},\n    delivers: Delivers::{delivers:?},\n    case: Case {{\n        document: \
         json!({}),\n        saved: vec![{}],\n        input: json!({}),\n    }},\n    steps: vec![\n{}    ],\n}}",
        case.document,
        saved.join(", "),
        case.input,
        steps
            .replace("what: ", "what: What::")
            .replace("Unstick(", "Unstick(Unstick::")
            .replace("Crash(", "Crash(Death::"),
    )
}
