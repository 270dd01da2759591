//! What `dev` and `run` log, and how: lines for people on a terminal, one JSON object per line for everybody else. clap
//! shows the comments on the types that it derives from as the text of `--help`.

mod aside;
mod shape;

use super::{Failure, output};
use aside::Aside;
use clap::ValueEnum;
use engine::told;
use shape::Shape;
use std::io::{self, IsTerminal};
use tracing_subscriber::{EnvFilter, fmt::format::JsonFields, fmt::writer::BoxMakeWriter};

/// The form of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Lines for people
    Text,
    /// One JSON object per line
    Json,
    /// Text where stderr is a terminal, JSON otherwise
    Auto,
}

/// The option for the form of log lines.
#[derive(Clone, clap::Args)]
pub struct LogArgs {
    /// The form of log lines [default: STEPWELL_LOG_FORMAT, else auto]
    #[arg(long, value_name = "FORMAT", value_enum, ignore_case = true)]
    log_format: Option<Format>,
}

/// The crate of the Model Context Protocol, which logs nothing whatever `RUST_LOG` says.
const MUTE: &str = "rmcp=off";

/// What is logged where `RUST_LOG` says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// Everything that the host is asked and does with executions.
    Host,
    /// What else goes wrong, for a command that shows its execution in its own way.
    OneExecution,
}

impl About {
    /// The filter, as `RUST_LOG` would say it.
    fn filter(self) -> String {
        match self {
            // Libraries log warnings and errors only.
            Self::Host => "warn,stepwell=info".into(),
            Self::OneExecution => format!("warn,{}=off", told::TARGET),
        }
    }
}

/// Logs that were begun. Those that wait are written when it is dropped.
pub struct Logging {
    /// Whether people read the lines.
    pub for_people: bool,
    aside: Option<Aside>,
}

impl Drop for Logging {
    fn drop(&mut self) {
        if let Some(aside) = &self.aside {
            aside.drain();
        }
    }
}

impl LogArgs {
    /// Begins to log to stderr. `json` is whether the command itself speaks JSON, which decides where nobody chose.
    ///
    /// # Errors
    /// Where `STEPWELL_LOG_FORMAT` names no form.
    pub fn begin(&self, about: About, json: bool) -> Result<Logging, Failure> {
        let for_people = match self.format()? {
            Format::Text => true,
            Format::Json => false,
            // What `run` says beside its logs is text, wherever that goes.
            Format::Auto => !json && (about == About::OneExecution || io::stderr().is_terminal()),
        };
        let named = std::env::var("RUST_LOG").ok().filter(|levels| !levels.trim().is_empty());
        let filter = named.and_then(|levels| EnvFilter::try_new(levels).ok());
        let filter = filter.unwrap_or_else(|| EnvFilter::new(about.filter()));
        // What this crate logs of requests and answers may hold secrets. A filter of a target that is a name always parses.
        let filter = MUTE.parse().into_iter().fold(filter, EnvFilter::add_directive);
        let aside = Aside::start().ok();
        // Where no thread can be started, lines are written by whoever logs them.
        let writer = aside.clone().map_or_else(|| BoxMakeWriter::new(io::stderr), BoxMakeWriter::new);
        let shape = if for_people { Shape::Text { colours: output::colours() } } else { Shape::Json };
        let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
        // A second call in one process finds the first one's subscriber in place.
        let _ = logs.fmt_fields(JsonFields::new()).event_format(shape).try_init();
        Ok(Logging { for_people, aside })
    }

    fn format(&self) -> Result<Format, Failure> {
        if let Some(format) = self.log_format {
            return Ok(format);
        }
        let named = std::env::var("STEPWELL_LOG_FORMAT").unwrap_or_default();
        if named.trim().is_empty() {
            return Ok(Format::Auto);
        }
        Format::from_str(named.trim(), true).map_err(|_| {
            let message = format!("STEPWELL_LOG_FORMAT is `{}`", output::short(&output::clean(&named), 40));
            Failure::usage(message, "set it to text, json or auto, or leave it out")
        })
    }
}
