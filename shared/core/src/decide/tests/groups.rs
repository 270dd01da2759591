//! Questions to groups: who may answer for one, and how their votes count.

use super::story::Story;
use crate::{
    command::{Actor, Command},
    error::Rejection,
    execution::Status,
    interaction::Answer,
};
use serde_json::{Value, json};

/// A story of an approval, whose requester is ada.
fn asking(config: Value) -> Story {
    let mut config = config;
    config["kind"] = json!("approval");
    config["question"] = json!("Pay?");
    let nodes = json!([{ "id": "ask", "type": "human", "config": config }]);
    let input = json!({ "team": "group:Finance", "votes": 3 });
    let mut story = Story::given(nodes, json!([{ "from": "start", "to": "ask" }]), input);
    story.open("ask");
    story
}

/// A yes of a member of these groups.
fn yes(groups: &[&str]) -> Answer {
    let groups = groups.iter().map(|name| (*name).to_owned()).collect();
    Answer { approved: Some(true), groups, ..Answer::default() }
}

#[test]
fn a_member_of_a_group_that_is_asked_answers_in_any_case() {
    let mut story = asking(json!({ "assignees": ["GROUP: Finance", "eve@example.com"] }));
    assert_eq!(story.state.interactions[0].assignees, ["group:Finance", "eve@example.com"]);
    for outsider in [yes(&[]), yes(&["legal"]), yes(&["group:Finance"]), yes(&["Finance "])] {
        assert!(matches!(story.answer("bob@example.com", outsider), Err(Rejection::Forbidden(_))));
    }
    assert!(matches!(story.answer("group:Finance", yes(&[])), Err(Rejection::Forbidden(_))), "a name is no member");
    story.answer("bob@example.com", yes(&["legal", "FINANCE"])).unwrap();
    story.is(Status::Completed);
}

#[test]
fn a_member_of_two_groups_has_one_vote() {
    let mut story = asking(json!({ "assignees": ["group:finance", "group:legal"], "approval_threshold": 2 }));
    story.answer("bob@example.com", yes(&["finance", "legal"])).unwrap();
    story.answer("BOB@example.com", yes(&["legal"])).unwrap();
    story.is(Status::WaitingHuman);
    story.answer("eve@example.com", yes(&["legal"])).unwrap();
    story.is(Status::Completed);
}

#[test]
fn a_group_may_have_as_many_people_as_a_threshold_asks_for() {
    asking(json!({ "assignees": ["group:finance"], "approval_threshold": 3 })).is(Status::WaitingHuman);
    asking(json!({ "assignees": "{{ input.team }}", "approval_threshold": "{{ input.votes }}" }))
        .is(Status::WaitingHuman);
    let alone = json!({ "assignees": "{{ 'bob@example.com' }}", "approval_threshold": "{{ input.votes }}" });
    assert_eq!(asking(alone).state.error.as_ref().unwrap().code, "too_few_people");
}

#[test]
fn a_requester_is_kept_out_as_a_member_too() {
    let mut story = asking(json!({ "assignees": ["group:finance"], "allow_requester": false }));
    assert!(matches!(story.answer("ADA@example.com", yes(&["finance"])), Err(Rejection::Forbidden(_))));
    let behind = Answer { entered_by: Some("ada@example.com".into()), ..yes(&["finance"]) };
    assert!(matches!(story.answer("bob@example.com", behind), Err(Rejection::Forbidden(_))));
    story.answer("bob@example.com", yes(&["finance"])).unwrap();
    story.is(Status::Completed);
}

#[test]
fn only_whom_a_question_concerns_says_whom_it_is_put_to() {
    let actor = |subject: &str, groups: &[&str], runs, administers| Actor {
        subject: subject.into(),
        groups: groups.iter().map(|name| (*name).to_owned()).collect(),
        runs,
        administers,
    };
    let (may, may_not) = (true, false);
    let of_requester =
        |allow: bool| json!({ "assignees": ["group:finance", "eve@example.com"], "allow_requester": allow });
    for (config, who, expected) in [
        (of_requester(true), actor("bob@example.com", &[], false, false), may_not),
        (of_requester(true), actor("bob@example.com", &["legal"], false, false), may_not),
        (of_requester(true), actor("group:finance", &[], false, false), may_not),
        (of_requester(true), actor("bob@example.com", &["FINANCE"], false, false), may),
        (of_requester(true), actor("EVE@example.com", &[], false, false), may),
        (of_requester(true), actor("bob@example.com", &[], true, false), may),
        (json!({}), actor("bob@example.com", &[], false, false), may),
        // Ada started it.
        (of_requester(true), actor("ada@example.com", &[], true, false), may),
        (of_requester(false), actor("ADA@example.com", &[], true, false), may_not),
        (of_requester(false), actor("ada@example.com", &["finance"], false, false), may_not),
        (of_requester(false), actor("ada@example.com", &[], true, true), may),
        (of_requester(false), actor("ada@example.com", &[], false, true), may_not),
        (of_requester(false), actor("bob@example.com", &[], true, false), may),
    ] {
        let mut story = asking(config.clone());
        let interaction_id = story.question();
        let again = Command::TellAgain { interaction_id: interaction_id.clone(), actor: who.clone(), to: None };
        let assignees = vec!["zoe@example.com".to_owned()];
        let reassign = Command::Reassign { interaction_id, actor: who.clone(), assignees, reason: None };
        let forbidden = |told: Result<(), Rejection>| matches!(told, Err(Rejection::Forbidden(_)));
        let told = (!forbidden(story.when(again)), !forbidden(story.when(reassign)));
        assert_eq!(told, (expected, expected), "{config} {who:?}");
    }
}

#[test]
fn a_template_that_names_no_group_fails_the_node() {
    for name in ["group:", "group:  ", "group:a\u{7}b"] {
        let story = asking(json!({ "assignees": [format!("{{{{ '{name}' }}}}")] }));
        assert_eq!(story.state.error.as_ref().map(|error| error.code.as_str()), Some("template_error"), "{name}");
    }
}
