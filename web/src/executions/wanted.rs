//! Which executions a visitor wants to see: the parameters of the list, as its form sends them.

use crate::desk::{Asked, Refusal, part};
use api::{Params, types::BulkFilter};
use axum::http::StatusCode;
use document::time::Time;
use engine::port::{ExecutionFilter, Window};
use std::{collections::BTreeMap, time::Duration};
use stepwell_core::execution::Status;

/// The spans of time that the list offers: word of the address, words for people, hours.
pub const SPANS: [(&str, &str, u64); 4] = [
    ("hour", "Last hour", 1),
    ("day", "Last 24 hours", 24),
    ("week", "Last 7 days", 7 * 24),
    ("month", "Last 30 days", 30 * 24),
];

/// What the list shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wanted {
    /// Only executions of this workflow.
    pub workflow: String,
    /// Only those in one of these statuses; empty for all.
    pub statuses: Vec<Status>,
    /// The span of [`SPANS`] within which they started; empty for any time.
    pub time: String,
    /// Metadata that they have, as it was typed: `key=value`, with commas between several.
    pub metadata: String,
    /// The id, or how it begins.
    pub id: String,
    /// Where the page begins.
    pub window: Window,
}

fn wrong(detail: &str) -> Refusal {
    Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_parameter", detail)
}

impl Wanted {
    /// Reads parameters; what is unknown among them is refused.
    ///
    /// # Errors
    /// 422 about the parameter that is wrong.
    pub fn read(mut params: Params) -> Asked<Self> {
        let wanted = Self::part_of(&mut params)?;
        params.done()?;
        Ok(wanted)
    }

    /// Takes what is meant for the list out of parameters.
    ///
    /// # Errors
    /// 422 about the parameter that is wrong.
    pub fn part_of(params: &mut Params) -> Asked<Self> {
        let mut statuses = Vec::new();
        for word in params.take_all("status").iter().flat_map(|words| words.split(',')).filter(|word| !word.is_empty())
        {
            let status = Status::parse(word).ok_or_else(|| wrong("there is no such status: choose one of the list"))?;
            if !statuses.contains(&status) {
                statuses.push(status);
            }
        }
        let mut text = |name| Ok::<_, Refusal>(params.name(name)?.unwrap_or_default().trim().to_owned());
        let (workflow, time) = (text("workflow")?, text("time")?);
        let (metadata, id) = (text("metadata")?, text("id")?);
        if !time.is_empty() && !SPANS.iter().any(|(word, ..)| *word == time) {
            return Err(wrong("there is no such span of time: choose one of the list"));
        }
        let window = params.window("executions")?;
        let wanted = Self { workflow, statuses, time, metadata, id, window };
        wanted.pairs()?;
        Ok(wanted)
    }

    /// Whether nothing narrows the list.
    pub fn is_all(&self) -> bool {
        *self == Self { window: self.window.clone(), ..Self::default() }
    }

    /// The keys and texts of the metadata that is looked for.
    fn pairs(&self) -> Asked<BTreeMap<String, String>> {
        let parts = self.metadata.split(',').map(str::trim).filter(|part| !part.is_empty());
        let pair = |part: &str| {
            let (key, value) = part.split_once('=')?;
            let (key, value) = (key.trim(), value.trim());
            (!key.is_empty()).then(|| (key.to_owned(), value.to_owned()))
        };
        let pairs = parts.map(|part| pair(part).ok_or_else(|| wrong("metadata is looked for as `key=value`")));
        pairs.collect()
    }

    fn since(&self, now: Time) -> Option<Time> {
        let (.., hours) = SPANS.iter().find(|(word, ..)| *word == self.time)?;
        Some(Time(now.0 - Duration::from_secs(hours * 3_600).as_millis() as i64))
    }

    /// What the host's list is asked for.
    ///
    /// # Errors
    /// 422 where the metadata cannot be read.
    pub fn filter(&self, owner: &str, now: Time) -> Asked<ExecutionFilter> {
        Ok(ExecutionFilter {
            owner: owner.to_owned(),
            workflow_id: Some(self.workflow.as_str()).filter(|id| !id.is_empty()).map(Into::into),
            statuses: self.statuses.clone(),
            since: self.since(now),
            metadata: self.pairs()?.into_iter().map(|(key, value)| (key, value.into())).collect(),
            ..ExecutionFilter::default()
        })
    }

    /// The same executions for a job.
    ///
    /// # Errors
    /// 422 where the metadata cannot be read.
    pub fn bulk(&self, now: Time) -> Asked<BulkFilter> {
        Ok(BulkFilter {
            workflow_id: Some(self.workflow.clone()).filter(|id| !id.is_empty()),
            status: self.statuses.iter().map(ToString::to_string).collect(),
            since: self.since(now).map(|since| since.to_string()),
            until: None,
            metadata: self.pairs()?,
        })
    }

    /// The parameters that lead to the same list, in order; without where it begins.
    pub fn parameters(&self) -> Vec<(&'static str, &str)> {
        let statuses = self.statuses.iter().map(|status| ("status", status.as_str()));
        let texts = [
            ("workflow", self.workflow.as_str()),
            ("time", self.time.as_str()),
            ("metadata", self.metadata.as_str()),
            ("id", self.id.as_str()),
        ];
        statuses.chain(texts.into_iter().filter(|(_, value)| !value.is_empty())).collect()
    }

    /// The query of an address, with further parameters.
    pub fn query(&self, more: &[(&str, &str)]) -> String {
        let own = self.parameters();
        let all = own.iter().chain(more).filter(|(_, value)| !value.is_empty());
        let text = all.map(|(name, value)| format!("{}={}", part(name), part(value))).collect::<Vec<_>>().join("&");
        if text.is_empty() { text } else { format!("?{text}") }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Asked<Wanted> {
        Wanted::read(Params::of(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()))
    }

    #[test]
    fn what_the_form_sends_is_what_the_host_is_asked_for() {
        let sent = [
            ("workflow", "orders"),
            ("status", "failed"),
            ("status", ""),
            ("status", "stuck,failed"),
            ("time", "day"),
            ("metadata", "customer=A=B, region = eu"),
            ("id", " "),
        ];
        let wanted = read(&sent).unwrap();
        let now = Time::parse("2026-01-31T09:00:00Z").unwrap();
        let filter = wanted.filter("acme", now).unwrap();
        assert_eq!(filter.statuses, [Status::Failed, Status::Stuck]);
        assert_eq!(filter.since.unwrap().to_string(), "2026-01-30T09:00:00.000Z");
        assert_eq!(serde_json::Value::Object(filter.metadata), serde_json::json!({"customer": "A=B", "region": "eu"}));
        let query = wanted.query(&[("cursor", "c"), ("none", "")]);
        let text = "?status=failed&status=stuck&workflow=orders&time=day&metadata=customer%3DA%3DB%2C%20region%20%3D%20eu&cursor=c";
        assert_eq!(query, text);
        assert!(!wanted.is_all() && read(&[("status", ""), ("time", "")]).unwrap().is_all());
        assert_eq!(wanted.bulk(now).unwrap().status, ["failed", "stuck"]);
    }

    #[test]
    fn what_nobody_knows_is_refused() {
        for pair in [
            ("status", "asleep"),
            ("time", "year"),
            ("metadata", "key"),
            ("metadata", "=v"),
            ("page", "2"),
            ("cursor", "x"),
        ] {
            assert_eq!(read(&[pair]).unwrap_err().status, 422, "{pair:?}");
        }
    }
}
