//! Scripts: a workflow and what is asked of its executions, as plain data that a seed stands for.

use crate::{
    generate::{Case, Knobs, case},
    rng::Rng,
};
use engine::port::Delivers;
use serde_json::{Value, json};
use stepwell_core::event::Unstick;

/// Everything that a play depends on: the same script gives the same journals on every store.
#[derive(Clone, Debug)]
pub struct Script {
    /// The seed, from which ids and the order of messages derive.
    pub seed: u64,
    /// When the host delivers.
    pub delivers: Delivers,
    /// The workflow with its input.
    pub case: Case,
    /// What is done, in order. Then people let everything come to its end.
    pub steps: Vec<Step>,
}

/// One thing that is done with one execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Number of the execution among those that were started or forked, oldest first. It is taken modulo how many there
    /// are, so that a step keeps its meaning where steps before it are left out.
    pub of: usize,
    /// What is done.
    pub what: What,
}

/// What can be done. Whether the state allows it is for the rules to say. Numbers that choose among things are taken
/// modulo how many there are.
///
/// Another command needs a variant here, a row in [`Script::of`], and an arm in `perform`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// So many messages of any execution are handled, and time passes where none is due.
    Go(usize),
    /// Somebody answers an open question of the execution or of one below it: the question of this number.
    Answer(usize),
    /// An event comes that `wait` nodes may wait for.
    Signal,
    /// The execution is paused.
    Pause,
    /// It is resumed.
    Resume,
    /// It is cancelled.
    Cancel,
    /// It is retried.
    Retry,
    /// It goes back to the checkpoint of this number, and undoes what came after it or not.
    RollBack {
        /// Number of the checkpoint.
        to: usize,
        /// Whether what came after it is undone.
        compensate: bool,
    },
    /// It goes back to the node of this number, which gets another input.
    Backtrack(usize),
    /// A new execution begins at the checkpoint of this number, with the same input or another.
    Fork {
        /// Number of the checkpoint.
        at: usize,
        /// Whether the input is another one.
        other_input: bool,
    },
    /// It goes on by another workflow, which the number chooses.
    Patch(usize),
    /// Somebody finds a way out where it is stuck.
    Unstick(Unstick),
    /// The process dies while it handles the next message, and another takes up what is durable.
    Crash(Death),
}

/// At which moment a process dies that handles a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Death {
    /// The work is done, and not recorded.
    BeforeCommit,
    /// It is recorded. Where a host delivers after its commit, nothing is delivered.
    BeforeDelivery,
    /// Of what it asks for, the first part is delivered.
    BetweenDeliveries,
    /// All is done, and the message is not acknowledged unless the commit did it.
    BeforeAcknowledgement,
}

/// What is drawn: a command, and how many of a hundred commands it is.
type Drawn = (usize, fn(&mut Rng) -> What);

const DRAWN: [Drawn; 13] = [
    (12, |rng| What::Patch(rng.below(1_000))),
    (8, |_| What::Pause),
    (8, |_| What::Resume),
    (9, |_| What::Cancel),
    (14, |_| What::Retry),
    (20, |rng| What::RollBack { to: rng.below(60), compensate: !rng.percent(20) }),
    (8, |rng| What::Backtrack(rng.below(12))),
    (8, |rng| What::Fork { at: rng.below(60), other_input: rng.percent(30) }),
    (8, |rng| What::Unstick(*rng.pick(&[Unstick::Retry, Unstick::Skip, Unstick::MarkDone, Unstick::Redrive]))),
    (8, |rng| What::Answer(rng.below(4))),
    (4, |_| What::Signal),
    (6, |rng| What::Crash(*rng.pick(&[Death::BeforeCommit, Death::BeforeAcknowledgement]))),
    (6, |rng| What::Crash(*rng.pick(&[Death::BeforeDelivery, Death::BetweenDeliveries]))),
];

impl Script {
    /// The seeds to be played: the first so many, or as many as `SCRIPT_SEEDS` says, or the one of `SCRIPT_SEED`.
    pub fn seeds(most: u64) -> std::ops::Range<u64> {
        let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
        match number("SCRIPT_SEED") {
            Some(seed) => seed..seed + 1,
            None => 0..number("SCRIPT_SEEDS").unwrap_or(most),
        }
    }

    /// The script that a seed stands for.
    pub fn of(seed: u64) -> Self {
        let size = 3 + (seed / 3 % 9) as usize;
        let knobs = Knobs { deterministic: true, size, waits: true, children: seed % 3 < 2 };
        let mut case = case(seed, knobs);
        let mut undone = Rng::new(seed, 11);
        with_compensation(&mut case.document, &mut undone);
        case.saved.iter_mut().for_each(|saved| with_compensation(saved, &mut undone));
        let mut rng = Rng::new(seed, 12);
        let mut steps = Vec::new();
        for _ in 0..rng.between(1, 10) {
            steps.push(Step { of: 0, what: What::Go(rng.below(25)) });
            steps.push(Step { of: rng.below(3), what: drawn(&mut rng) });
        }
        let delivers = if seed % 4 < 2 { Delivers::InCommit } else { Delivers::AfterCommit };
        Self { seed, delivers, case, steps }
    }
}

fn drawn(rng: &mut Rng) -> What {
    let mut left = rng.below(DRAWN.iter().map(|(weight, _)| weight).sum());
    for (weight, what) in DRAWN {
        if left < weight {
            return what(rng);
        }
        left -= weight;
    }
    What::Pause
}

/// Gives every request of a flow, and of the bodies in it, something that undoes it; some of it never works.
fn with_compensation(flow: &mut Value, rng: &mut Rng) {
    for node in flow["nodes"].as_array_mut().into_iter().flatten() {
        if node["type"] == "http_request" && rng.percent(75) {
            let end = if rng.percent(30) { "refused" } else { "undo" };
            let config = json!({"method": "POST", "url": format!("https://x.example/{end}")});
            node["compensate"] = json!({"type": "http_request", "config": config, "retry": {"max_attempts": 2}});
        }
        if let Some(body) = node["config"].get_mut("body").filter(|body| body.is_object()) {
            with_compensation(body, rng);
        }
    }
}
