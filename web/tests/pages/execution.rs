//! The page of an execution: what it shows, now and as it was.

use crate::{
    browser::{addresses, tags, text},
    world::World,
};
use serde_json::{Value, json};

/// Reserves, asks, pays.
pub fn booking() -> Value {
    json!({"id": "booking", "name": "Book a trip", "nodes": [
        {"id": "start", "type": "manual_trigger"},
        {"id": "reserve", "name": "Reserve the seat", "type": "transform", "config": {"set": {"seat": "12A"}},
            "compensate": {"type": "transform", "config": {"set": {"freed": "{{ output.seat }}"}}}},
        {"id": "ask", "name": "Ask the boss", "type": "human", "config": {"kind": "approval", "question": "Really <b>go</b>?", "assignees": ["ann@example.com"]}},
        {"id": "pay", "type": "transform", "config": {"set": {"paid": "{{ ctx.reserve.output.seat }}"}}},
        {"id": "end", "type": "succeed", "join": "any"}],
        "edges": [{"from": "start", "to": "reserve"}, {"from": "reserve", "to": "ask"},
            {"from": "ask", "to": "pay", "port": "approved"}, {"from": "ask", "to": "end", "port": "rejected"},
            {"from": "pay", "to": "end"}]})
}

/// The opening tag of the element with this id.
fn tag_of(html: &str, id: &str) -> String {
    let at = html.find(&format!("id=\"{id}\"")).unwrap_or_else(|| panic!("no {id}"));
    let (begin, end) = (html[..at].rfind('<').unwrap(), at + html[at..].find('>').unwrap());
    html[begin..end].to_owned()
}

#[tokio::test]
async fn a_page_shows_what_each_node_does_and_which_edges_were_taken() {
    let world = World::new();
    let id = world.start(&booking(), &json!({"who": "Zoe"})).await;
    let page = world.get(&format!("/executions/{id}?node=reserve")).await.of(200);
    for (node, class) in
        [("start", "completed"), ("reserve", "completed current"), ("ask", "waiting_human"), ("pay", "pending")]
    {
        assert!(
            tag_of(&page, &format!("node-{node}")).contains(&format!(" {class}\"")),
            "{}",
            tag_of(&page, &format!("node-{node}"))
        );
    }
    let taken = |edge: usize| tag_of(&page, &format!("edge-{edge}")).contains("taken");
    assert_eq!([taken(0), taken(1), taken(2), taken(3)], [true, true, false, false]);
    let words = text(&page);
    for told in [
        "Book a trip",
        "Waiting for people",
        "Reserve the seat",
        "✓ Completed",
        "seat: 12A",
        "who: Zoe",
        "Really <b>go</b>?",
        "started by zoe@example.com",
        "3 of 3",
    ] {
        assert!(words.contains(told), "{told}: {words}");
    }
    assert!(!page.contains("<b>go") && !page.contains("style="), "what others wrote is text");
    let known: Vec<&str> = ["script", "style", "iframe"].into_iter().filter(|tag| tags(&page).contains(tag)).collect();
    assert_eq!(known, ["script"]);
    assert!(addresses(&page).iter().all(|to| !to.contains("://") && !to.starts_with('/')), "{:?}", addresses(&page));
}

#[tokio::test]
async fn what_waits_for_people_comes_first_and_the_picture_opens_at_it() {
    let world = World::new();
    let id = world.start(&booking(), &json!({})).await;
    let page = world.get(&format!("/executions/{id}")).await.of(200);
    let asked = world.get("/v1/interactions?status=pending").await.json()["items"][0].clone();
    let inbox = format!("../inbox/{}", asked["interaction_id"].as_str().unwrap());
    let head = page.split("id=\"head\"").nth(1).unwrap().split("</section>").next().unwrap();
    assert!(head.contains(&format!("<a href=\"{inbox}\">Waits for a person at Ask the boss.</a>")), "{head}");
    let place = |id: &str| page.find(&format!("id=\"{id}\"")).unwrap();
    assert!(place("head") < place("questions") && place("questions") < place("picture"));
    // One node is to be in sight: the chosen one, else the one that waits.
    assert!(tag_of(&page, "node-ask").contains("data-sought") && page.matches("data-sought").count() == 1);
    let chosen = world.get(&format!("/executions/{id}?node=reserve")).await.of(200);
    assert!(tag_of(&chosen, "node-reserve").contains("data-sought") && chosen.matches("data-sought").count() == 1);
    // No line runs through the words of another.
    assert_eq!(page.matches("class=\"ground\"").count(), page.matches("class=\"label\"").count());
}

#[tokio::test]
async fn the_timeline_explains_the_bars_that_it_has() {
    let world = World::new();
    let id = world.start(&booking(), &json!({})).await;
    let page = world.get(&format!("/executions/{id}")).await.of(200);
    let legend = page.split("class=\"legend\"").nth(1).unwrap().split("</ul>").next().unwrap().to_owned();
    assert!(legend.contains(" ran<") && legend.contains("asked people") && !legend.contains("undone"), "{legend}");
    world.click(&format!("/executions/{id}/rollback?to=1"), &[]).await;
    world.run().await;
    let page = world.get(&format!("/executions/{id}")).await.of(200);
    let legend = page.split("class=\"legend\"").nth(1).unwrap().split("</ul>").next().unwrap();
    assert!(legend.contains("undone") && !legend.contains("not undone"), "{legend}");
}

#[tokio::test]
async fn at_a_checkpoint_the_page_shows_what_was_then() {
    let world = World::new();
    let id = world.start(&booking(), &json!({})).await;
    let page = world.get(&format!("/executions/{id}?at=1&node=reserve")).await.of(200);
    assert!(tag_of(&page, "node-reserve").contains("running") && tag_of(&page, "node-ask").contains("pending"));
    let words = text(&page);
    assert!(
        words.contains("At checkpoint 1 it was running Reserve the seat.")
            && words.contains("Now: ? Waiting for people")
            && words.contains("Back to now"),
        "{words}"
    );
    assert!(words.contains("What checkpoint 1 recorded") && words.contains("execution_started"), "{words}");
    assert!(!words.contains("seat: 12A") && !words.contains("Waits for people Really"), "{words}");
    for at in ["0", "4", "99999999"] {
        world.get(&format!("/executions/{id}?at={at}")).await.of(404);
    }
    world.get(&format!("/executions/{id}?at=x")).await.of(422);
    world.get(&format!("/executions/{id}?node=nowhere")).await.of(404);
    world.get(&format!("/executions/{id}?colour=red")).await.of(422);
}

#[tokio::test]
async fn the_parts_of_a_page_are_given_alone_with_the_addresses_of_the_page() {
    let world = World::new();
    let id = world.start(&booking(), &json!({})).await;
    let parts = world.get(&format!("/executions/{id}/live?node=ask")).await.of(200);
    assert!(!parts.contains("<html") && parts.contains("data-newest=\"3\""), "{parts}");
    for part in ["head", "node", "questions", "timeline", "journal", "facts", "node-ask", "edge-0", "ways"] {
        assert!(tag_of(&parts, part).contains("data-part"), "{part}");
    }
    assert!(
        addresses(&parts).iter().all(|to| to.starts_with("../") && !to.starts_with("../../")),
        "{:?}",
        addresses(&parts)
    );
    // Every part has its place in the page.
    let page = world.get(&format!("/executions/{id}?node=ask")).await.of(200);
    for part in parts.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(part == "parts" || page.contains(&format!(" id=\"{part}\"")), "{part}");
    }
}

#[tokio::test]
async fn a_value_is_given_whole_as_json() {
    let world = World::new();
    let id = world.start(&booking(), &json!({"who": "<script>alert(1)</script>"})).await;
    let value = world.get(&format!("/executions/{id}/value?of=input")).await;
    assert_eq!(
        (value.headers["content-type"].to_str().unwrap(), value.json()),
        ("application/json", json!({"who": "<script>alert(1)</script>"}))
    );
    let output = world.get(&format!("/executions/{id}/value?of=output&node=reserve")).await;
    assert_eq!(output.json(), json!({"seat": "12A"}));
    for wrong in ["of=secret", "of=output", "of=output&node=nowhere", "of=x&node=reserve"] {
        world.get(&format!("/executions/{id}/value?{wrong}")).await.of(404);
    }
}

#[tokio::test]
async fn the_pages_of_another_owners_execution_are_not_there() {
    let world = World::new();
    let id = world.start(&booking(), &json!({})).await;
    let foreign = world.bearer("other", "eve@example.com", api::Scope::ALL).await;
    for page in [
        "",
        "?at=1",
        "/live",
        "/events",
        "/value?of=input",
        "/pause",
        "/rollback?to=1",
        "/backtrack?node=ask",
        "/fork?to=1",
        "/patch",
        "/unstick",
    ] {
        let answer = foreign.get(&format!("/executions/{id}{page}")).await;
        assert_eq!(answer.status, 404, "{page}");
    }
    // Who may only read sees no control; who may not even read sees nothing.
    let reader = world.bearer("acme", "reader@example.com", &[api::Scope::Read]).await;
    let page = reader.get(&format!("/executions/{id}?at=1&node=reserve")).await.of(200);
    assert!(!text(&page).contains("Roll back") && !text(&page).contains("Run again"), "{}", text(&page));
    let answerer = world.bearer("acme", "answerer@example.com", &[api::Scope::Respond]).await;
    for page in ["", "/live", "/value?of=input", "/patch"] {
        assert_eq!(answerer.get(&format!("/executions/{id}{page}")).await.status, 403, "{page}");
    }
}

#[tokio::test]
async fn a_browser_without_scripts_loads_what_moves_again_unless_it_is_not_wanted() {
    let world = World::new();
    let id = world.start(&booking(), &json!({})).await;
    let path = format!("/executions/{id}");
    let again = "<noscript><meta http-equiv=\"refresh\" content=\"20\"></noscript>";
    let page = world.get(&path).await.of(200);
    assert!(page.split("</head>").next().unwrap().contains(again), "{page}");
    assert!(page.contains("still=yes") && page.contains("Stop reloading"), "{page}");
    let still = world.get(&format!("{path}?still=yes")).await.of(200);
    assert!(!still.contains("http-equiv=\"refresh\"") && still.contains("Reload every 20 seconds"), "{still}");
    for path in [format!("{path}?at=1"), format!("{path}/cancel")] {
        assert!(!world.get(&path).await.of(200).contains("http-equiv=\"refresh\""), "{path}");
    }
    world.click(&format!("{path}/cancel"), &[]).await;
    let over = world.get(&path).await.of(200);
    assert!(!over.contains("http-equiv=\"refresh\"") && !over.contains("<noscript"), "what has ended stays as it is");
}
