//! Checks workflow files, and tells what is wrong with excerpts of their text.

use super::{
    Failure,
    client::Client,
    output,
    source::{Source, Unread, shown},
    steers::steers,
    window::Window,
};
use api::{
    types::{self, Fault},
    written::{Malformed, Places},
};
use document::{
    Script, Workflow, parse,
    validate::{Issue, Severity},
};
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode};
use nodes::{Config, Nodes};
use serde_json::Value;
use std::{fmt, ops::Range, path::Path, sync::Arc};

/// Width of an excerpt, in columns, at most: longer lines are hard to follow.
const WIDTH: usize = 100;

/// Columns of the numbers of lines, and of what separates them from the text.
const GUTTER: usize = 10;

/// A workflow file with what the static checks say of it.
pub struct Checked {
    /// The workflow; none where there are errors.
    pub workflow: Option<Arc<Workflow>>,
    /// The errors, for which the API refuses the document.
    pub errors: Vec<Issue>,
    /// The warnings: what is allowed, but probably not meant.
    pub warnings: Vec<Issue>,
    scripts: Vec<Script>,
    source: Source,
}

impl Checked {
    /// Reads and checks a file. One that cannot be read or parsed is a failure with exit code 2.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let source = match Source::read(path) {
            Ok(source) => source,
            Err(Unread::File(failure)) => return Err(failure),
            Err(Unread::Malformed(text, malformed)) => return Err(told(path, text, malformed)),
        };
        Ok(match parse(&source.document) {
            Ok(parsed) => Self {
                workflow: Some(parsed.workflow),
                errors: Vec::new(),
                warnings: parsed.warnings,
                scripts: parsed.scripts,
                source,
            },
            Err(issues) => {
                let (errors, warnings) = issues.into_iter().partition(|issue| issue.severity == Severity::Error);
                Self { workflow: None, errors, warnings, scripts: Vec::new(), source }
            }
        })
    }

    /// Parses the file's JavaScript too, in a child process as that of a `code` node; nothing of it runs. Where none can be
    /// started nothing is found, and the node says so when it runs.
    pub async fn with_scripts(mut self) -> Self {
        if self.scripts.is_empty() {
            return self;
        }
        let Ok(nodes) = Nodes::new(Config::default()) else { return self };
        for script in &self.scripts {
            self.errors.extend(nodes.syntax("", &script.code).await.map(|fault| script.refused(&fault)));
        }
        if !self.errors.is_empty() {
            self.workflow = None;
        }
        self
    }

    /// Asks a host for what it has not set up that a valid document needs. Each such fault is an error.
    ///
    /// # Errors
    /// Where the host cannot be asked.
    pub async fn with_host(mut self, host: &Client) -> Result<Self, Failure> {
        if self.workflow.is_none() {
            return Ok(self);
        }
        let told: types::Checked =
            host.post("/v1/workflows/validate?host=true", &self.source.document).await?.read()?;
        self.errors.extend(told.errors.into_iter().map(|fault| issue(fault, Severity::Error)));
        if !self.errors.is_empty() {
            self.workflow = None;
        }
        Ok(self)
    }

    /// Returns the workflow. Where there are errors, tells them on stderr and returns a failure with exit code 1.
    pub fn workflow(&self) -> Result<Arc<Workflow>, Failure> {
        match &self.workflow {
            Some(workflow) => Ok(workflow.clone()),
            None => {
                self.tell();
                let count = output::counted(self.errors.len(), "error");
                let errors = self.errors.iter().map(Fault::from).collect();
                let message = format!("{} is not a valid workflow: {count}", shown(&self.source.path));
                Err(Failure::failed(message, "correct what is shown above, and check with `stepwell validate`")
                    .with_code("invalid_workflow")
                    .with_told_errors(errors))
            }
        }
    }

    /// The document as it was read.
    pub fn document(&self) -> Value {
        self.source.document.clone()
    }

    /// Tells errors and warnings on stderr, each with its place in the file.
    pub fn tell(&self) {
        self.tell_of(self.errors.iter().chain(&self.warnings));
    }

    /// Tells the warnings of a host that [`Self::tell`] does not tell.
    pub fn tell_others(&self, warnings: &[Fault]) {
        let is_known = |fault: &Fault| self.warnings.iter().any(|own| own.code == fault.code && own.path == fault.path);
        let others = warnings.iter().filter(|fault| !is_known(fault));
        let others: Vec<Issue> = others.map(|fault| issue(fault.clone(), Severity::Warning)).collect();
        self.tell_of(others.iter());
    }

    fn tell_of<'a>(&self, issues: impl Iterator<Item = &'a Issue>) {
        let places = Places::of(&self.source.text, self.source.format);
        for issue in issues {
            tell(&Excerpt::of(issue, places.find(&issue.path), &self.source));
        }
    }

    /// The result as the API's validation gives it.
    pub fn result(&self) -> types::Checked {
        let faults = |issues: &[Issue]| issues.iter().map(Fault::from).collect();
        let valid = self.workflow.is_some();
        types::Checked { valid, errors: faults(&self.errors), warnings: faults(&self.warnings) }
    }
}

/// What a host says of a document, as the checks say it.
fn issue(fault: Fault, severity: Severity) -> Issue {
    let Fault { code, path, node, message, hint, .. } = fault;
    Issue { code, severity, path, node, message, hint: hint.unwrap_or_default() }
}

/// Tells people where a malformed file is wrong, and makes a failure of it.
fn told(path: &Path, text: String, malformed: Malformed) -> Failure {
    let Malformed { message, at, hint } = malformed;
    let otherwise = "workflow files are JSON, or YAML where their name ends in .yaml or .yml";
    let told = hint.unwrap_or(otherwise);
    tell(&Excerpt {
        code: "malformed".into(),
        message: message.clone(),
        hint: hint.map(str::to_owned),
        label: None,
        error: true,
        span: at,
        source: window(path, text),
    });
    let message = format!("{} cannot be parsed: {message}", shown(path));
    Failure::usage(message, told).with_code("malformed")
}

/// Columns that an excerpt has.
fn width() -> usize {
    output::width_of_stderr().map_or(WIDTH, |width| width.min(WIDTH))
}

/// The text of a file, beside the numbers of its lines.
fn window(path: &Path, text: String) -> Window {
    // What could steer the terminal is replaced by what has as many bytes, so that places in the text stay.
    let steady = |c: char| match c {
        '\n' | '\t' | '\r' => c,
        c if steers(c) && c.len_utf8() == 3 => '\u{fffd}',
        c if steers(c) && c.len_utf8() == 2 => '\u{a0}',
        c if steers(c) => '?',
        c => c,
    };
    let text = text.chars().map(steady).collect();
    Window::of(shown(path), text, width().saturating_sub(GUTTER))
}

fn tell(excerpt: &Excerpt) {
    let theme = if output::colours() { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme).with_width(width()).with_links(false).with_context_lines(1);
    let mut text = String::new();
    match handler.render_report(&mut text, excerpt) {
        Ok(()) => eprintln!("{}\n", text.trim_end()),
        Err(_) => eprintln!("{}: {}", excerpt.code, excerpt.message),
    }
}

/// One issue, as the crate miette renders it: `span` is the bytes that it shows of `source`.
#[derive(Debug)]
struct Excerpt {
    code: String,
    message: String,
    hint: Option<String>,
    label: Option<String>,
    error: bool,
    span: Option<Range<usize>>,
    source: Window,
}

impl Excerpt {
    fn of(issue: &Issue, span: Option<Range<usize>>, source: &Source) -> Self {
        let place = if issue.path.is_empty() { String::new() } else { format!(" (at {})", issue.path) };
        Self {
            code: issue.code.clone(),
            message: output::clean(&format!("{}{place}", issue.message)),
            hint: Some(output::clean(&issue.hint)).filter(|hint| !hint.is_empty()),
            label: Some("here".into()),
            error: issue.severity == Severity::Error,
            span,
            source: window(&source.path, source.text.clone()),
        }
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Excerpt {}

impl Diagnostic for Excerpt {
    fn code(&self) -> Option<Box<dyn fmt::Display + '_>> {
        Some(Box::new(&self.code))
    }
    fn severity(&self) -> Option<miette::Severity> {
        Some(if self.error { miette::Severity::Error } else { miette::Severity::Warning })
    }
    fn help(&self) -> Option<Box<dyn fmt::Display + '_>> {
        self.hint.as_ref().map(|hint| Box::new(hint) as Box<dyn fmt::Display>)
    }
    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.span.is_some().then_some(&self.source as &dyn SourceCode)
    }
    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = self.span.clone()?;
        let label = LabeledSpan::new(self.label.clone(), span.start, span.len());
        Some(Box::new(std::iter::once(label)))
    }
}
