//! Which execution, question, token or job is meant: by its id, by the beginning of its id, or as the last execution.

use super::{
    Failure,
    client::{Client, escaped, query},
    limits,
};
use api::types::{Interaction, Page};
use serde_json::Value;

/// What stands for the execution that was started last.
const LAST: &str = "last";
/// Letters that a beginning of an id has at least: fewer are more likely a slip.
const LEAST: usize = 4;
/// A list of the API in which the beginning of an id is looked for.
struct Among {
    /// Path of the list.
    list: &'static str,
    /// Parameters of the list.
    filter: &'static [(&'static str, &'static str)],
    /// The field of the id.
    id: &'static str,
    /// What is listed, for people.
    things: &'static str,
    /// The command that shows them.
    shown_by: &'static str,
    /// Letters of a whole id, which need not be looked for.
    whole: usize,
}

const EXECUTIONS: Among = Among {
    list: "/v1/executions",
    filter: &[],
    id: "execution_id",
    things: "executions",
    shown_by: "stepwell ls",
    whole: 36,
};
const QUESTIONS: Among = Among {
    list: "/v1/interactions",
    filter: &[("status", "pending")],
    id: "interaction_id",
    things: "open questions",
    shown_by: "stepwell inbox",
    whole: 36,
};
const ALL_QUESTIONS: Among =
    Among { filter: &[], things: "questions", shown_by: "stepwell show EXECUTION", ..QUESTIONS };
const TOKENS: Among =
    Among { list: "/v1/tokens", filter: &[], id: "id", things: "tokens", shown_by: "stepwell token ls", whole: 16 };

const JOBS: Among =
    Among { list: "/v1/jobs", filter: &[], id: "job_id", things: "jobs", shown_by: "stepwell jobs", whole: 36 };

/// The id of the execution that `said` means: `last`, a whole id, or the beginning of a single one among the newest
/// [`limits::PICKED`]. Text that is the beginning of none is returned as it is, for the host to refuse.
///
/// # Errors
/// Where several begin so, or there is no last one.
pub async fn pick(client: &Client, said: &str) -> Result<String, Failure> {
    if said == LAST {
        let page: Page<Value> = client.get("/v1/executions?limit=1").await?.read()?;
        let last = page.items.iter().find_map(|row| EXECUTIONS.id_of(row));
        return last.ok_or_else(|| {
            let hint = "start one: stepwell start WORKFLOW, or stepwell run FILE";
            Failure::failed("there is no execution yet, so none is the last", hint).with_code("not_found")
        });
    }
    if !EXECUTIONS.may_begin(said) {
        return Ok(said.to_owned());
    }
    // An id may be as short as its maker likes.
    if client.get(&format!("/v1/executions/{}", escaped(said))).await.is_ok() {
        return Ok(said.to_owned());
    }
    EXECUTIONS.find(client, said).await
}

/// The id of the question that `said` means: a whole id, or the beginning of a single open one; of none that is open, the
/// beginning of a single one that is over, which the host then tells. Text that is the beginning of none is returned as it
/// is, for the host to refuse.
///
/// # Errors
/// Where several begin so.
pub async fn question(client: &Client, said: &str) -> Result<String, Failure> {
    match QUESTIONS.find(client, said).await? {
        unknown if unknown == said => ALL_QUESTIONS.find(client, said).await,
        open => Ok(open),
    }
}

/// The id of the question that `said` means, open or over: `last` is the question with a receipt that was over last in the
/// execution that was started last; else as [`question`].
///
/// # Errors
/// Where several begin so, or there is no last one.
pub async fn over(client: &Client, said: &str) -> Result<String, Failure> {
    if said != LAST {
        return ALL_QUESTIONS.find(client, said).await;
    }
    let execution = pick(client, LAST).await?;
    let wanted = [("execution_id", Some(execution.clone())), ("limit", Some(limits::PAGE.to_string()))];
    let (mut last, mut cursor) = (None::<Interaction>, None);
    loop {
        let window = [("cursor", cursor)];
        let wanted: Vec<_> = wanted.iter().cloned().chain(window).collect();
        let page: Page<Interaction> = client.get(&format!("/v1/interactions{}", query(&wanted))).await?.read()?;
        let over = page.items.into_iter().filter(|one| one.receipt.is_some());
        last = last.into_iter().chain(over).max_by_key(|one| one.decided_at.map(|at| at.0));
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    last.map(|one| one.interaction_id.to_string()).ok_or_else(|| {
        let hint = "name the question by its id, or by the beginning of it";
        Failure::failed(format!("execution {execution}, the last one, has no question with a receipt"), hint)
            .with_code("no_receipt")
    })
}

/// The id of the token that `said` means, as [`question`] finds it.
///
/// # Errors
/// Where several begin so.
pub async fn token(client: &Client, said: &str) -> Result<String, Failure> {
    TOKENS.find(client, said).await
}

/// The id of the job that `said` means, as [`question`] finds it.
///
/// # Errors
/// Where several begin so.
pub async fn job(client: &Client, said: &str) -> Result<String, Failure> {
    JOBS.find(client, said).await
}

impl Among {
    fn id_of(&self, row: &Value) -> Option<String> {
        row.get(self.id).and_then(Value::as_str).map(str::to_owned)
    }

    /// Whether a text may be the beginning of an id, and is not a whole one.
    fn may_begin(&self, said: &str) -> bool {
        let in_ids = |c: char| c.is_ascii_hexdigit() || c == '-';
        (LEAST..self.whole).contains(&said.len()) && said.chars().all(in_ids)
    }

    /// The whole id of the single one that begins so; the text itself where none does.
    async fn find(&self, client: &Client, said: &str) -> Result<String, Failure> {
        let found = if self.may_begin(said) { self.beginning(client, said).await? } else { Vec::new() };
        match found.as_slice() {
            [] => Ok(said.to_owned()),
            [one] => Ok(one.clone()),
            several => Err(Failure::failed(
                format!("several {} begin with {said}: {}", self.things, several.join(", ")),
                format!("write more of the id; `{}` shows them", self.shown_by),
            )
            .with_code("ambiguous")),
        }
    }

    /// The ids that begin so, a few where they are many.
    async fn beginning(&self, client: &Client, said: &str) -> Result<Vec<String>, Failure> {
        let (mut found, mut seen, mut cursor) = (Vec::new(), 0, None);
        let said = said.to_ascii_lowercase();
        while seen < limits::PICKED && found.len() < limits::NAMED {
            let window = [("limit", Some(limits::PAGE.to_string())), ("cursor", cursor)];
            let filter = self.filter.iter().map(|(name, value)| (*name, Some((*value).to_owned())));
            let wanted: Vec<_> = filter.chain(window).collect();
            let page: Page<Value> = client.get(&format!("{}{}", self.list, query(&wanted))).await?.read()?;
            seen += page.items.len();
            found.extend(page.items.iter().filter_map(|row| self.id_of(row)).filter(|id| id.starts_with(&said)));
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        found.truncate(limits::NAMED);
        Ok(found)
    }
}
