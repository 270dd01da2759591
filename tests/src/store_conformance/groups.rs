//! The properties of groups of people, and of questions to them.

use super::{document, kept, page, start, started};
use engine::port::{Group, Host, InteractionFilter};
use serde_json::json;
use stepwell_core::{command::Command, id::Activation};

fn group(name: &str, members: &[&str]) -> Group {
    Group { name: name.into(), members: members.iter().map(|one| (*one).to_owned()).collect() }
}

/// Checks every property of groups.
pub(super) async fn run(host: &dyn Host) {
    a_group_is_kept_as_it_was_written(host).await;
    a_person_has_the_groups_of_one_owner(host).await;
    groups_are_listed_by_name(host).await;
    a_question_to_a_group_is_found_by_its_name(host).await;
}

async fn a_group_is_kept_as_it_was_written(host: &dyn Host) {
    let groups = host.groups();
    assert_eq!(groups.group("grouper", "finance").await.unwrap(), None);
    assert!(!groups.remove_group("grouper", "finance").await.unwrap());
    let first = group("Finance", &["Ann@example.com", "bob@example.com"]);
    groups.set_group("grouper", first.clone()).await.unwrap();
    assert_eq!(groups.group("grouper", "FINANCE").await.unwrap(), Some(first), "in any case");
    assert_eq!(groups.group("grouped", "finance").await.unwrap(), None, "it is another owner's");
    let second = group("finance", &["cleo@example.com", "CLEO@example.com"]);
    groups.set_group("grouper", second.clone()).await.unwrap();
    assert_eq!(groups.group("grouper", "Finance").await.unwrap(), Some(second), "it took the place of the first");
    assert_eq!(groups.groups_of("grouper", "ann@example.com").await.unwrap(), [""; 0]);
    assert_eq!(groups.groups_of("grouper", "cleo@example.com").await.unwrap(), ["finance"]);
    groups.set_group("grouper", group("Finance", &[])).await.unwrap();
    assert_eq!(groups.group("grouper", "finance").await.unwrap(), Some(group("Finance", &[])), "it may be empty");
    assert_eq!(groups.groups_of("grouper", "cleo@example.com").await.unwrap(), [""; 0]);
    assert!(!groups.remove_group("grouped", "finance").await.unwrap(), "it is another owner's");
    assert!(groups.remove_group("grouper", "fiNANCE").await.unwrap());
    assert!(!groups.remove_group("grouper", "finance").await.unwrap(), "once");
    assert_eq!(groups.group("grouper", "finance").await.unwrap(), None);
}

async fn a_person_has_the_groups_of_one_owner(host: &dyn Host) {
    let groups = host.groups();
    for (owner, name, members) in [
        ("member-a", "Board", vec!["Ann@example.com"]),
        ("member-a", "finance", vec!["bob@example.com", "ann@example.com"]),
        ("member-a", "legal", vec!["bob@example.com", "joann@example.com"]),
        ("member-b", "theirs", vec!["ann@example.com"]),
    ] {
        groups.set_group(owner, group(name, &members)).await.unwrap();
    }
    let mut names = groups.groups_of("member-a", "ANN@example.com").await.unwrap();
    names.sort();
    assert_eq!(names, ["board", "finance"], "whole names are compared, in any case");
    assert_eq!(groups.groups_of("member-b", "ann@example.com").await.unwrap(), ["theirs"]);
    assert_eq!(groups.groups_of("member-c", "ann@example.com").await.unwrap(), [""; 0]);
    groups.remove_group("member-a", "board").await.unwrap();
    assert_eq!(groups.groups_of("member-a", "ann@example.com").await.unwrap(), ["finance"]);
}

async fn groups_are_listed_by_name(host: &dyn Host) {
    for name in ["d", "B", "a", "C"] {
        host.groups().set_group("lister-of-groups", group(name, &["ann@example.com"])).await.unwrap();
    }
    let (mut names, mut cursor) = (Vec::new(), None);
    loop {
        let part = host.groups().groups("lister-of-groups", &page(3, cursor)).await.unwrap();
        assert!(part.items.len() <= 3);
        names.extend(part.items.into_iter().map(|group| group.name));
        cursor = part.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(names, ["a", "B", "C", "d"], "in the order of their names in lower case");
    assert!(host.groups().groups("nobody", &page(3, None)).await.unwrap().items.is_empty());
}

async fn a_question_to_a_group_is_found_by_its_name(host: &dyn Host) {
    let mut asks_group = document("asks-group");
    asks_group["nodes"][1]["config"]["assignees"] = json!(["Group: Finance", "zoe@example.com"]);
    let workflow = kept(host, &asks_group).await;
    let id = start(host, started(host, &workflow, "asks-group", json!({}))).await.id().clone();
    let activation = Activation { epoch: 0, node: "ask".into(), visit: 1 };
    super::command(host, &id, Command::Open { activation }).await;
    for execution_id in [None, Some(id.clone())] {
        for (names, found) in [
            (vec!["ann@example.com", "group:finance"], 1),
            (vec!["group:legal", "GROUP:FINANCE", "ann@example.com"], 1),
            (vec!["ann@example.com", "group:legal"], 0),
            (vec!["zoe@example.com"], 1),
            (vec!["finance"], 0),
            (vec![], 1),
        ] {
            let many: Vec<String> = (0..250).map(|n| format!("group:g{n}")).collect();
            for more in [&[][..], &many] {
                let more = more.iter().filter(|_| !names.is_empty());
                let assignees = names.iter().map(|name| (*name).to_owned()).chain(more.cloned()).collect();
                let execution_id = execution_id.clone();
                let filter = InteractionFilter { owner: "asks-group".into(), status: None, assignees, execution_id };
                let page = host.index().interactions(&filter, &page(10, None)).await.unwrap();
                assert_eq!(page.items.len(), found, "{names:?}");
            }
        }
    }
}
