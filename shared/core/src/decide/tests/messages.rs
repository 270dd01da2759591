//! Messages about questions: who gets one, what becomes of it, reminders, other people in place of those asked.

use super::story::Story;
use crate::{
    command::{Actor, Command, Control},
    effect::{Delivering, Effect, Purpose, Work},
    error::Rejection,
    execution::Status,
    interaction::{
        Answer, Interaction,
        delivery::{DeliveryStatus, Notice, Told},
    },
    limits,
    owed::{Since, owed},
};
use document::time::Time;
use serde_json::{Value, json};

pub(super) fn asking(more: Value) -> Story {
    let mut config = json!({ "kind": "approval", "question": "Pay?", "channels": [{ "type": "email" }] });
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let edges = json!([{ "from": "start", "to": "ask" }]);
    let mut story = Story::given(json!([{ "id": "ask", "type": "human", "config": config }]), edges, json!({}));
    story.open("ask");
    story
}

pub(super) fn two() -> Value {
    json!({ "assignees": ["ana@x.example", "bob@x.example"], "approval_threshold": 2 })
}

/// The messages that the last command put on their way.
pub(super) fn sent(story: &Story) -> Vec<Delivering> {
    let works = story.effects.iter().filter_map(|effect| match effect {
        Effect::Send { message, .. } => Some(message.work.clone()),
        _ => None,
    });
    works.filter_map(|work| if let Work::Deliver(it) = work { Some(it) } else { None }).collect()
}

pub(super) fn one(story: &Story) -> &Interaction {
    story.state.interactions.last().unwrap()
}

pub(super) fn tell(story: &mut Story, delivering: &Delivering, told: Told) -> Result<(), Rejection> {
    story.when(Command::Told { delivering: delivering.clone(), told })
}

/// Somebody who may say whom any question is put to.
pub(super) fn runner() -> Actor {
    Actor { subject: "ops@x.example".into(), runs: true, ..Actor::default() }
}

pub(super) fn taken() -> Told {
    Told::Sent { reference: Some("first".into()) }
}

pub(super) fn statuses(story: &Story) -> Vec<(&str, Notice, DeliveryStatus)> {
    one(story).deliveries.iter().map(|it| (it.to.as_str(), it.notice, it.status)).collect()
}

#[test]
fn each_person_gets_a_message_and_a_repeated_word_of_it_changes_nothing() {
    let mut story = asking(two());
    let on_their_way = sent(&story);
    assert_eq!(on_their_way.len(), 2);
    tell(&mut story, &on_their_way[0], taken()).unwrap();
    assert_eq!(one(&story).deliveries[0].status, DeliveryStatus::Sent);
    assert!(matches!(tell(&mut story, &on_their_way[0], taken()), Err(Rejection::Stale(_))));
    assert_eq!(owed(&story.workflow, &story.state, Since::Ever).iter().filter(|it| is_message(it)).count(), 1);
}

fn is_message(effect: &Effect) -> bool {
    matches!(effect, Effect::Send { message, .. } if matches!(message.work, Work::Deliver(_)))
}

#[test]
fn an_address_gets_one_message_however_it_is_written() {
    let channels = json!([{ "type": "email", "to": ["BOB@x.example"] }]);
    let people = json!(["ana@x.example", "Ana@X.example", "bob@x.example"]);
    let story = asking(json!({ "assignees": people, "channels": channels }));
    assert_eq!(sent(&story).len(), 2);
}

#[test]
fn what_is_written_to_besides_people_is_no_person() {
    let channels = json!([{ "type": "web" }, { "type": "email", "to": "audit@x.example, {{ 'ops@x.example' }}" },
        { "type": "slack", "channel": "#finance" }, { "type": "slack" },
        { "type": "webhook", "name": "pager", "url": "https://x.example/{{ secrets.KEY }}" }]);
    let story = asking(json!({ "assignees": ["ana@x.example"], "channels": channels }));
    let receivers: Vec<_> = one(&story).deliveries.iter().map(|it| (it.to.as_str(), it.channel, it.personal)).collect();
    let expected = [
        ("ana@x.example", 1, true),
        ("audit@x.example", 1, false),
        ("ops@x.example", 1, false),
        ("#finance", 2, false),
        ("ana@x.example", 3, true),
        ("pager", 4, false),
    ];
    assert_eq!(receivers, expected);
    assert!(!json!(story.state.interactions).to_string().contains("https://"), "its URL may be a credential");
}

#[test]
fn what_fails_is_tried_again_later_each_time_and_given_up_at_last() {
    let mut story = asking(json!({ "assignees": ["ana@x.example"] }));
    let failed = || Told::Failed { error: "no luck".into(), after_seconds: None };
    let mut waits = Vec::new();
    loop {
        let [delivering] = sent(&story)[..].to_vec().try_into().unwrap();
        let before = story.now;
        tell(&mut story, &delivering, failed()).unwrap();
        assert_eq!(one(&story).deliveries[0].error.as_deref(), Some("no luck"));
        let Some(due) = one(&story).deliveries[0].due else { break };
        waits.push(due.since(before).as_secs());
        story.now = due;
    }
    assert_eq!(waits.len() as u32, limits::DELIVERY_ATTEMPTS - 1);
    assert_eq!(waits[..5], [2, 8, 32, 128, 512]);
    assert!(waits.is_sorted() && waits.last() == Some(&3_600));
    assert_eq!(one(&story).deliveries[0].status, DeliveryStatus::Failed);
    story.is(Status::WaitingHuman);
    story.answer("ana@x.example", Answer { approved: Some(true), ..Answer::default() }).unwrap();
    assert!(sent(&story).is_empty(), "who was never told is not told of the outcome");
}

#[test]
fn a_channel_says_how_long_to_wait_within_reason() {
    for (asked, seconds) in [(0.5, 2), (60.0, 60), (1e9, 3_600), (f64::NAN, 2)] {
        let mut story = asking(json!({ "assignees": ["ana@x.example"] }));
        let delivering = sent(&story).remove(0);
        tell(&mut story, &delivering, Told::Failed { error: "busy".into(), after_seconds: Some(asked) }).unwrap();
        assert_eq!(one(&story).deliveries[0].due.map(|at| at.since(Time(0)).as_secs()), Some(seconds), "{asked}");
    }
}

#[test]
fn the_outcome_is_told_to_all_who_were_told_of_the_question_also_after_the_end() {
    let mut story = asking(json!({ "assignees": ["ana@x.example", "bob@x.example"] }));
    let first = sent(&story).remove(0);
    tell(&mut story, &first, taken()).unwrap();
    story.answer("bob@x.example", Answer { approved: Some(true), ..Answer::default() }).unwrap();
    story.is(Status::Completed);
    let outcome = sent(&story);
    let expected = [
        ("ana@x.example", Notice::Outcome, DeliveryStatus::Pending),
        ("bob@x.example", Notice::Asked, DeliveryStatus::Dropped),
    ];
    assert_eq!(statuses(&story), expected);
    tell(&mut story, &outcome[0], Told::Sent { reference: Some("second".into()) }).unwrap();
    story.is(Status::Completed);
    assert_eq!(one(&story).deliveries[0].reference.as_deref(), Some("first"), "later messages refer to the first");
}

#[test]
fn those_who_have_not_answered_are_reminded_until_they_have() {
    let mut story = asking(json!({ "assignees": ["ana@x.example", "bob@x.example"], "approval_threshold": 2,
        "remind_every_seconds": 60 }));
    for delivering in sent(&story) {
        tell(&mut story, &delivering, taken()).unwrap();
    }
    story.answer("ana@x.example", Answer { approved: Some(true), ..Answer::default() }).unwrap();
    let activation = story.state.activation(&"ask".into());
    let timer = || Command::Timer { activation: activation.clone(), purpose: Purpose::Remind };
    story.now = Time(59_000);
    story.when(timer()).unwrap();
    assert!(sent(&story).is_empty() && one(&story).reminded == 0, "it fired early");
    story.now = Time(60_000);
    story.when(timer()).unwrap();
    assert_eq!(sent(&story).len(), 1);
    assert_eq!(statuses(&story)[1], ("bob@x.example", Notice::Reminder, DeliveryStatus::Pending));
    let again = Effect::SetTimer { activation: activation.clone(), purpose: Purpose::Remind, at: Time(120_000) };
    assert!(story.effects.contains(&again));
    story.now = Time(120_000);
    story.when(timer()).unwrap();
    assert!(sent(&story).is_empty(), "the first reminder is still on its way");
    story.answer("bob@x.example", Answer { approved: Some(true), ..Answer::default() }).unwrap();
    let dropped = Effect::DropTimer { activation: activation.clone(), purpose: Purpose::Remind };
    assert!(story.effects.contains(&dropped));
    assert!(matches!(story.when(timer()), Err(Rejection::Stale(_))));
}

#[test]
fn a_group_is_written_to_by_its_members() {
    let mut story = asking(json!({ "assignees": ["group:finance"], "remind_every_seconds": 60 }));
    let group = sent(&story).remove(0);
    tell(&mut story, &group, Told::Members(vec!["ana@x.example".into(), "bob@x.example".into()])).unwrap();
    assert_eq!(sent(&story).len(), 2);
    assert_eq!(one(&story).deliveries[1].through.as_deref(), Some("group:finance"));
    for delivering in sent(&story) {
        tell(&mut story, &delivering, taken()).unwrap();
    }
    story.now = Time(60_000);
    let activation = story.state.activation(&"ask".into());
    story.when(Command::Timer { activation, purpose: Purpose::Remind }).unwrap();
    let again = sent(&story);
    assert_eq!(again.len(), 1, "the group says who its members are by then");
    tell(&mut story, &again[0], Told::Members(vec!["bob@x.example".into(), "eve@x.example".into()])).unwrap();
    let reminded: Vec<_> = statuses(&story).into_iter().filter(|it| it.2 == DeliveryStatus::Pending).collect();
    let pending = |to| (to, Notice::Reminder, DeliveryStatus::Pending);
    assert_eq!(reminded, [pending("bob@x.example"), pending("eve@x.example")]);
}

#[test]
fn other_people_are_asked_and_the_first_are_told_no_more() {
    let mut story = asking(json!({ "assignees": ["ana@x.example"] }));
    let first = sent(&story).remove(0);
    let question = story.question();
    let reassign = |people: &[&str]| Command::Reassign {
        interaction_id: question.clone(),
        actor: runner(),
        assignees: people.iter().map(|it| (*it).to_owned()).collect(),
        reason: Some("away".into()),
    };
    story.when(reassign(&[" bob@x.example ", "BOB@x.example"])).unwrap();
    assert_eq!(one(&story).assignees, ["bob@x.example"]);
    assert_eq!(statuses(&story)[0].2, DeliveryStatus::Dropped);
    assert_eq!(sent(&story).len(), 1);
    assert!(matches!(tell(&mut story, &first, taken()), Err(Rejection::Stale(_))));
    let answer = || Answer { approved: Some(true), ..Answer::default() };
    assert!(matches!(story.answer("ana@x.example", answer()), Err(Rejection::Forbidden(_))));
    assert!(matches!(story.when(reassign(&[" "])), Err(Rejection::Invalid { .. })), "nobody");
    // Whoever is asked again is told again.
    story.when(reassign(&["ana@x.example", "bob@x.example"])).unwrap();
    assert_eq!(statuses(&story)[0], ("ana@x.example", Notice::Asked, DeliveryStatus::Pending));
    story.when(reassign(&["bob@x.example"])).unwrap();
    story.answer("bob@x.example", answer()).unwrap();
    assert!(matches!(story.when(reassign(&["eve@x.example"])), Err(Rejection::Decided { .. })));
}

#[test]
fn a_threshold_that_the_new_people_cannot_reach_is_refused() {
    let mut story = asking(two());
    let interaction_id = story.question();
    let to = |assignees: Vec<String>| {
        let interaction_id = interaction_id.clone();
        Command::Reassign { interaction_id, actor: runner(), assignees, reason: None }
    };
    let (few, group) = (to(vec!["eve@x.example".into()]), to(vec!["group:finance".into()]));
    let Err(Rejection::Invalid { reasons, .. }) = story.when(few) else { panic!("one person cannot vote twice") };
    assert_eq!(reasons[0].code, "too_few_people");
    story.when(group).unwrap();
}

#[test]
fn a_message_is_sent_again_on_demand() {
    let mut story = asking(two());
    for delivering in sent(&story) {
        tell(&mut story, &delivering, Told::Refused { error: "no such address".into() }).unwrap();
    }
    let interaction_id = story.question();
    let again = |to: Option<&str>| Command::TellAgain {
        interaction_id: interaction_id.clone(),
        actor: runner(),
        to: to.map(str::to_owned),
    };
    story.when(again(Some("BOB@x.example"))).unwrap();
    assert_eq!(sent(&story).len(), 1);
    assert!(matches!(story.when(again(Some("eve@x.example"))), Err(Rejection::Invalid { .. })));
    story.when(again(None)).unwrap();
    assert_eq!(sent(&story).len(), 2);
    let mut silent = asking(json!({ "channels": [{ "type": "web" }] }));
    let interaction_id = silent.question();
    let nothing = silent.when(Command::TellAgain { interaction_id, actor: runner(), to: None });
    assert!(matches!(nothing, Err(Rejection::Invalid { .. })));
}

#[test]
fn a_question_that_is_no_longer_needed_takes_its_messages_back() {
    let mut story = asking(two());
    let on_their_way = sent(&story);
    tell(&mut story, &on_their_way[0], taken()).unwrap();
    story.when(Command::Control { control: Control::Cancel, reason: None }).unwrap();
    assert_eq!(sent(&story).len(), 1, "who was told of it is told that");
    let refused = || Told::Refused { error: "no such address".into() };
    assert!(matches!(tell(&mut story, &on_their_way[1], refused()), Err(Rejection::Stale(_))));
}

#[test]
fn channels_that_templates_yield_are_checked() {
    let opened = |channels: Value| asking(json!({ "assignees": ["ana@x.example"], "channels": channels }));
    let story = opened(json!("{{ [{'type': 'slack', 'channel': '#a'}, {'type': 'web'}] }}"));
    assert_eq!(statuses(&story).len(), 1);
    for wrong in [
        "[1]",
        "[{'type': 'pigeon'}]",
        "[{'type': 'webhook', 'url': 'https://x.example'}]",
        "7",
        "[{'type': 'web', 'to': 'ana'}]",
        "[{'type': 'slack', 'channel': 7}]",
    ] {
        let story = opened(json!(format!("{{{{ {wrong} }}}}")));
        story.is(Status::Failed);
        assert_eq!(story.state.error.as_ref().map(|it| it.code.as_str()), Some("template_error"), "{wrong}");
    }
}

#[test]
fn who_was_written_to_at_the_moment_of_the_decision_is_told_how_it_went() {
    let mut story = asking(json!({ "assignees": ["ana@x.example", "bob@x.example"] }));
    let [ana, bob] = sent(&story)[..].to_vec().try_into().unwrap();
    story.answer("bob@x.example", Answer { approved: Some(true), ..Answer::default() }).unwrap();
    assert!(matches!(tell(&mut story, &bob, Told::Dropped), Err(Rejection::Stale(_))));
    // The word that it was taken comes after the decision.
    tell(&mut story, &ana, taken()).unwrap();
    let outcome = sent(&story);
    assert_eq!(statuses(&story)[0], ("ana@x.example", Notice::Outcome, DeliveryStatus::Pending));
    assert!(matches!(tell(&mut story, &ana, taken()), Err(Rejection::Stale(_))), "once");
    tell(&mut story, &outcome[0], taken()).unwrap();
    story.is(Status::Completed);
}
