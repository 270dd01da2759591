//! Who is told what where other people are asked, and where messages are sent again.

use super::{
    messages::{asking, one, runner, sent, statuses, taken, tell, two},
    story::Story,
};
use crate::{
    command::{Actor, Command},
    error::Rejection,
    event::{Event, Reassigned},
    evolve::apply,
    interaction::{
        Answer,
        delivery::{DeliveryStatus, Notice},
    },
    reading::Reading,
};
use serde_json::json;

fn all_taken(story: &mut Story) {
    for delivering in sent(story) {
        tell(story, &delivering, taken()).unwrap();
    }
}

fn reassign(story: &mut Story, people: &[&str]) {
    let (interaction_id, actor) = (story.question(), runner());
    let assignees = people.iter().map(|one| (*one).to_owned()).collect();
    story.when(Command::Reassign { interaction_id, actor, assignees, reason: None }).unwrap();
}

fn again(story: &mut Story, to: Option<&str>) -> Result<(), Rejection> {
    let (interaction_id, actor) = (story.question(), runner());
    story.when(Command::TellAgain { interaction_id, actor, to: to.map(str::to_owned) })
}

fn yes() -> Answer {
    Answer { approved: Some(true), ..Answer::default() }
}

#[test]
fn what_was_sent_stays_sent_and_whoever_got_it_is_told_how_it_ended() {
    let mut story = asking(two());
    all_taken(&mut story);
    story.answer("ana@x.example", yes()).unwrap();
    reassign(&mut story, &["eve@x.example"]);
    let sent_to = |who: &'static str| (who, Notice::Asked, DeliveryStatus::Sent);
    assert_eq!(statuses(&story)[..2], [sent_to("ana@x.example"), sent_to("bob@x.example")]);
    all_taken(&mut story);
    // Nobody who is not asked any more is reminded, or written to again.
    again(&mut story, None).unwrap();
    assert_eq!(sent(&story).len(), 1);
    assert!(again(&mut story, Some("bob@x.example")).is_err());
    all_taken(&mut story);
    story.answer("eve@x.example", yes()).unwrap();
    let ends = statuses(&story);
    assert!(ends.iter().all(|it| (it.1, it.2) == (Notice::Outcome, DeliveryStatus::Pending)), "{ends:?}");
    assert_eq!(sent(&story).len(), 3);
}

#[test]
fn whoever_is_asked_anew_after_others_is_told_anew() {
    let mut story = asking(json!({ "assignees": ["ana@x.example"] }));
    all_taken(&mut story);
    reassign(&mut story, &["bob@x.example"]);
    all_taken(&mut story);
    reassign(&mut story, &["ana@x.example"]);
    assert_eq!(statuses(&story)[0], ("ana@x.example", Notice::Asked, DeliveryStatus::Pending));
    all_taken(&mut story);
    again(&mut story, Some("ana@x.example")).unwrap();
}

#[test]
fn a_channel_is_told_who_is_asked_now() {
    let channels =
        json!([{ "type": "slack", "channel": "#finance" }, { "type": "webhook", "url": "https://x.example" }]);
    let mut story = asking(json!({ "assignees": ["ana@x.example"], "channels": channels }));
    all_taken(&mut story);
    reassign(&mut story, &["bob@x.example"]);
    let told = |who: &'static str| (who, Notice::Reassigned, DeliveryStatus::Pending);
    assert_eq!(statuses(&story), [told("#finance"), told("x.example")]);
    assert_eq!(sent(&story).len(), 2);
    // What was not told yet tells who is asked by then.
    reassign(&mut story, &["eve@x.example"]);
    assert!(sent(&story).is_empty());
}

#[test]
fn messages_are_sent_again_to_those_who_have_not_answered() {
    let mut story = asking(two());
    all_taken(&mut story);
    story.answer("ana@x.example", yes()).unwrap();
    again(&mut story, None).unwrap();
    let it = statuses(&story);
    assert_eq!(it[0], ("ana@x.example", Notice::Asked, DeliveryStatus::Sent));
    assert_eq!(it[1], ("bob@x.example", Notice::Again, DeliveryStatus::Pending));
    again(&mut story, Some("ana@x.example")).unwrap();
    assert_eq!(statuses(&story)[0].1, Notice::Again, "who is named is meant");
}

#[test]
fn a_refusal_to_send_again_blames_nothing_that_nobody_gave() {
    let mut silent = asking(json!({ "assignees": ["ana@x.example"], "channels": [{ "type": "web" }] }));
    let Err(Rejection::Invalid { reasons, .. }) = again(&mut silent, None) else { panic!("nobody is written to") };
    assert_eq!(reasons[0].path, "");
    let Err(Rejection::Invalid { reasons, .. }) = again(&mut silent, Some("ana")) else {
        panic!("nobody is written to")
    };
    assert_eq!(reasons[0].path, "/to");
    let mut story = asking(json!({ "assignees": ["bob@x.example"], "allow_requester": false }));
    let (interaction_id, actor) = (story.question(), Actor { subject: "ada@example.com".into(), ..runner() });
    let Err(Rejection::Forbidden(why)) = story.when(Command::TellAgain { interaction_id, actor, to: None }) else {
        panic!("she may not")
    };
    assert!(why.contains("written to again"), "{why}");
}

#[test]
fn each_person_is_asked_once_however_the_name_is_written() {
    let people = json!(["dup@x.example", " dup@x.example", "DUP@x.example", "ana@x.example"]);
    let story = asking(json!({ "assignees": people }));
    assert_eq!(one(&story).assignees, ["dup@x.example", "ana@x.example"]);
    let yielded = asking(json!({ "assignees": "{{ ['a@x.example', 'A@x.example'] }}" }));
    assert_eq!(one(&yielded).assignees, ["a@x.example"]);
}

#[test]
fn journals_of_earlier_releases_fold_as_they_did() {
    let mut story = asking(two());
    all_taken(&mut story);
    let id = story.question();
    let event = json!({ "interaction_id": id, "assignees": ["eve@x.example"] });
    let old: Reassigned = serde_json::from_value(event).unwrap();
    let mut state = story.state.clone();
    let event = Event::InteractionReassigned(Box::new(old));
    let folded = Reading::of(|reading| apply(&story.workflow, &mut state, &event, story.now, reading));
    assert!(folded.is_ok_and(|folded| folded.is_some()));
    let dropped = state.interactions[0].deliveries.iter().filter(|it| it.status == DeliveryStatus::Dropped).count();
    assert_eq!(dropped, 2);
}

#[test]
fn who_can_get_no_mail_is_not_asked_by_mail() {
    let mut story = asking(json!({ "assignees": ["ana@x.example", "desk"] }));
    let interaction_id = story.question();
    let mut put = |name: &str| {
        let (interaction_id, actor) = (interaction_id.clone(), runner());
        let assignees = vec![name.to_owned(), "desk".to_owned()];
        story.when(Command::Reassign { interaction_id, actor, assignees, reason: None })
    };
    for name in ["{{ x }}", "nope", "@x.example"] {
        let Err(Rejection::Invalid { reasons, .. }) = put(name) else { panic!("{name} was asked") };
        assert_eq!((reasons[0].code.as_str(), reasons[0].path.as_str()), ("invalid_field", "/assignees"));
    }
    // Whoever the document itself asks stays, and a group gets members yet.
    put("group:fin").unwrap();
    put("eve@x.example").unwrap();
    // Where nobody is written to, a name is enough.
    let mut story = asking(json!({ "assignees": ["ana@x.example"], "channels": [{ "type": "web" }] }));
    reassign(&mut story, &["nope"]);
}
