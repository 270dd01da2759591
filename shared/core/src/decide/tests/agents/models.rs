//! Which models of a list are asked, and how often.

use super::{agent, agent_with, call};
use crate::{
    agent::name_used_up,
    command::Command,
    event::Event,
    execution::Status,
    task::{Failure, Outcome},
};
use serde_json::{Value, json};

fn model(name: &str) -> Value {
    json!({"provider": "openai_compatible", "name": name, "base_url": "http://127.0.0.1:1/v1"})
}

#[test]
fn each_model_of_a_list_has_the_attempts_of_the_policy() {
    let mut story = agent(json!({"prompt": "Go", "model": [model("first"), model("second")]}));
    let mut asked = Vec::new();
    for attempt in 1..=6 {
        assert_eq!(story.attempt(), attempt);
        let ask = story.asked();
        asked.push((ask.models[0].name.clone(), ask.models.len()));
        assert!(ask.is_patient);
        let activation = story.state.activation(&"a".into());
        let outcome = Outcome::Failed(Failure::new("model_unavailable", "busy").retryable());
        story.when(Command::Report { activation, attempt, outcome, duration_ms: None }).unwrap();
        if attempt == 6 {
            break;
        }
        let [Event::AttemptFailed { retry_at, .. }] = &story.events[..] else { panic!("{:?}", story.events) };
        // What was waited for one model does not make the wait for the next one longer, and the next one is asked at once.
        let of_this = (attempt - 1) % 3 + 1;
        let most = story.now.after_seconds(f64::from(1 << (of_this - 1)));
        assert!(*retry_at <= most && (*retry_at > story.now) == (of_this < 3), "{attempt}: {retry_at}");
    }
    let all = [("first", 2), ("first", 2), ("first", 2), ("second", 1), ("second", 1), ("second", 1)];
    assert_eq!(asked, all.map(|(name, left)| (name.to_owned(), left)));
    story.is(Status::Failed);
}

/// Which models are asked by their attempts, where each fails as its name says and the last answers.
fn asked_of(models: &[&str], max_attempts: u32) -> Vec<Vec<String>> {
    let listed: Vec<Value> = models.iter().map(|name| model(name)).collect();
    let retry = json!({"retry": {"max_attempts": max_attempts}});
    let mut story = agent_with(retry, json!({"prompt": "Go", "model": listed}));
    let mut all = Vec::new();
    loop {
        let (mut asked, mut used_up, mut failure) = (Vec::new(), Vec::new(), None);
        for model in story.asked().models {
            asked.push(model.name.clone());
            match model.name.as_str() {
                "quota" => used_up.push(model.place),
                "busy" => {
                    failure = Some(Failure::new("model_unavailable", "busy").retryable());
                    break;
                }
                _ => {
                    all.push(asked);
                    return all;
                }
            }
        }
        all.push(asked);
        let mut failure = failure.unwrap_or_else(|| Failure::new("rate_limited", "no quota"));
        name_used_up(&mut failure.details, &used_up);
        let (activation, attempt) = (story.state.activation(&"a".into()), story.attempt());
        let outcome = Outcome::Failed(failure);
        story.when(Command::Report { activation, attempt, outcome, duration_ms: None }).unwrap();
        if story.state.status() == Status::Failed {
            return all;
        }
    }
}

#[test]
fn a_used_up_quota_gives_no_other_model_an_attempt_and_is_not_asked_again() {
    let counts = |models: &[&str], max_attempts| {
        let asked = asked_of(models, max_attempts).concat();
        let mut counts: Vec<(String, usize)> = Vec::new();
        for name in asked {
            match counts.last_mut() {
                Some((last, count)) if *last == name && name != "quota" => *count += 1,
                _ => counts.push((name, 1)),
            }
        }
        counts
    };
    let is = |all: &[(&str, usize)]| all.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect::<Vec<_>>();
    for each in 1..=3 {
        let tries = each as usize;
        assert_eq!(counts(&["quota", "busy", "good"], each), is(&[("quota", 1), ("busy", tries), ("good", 1)]));
        let two = counts(&["quota", "quota", "busy", "good"], each);
        assert_eq!(two, is(&[("quota", 1), ("quota", 1), ("busy", tries), ("good", 1)]));
        let between = counts(&["busy", "quota", "busy", "good"], each);
        assert_eq!(between, is(&[("busy", tries), ("quota", 1), ("busy", tries), ("good", 1)]));
        assert_eq!(counts(&["busy", "quota"], each), is(&[("busy", tries), ("quota", 1)]));
    }
}

#[test]
fn a_quota_that_ends_between_attempts_costs_the_next_model_none() {
    let mut story = agent(json!({"prompt": "Go", "model": [model("first"), model("second")]}));
    let mut first = Vec::new();
    for attempt in 1..=4 {
        let ask = story.asked();
        first.push(ask.models[0].name.clone());
        // The second attempt finds that the first model has no quota any more, and asks the second one.
        let mut failure = Failure::new("model_unavailable", "busy").retryable();
        name_used_up(&mut failure.details, if attempt == 2 { &[0] } else { &[] });
        let activation = story.state.activation(&"a".into());
        story
            .when(Command::Report { activation, attempt, outcome: Outcome::Failed(failure), duration_ms: None })
            .unwrap();
    }
    assert_eq!(first, ["first", "first", "second", "second"], "the second has three attempts in all");
    story.is(Status::Failed);
}

#[test]
fn a_model_without_a_quota_is_not_asked_by_the_next_turns_of_the_visit() {
    let mut story = agent(json!({"prompt": "Go", "model": [model("first"), model("second")]}));
    let answer =
        json!({"tool_calls": [call("1", "look", json!({"key": "k"}))], "model": "m", "stop_reason": "tool_calls"});
    story.reports(json!({"answered": {"asked": {"messages": []}, "answer": answer, "used_up": [0]}})).unwrap();
    story.tools_give(json!([[0, "succeeded", {}, null]]));
    let names: Vec<String> = story.asked().models.into_iter().map(|model| model.name).collect();
    assert_eq!(names, ["second"]);
}
