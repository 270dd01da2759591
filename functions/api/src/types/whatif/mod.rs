//! What-if: a changed workflow on past executions.

mod models;

pub use models::{WhatIfModels, WhatIfUsage};

use super::{Document, words};
use engine::fork::Preview;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use stepwell_core::{
    execution::{Execution, Status},
    replay::{Compared, Difference, Route, RouteChange, Untold, Visited},
};
use utoipa::ToSchema;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WhatIfBody {
    /// The changed document; it is not saved.
    #[schema(value_type = Document)]
    #[serde(deserialize_with = "::document::json::unique")]
    pub workflow: Value,
    /// On which executions of the workflow: `status` (a text with commas or a list; `completed,failed,cancelled` where
    /// absent), `since`, `until`, `metadata.KEY` or an object `metadata`, `limit` and `cursor`, each as in the list of
    /// executions.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = Object)]
    pub filter: Map<String, Value>,
}

/// What executions would have done.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WhatIf {
    /// The executions, newest first.
    pub items: Vec<WhatIfItem>,
    /// All of these in sum.
    pub summary: WhatIfSummary,
    /// The `cursor` of the filter for the next executions; null after the last one.
    pub next_cursor: Option<String>,
    /// Ids of executions that the store cannot read. Absent where there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<String>,
}

/// What one execution would have done. Of long lists the first hundred entries are shown, and the sum counts all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WhatIfItem {
    /// The execution.
    pub execution_id: String,
    /// `same`, `changed`, or `unknown` where it cannot be told how it would have ended.
    #[schema(value_type = String)]
    pub outcome: Difference,
    /// Why that cannot be told: `needs_recordings`, `not_startable` or `too_long`. Absent where it can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub reason: Option<Untold>,
    /// Visits to nodes that lead elsewhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub route_changes: Vec<WhatIfRoute>,
    /// Visits that would run, wait or ask, and of which no outcome was recorded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub would_run: Vec<WhatIfVisit>,
    /// Visits that there were not, to nodes that are computed or decided anew.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub newly_run: Vec<WhatIfVisit>,
    /// Visits that would no longer be.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub no_longer_run: Vec<WhatIfVisit>,
    /// Questions to people.
    pub interactions: WhatIfQuestions,
    /// How it ended, and how it would.
    pub status: WhatIfStatus,
    /// Whether its result is another one; null where that cannot be told.
    pub output_changed: Option<bool>,
    /// Attempts of nodes that ended; nodes that only choose a route do not count.
    pub steps: WhatIfSteps,
    /// What models used that agents asked. Absent where none was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub models: Option<WhatIfModels>,
}

/// A visit to a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WhatIfVisit {
    /// The node.
    pub node: String,
    /// Which visit to it, from 1.
    pub visit: u32,
}

/// A visit to a node that leads elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WhatIfRoute {
    /// The node.
    pub node: String,
    /// Which visit to it, from 1.
    pub visit: u32,
    /// Where it led.
    pub was: WhatIfWay,
    /// Where it leads.
    pub now: WhatIfWay,
}

/// Where a node leads.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub struct WhatIfWay {
    /// The port; null where the node failed and nothing handled that.
    pub port: Option<String>,
    /// The nodes at the ends of the live edges.
    pub to: Vec<String>,
}

/// Questions to people: one entry for each question.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WhatIfQuestions {
    /// Questions that were not asked.
    pub gained: Vec<WhatIfVisit>,
    /// Questions that would no longer be asked.
    pub spared: Vec<WhatIfVisit>,
}

/// A status before and after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WhatIfStatus {
    /// How it ended, or where it stands.
    #[schema(value_type = words::ExecutionStatus)]
    pub was: Status,
    /// How it would end; null where that cannot be told.
    #[schema(value_type = Option<words::ExecutionStatus>)]
    pub now: Option<Status>,
}

/// Numbers before and after.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WhatIfSteps {
    /// What there were.
    pub was: u64,
    /// What there would be; as far as the replay came, where the end cannot be told.
    pub now: u64,
}

/// Executions in sum.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WhatIfSummary {
    /// How many there are.
    pub executions: u64,
    /// How many would have gone the same way to the same end.
    pub same: u64,
    /// How many would not.
    pub changed: u64,
    /// Of how many it cannot be told how they would have ended.
    pub unknown: u64,
    /// How many would have had another status.
    pub statuses_changed: u64,
    /// How many would have had another result.
    pub outputs_changed: u64,
    /// Where nodes led and lead, with the number of visits, the most frequent first.
    pub route_changes: Vec<WhatIfRoutes>,
    /// For each node, how many visits would run, wait or ask of which no outcome was recorded.
    pub would_run: BTreeMap<String, u64>,
    /// For each node, how many visits would no longer be.
    pub no_longer_run: BTreeMap<String, u64>,
    /// Questions that were not asked.
    pub interactions_gained: u64,
    /// Questions that would no longer be asked.
    pub interactions_spared: u64,
    /// Steps of the executions of which it can be told how they would have ended.
    pub steps: WhatIfSteps,
    /// What models used in these executions. Absent where none was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub models: Option<WhatIfModels>,
}

/// Visits to a node that lead elsewhere in the same way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WhatIfRoutes {
    /// The node.
    pub node: String,
    /// Where it led.
    pub was: WhatIfWay,
    /// Where it leads.
    pub now: WhatIfWay,
    /// How many visits.
    pub visits: u64,
}

/// What a fork would come to by the outcomes that were recorded after its checkpoint. Nothing of it was done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WouldFork {
    /// The execution that would be forked.
    pub execution_id: String,
    /// True.
    pub dry_run: bool,
    /// The checkpoint.
    pub checkpoint_id: String,
    /// How the fork would end; null where that cannot be told.
    #[schema(value_type = Option<words::ExecutionStatus>)]
    pub status: Option<Status>,
    /// Its result; null where it would not complete.
    #[schema(value_type = Option<Object>)]
    pub output: Option<Value>,
    /// The visits to nodes that would come to an end, in order, counted from the checkpoint.
    pub would_run: Vec<WouldRun>,
    /// The visits of which no outcome was recorded: they would run, wait or ask.
    pub needs_recordings: Vec<WhatIfVisit>,
    /// The visits that would ask people, one for each question.
    pub interactions: Vec<WhatIfVisit>,
}

/// A visit to a node that would come to an end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WouldRun {
    /// The node.
    pub node: String,
    /// Which visit to it since the checkpoint, from 1.
    pub visit: u32,
    /// The port that it would take; null where it would fail and nothing would handle that.
    pub port: Option<String>,
}

impl WouldFork {
    /// What a fork of an execution would come to.
    pub fn of(execution: &Execution, would: Preview) -> Self {
        let ran = |(visited, port): (Visited, Option<String>)| {
            let Visited { node, visit } = visited;
            WouldRun { node: node.to_string(), visit, port }
        };
        Self {
            execution_id: execution.id().to_string(),
            dry_run: true,
            checkpoint_id: would.checkpoint.to_string(),
            status: would.end,
            output: would.output,
            would_run: would.runs.into_iter().map(ran).collect(),
            needs_recordings: visits(&would.would_run),
            interactions: visits(&would.asks),
        }
    }
}

/// Entries of a list that are shown of one execution: more say the same again, and an answer has its bounds.
const SHOWN: usize = 100;

impl WhatIfItem {
    /// What an execution would have done.
    pub fn of(execution_id: &str, compared: &Compared) -> Self {
        Self {
            execution_id: execution_id.to_owned(),
            outcome: compared.outcome,
            reason: compared.untold,
            route_changes: compared.route_changes.iter().take(SHOWN).map(WhatIfRoute::from).collect(),
            would_run: visits(&compared.would_run),
            newly_run: visits(&compared.newly_run),
            no_longer_run: visits(&compared.no_longer_run),
            interactions: WhatIfQuestions { gained: visits(&compared.gained), spared: visits(&compared.spared) },
            status: WhatIfStatus { was: compared.was, now: compared.now },
            output_changed: compared.output_changed,
            steps: WhatIfSteps { was: compared.steps_was, now: compared.steps_now },
            models: WhatIfModels::of(compared),
        }
    }
}

fn visits(list: &[Visited]) -> Vec<WhatIfVisit> {
    let shown = |visited: &Visited| WhatIfVisit { node: visited.node.to_string(), visit: visited.visit };
    list.iter().take(SHOWN).map(shown).collect()
}

impl From<&Route> for WhatIfWay {
    fn from(route: &Route) -> Self {
        Self { port: route.port.clone(), to: route.to.iter().map(ToString::to_string).collect() }
    }
}

impl From<&RouteChange> for WhatIfRoute {
    fn from(change: &RouteChange) -> Self {
        let Visited { node, visit } = &change.visited;
        Self { node: node.to_string(), visit: *visit, was: (&change.was).into(), now: (&change.now).into() }
    }
}

impl WhatIfSummary {
    /// Counts one more execution.
    pub fn add(&mut self, compared: &Compared) {
        self.executions += 1;
        match compared.outcome {
            Difference::Same => self.same += 1,
            Difference::Changed => self.changed += 1,
            Difference::Unknown => self.unknown += 1,
        }
        self.statuses_changed += u64::from(compared.now.is_some_and(|now| now != compared.was));
        self.outputs_changed += u64::from(compared.output_changed == Some(true));
        for change in &compared.route_changes {
            let WhatIfRoute { node, was, now, .. } = change.into();
            self.add_route(WhatIfRoutes { node, was, now, visits: 1 });
        }
        count(&mut self.would_run, &compared.would_run);
        count(&mut self.no_longer_run, &compared.no_longer_run);
        self.interactions_gained += compared.gained.len() as u64;
        self.interactions_spared += compared.spared.len() as u64;
        if compared.now.is_some() {
            self.steps.was += compared.steps_was;
            self.steps.now += compared.steps_now;
            WhatIfModels::join(&mut self.models, WhatIfModels::of(compared));
        }
    }

    /// Adds the sum of further executions.
    pub fn join(&mut self, more: Self) {
        self.executions += more.executions;
        self.same += more.same;
        self.changed += more.changed;
        self.unknown += more.unknown;
        self.statuses_changed += more.statuses_changed;
        self.outputs_changed += more.outputs_changed;
        more.route_changes.into_iter().for_each(|routes| self.add_route(routes));
        for (all, those) in [(&mut self.would_run, more.would_run), (&mut self.no_longer_run, more.no_longer_run)] {
            those.into_iter().for_each(|(node, visits)| *all.entry(node).or_insert(0) += visits);
        }
        self.interactions_gained += more.interactions_gained;
        self.interactions_spared += more.interactions_spared;
        self.steps.was += more.steps.was;
        self.steps.now += more.steps.now;
        WhatIfModels::join(&mut self.models, more.models);
        self.sort();
    }

    /// Puts the most frequent changes first.
    pub fn sort(&mut self) {
        self.route_changes.sort_by(|one, other| {
            let key = |routes: &WhatIfRoutes| (std::cmp::Reverse(routes.visits), routes.node.clone());
            key(one).cmp(&key(other))
        });
    }

    fn add_route(&mut self, more: WhatIfRoutes) {
        let same = |one: &&mut WhatIfRoutes| (&one.node, &one.was, &one.now) == (&more.node, &more.was, &more.now);
        match self.route_changes.iter_mut().find(same) {
            Some(one) => one.visits += more.visits,
            None => self.route_changes.push(more),
        }
    }
}

fn count(all: &mut BTreeMap<String, u64>, visits: &[Visited]) {
    for visited in visits {
        *all.entry(visited.node.to_string()).or_insert(0) += 1;
    }
}
