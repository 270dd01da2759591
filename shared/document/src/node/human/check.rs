//! What a `human` node tells of itself, and what about it is probably not meant.

use super::{Channels, Human, HumanKind, TimeoutAction, group_of};
use crate::{
    node::config::{Config, Subject, of_templates},
    reading::{At, Cx},
};
use expression::Expr;
use serde_json::Value;

impl Config for Human {
    fn secrets(&self) -> Vec<&str> {
        self.channels.iter().flat_map(Channels::secrets).collect()
    }

    fn expressions<'a>(&'a self, all: &mut Vec<&'a Expr>) {
        of_templates(&[Some(&self.question), self.details.as_ref()], all);
        of_templates(&[self.assignees.as_ref(), self.escalate_to.as_ref()], all);
        all.extend(&self.condition);
        if let Some((value, below)) = &self.auto_approve_below {
            all.push(value);
            below.expressions(all);
        }
        self.channels.iter().for_each(|channels| channels.expressions(all));
        let numbers = [&self.approval_threshold, &self.rejection_threshold];
        numbers.iter().for_each(|it| it.expressions(all));
        self.allow_requester.expressions(all);
        self.timeout_seconds.iter().chain(&self.remind_every_seconds).for_each(|it| it.expressions(all));
        match &self.kind {
            HumanKind::Input { schema, rules } => {
                of_templates(&[schema.as_ref()], all);
                all.extend(rules);
            }
            HumanKind::Decision { options } => {
                options.iter().for_each(|option| of_templates(&[Some(&option.label)], all));
            }
            HumanKind::Review { content } => of_templates(&[content.as_ref()], all),
            HumanKind::Authorization { tool, arguments, schema, level } => {
                of_templates(&[tool.as_ref(), arguments.as_ref(), schema.as_ref()], all);
                level.expressions(all);
            }
            HumanKind::Ask(Some(said)) => of_templates(&[Some(&said.options), Some(&said.assignees)], all),
            HumanKind::Approval | HumanKind::Ask(None) => {}
        }
    }

    fn check(&self, cx: &mut Cx<'_>, subject: &Subject<'_>) {
        people(cx, subject.at, self, subject.has_timeout);
        unsent(cx, subject.at, self);
    }

    /// Without an edge out of `timeout` the node fails with `interaction_timeout`, and without one out of `error` a
    /// failure is up to `on_error`. Neither is lost.
    fn needs_edges(&self, subject: &Subject<'_>) -> Vec<String> {
        subject.ports.iter().filter(|port| !["timeout", "error"].contains(&port.as_str())).cloned().collect()
    }

    fn surely_takes(&self, port: &str, leads: &dyn Fn(&str) -> bool) -> bool {
        let times_out = self.timeout_seconds.is_some() && leads("timeout");
        port == "answered" && !times_out && !leads("error")
    }
}

/// Warns of questions that may wait for ever, and of approvals that nobody but the requester may give. `bounded` where
/// the node itself has a timeout.
fn people(cx: &mut Cx<'_>, at: &At<'_>, human: &Human, bounded: bool) {
    let config = at.key("config");
    if human.timeout_seconds.is_none() && !bounded {
        let hint = "Give `timeout_seconds`, and say with `timeout_action` what happens then.";
        cx.warning("human_without_timeout", &config, "this may wait as long as the execution lives", hint);
    }
    let approves =
        matches!(human.kind, HumanKind::Approval | HumanKind::Review { .. } | HumanKind::Authorization { .. });
    let Some(assignees) = human.assignees.as_ref().filter(|_| approves) else { return };
    // A template in place of the list may name several people, so it counts only where it seems to name the requester.
    let source = assignees.source();
    let single = source.as_array().is_none_or(|list| list.len() == 1);
    let requester = single && assignees.expressions().iter().any(|(_, expr)| names_requester(expr));
    // A group may have more members than the requester.
    let is_group = |one: &Value| one.as_str().is_some_and(|text| group_of(text).is_some());
    let listed_alone = source.as_array().is_some_and(|list| list.len() == 1 && !list.iter().any(is_group));
    let elsewhere = human.timeout_action == TimeoutAction::Escalate;
    // Where a template says whether the requester may decide, neither is sure.
    let Some(may_decide) = human.allow_requester.literal() else { return };
    let (message, hint) = if requester && may_decide {
        ("the only approver is who asks", "Name another, or add one and set `allow_requester` to false.")
    } else if (requester || listed_alone) && !may_decide && !elsewhere {
        ("if the only approver is who started the execution, nobody can decide", "Name a second approver, or escalate.")
    } else {
        return;
    };
    cx.warning("single_approver_is_requester", &config.key("assignees"), message, hint);
}

/// Warns of messages that nobody gets, and of people who are never asked.
fn unsent(cx: &mut Cx<'_>, at: &At<'_>, human: &Human) {
    let config = at.key("config");
    if human.assignees.is_none() && human.channels.as_ref().is_some_and(Channels::writes_to_people) {
        let hint = "Name them as `assignees`, or write to a `channel` of Slack, or `to` addresses.";
        cx.warning("no_effect", &config.key("channels"), "no message is sent to people whom nobody names", hint);
    }
    if human.remind_every_seconds.is_some() && human.channels.as_ref().is_none_or(Channels::tells_nobody) {
        let hint = "Give `channels`, such as [{\"type\": \"email\"}].";
        let at = config.key("remind_every_seconds");
        cx.warning("no_effect", &at, "nobody is reminded where nobody is written to", hint);
    }
    if human.escalate_to.is_some() && human.timeout_action != TimeoutAction::Escalate {
        let hint = "Give `\"timeout_action\": \"escalate\"`, or leave it out.";
        cx.warning("no_effect", &config.key("escalate_to"), "nothing escalates to these people", hint);
    }
}

/// Whether an expression reads a member whose name commonly stands for the person who started the execution.
fn names_requester(expr: &Expr) -> bool {
    const NAMES: [&str; 9] = [
        "requester",
        "requested_by",
        "requester_email",
        "started_by",
        "submitter",
        "submitted_by",
        "created_by",
        "initiator",
        "user_id",
    ];
    let last = |path: &expression::Path| path.segments.last().is_some_and(|name| NAMES.contains(&name.as_str()));
    expr.references().paths.iter().any(last)
}
