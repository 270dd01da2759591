//! One run of JavaScript in a runtime of its own, of which nothing outlives the run.

use super::{
    integers::{self, READ, SHOW, STRICT, STRICT_WITH_INTEGERS},
    syntax::{LINES_BEFORE, probes, wrapped},
    wire::{self, End},
};
use crate::limits::{ERROR_BYTES, JS_HEAP_BYTES, JS_STACK_BYTES};
use engine::limits::{LOG_LINE_BYTES, LOG_LINES, OUTCOME_BYTES};
use rquickjs::{
    Context, Ctx, Error, Exception, Function, Object, Promise, Runtime, Value,
    context::EvalOptions,
    function::{Args, Rest},
};
use std::{
    cell::Cell,
    io::Write,
    rc::Rc,
    time::{Duration, Instant},
};

/// Runs code. It remembers the code that it checked last, since a warm child mostly gets the same code again.
#[derive(Default)]
pub(super) struct Sandbox {
    checked: String,
}

/// Why a run ended early.
enum Stop {
    /// JavaScript threw an exception, which the context holds.
    Thrown(Error),
    /// The sandbox refused the code or its result; the message says why.
    Refused(String),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Thrown(error)
    }
}

/// Whether the heap has hardly any room left.
fn is_full(runtime: &Runtime) -> bool {
    let used = usize::try_from(runtime.memory_usage().malloc_size).unwrap_or_default();
    used > JS_HEAP_BYTES / 8 * 7
}

impl Sandbox {
    /// Runs the body of a function. `names` is the JSON of an object, whose members the code sees as variables.
    pub fn run(&mut self, code: &str, names: Vec<u8>, limit: Duration) -> End {
        self.within(code, limit, |this, ctx, started| this.result(ctx, code, names, started))
    }

    /// Parses the body of a function, of which nothing runs: its end is the error of its syntax, or null.
    pub fn parse(&mut self, code: &str, limit: Duration) -> End {
        self.within(code, limit, |this, ctx, _| this.check(ctx, code).map(|()| "null".to_owned()))
    }

    /// Does something with a runtime of its own, within the bounds of time and memory.
    fn within(
        &mut self,
        code: &str,
        limit: Duration,
        work: impl FnOnce(&mut Self, &Ctx<'_>, Instant) -> Result<String, Stop>,
    ) -> End {
        let started = Instant::now();
        let interrupted = Rc::new(Cell::new(false));
        let Ok(runtime) = Runtime::new() else { return End::Memory };
        runtime.set_memory_limit(JS_HEAP_BYTES);
        runtime.set_max_stack_size(JS_STACK_BYTES);
        let flag = interrupted.clone();
        runtime.set_interrupt_handler(Some(Box::new(move || {
            flag.set(flag.get() || started.elapsed() > limit);
            flag.get()
        })));
        let Ok(context) = Context::full(&runtime) else { return End::Memory };
        let end = context.with(|ctx| {
            let end = match work(self, &ctx, started) {
                Ok(json) => End::Value(json.into_bytes()),
                Err(Stop::Refused(message)) => End::Error { message, name: String::new(), stack: String::new() },
                Err(Stop::Thrown(error)) => thrown(&ctx, &error, code),
            };
            // Nothing that a script does after its time counts, not even catching what ended it.
            if interrupted.get() { End::Timeout } else { end }
        });
        match end {
            // A promise is left without an end where not even its error found room.
            End::Error { .. } if is_full(&runtime) => End::Memory,
            other => other,
        }
    }

    /// The JSON of what the code returns.
    fn result(&mut self, ctx: &Ctx<'_>, code: &str, names: Vec<u8>, started: Instant) -> Result<String, Stop> {
        console(ctx, started)?;
        self.check(ctx, code)?;
        let strict: Function = ctx.eval_with_options(STRICT, options("stepwell"))?;
        let names = parsed(ctx, names)?;
        let keys = names.keys::<String>().collect::<Result<Vec<_>, _>>()?;
        let mut args = Args::new(ctx.clone(), keys.len());
        for key in &keys {
            args.push_arg(names.get::<_, Value>(key.as_str())?)?;
        }
        // The names become parameters of a function around the code's own, so that the code may declare the same names.
        let factory: Function = ctx.eval_with_options(wrapped(code, &keys), options("code"))?;
        let function: Function = factory.call_arg(args)?;
        let promise: Promise = function.call(())?;
        // `finish` runs all pending jobs. A promise that is open after them waits for something that no sandbox has.
        let value: Value = match promise.finish() {
            Err(Error::WouldBlock) => {
                let why = "the code waits for a promise that nothing will ever settle: there are no timers and no I/O";
                return Err(Stop::Refused(why.into()));
            }
            other => other?,
        };
        json(ctx, value, strict)
    }

    /// Refuses code that is not the body of a function.
    fn check(&mut self, ctx: &Ctx<'_>, code: &str) -> Result<(), Stop> {
        if code.contains('\0') {
            return Err(Stop::Refused("SyntaxError: the code contains a NUL character".into()));
        }
        if self.checked == code {
            return Ok(());
        }
        for probe in probes(code) {
            match ctx.eval_with_options::<Value, _>(probe, options("code")) {
                Err(Error::Exception) => {
                    let thrown = ctx.catch();
                    if thrown.as_int() != Some(0) {
                        return Err(Stop::Thrown(ctx.throw(thrown)));
                    }
                }
                Err(other) => return Err(other.into()),
                // Unreachable, since a probe throws. Code whose probe does not throw is no body of a function.
                Ok(_) => return Err(Stop::Refused("SyntaxError: the code is no body of a function".into())),
            }
        }
        code.clone_into(&mut self.checked);
        Ok(())
    }
}

/// The variables of the code, from their JSON. Reading integers beyond 2^53 takes time and room, which JSON without any
/// is spared.
fn parsed<'js>(ctx: &Ctx<'js>, names: Vec<u8>) -> Result<Object<'js>, Stop> {
    if !integers::has_large(&names) {
        return Ok(ctx.json_parse(names)?.get()?);
    }
    let read: Function = ctx.eval_with_options(READ, options("stepwell"))?;
    let text = String::from_utf8(names).map_err(Error::from)?;
    Ok(read.call((text,))?)
}

/// Code is not strict unless it says so; the file name tells its lines from the sandbox's own in a stack.
fn options(file: &str) -> EvalOptions {
    let mut options = EvalOptions::default();
    options.strict = false;
    options.filename = Some(file.to_owned());
    options
}

/// A value as JSON text, null for `undefined`. Text above the bound of outcomes is refused.
fn json<'js>(ctx: &Ctx<'js>, value: Value<'js>, strict: Function<'js>) -> Result<String, Stop> {
    if value.is_undefined() {
        return Ok("null".into());
    }
    let text = match ctx.json_stringify_replacer(value.clone(), strict) {
        Err(Error::Exception) => {
            let thrown = ctx.catch();
            if !thrown.as_exception().is_some_and(|exception| describe(exception).0.contains("BigInt")) {
                return Err(Stop::Thrown(ctx.throw(thrown)));
            }
            let strict: Function = ctx.eval_with_options(STRICT_WITH_INTEGERS, options("stepwell"))?;
            ctx.json_stringify_replacer(value, strict)?
        }
        other => other?,
    };
    let Some(text) = text else { return Ok("null".into()) };
    let text = text.to_string()?;
    if text.len() > OUTCOME_BYTES {
        let most = OUTCOME_BYTES / 1024 / 1024;
        return Err(Stop::Refused(format!("the code returned more than {most} MiB: return less")));
    }
    Ok(text)
}

/// Defines `console`, whose lines go to the host at once, so that they are kept where the run is killed.
fn console(ctx: &Ctx<'_>, started: Instant) -> Result<(), Error> {
    let console = Object::new(ctx.clone())?;
    let written = Rc::new(Cell::new(0));
    for (name, level) in [("debug", 0), ("log", 1), ("info", 1), ("warn", 2), ("error", 3)] {
        let written = written.clone();
        let write = move |values: Rest<Value<'_>>| -> Result<(), Error> {
            // One line past the bound tells the host that there were more.
            if written.get() > LOG_LINES {
                return Ok(());
            }
            written.set(written.get() + 1);
            let message = message(&values.0)?;
            let milliseconds = u32::try_from(started.elapsed().as_millis()).unwrap_or(u32::MAX);
            let mut out = std::io::stdout().lock();
            out.write_all(&wire::line(milliseconds, level, &message)).and_then(|()| out.flush()).map_err(Error::Io)
        };
        console.set(name, Function::new(ctx.clone(), write)?.with_name(name)?)?;
    }
    ctx.globals().set("console", console)
}

/// The values of one call as one line, cut to the bound of log lines.
fn message(values: &[Value<'_>]) -> Result<String, Error> {
    const MARK: &str = "… (cut)";
    let mut line = String::new();
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            line.push(' ');
        }
        line.push_str(&shown(value)?);
        if line.len() > LOG_LINE_BYTES {
            line.truncate(line.floor_char_boundary(LOG_LINE_BYTES - MARK.len()));
            line.push_str(MARK);
            break;
        }
    }
    Ok(line)
}

/// A value as `console` shows it: text as it is, an error as its message, an object as JSON.
fn shown(value: &Value<'_>) -> Result<String, Error> {
    if let Some(exception) = value.as_exception() {
        return Ok(describe(exception).0);
    }
    if let Some(text) = value.as_string() {
        return Ok(text.to_string().unwrap_or_else(|_| "(text that is not Unicode)".into()));
    }
    if value.is_object() && !value.is_function() {
        let show = value.ctx().eval_with_options::<Function, _>(SHOW, options("stepwell"))?;
        match value.ctx().json_stringify_replacer(value.clone(), show) {
            Ok(Some(text)) => return text.to_string(),
            Ok(None) => {}
            Err(Error::Exception) => drop(value.ctx().catch()),
            Err(other) => return Err(other),
        }
    }
    Ok(as_text(value))
}

/// `String(value)`, or the type's name where that throws.
fn as_text(value: &Value<'_>) -> String {
    let ctx = value.ctx();
    let text = ctx.globals().get::<_, Function>("String").and_then(|string| string.call::<_, String>((value.clone(),)));
    text.unwrap_or_else(|_| {
        drop(ctx.catch());
        format!("[{}]", value.type_name())
    })
}

/// Names and messages of the errors by which QuickJS says that something does not fit into memory.
const TOO_MUCH: [(&str, &str); 3] =
    [("InternalError", "out of memory"), ("InternalError", "string too long"), ("RangeError", "invalid string length")];

/// Whether code throws or rejects with a literal `null`.
fn throws_null(code: &str) -> bool {
    let after = |word| code.match_indices(word).map(move |(at, _)| code[at + str::len(word)..].trim_start());
    after("throw").chain(after("reject")).any(|rest| rest.trim_start_matches(['(', ' ']).starts_with("null"))
}

/// What an exception means for the run.
fn thrown(ctx: &Ctx<'_>, error: &Error, code: &str) -> End {
    if matches!(error, Error::Allocation) {
        return End::Memory;
    }
    if !matches!(error, Error::Exception) {
        let message = match error {
            Error::Utf8(_) => "the code returned text that is not Unicode: use toWellFormed()".to_owned(),
            other => format!("the code returned what cannot be kept: {other}"),
        };
        return End::Error { message, name: String::new(), stack: String::new() };
    }
    let value = ctx.catch();
    let Some(exception) = value.as_exception() else {
        // With a full heap there is no room for an error, and QuickJS throws null. Hardly any code throws null itself,
        // and that which does says so.
        if value.is_null() && !throws_null(code) {
            return End::Memory;
        }
        let hint = if value.is_null() { ", or ran out of memory" } else { "" };
        let message = cut(format!("the code threw {}{hint}", shown(&value).unwrap_or_default()));
        return End::Error { message, name: String::new(), stack: String::new() };
    };
    let (message, name, stack) = describe(exception);
    // A string beyond the bound of QuickJS is also far beyond that of the heap.
    if TOO_MUCH.iter().any(|(kind, why)| name == *kind && message.contains(why)) {
        return End::Memory;
    }
    let message = match line_of(&stack) {
        Some(line) => format!("{message} (line {line})"),
        None => message,
    };
    End::Error { message: cut(message), name: cut(name), stack: cut(stack) }
}

/// `Name: message`, the name, and the stack with the line numbers of the user's own code.
fn describe(exception: &Exception<'_>) -> (String, String, String) {
    let name = exception.as_object().get::<_, String>("name").unwrap_or_else(|_| "Error".into());
    let message = exception.message().unwrap_or_default();
    let stack = exception.stack().unwrap_or_default();
    let stack: Vec<String> = stack.lines().map(str::trim).filter(|l| l.contains("code:")).map(renumbered).collect();
    let text = if message.is_empty() { name.clone() } else { format!("{name}: {message}") };
    (text, name, stack.join("\n"))
}

/// A line of a stack, `at f (code:7:3)`, with the line number that the user sees.
fn renumbered(line: &str) -> String {
    let Some(at) = line.rfind("code:").map(|at| at + "code:".len()) else { return line.to_owned() };
    let digits = line[at..].bytes().take_while(u8::is_ascii_digit).count();
    match line[at..at + digits].parse::<u32>() {
        Ok(number) => format!("{}{}{}", &line[..at], number.saturating_sub(LINES_BEFORE), &line[at + digits..]),
        Err(_) => line.to_owned(),
    }
}

/// The line number of the topmost frame of a stack.
fn line_of(stack: &str) -> Option<u32> {
    let (_, rest) = stack.lines().next()?.rsplit_once("code:")?;
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// A text cut to the bound of what leaves the child process.
fn cut(mut text: String) -> String {
    if text.len() > ERROR_BYTES {
        text.truncate(text.floor_char_boundary(ERROR_BYTES));
        text.push('…');
    }
    text
}
