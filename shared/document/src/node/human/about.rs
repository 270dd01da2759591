//! What editors are told of `human` configs.

use super::keys::{ACTIONS, CHANNELS, KINDS, LEVELS, OWN, WAITS, own, usual_question};
use crate::{
    describe::{
        any, cel, either, flag, has, integer, is, list, number, object, port, setting, templated, text, where_so, word,
    },
    limits,
};
use serde_json::{Value, json};

/// The config of a `human` node.
pub(super) fn config() -> Value {
    let votes = |about: &str| setting(integer(about, 1, limits::PEOPLE as u64));
    let seconds = |about: &str, least: f64| setting(number(about, least, limits::EXECUTION_SECONDS));
    let members = [
        ("kind", word("What is asked for.", &KINDS)),
        ("question", text("What the person is asked, such as `Pay {{ input.amount }}?`.")),
        ("details", any("Further text, in Markdown.")),
        ("assignees", people("Who may answer: anyone of the owner where absent.")),
        ("approval_threshold", votes("Approvals that decide: 1 where absent.")),
        ("rejection_threshold", votes("Rejections that decide: 1 where absent.")),
        (
            "allow_requester",
            setting(flag("Whether the person who started the execution may decide: true where absent.")),
        ),
        ("channels", channels()),
        ("timeout_seconds", seconds("Seconds after which `timeout_action` takes effect.", limits::LEAST_SECONDS)),
        ("timeout_action", word("What happens when nobody decided in time: `timeout` where absent.", &ACTIONS)),
        ("escalate_to", people("Who is asked as well once the time is over.")),
        ("remind_every_seconds", seconds("Seconds between reminders.", 1.0)),
        ("wait_by", word("What wakes the question at its deadlines: `host` where absent.", &WAITS)),
        ("condition", cel("Nobody is asked where it is false.")),
        ("auto_approve_below", below()),
        ("schema", schema()),
        (
            "rules",
            list(
                "Conditions on the data of an `input`, in CEL, which read it as `answer`.",
                cel("A condition."),
                0,
                limits::RULES,
            ),
        ),
        ("options", options()),
        ("content", any("What a `review` is about.")),
        ("tool", any("The tool that an `authorization` is about.")),
        ("arguments", any("What the tool would be called with.")),
        ("security_level", setting(word("How dangerous the tool is: `medium` where absent.", &LEVELS))),
    ];
    where_so(object(&["kind"], members), conditions())
}

/// What depends on the kind, and on what else is said.
fn conditions() -> Vec<(Value, Value)> {
    let mut all = Vec::new();
    for (kind, _) in KINDS {
        let foreign = OWN.iter().filter(|key| !own(kind).contains(key));
        let mut then = json!({"properties": foreign.map(|key| ((*key).to_owned(), json!(false))).collect::<serde_json::Map<_, _>>()});
        let needed: Vec<Value> = match (kind, usual_question(kind)) {
            ("decision", _) => vec![has("question"), has("options")],
            (_, None) => vec![has("question")],
            (_, Some(_)) => Vec::new(),
        };
        if !needed.is_empty() {
            then["allOf"] = json!(needed);
        }
        all.push((is("kind", kind), then));
    }
    for kind in ["input", "ask"] {
        let so = json!({"allOf": [is("kind", kind), is("timeout_action", "auto_reject")]});
        all.push((so, json!(false)));
    }
    all.push((is("timeout_action", "escalate"), has("escalate_to")));
    let bound = json!({"required": ["auto_approve_below"], "properties": {"auto_approve_below": {"type": "number"}}});
    all.push((bound, has("condition")));
    // An authorization ends by itself.
    let ends = json!({"not": is("kind", "authorization")});
    for key in ["timeout_action", "escalate_to"] {
        all.push((json!({"allOf": [ends, has(key)]}), has("timeout_seconds")));
    }
    all
}

pub(crate) fn people(about: &str) -> Value {
    let one = json!({"type": "string", "pattern": "\\S"});
    either(about, [list("Their e-mail addresses or names.", one.clone(), 1, limits::PEOPLE), one])
}

pub(crate) fn channels() -> Value {
    let kinds = CHANNELS.map(|kind| (kind, ""));
    let members = [
        ("type", word("The kind of channel.", &kinds)),
        ("to", people("Of `email`: who else is written to.")),
        ("channel", text("Of `slack`: its channel, such as `#name`; a message to each person where absent.")),
        ("name", text("Of `webhook`: what people call it. Where absent, the host of its `url`.")),
        ("url", text("Of `webhook`: where it is sent to.")),
        ("headers", any("Of `webhook`: an object of names and values.")),
        ("body", any("Of `webhook`: its body, whose templates see `message`; one that tells everything where absent.")),
        ("secret", text("Of `webhook`: the key by which it is signed, `whsec_…`.")),
    ];
    setting(list(
        "By which way people are told: the inbox where absent.",
        object(&["type"], members),
        0,
        limits::CHANNELS,
    ))
}

fn below() -> Value {
    let bound = json!({"description": "The bound.", "type": "number"});
    let members = [("value", cel("The value.")), ("below", setting(bound))];
    let about = "Nobody is asked where a value lies below a bound. A number alone is about the value that `condition` \
                 compares with one.";
    either(about, [object(&["value", "below"], members), json!({"type": "number"})])
}

fn schema() -> Value {
    let about = "JSON Schema 2020-12 of the data of an `input`.";
    either(about, [json!({"type": ["object", "boolean"]}), templated()])
}

fn options() -> Value {
    let taken = json!([templated(), {"enum": ["timeout", "error"]}]);
    let mut id = port("The option's id, which is its port.");
    id["not"] = json!({"anyOf": [id["not"].take(), {"anyOf": taken}]});
    let labelled = object(&["id"], [("id", id.clone()), ("label", text("What people read: the id where absent."))]);
    list("The options of a `decision`.", json!({"anyOf": [id, labelled]}), 1, limits::OPTIONS)
}
