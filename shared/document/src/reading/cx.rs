//! What is carried through the reading of a document: its problems so far, and what applies to all of it.

use super::{At, ChannelUse, Issue, Lasting, Script, Severity, shape::Shape, suggest};
use crate::{
    limits,
    node::node_type::NodeType,
    policy::{OnError, Settings},
};
use serde_json::{Map, Value};

/// The state of reading one document.
pub struct Cx<'o> {
    /// The problems found so far.
    pub(crate) issues: Vec<Issue>,
    /// How many of them are errors.
    errors: usize,
    /// The JavaScript found so far.
    pub(crate) scripts: Vec<Script>,
    /// The channels found so far.
    pub(crate) channels: Vec<ChannelUse>,
    /// The attempts found so far that say how long they may take.
    pub(crate) lasting: Vec<Lasting>,
    /// Translates a pointer into the canonical document to one into the document as it was sent.
    sent: Box<dyn Fn(&str) -> String + 'o>,
    /// Id of the node being read, which its problems bear.
    pub(crate) node: Option<String>,
    /// `settings.on_error`: the policy of nodes that name none.
    pub(crate) on_error: OnError,
    /// Whom `settings.on_error` puts the failures of those nodes to, as the document has it; none where it names nobody.
    pub(crate) put_to: Option<Map<String, Value>>,
    /// The document's settings, which the bodies of its maps share.
    pub(crate) settings: Settings,
    /// The schema of the execution's input, where the document has one.
    pub(crate) input: Option<Shape>,
    /// Whether any node of the document declares `compensate`.
    pub(crate) compensates: bool,
    /// The types that nodes may have.
    pub(crate) types: Vec<&'static NodeType>,
    /// Where parts of flows stand that are put together from parts of the document: the pointer here, and the one in the
    /// canonical document.
    pub(crate) moved: Vec<(String, String)>,
    /// Whether what is read is the flow of a tool.
    pub(crate) in_tool: bool,
    /// The id of the document, with which the ids of its maps' bodies begin.
    pub(crate) workflow: String,
}

impl<'o> Cx<'o> {
    pub(crate) fn new(types: Vec<&'static NodeType>, sent: impl Fn(&str) -> String + 'o) -> Self {
        Self {
            issues: Vec::new(),
            errors: 0,
            scripts: Vec::new(),
            channels: Vec::new(),
            lasting: Vec::new(),
            sent: Box::new(sent),
            node: None,
            on_error: OnError::Fail,
            put_to: None,
            settings: Settings::default(),
            input: None,
            compensates: false,
            types,
            moved: Vec::new(),
            in_tool: false,
            workflow: String::new(),
        }
    }

    /// Reports an error at a place, with what to do about it.
    pub fn error(&mut self, code: &str, at: &At<'_>, message: impl Into<String>, hint: impl Into<String>) {
        self.report(Severity::Error, code, &at.pointer(), message.into(), hint.into());
    }

    /// Reports a warning at a place, with what to do about it.
    pub fn warning(&mut self, code: &str, at: &At<'_>, message: impl Into<String>, hint: impl Into<String>) {
        self.report(Severity::Warning, code, &at.pointer(), message.into(), hint.into());
    }

    /// Notes a problem at a pointer into the canonical document. A problem that was noted before is left out, since
    /// what agents share is read for each of them, and so are all beyond [`limits::ISSUES`] of the same severity: warnings never keep an error from being noted.
    pub(crate) fn report(&mut self, severity: Severity, code: &str, pointer: &str, message: String, hint: String) {
        let alike = match severity {
            Severity::Error => self.errors,
            Severity::Warning => self.warnings(),
        };
        if alike >= limits::ISSUES {
            return;
        }
        let path = self.path(pointer);
        let issue = Issue { code: code.to_owned(), severity, path, node: self.node.clone(), message, hint };
        if !self.issues.contains(&issue) {
            self.errors += usize::from(severity == Severity::Error);
            self.issues.push(issue);
        }
    }

    /// The pointer into the document as it was sent. The longest beginning that was moved decides, the innermost flow
    /// first.
    fn path(&self, pointer: &str) -> String {
        let mut pointer = pointer.to_owned();
        while let Some((here, there)) = self
            .moved
            .iter()
            .filter(|(here, _)| {
                pointer.strip_prefix(here.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
            .max_by_key(|(here, _)| here.len())
        {
            pointer = format!("{there}{}", &pointer[here.len()..]);
        }
        (self.sent)(&pointer)
    }

    /// How many errors were found so far.
    pub(crate) fn errors(&self) -> usize {
        self.errors
    }

    /// How many warnings were found so far.
    pub(crate) fn warnings(&self) -> usize {
        self.issues.len() - self.errors
    }

    /// Notes JavaScript, for hosts that can parse it.
    pub(crate) fn script(&mut self, at: &At<'_>, code: &str) {
        let path = self.path(&at.pointer());
        if self.in_tool && self.scripts.iter().any(|known| known.path == path) {
            return;
        }
        self.scripts.push(Script { path, node: self.node.clone(), code: code.to_owned() });
    }

    /// Notes a channel by which people are told, for hosts that know whether they have it.
    pub(crate) fn tells(&mut self, at: &At<'_>, kind: &'static str) {
        let path = self.path(&at.pointer());
        if self.in_tool && self.channels.iter().any(|known| known.path == path) {
            return;
        }
        self.channels.push(ChannelUse { path, node: self.node.clone(), kind });
    }

    /// Notes an attempt that says how long it may take, for hosts that end it earlier.
    pub(crate) fn lasts(&mut self, at: &At<'_>, asks_model: bool, seconds: f64) {
        let path = self.path(&at.pointer());
        if self.in_tool && self.lasting.iter().any(|known| known.path == path) {
            return;
        }
        self.lasting.push(Lasting { path, node: self.node.clone(), asks_model, seconds });
    }

    /// Whether no further error is noted.
    pub(crate) fn is_full(&self) -> bool {
        self.errors >= limits::ISSUES
    }

    /// A hint for a name that is not known, of the names that are. Only the first problems get the nearest name: it is
    /// looked for among all.
    pub(crate) fn suggest<'a>(&self, given: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
        match self.issues.len() {
            few if few < limits::SUGGESTIONS => suggest::hint(given, known),
            _ => suggest::list(known),
        }
    }

    /// Runs something, all problems of which bear this node's id.
    pub(crate) fn about<T>(&mut self, node: Option<String>, run: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.node, node);
        let result = run(self);
        self.node = before;
        result
    }
}

/// Whether a text can be the id of a node or a workflow (workflow format §1).
pub(crate) fn is_id(text: &str) -> bool {
    (1..=limits::ID_BYTES).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}
