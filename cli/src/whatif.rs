//! `stepwell whatif --workflow NEW.json`: what past executions would have done on a changed workflow.

use super::{
    Exit, Failure, Globals, Outcome,
    check::Checked,
    client::{Client, escaped},
    output,
};
use api::types::{WhatIf, WhatIfBody, WhatIfItem, WhatIfRoute, WhatIfSummary, WhatIfUsage, WhatIfVisit, WhatIfWay};
use serde_json::{Map, Value, json};
use std::{io::IsTerminal, path::PathBuf};
use stepwell_core::replay::Difference;

/// The arguments of `stepwell whatif`.
#[derive(clap::Args)]
pub struct Args {
    /// The workflow whose executions are meant [default: the `id` in the file]
    #[arg(value_name = "WORKFLOW_ID")]
    id: Option<String>,
    /// The changed workflow file, JSON or YAML; - for stdin. It is not saved
    #[arg(long, short, value_name = "FILE")]
    workflow: PathBuf,
    /// Which executions, such as `status=failed,since=2026-01-01T00:00:00Z` or `metadata.team=blue` [default: those that
    /// completed, failed or were cancelled]; may be repeated
    #[arg(long = "executions", visible_alias = "filter", value_name = "FILTER")]
    filters: Vec<String>,
    /// Replay so many at most, the newest [default: all]
    #[arg(long)]
    limit: Option<u64>,
}

/// Examples that are shown to people.
const EXAMPLES: usize = 5;
/// Executions that one request asks for at most: what the API takes.
const AT_ONCE: u64 = 10_000;

/// Replays page after page, and shows the sum, what changed for each node, and examples. Exit 0, whatever changed.
pub async fn run(globals: &Globals, args: Args) -> Outcome {
    let checked = Checked::read(&args.workflow)?;
    checked.workflow()?;
    checked.tell();
    let document = checked.document();
    let id = args.id.clone().or_else(|| document.get("id").and_then(Value::as_str).map(str::to_owned));
    let id = id.ok_or_else(|| {
        let hint = "name it: stepwell whatif WORKFLOW_ID --workflow FILE";
        Failure::usage("the file has no `id`, so its executions are not known", hint)
    })?;
    let mut filter = filter(&args.filters)?;
    let limit = limit(args.limit, filter.shift_remove("limit"))?;
    let client = Client::open(globals).await?;
    let all = pages(&client, &id, &document, filter, limit).await;
    client.close().await;
    let all = all?;
    if globals.json {
        output::json(&all);
    } else {
        show(&all);
    }
    Ok(Exit::Done)
}

/// Asks until no execution is left, or so many are done.
async fn pages(
    client: &Client,
    id: &str,
    document: &Value,
    mut filter: Map<String, Value>,
    limit: Option<u64>,
) -> Result<WhatIf, Failure> {
    let path = format!("/v1/workflows/{}/whatif", escaped(id));
    let mut all = WhatIf::default();
    let progress = std::io::stderr().is_terminal();
    loop {
        let done = all.items.len() as u64;
        let left = limit.map_or(AT_ONCE, |limit| limit.saturating_sub(done).min(AT_ONCE));
        if left == 0 && done > 0 {
            break;
        }
        filter.insert("limit".into(), json!(left));
        let body = WhatIfBody { workflow: document.clone(), filter: filter.clone() };
        let page: WhatIf = client.post(&path, &body).await?.read()?;
        all.items.extend(page.items);
        all.summary.join(page.summary);
        all.unreadable.extend(page.unreadable);
        all.next_cursor = page.next_cursor;
        if progress {
            eprint!("\r{}", output::dim(&format!("{} replayed", output::counted(all.items.len(), "execution"))));
        }
        let Some(cursor) = &all.next_cursor else { break };
        filter.insert("cursor".into(), json!(cursor));
    }
    if progress {
        eprintln!();
    }
    Ok(all)
}

/// Reads `NAME=VALUE` pairs with commas between them; a part without `=` belongs to the value before it, as in
/// `status=completed,failed`.
fn filter(texts: &[String]) -> Result<Map<String, Value>, Failure> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    for text in texts {
        let mut begun = false;
        for part in text.split(',').filter(|part| !part.trim().is_empty()) {
            match (part.split_once('='), pairs.last_mut()) {
                (Some((name, value)), _) => pairs.push((name.trim().to_owned(), value.trim().to_owned())),
                (None, Some((_, value))) if begun => value.push_str(&format!(",{}", part.trim())),
                (None, _) => {
                    let hint = "write NAME=VALUE, such as status=completed,failed or metadata.team=blue";
                    return Err(Failure::usage(format!("`{part}` in --executions names no value"), hint));
                }
            }
            begun = true;
        }
    }
    let mut filter = Map::new();
    for (name, value) in pairs {
        match filter.get_mut(&name) {
            Some(Value::Array(values)) => values.push(json!(value)),
            _ => {
                filter.insert(name, json!([value]));
            }
        }
    }
    Ok(filter)
}

/// How many executions are replayed at most: what `--limit` says, or a `limit` among the pairs of `--executions`.
fn limit(option: Option<u64>, pair: Option<Value>) -> Result<Option<u64>, Failure> {
    let Some(pair) = pair else { return Ok(option) };
    let told: Vec<&str> = pair.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    match (told.as_slice(), option) {
        ([one], None) => one.parse().map(Some).map_err(|_| {
            Failure::usage(format!("the limit `{one}` in --executions is no number"), "give one, or use --limit")
        }),
        _ => Err(Failure::usage("the limit is given twice", "give it once: --limit N, or limit=N in --executions")),
    }
}

fn show(all: &WhatIf) {
    let WhatIfSummary { executions, same, changed, unknown, .. } = all.summary;
    if executions == 0 {
        eprintln!("there are no such executions");
        return;
    }
    let counted = output::counted(executions as usize, "execution");
    output::line(&format!("{counted}: {same} the same, {changed} changed, {unknown} unknown"));
    show_sum(&all.summary);
    for (title, nodes) in
        [("would run, without a recording", &all.summary.would_run), ("no longer run", &all.summary.no_longer_run)]
    {
        if !nodes.is_empty() {
            output::line(&format!("\n{title}:"));
            nodes.iter().for_each(|(node, visits)| output::line(&format!("  {} {visits} ×", output::clean(node))));
        }
    }
    let differs = |item: &&WhatIfItem| item.outcome != Difference::Same;
    let examples: Vec<&WhatIfItem> = all.items.iter().filter(differs).take(EXAMPLES).collect();
    if !examples.is_empty() {
        output::line("\nfor instance:");
        examples.into_iter().for_each(|item| output::line(&format!("  {}: {}", item.execution_id, told(item))));
    }
    if all.next_cursor.is_some() {
        eprintln!("{}", output::dim("there are more: raise --limit"));
    }
    if !all.unreadable.is_empty() {
        eprintln!("these cannot be read: {}; `stepwell doctor` says more", all.unreadable.join(", "));
    }
}

fn show_sum(sum: &WhatIfSummary) {
    let questions = (sum.interactions_gained, sum.interactions_spared);
    output::line(&format!("  questions to people: {} gained, {} spared", questions.0, questions.1));
    let of = if sum.unknown > 0 { ", of those whose end is known" } else { "" };
    output::line(&format!("  steps: {} → {}{of}", sum.steps.was, sum.steps.now));
    if let Some(models) = &sum.models {
        let told = |used: &WhatIfUsage| {
            let price = used.usd.map_or_else(|| "price unknown".into(), |usd| format!("{usd:.4} US dollars"));
            format!("{} tokens, {price}", used.input_tokens + used.output_tokens)
        };
        output::line(&format!("  models: {} → {}{of}", told(&models.was), told(&models.now)));
    }
    output::line(&format!("  another status: {}, another result: {}", sum.statuses_changed, sum.outputs_changed));
    if !sum.route_changes.is_empty() {
        output::line("\nother routes:");
    }
    for routes in &sum.route_changes {
        let (was, now) = (way(&routes.was), way(&routes.now));
        output::line(&format!("  {} {} ×: {was} → {now}", output::clean(&routes.node), routes.visits));
    }
}

/// One execution in a line.
fn told(item: &WhatIfItem) -> String {
    let WhatIfItem { status, interactions, .. } = item;
    let now =
        status.now.map_or_else(|| item.reason.map_or_else(String::new, |why| why.to_string()), |now| now.to_string());
    let mut parts = vec![if status.now == Some(status.was) { now } else { format!("{} → {now}", status.was) }];
    let route =
        |change: &WhatIfRoute| format!("{} {} → {}", output::clean(&change.node), way(&change.was), way(&change.now));
    parts.extend(item.route_changes.first().map(route));
    for (what, visits) in [
        ("would run", &item.would_run),
        ("gains the question", &interactions.gained),
        ("spares the question", &interactions.spared),
    ] {
        let node = |one: &WhatIfVisit| format!("{what} {}", output::clean(&one.node));
        parts.extend(visits.first().map(node));
    }
    if item.output_changed == Some(true) {
        parts.push("another result".into());
    }
    parts.join("; ")
}

/// Where a node leads: its port, or the nodes where the port alone does not tell.
fn way(way: &WhatIfWay) -> String {
    let Some(port) = &way.port else { return "fails".into() };
    let to = if way.to.is_empty() { "nothing".to_owned() } else { way.to.join(", ") };
    output::clean(&format!("{port} (to {to})"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_filter_has_names_and_values_which_may_have_commas() {
        let read = |texts: &[&str]| filter(&texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
        let one = read(&["status=completed,failed,since=2026-01-01T00:00:00Z", "metadata.team=blue"]).unwrap();
        let expected =
            json!({"status": ["completed,failed"], "since": ["2026-01-01T00:00:00Z"], "metadata.team": ["blue"]});
        assert_eq!(Value::Object(one), expected);
        assert_eq!(
            Value::Object(read(&["status=failed", "status=cancelled"]).unwrap()),
            json!({"status": ["failed", "cancelled"]})
        );
        assert!(read(&["failed"]).is_err() && read(&["status=failed", "cancelled"]).is_err());
    }
}
