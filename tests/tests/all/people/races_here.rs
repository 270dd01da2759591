//! The races on the embedded host.

use super::{races, slack_script, slack_stand_in::Slack, stage::Stage};

#[test]
fn of_two_hundred_answers_one_decides_and_the_others_are_told_which() {
    races::crowd(&Stage::open("crowd"));
}

#[test]
fn at_the_threshold_the_last_missing_answer_decides_and_no_further_one_counts() {
    races::threshold(&Stage::open("threshold"));
}

#[test]
fn an_answer_and_the_deadline_do_not_both_decide() {
    races::deadline(&Stage::open("deadline"));
}

#[test]
fn an_answer_and_a_cancel_do_not_both_end_a_question() {
    races::cancel(&Stage::open("cancel"));
}

#[test]
fn whoever_is_asked_no_more_and_whoever_is_asked_now_do_not_both_decide() {
    races::reassigned(&Stage::open("reassigned"));
}

#[test]
fn a_press_in_slack_that_comes_three_times_at_once_is_one_answer() {
    let slack = Slack::start();
    let api = format!("{}/api", slack.origin());
    let variables = [
        ("STEPWELL_SLACK_TOKEN", slack_script::TOKEN),
        ("STEPWELL_SLACK_SIGNING_SECRET", slack_script::SECRET),
        ("STEPWELL_SLACK_API", api.as_str()),
    ];
    let stage = Stage::open_with("slack", &variables);
    slack_script::trust(&stage, &slack);
    slack_script::three_times(&stage, &slack);
}
