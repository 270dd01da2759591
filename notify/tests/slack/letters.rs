//! Letters: messages to channels and to people, what follows them, and what becomes of those that fail.

use super::*;
use engine::port::{Letter, Notifier};
use std::sync::Arc;
use stepwell_core::{
    effect::Delivering,
    interaction::{
        Interaction,
        channel::Channel,
        delivery::{Notice, Told},
    },
};

fn letter(channel: Option<&str>, notice: Notice, reference: Option<&str>) -> Letter {
    let question: Interaction = serde_json::from_value(json!({
        "interaction_id": "018f2b6e-7a10-8c3d-9e4f-0123456789ab", "activation": {"node": "ask", "visit": 1},
        "kind": "approval", "question": "Pay <!channel> 5?", "assignees": ["ana@example.com"], "created_at": 0,
        "deadline": 3_600_000
    }))
    .unwrap();
    Letter {
        id: "1".into(),
        delivering: Delivering { interaction: question.interaction_id.clone(), delivery: 0, number: 1, attempt: 1 },
        owner: "acme".into(),
        notice,
        number: 1,
        channel: Channel::Slack { channel: channel.map(str::to_owned) },
        to: channel.unwrap_or("ana@example.com").into(),
        link: Some("https://flows.example.com/i/TOKEN".into()),
        inbox: Some("https://flows.example.com/inbox/1".into()),
        reference: reference.map(str::to_owned),
        interaction: Arc::new(question),
        execution: "e-1".into(),
        workflow: "pay".into(),
        requester: None,
        webhook: None,
        now: Time(0),
    }
}

fn sent(reference: &str) -> Told {
    Told::Sent { reference: Some(reference.into()) }
}

#[tokio::test]
async fn a_channel_is_asked_reminded_below_and_shown_the_outcome_in_place_of_the_buttons() {
    let stand_in = StandIn::start().await;
    let slack = slack(&stand_in.origin, TOKEN, None);
    let first = slack.send(&letter(Some("#finance"), Notice::Asked, None)).await;
    assert_eq!(first, sent("Cfinance:1700000000.000001"));
    let reference = Some("Cfinance:1700000000.000001");
    assert_eq!(slack.send(&letter(Some("#finance"), Notice::Reminder, reference)).await, first);
    assert_eq!(slack.send(&letter(Some("#finance"), Notice::Outcome, reference)).await, first);
    let posted = stand_in.calls("chat.postMessage");
    assert_eq!(posted.len(), 2);
    assert_eq!(posted[0].arguments["text"], "Pay &lt;!channel&gt; 5?");
    assert!(posted[0].arguments["blocks"].contains("approve") && !posted[0].arguments["blocks"].contains("/i/TOKEN"));
    assert_eq!(
        (posted[1].arguments["thread_ts"].as_str(), posted[1].arguments["channel"].as_str()),
        ("1700000000.000001", "Cfinance")
    );
    let changed = stand_in.calls("chat.update");
    assert_eq!(
        (changed[0].arguments["ts"].as_str(), changed[0].arguments["parse"].as_str()),
        ("1700000000.000001", "none")
    );
    assert!(!changed[0].arguments["blocks"].contains("action_id"));
    // Nobody was told of a question whose first message never came through.
    assert_eq!(slack.send(&letter(Some("#finance"), Notice::Outcome, None)).await, Told::Dropped);
}

#[tokio::test]
async fn what_is_sent_again_is_a_reply_so_that_no_buttons_are_left_behind() {
    let stand_in = StandIn::start().await;
    stand_in.member("UANA", "ana@example.com");
    let slack = slack(&stand_in.origin, TOKEN, None);
    for (at, channel) in [Some("#finance"), None].into_iter().enumerate() {
        let told = slack.send(&letter(channel, Notice::Asked, None)).await;
        let Told::Sent { reference: Some(first) } = told.clone() else { panic!("{told:?}") };
        // Again, as `notify` asks for it, and asked anew, as whoever was no longer asked meanwhile is.
        for notice in [Notice::Again, Notice::Asked] {
            assert_eq!(slack.send(&letter(channel, notice, Some(&first))).await, told);
            let posted = stand_in.calls("chat.postMessage");
            let last = &posted.last().unwrap().arguments;
            assert_eq!(
                last.get("thread_ts").map(String::as_str),
                first.split_once(':').map(|(_, time)| time),
                "{notice}"
            );
            assert!(last["text"].starts_with("Reminder: ") && !last["blocks"].contains("approve"), "{last:?}");
        }
        slack.send(&letter(channel, Notice::Outcome, Some(&first))).await;
        let live =
            stand_in.calls("chat.postMessage").into_iter().filter(|it| it.arguments["blocks"].contains("approve"));
        assert_eq!(live.count(), at + 1, "the one that is changed to the outcome");
    }
}

#[tokio::test]
async fn what_was_deleted_in_slack_is_posted_anew_when_it_is_sent_again() {
    let stand_in = StandIn::start().await;
    let slack = slack(&stand_in.origin, TOKEN, None);
    for (method, code, notice) in
        [("chat.postMessage", "thread_not_found", Notice::Again), ("chat.update", "message_not_found", Notice::Asked)]
    {
        stand_in.fails_next(method, 200, None, &format!(r#"{{"ok":false,"error":"{code}"}}"#));
        let told = slack.send(&letter(Some("#finance"), notice, Some("Cfinance:1600000000.000001"))).await;
        assert!(matches!(&told, Told::Sent { reference: Some(it) } if it.starts_with("Cfinance:17")), "{told:?}");
        let posted = stand_in.calls("chat.postMessage");
        assert!(posted.last().unwrap().arguments["blocks"].contains("approve"));
    }
}

#[tokio::test]
async fn a_channel_is_shown_and_told_who_is_asked_by_now() {
    for (notice, begins, word) in [
        (Notice::Reassigned, "Others are asked now: ", "This now asks director@example.com"),
        (
            Notice::Escalated,
            "Nobody decided in time: ",
            "Nobody decided in time, so this now asks director@example.com",
        ),
    ] {
        let stand_in = StandIn::start().await;
        let slack = slack(&stand_in.origin, TOKEN, None);
        let first = slack.send(&letter(Some("#finance"), Notice::Asked, None)).await;
        let mut others = letter(Some("#finance"), notice, Some("Cfinance:1700000000.000001"));
        Arc::make_mut(&mut others.interaction).assignees = vec!["director@example.com".into()];
        assert_eq!(slack.send(&others).await, first);
        let changed = stand_in.calls("chat.update");
        assert_eq!(changed[0].arguments["ts"], "1700000000.000001");
        let blocks = &changed[0].arguments["blocks"];
        assert!(blocks.contains("asks director@example.com") && blocks.contains("approve") && !blocks.contains("ana@"));
        let posted = stand_in.calls("chat.postMessage");
        assert_eq!(posted[1].arguments["thread_ts"], "1700000000.000001");
        assert!(posted[1].arguments["text"].starts_with(begins), "{:?}", posted[1].arguments["text"]);
        assert!(posted[1].arguments["blocks"].contains(word), "{:?}", posted[1].arguments["blocks"]);
    }
}

#[tokio::test]
async fn a_person_is_found_by_address_and_written_to_directly_with_the_own_link() {
    let stand_in = StandIn::start().await;
    stand_in.member("UANA", "ana@example.com");
    let slack = slack(&stand_in.origin, TOKEN, None);
    for _ in 0..2 {
        let told = slack.send(&letter(None, Notice::Asked, None)).await;
        assert!(matches!(&told, Told::Sent { reference: Some(it) } if it.starts_with("DUANA:")), "{told:?}");
    }
    assert!(stand_in.calls("chat.postMessage")[0].arguments["blocks"].contains("/i/TOKEN"));
    assert_eq!((stand_in.calls("users.lookupByEmail").len(), stand_in.calls("conversations.open").len()), (1, 1));
}

#[tokio::test]
async fn a_personal_link_goes_to_no_account_of_another_workspace() {
    let stand_in = StandIn::start().await;
    stand_in.account(json!({"id": "UFOREIGN", "team_id": "T2", "profile": {"email": "ana@example.com"}}));
    let told = slack(&stand_in.origin, TOKEN, None).send(&letter(None, Notice::Asked, None)).await;
    assert!(matches!(&told, Told::Refused { error } if error.contains("another workspace")), "{told:?}");
    assert!(stand_in.calls("chat.postMessage").is_empty());
}

#[tokio::test]
async fn what_cannot_be_cured_is_refused_and_what_may_pass_is_tried_again_when_slack_says() {
    let stand_in = StandIn::start().await;
    let good = slack(&stand_in.origin, TOKEN, None);
    let told = good.send(&letter(Some("#nowhere"), Notice::Asked, None)).await;
    assert!(
        matches!(&told, Told::Refused { error } if error.contains("channel_not_found") && error.contains("invite"))
    );
    let told = good.send(&letter(None, Notice::Asked, None)).await;
    assert!(matches!(&told, Told::Refused { error } if error.contains("users_not_found")), "{told:?}");
    for (status, after, body, seconds) in [
        (429, Some(30), "", Some(30.0)),
        (200, Some(5), r#"{"ok":false,"error":"ratelimited"}"#, Some(5.0)),
        (503, None, "away", None),
        (200, None, r#"{"ok":false,"error":"fatal_error"}"#, None),
    ] {
        stand_in.fails_next("chat.postMessage", status, after, body);
        let told = good.send(&letter(Some("#finance"), Notice::Asked, None)).await;
        assert!(matches!(told, Told::Failed { after_seconds, .. } if after_seconds == seconds), "{status}: {told:?}");
    }
    // A wrong token, and a host that is not there: neither error holds the token.
    let wrong = slack(&stand_in.origin, "xoxb-wrong-token", None);
    let told = wrong.send(&letter(Some("#finance"), Notice::Asked, None)).await;
    assert!(matches!(&told, Told::Refused { error } if error.contains(notify::slack::TOKEN)), "{told:?}");
    let away = slack("http://127.0.0.1:1", TOKEN, None);
    let unreached = away.send(&letter(Some("#finance"), Notice::Asked, None)).await;
    assert!(matches!(&unreached, Told::Failed { .. }), "{unreached:?}");
    assert!(!format!("{told:?}{unreached:?}").contains("xoxb"));
}
