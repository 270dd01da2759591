//! `stepwell draft "…"`: a language model writes a workflow, and the static checks judge it.

use super::{
    Exit, Failure, Globals, Outcome,
    allowed::Allowed,
    check::Checked,
    client::Client,
    failure::{Words, reason},
    output,
    reached::Reached,
};
use api::types::{Draft, DraftBody, Fault};
use serde_json::Value;
use std::{
    fs::OpenOptions,
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
};

/// What the command line calls the fields of the request.
const WORDS: [Words; 2] =
    [Words { path: "/model", flag: "--model", hint: None }, Words { path: "/intent", flag: "TEXT", hint: None }];

/// The arguments of `stepwell draft`.
#[derive(clap::Args)]
pub struct Args {
    /// What the workflow is to do
    #[arg(value_name = "TEXT")]
    intent: String,
    /// The file to write; stdout where absent
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The model, such as openai/gpt-5-mini, or JSON as in an agent's config [default: STEPWELL_DRAFT_MODEL of the host]
    #[arg(long, value_name = "PROVIDER/NAME")]
    model: Option<String>,
    /// A workflow file to change
    #[arg(long, value_name = "FILE")]
    base: Option<PathBuf>,
    /// What the host may take and do.
    #[command(flatten)]
    allowed: Allowed,
}

/// Asks, and writes the document. Exit 1 where it is not valid: it is written all the same, to be corrected.
pub async fn run(globals: &Globals, args: Args) -> Outcome {
    let base = args.base.as_deref().map(Checked::read).transpose()?.map(|checked| checked.document());
    if let Some(file) = args.output.as_deref() {
        refuse_other(file, args.base.as_deref())?;
    }
    let client = match Reached::find(globals, &args.allowed).await? {
        Reached::There(client) => client,
        Reached::Here(host) => Client::of(&host, globals),
    };
    let body = DraftBody { intent: args.intent, model: args.model.map(Value::String), base };
    let told = client.post_patiently("/v1/workflows/draft", &body).await;
    client.close().await;
    let draft: Draft = told.map_err(|failure: Failure| failure.in_words(&WORDS))?.read()?;
    if let (Some(file), Some(document)) = (args.output.as_deref(), &draft.document) {
        write(file, document)?;
    }
    if globals.json {
        output::json(&draft);
    } else {
        tell(&draft, args.output.as_deref());
    }
    Ok(if draft.valid { Exit::Done } else { Exit::Failed })
}

/// Refuses to write over a file that is not the one to be changed, before a model is asked.
fn refuse_other(file: &Path, base: Option<&Path>) -> Result<(), Failure> {
    if file.exists() && base != Some(file) {
        let hint = "choose another name, or give it as --base too, to change it";
        let message = format!("{} is there already", file.display());
        return Err(Failure::usage(message, hint).with_code("unwritable_file"));
    }
    Ok(())
}

fn write(file: &Path, document: &Value) -> Result<(), Failure> {
    let mut options = OpenOptions::new();
    let opened = options.write(true).create(true).truncate(true).open(file);
    opened.and_then(|mut out| writeln!(out, "{document:#}")).map_err(|error| {
        let hint = match error.kind() {
            ErrorKind::StorageFull => "free some space",
            _ => "check that you may write there",
        };
        Failure::failed(format!("cannot write {}: {error}", file.display()), hint).with_code("unwritable_file")
    })
}

/// The document goes to stdout where there is no file, and all else to stderr.
fn tell(draft: &Draft, file: Option<&Path>) {
    if !draft.explanation.is_empty() {
        eprintln!("{}", output::clean(&draft.explanation));
    }
    match (&draft.document, file) {
        (Some(document), None) => output::line(&format!("{document:#}")),
        (Some(_), Some(file)) => eprintln!("{} is written", file.display()),
        (None, _) => eprintln!("the model wrote no document"),
    }
    let line = |fault: &Fault, of: String| {
        let hint = fault.hint.as_deref().filter(|hint| !hint.is_empty()).map(|hint| format!(". {hint}"));
        eprintln!("{of} {}{}", output::clean(&reason(fault)), output::clean(&hint.unwrap_or_default()));
    };
    draft.errors.iter().for_each(|fault| line(fault, output::red("error:")));
    draft.warnings.iter().for_each(|fault| line(fault, output::yellow("warning:")));
    let rounds = output::counted(draft.rounds as usize, "round");
    let used = draft.usage.input_tokens + draft.usage.output_tokens;
    eprintln!("{}", output::dim(&format!("{rounds}, {used} tokens; nothing is saved, and nothing ran")));
}
