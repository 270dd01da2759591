use crate::parse;
use serde_json::json;

#[test]
fn loops_ancestors_and_order() {
    let set = |id: &str| json!({"id": id, "type": "transform", "config": {"set": {}}});
    let each = |id: &str| json!({"id": id, "type": "loop", "config": {"for_each": "[1]"}});
    let document = json!({"id": "w",
    "nodes": [set("after"), {"id": "start", "type": "manual_trigger"}, each("outer"), set("a"), each("inner"), set("b"), set("tool")],
    "edges": [
        {"from": "start", "to": "outer"}, {"from": "outer", "to": "a", "port": "loop"}, {"from": "a", "to": "inner"},
        {"from": "inner", "to": "b", "port": "loop"}, {"from": "b", "to": "inner"}, {"from": "inner", "to": "outer"},
        {"from": "outer", "to": "after"}, {"from": "tool", "to": "a", "connection": "ai_tool"}
    ]});
    let workflow = parse(&document).unwrap().workflow;
    let graph = &workflow.graph;
    let ix = |id: &str| workflow.node_ix(id).unwrap();
    let ids = |list: &[usize]| list.iter().map(|&ix| workflow.nodes[ix].id.to_string()).collect::<Vec<_>>();
    assert_eq!(ids(&graph.body[ix("outer")]), ["a", "inner", "b"]);
    assert_eq!(ids(&graph.body[ix("inner")]), ["b"]);
    assert_eq!(graph.around[ix("b")], Some(ix("inner")));
    assert_eq!(graph.around[ix("inner")], Some(ix("outer")));
    assert_eq!(graph.around[ix("outer")], None);
    assert_eq!(
        (ids(&graph.inner[ix("outer")]), ids(&graph.inner[ix("inner")])),
        (vec!["a".into(), "inner".into()], vec!["b".into()])
    );
    assert_eq!(graph.outside, 4, "after, start, outer and tool");
    assert_eq!(graph.loops_around(ix("b")), [ix("inner"), ix("outer")]);
    assert_eq!(graph.incoming[ix("outer")], [0]);
    assert_eq!(graph.back[ix("outer")], [5]);
    assert_eq!(graph.back[ix("inner")], [4]);
    assert_eq!(graph.out[ix("tool")], Vec::<usize>::new());
    assert_eq!(ids(&graph.ancestors[ix("b")].iter().collect::<Vec<_>>()), ["start", "outer", "a", "inner"]);
    assert_eq!(ids(&graph.ancestors[ix("after")].iter().collect::<Vec<_>>()), ["start", "outer"]);
    let order = ids(&graph.order);
    let at = |id: &str| order.iter().position(|other| other == id).unwrap();
    assert!(at("start") < at("outer") && at("outer") < at("a") && at("a") < at("inner") && at("outer") < at("after"));
    assert_eq!(workflow.edges[6].port, "done");
    assert_eq!(workflow.trigger_for_api(), Some(ix("start")));
}
