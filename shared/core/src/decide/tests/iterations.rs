//! What an iteration of a loop sees of its nodes: what they gave in this iteration, and nothing of those before it.

use super::story::Story;
use crate::{children::Family, execution::Status};
use serde_json::{Value, json};

fn says(id: &str, expression: &str) -> Value {
    json!({ "id": id, "type": "transform", "config": { "expression": expression } })
}

fn to(from: &str, to: &str) -> Value {
    json!({ "from": from, "to": to })
}

fn at(from: &str, port: &str, to: &str) -> Value {
    json!({ "from": from, "to": to, "port": port })
}

/// A branch that lets only the item 1 through to `yes`.
fn only_one() -> Value {
    let rules = json!([{ "when": "item == 1", "port": "yes" }]);
    json!({ "id": "odd", "type": "branch", "config": { "rules": rules, "default": "no" } })
}

fn each(id: &str, list: &str) -> Value {
    json!({ "id": id, "type": "loop", "config": { "for_each": list } })
}

/// Given a flow that needs nobody, when it has run to its end.
fn ended(nodes: Value, edges: Value, output: &str) -> Story {
    let mut all = vec![json!({ "id": "start", "type": "manual_trigger" })];
    all.extend(nodes.as_array().unwrap().iter().cloned());
    let mut story = Story::of(json!({ "id": "story", "nodes": all, "edges": edges, "output": output }), json!({}));
    story.runs_by_itself();
    story.is(Status::Completed);
    story
}

/// What the execution gave.
fn given(story: &Story) -> &Value {
    story.state.output.as_ref().and_then(|output| output.value()).unwrap()
}

#[test]
fn a_node_that_this_iteration_skips_has_no_output_in_it_and_its_latest_one_after_all() {
    let look = "[has(ctx.taken), has(ctx.taken.output), ctx.?taken.output.orValue('none'), 'taken' in ctx]";
    let story = ended(
        json!([each("l", "[1, 2]"), only_one(), says("taken", "item * 10"), says("look", look)]),
        json!([
            to("start", "l"),
            at("l", "loop", "odd"),
            at("odd", "yes", "taken"),
            to("taken", "look"),
            at("odd", "no", "look"),
            to("look", "l")
        ]),
        "ctx.taken.output",
    );
    let first = json!([true, true, 10, true]);
    assert_eq!(story.output("l")["items"], json!([first, [false, false, "none", false]]));
    assert_eq!(given(&story), &json!(10), "outside of the loop the latest output stays");
}

#[test]
fn a_loop_that_this_iteration_skips_has_no_output_in_it() {
    let story = ended(
        json!([
            each("l", "[1, 2]"),
            only_one(),
            each("inner", "[7, 8]"),
            says("deep", "item"),
            says("look", "[has(ctx.inner), has(ctx.inner.output)]")
        ]),
        json!([
            to("start", "l"),
            at("l", "loop", "odd"),
            at("odd", "yes", "inner"),
            at("inner", "loop", "deep"),
            to("deep", "inner"),
            at("inner", "done", "look"),
            at("odd", "no", "look"),
            to("look", "l")
        ]),
        "[ctx.inner.output.items, ctx.deep.output]",
    );
    assert_eq!(story.output("l")["items"], json!([[true, true], [false, false]]));
    assert_eq!(given(&story), &json!([[7, 8], 8]));
}

#[test]
fn a_loop_that_is_entered_again_sees_nothing_of_before() {
    let story = ended(
        json!([
            each("l", "[[1, 2], [3]]"),
            each("inner", "item"),
            only_one(),
            says("taken", "'taken'"),
            says("seen", "has(ctx.taken)"),
            says("last", "ctx.inner.output.items")
        ]),
        json!([
            to("start", "l"),
            at("l", "loop", "inner"),
            at("inner", "loop", "odd"),
            at("odd", "yes", "taken"),
            to("taken", "seen"),
            at("odd", "no", "seen"),
            to("seen", "inner"),
            at("inner", "done", "last"),
            to("last", "l")
        ]),
        "ctx.taken.output",
    );
    assert_eq!(story.output("l")["items"], json!([[true, false], [false]]));
    assert_eq!(given(&story), &json!("taken"));
}

#[test]
fn an_inner_loop_sees_what_this_iteration_of_the_outer_one_ran() {
    let story = ended(
        json!([
            each("l", "[1, 2]"),
            only_one(),
            says("taken", "item"),
            each("inner", "[7, 8]"),
            says("deep", "has(ctx.taken)"),
            says("last", "ctx.inner.output.items")
        ]),
        json!([
            to("start", "l"),
            at("l", "loop", "odd"),
            at("odd", "yes", "taken"),
            to("taken", "inner"),
            at("odd", "no", "inner"),
            at("inner", "loop", "deep"),
            to("deep", "inner"),
            at("inner", "done", "last"),
            to("last", "l")
        ]),
        "null",
    );
    assert_eq!(story.output("l")["items"], json!([[true, true], [false, false]]));
}

#[test]
fn a_node_that_runs_again_is_seen_again() {
    let odd = json!({ "id": "odd", "type": "branch",
        "config": { "rules": [{ "when": "item != 2", "port": "yes" }], "default": "no" } });
    let story = ended(
        json!([each("l", "[1, 2, 3]"), odd, says("taken", "item"), says("look", "ctx.?taken.output.orValue(0)")]),
        json!([
            to("start", "l"),
            at("l", "loop", "odd"),
            at("odd", "yes", "taken"),
            to("taken", "look"),
            at("odd", "no", "look"),
            to("look", "l")
        ]),
        "null",
    );
    assert_eq!(story.output("l")["items"], json!([1, 0, 3]));
}

#[test]
fn the_body_of_a_map_is_handed_nothing_of_an_earlier_iteration() {
    let body = json!({ "nodes": [says("inside", "has(ctx.taken)")], "edges": [] });
    let map = json!({ "id": "all", "type": "map", "config": { "items": "[1]", "body": body } });
    let mut story = Story::given(
        json!([each("l", "[1, 2]"), only_one(), says("taken", "item"), map]),
        json!([
            to("start", "l"),
            at("l", "loop", "odd"),
            at("odd", "yes", "taken"),
            to("taken", "all"),
            at("odd", "no", "all"),
            to("all", "l")
        ]),
        json!({}),
    );
    let mut handed = Vec::new();
    for _ in 0..2 {
        story.runs_by_itself();
        let activation = story.state.activation(&"all".into());
        let family = Family::of(&story.workflow, &story.state, &activation, 1).unwrap();
        let body = story.workflow.node("all").unwrap().kind.inline_body().unwrap();
        let started = family.start_of_body(0, body, story.now).unwrap();
        handed.push(started.inherited.len());
        story.succeed("all", json!([])).unwrap();
    }
    assert_eq!(handed, [1, 0]);
}
