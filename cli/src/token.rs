//! `stepwell token create`: an API token, shown once.

use super::{Exit, Failure, Globals, Outcome, client::Client, output};
use api::types::{NewToken, TokenBody};
use document::time::Time;

/// The arguments of `stepwell token create`.
#[derive(clap::Args)]
pub struct Args {
    /// Say what the token is for
    #[arg(long)]
    name: String,
    /// The e-mail address of whoever bears the token, with which assignees are matched
    #[arg(long, value_name = "EMAIL")]
    subject: String,
    /// What the bearer may do: read, run, respond, admin
    #[arg(long, value_delimiter = ',', required = true, value_name = "SCOPE,…")]
    scopes: Vec<String>,
    /// When the token ends: 12h, 90d, 52w, or an RFC 3339 time [default: never]
    #[arg(long, value_name = "WHEN")]
    expires: Option<String>,
}

/// Makes a token and shows it. Only its hash is stored, so that it cannot be shown again.
pub async fn run(globals: &Globals, args: Args) -> Outcome {
    let expires_at = args.expires.as_deref().map(|text| end(text, local::clock())).transpose()?;
    let expires_at = expires_at.map(|at| at.to_string());
    let body = TokenBody { name: args.name, subject: Some(args.subject), scopes: args.scopes, expires_at };
    let client = Client::open_or_create(globals).await?;
    let made = client.post("/v1/tokens", &body).await;
    client.close().await;
    let made = made?;
    if globals.json {
        output::json(&made.0);
    } else {
        output::line(&made.read::<NewToken>()?.token);
        let made: NewToken = made.read()?;
        eprintln!("{}", output::dim("this is the only time that it is shown: only its hash is kept"));
        let ends = made.expires_at.map_or_else(|| "never ends".to_owned(), |at| format!("ends at {at}"));
        eprintln!("{}", output::dim(&format!("it {ends}; end it with: stepwell token revoke {}", made.id)));
    }
    Ok(Exit::Done)
}

/// Reads when a token ends: a number of hours, days or weeks from `now`, or an RFC 3339 time to come.
fn end(text: &str, now: Time) -> Result<Time, Failure> {
    let seconds = |unit: char| match unit {
        'h' => Some(3_600.0),
        'd' => Some(86_400.0),
        'w' => Some(604_800.0),
        _ => None,
    };
    let relative = text.chars().last().and_then(seconds).and_then(|unit| {
        let count: u32 = text[..text.len() - 1].parse().ok()?;
        Some(now.after_seconds(f64::from(count) * unit))
    });
    let at = relative.or_else(|| Time::parse(text)).filter(|at| *at > now && *at < Time(NO_LATER));
    at.ok_or_else(|| {
        let hint = "give 12h, 90d, 52w or a time such as 2027-01-31T00:00:00Z";
        Failure::usage(format!("`{text}` is no time to come"), hint)
    })
}

/// The year 9000, in milliseconds since 1970: RFC 3339 has four digits for a year.
const NO_LATER: i64 = 221_845_392_000_000;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_end_is_a_span_or_a_time() {
        let now = Time::parse("2026-11-21T10:00:00Z").unwrap();
        assert_eq!(end("90d", now).unwrap().to_string(), "2027-02-19T10:00:00.000Z");
        assert_eq!(end("2h", now).unwrap().to_string(), "2026-11-21T12:00:00.000Z");
        assert_eq!(end("2027-01-01T00:00:00Z", now).unwrap().to_string(), "2027-01-01T00:00:00.000Z");
        for wrong in ["", "d", "0d", "5y", "2020-01-01T00:00:00Z", "soon", "4000000000w", "é"] {
            assert!(end(wrong, now).is_err(), "{wrong}");
        }
    }
}
