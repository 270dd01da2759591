//! The functions that expressions may call: one table. There is no clock and no randomness among them.

use super::{
    convert::base64,
    error::Fault,
    eval::{Evaluated, Machine},
    lists, math, strings, time,
    value::Val,
};
use std::{ops::RangeInclusive, rc::Rc};

/// One function of the table.
pub(super) struct Native {
    /// The name, with its qualifier where it has one: `size`, `math.abs`.
    pub(super) name: &'static str,
    style: Style,
    /// How many arguments the function takes; the target of a method is one of them.
    pub(super) arguments: RangeInclusive<usize>,
    /// How a call is written, for the error about a wrong number of arguments.
    pub(super) usage: &'static str,
    pub(super) call: for<'a> fn(&mut Machine<'a>, &[Val<'a>]) -> Evaluated<'a>,
}

impl std::fmt::Debug for Native {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// How a function is called: `f(x)`, `x.f()` or both.
#[derive(PartialEq)]
enum Style {
    Global,
    Method,
    Both,
}

/// One row per function: style, name, number of arguments, usage, implementation.
macro_rules! natives {
    ($($style:ident $name:literal $arguments:expr, $usage:literal => $call:expr;)*) => {
        &[$(Native { name: $name, style: Style::$style, arguments: $arguments, usage: $usage, call: $call }),*]
    };
}

static NATIVES: &[Native] = natives! {
    Both "size" 1..=1, "size(x)" => size;
    Global "type" 1..=1, "type(x)" => |_, a| Ok(Val::Type(a[0].type_name()));
    Global "dyn" 1..=1, "dyn(x)" => |_, a| Ok(a[0].clone());
    Global "int" 1..=1, "int(x)" => |_, a| math::int(&a[0]);
    Global "uint" 1..=1, "uint(x)" => |_, a| math::uint(&a[0]);
    Global "double" 1..=1, "double(x)" => |_, a| math::double(&a[0]);
    Global "bool" 1..=1, "bool(x)" => |_, a| math::bool(&a[0]);
    Global "string" 1..=1, "string(x)" => strings::string;
    Global "bytes" 1..=1, "bytes(text)" => strings::bytes;
    Global "timestamp" 1..=1, "timestamp(text)" => |_, a| time::timestamp(&a[0]);
    Global "duration" 1..=1, "duration(text), such as duration('1h30m')" => |_, a| time::duration(&a[0]);
    Both "matches" 2..=2, "text.matches(pattern)" => strings::matches_any;
    Method "contains" 2..=2, "text.contains(part)" => |m, a| strings::pair(m, a, |t, p| Val::Bool(t.contains(p)));
    Method "startsWith" 2..=2, "text.startsWith(part)" =>
        |m, a| strings::pair(m, a, |t, p| Val::Bool(t.starts_with(p)));
    Method "endsWith" 2..=2, "text.endsWith(part)" => |m, a| strings::pair(m, a, |t, p| Val::Bool(t.ends_with(p)));
    Method "lowerAscii" 1..=1, "text.lowerAscii()" => |m, a| strings::mapped(m, a, str::to_ascii_lowercase);
    Method "upperAscii" 1..=1, "text.upperAscii()" => |m, a| strings::mapped(m, a, str::to_ascii_uppercase);
    Method "trim" 1..=1, "text.trim()" => |m, a| strings::mapped(m, a, |text| text.trim().to_owned());
    Method "reverse" 1..=1, "x.reverse()" => lists::reverse;
    Method "charAt" 2..=2, "text.charAt(index)" => strings::char_at;
    Method "indexOf" 2..=3, "text.indexOf(part, start)" => strings::first;
    Method "lastIndexOf" 2..=3, "text.lastIndexOf(part, start)" => strings::last;
    Method "substring" 2..=3, "text.substring(from, to)" => strings::substring;
    Method "split" 2..=3, "text.split(separator, limit)" => strings::split;
    Method "urlEncode" 1..=1, "text.urlEncode()" => strings::url_encode;
    Method "join" 1..=2, "list.join(separator)" => strings::join;
    Method "replace" 3..=4, "text.replace(old, new, limit)" => strings::replace;
    Method "flatten" 1..=1, "list.flatten()" => lists::flatten;
    Method "distinct" 1..=1, "list.distinct()" => lists::distinct;
    Method "sort" 1..=1, "list.sort()" => lists::sort;
    Method "slice" 3..=3, "list.slice(from, to)" => lists::slice;
    Global "lists.range" 1..=1, "lists.range(n)" => lists::range;
    Global "math.greatest" 1..=64, "math.greatest(a, b, …)" => |m, a| math::extreme(m, a, true);
    Global "math.least" 1..=64, "math.least(a, b, …)" => |m, a| math::extreme(m, a, false);
    Global "math.abs" 1..=1, "math.abs(x)" => |_, a| math::abs(&a[0]);
    Global "math.ceil" 1..=1, "math.ceil(x)" => |_, a| math::rounded(&a[0], f64::ceil);
    Global "math.floor" 1..=1, "math.floor(x)" => |_, a| math::rounded(&a[0], f64::floor);
    Global "math.round" 1..=1, "math.round(x)" => |_, a| math::rounded(&a[0], f64::round);
    Global "math.trunc" 1..=1, "math.trunc(x)" => |_, a| math::rounded(&a[0], f64::trunc);
    Global "base64.encode" 1..=1, "base64.encode(bytes)" => encode;
    Global "optional.of" 1..=1, "optional.of(x)" => |_, a| Ok(Val::Optional(Some(Rc::new(a[0].clone()))));
    Global "optional.none" 0..=0, "optional.none()" => |_, _| Ok(Val::Optional(None));
    Method "hasValue" 1..=1, "optional.hasValue()" => |_, a| inner(&a[0]).map(|inner| Val::Bool(inner.is_some()));
    Method "value" 1..=1, "optional.value()" =>
        |_, a| inner(&a[0])?.ok_or_else(|| Fault::missing("value() was asked of an empty optional"));
    Method "orValue" 2..=2, "optional.orValue(otherwise)" => |_, a| Ok(inner(&a[0])?.unwrap_or_else(|| a[1].clone()));
    Method "or" 2..=2, "optional.or(optional)" =>
        |_, a| Ok(if inner(&a[0])?.is_some() { a[0].clone() } else { a[1].clone() });
    Method "getFullYear" 1..=2, "timestamp.getFullYear(zone)" => |_, a| time::part(a, time::Part::Year);
    Method "getMonth" 1..=2, "timestamp.getMonth(zone), from 0" => |_, a| time::part(a, time::Part::Month);
    Method "getDate" 1..=2, "timestamp.getDate(zone), from 1" => |_, a| time::part(a, time::Part::Date);
    Method "getDayOfMonth" 1..=2, "timestamp.getDayOfMonth(zone), from 0" =>
        |_, a| time::part(a, time::Part::DayOfMonth);
    Method "getDayOfWeek" 1..=2, "timestamp.getDayOfWeek(zone), Sunday is 0" =>
        |_, a| time::part(a, time::Part::DayOfWeek);
    Method "getDayOfYear" 1..=2, "timestamp.getDayOfYear(zone), from 0" => |_, a| time::part(a, time::Part::DayOfYear);
    Method "getHours" 1..=2, "timestamp.getHours(zone)" => |_, a| time::part(a, time::Part::Hours);
    Method "getMinutes" 1..=2, "timestamp.getMinutes(zone)" => |_, a| time::part(a, time::Part::Minutes);
    Method "getSeconds" 1..=2, "timestamp.getSeconds(zone)" => |_, a| time::part(a, time::Part::Seconds);
    Method "getMilliseconds" 1..=2, "timestamp.getMilliseconds(zone)" =>
        |_, a| time::part(a, time::Part::Milliseconds);
};

/// The function of a name; `method` where it is called as `x.f()`.
pub(super) fn find(name: &str, method: bool) -> Option<&'static Native> {
    let not = if method { Style::Global } else { Style::Method };
    NATIVES.iter().find(|native| native.name == name && native.style != not)
}

/// The message about a function that does not exist, with what was probably meant.
pub(super) fn unknown(name: &str) -> String {
    let hint = match name {
        "now" => "; expressions have no clock: use execution.started_at, or pass the time as an input",
        "lower" | "toLowerCase" | "lowercase" => "; use text.lowerAscii()",
        "upper" | "toUpperCase" | "uppercase" => "; use text.upperAscii()",
        "length" | "len" | "count" => "; use size(x)",
        "encodeURIComponent" | "urlencode" | "url_encode" | "encodeUrl" => "; use text.urlEncode()",
        "includes" => "; use `x in list` or text.contains(part)",
        "toString" | "str" => "; use string(x)",
        "any" | "some" => "; use list.exists(x, …)",
        _ if find(name, true).is_some() => "; it is called on a value, as in x.f()",
        _ if find(name, false).is_some() => "; it is called as f(x)",
        _ => "",
    };
    format!("there is no function {name}(){hint}")
}

/// The value that an optional holds; none where it is empty. Other values are an error.
fn inner<'a>(value: &Val<'a>) -> Result<Option<Val<'a>>, Fault> {
    match value {
        Val::Optional(inner) => Ok(inner.as_ref().map(|inner| (**inner).clone())),
        other => Err(Fault::error(format!("an optional such as a.?b is needed here, not {}", other.described()))),
    }
}

fn size<'a>(machine: &mut Machine<'a>, a: &[Val<'a>]) -> Evaluated<'a> {
    let size = match &a[0] {
        Val::Text(text) => {
            machine.charge_text(text.len())?;
            text.chars().count()
        }
        Val::Bytes(bytes) => bytes.len(),
        other => other.list_len().or(other.map_len()).ok_or_else(|| {
            Fault::error(format!("size() takes a string, a list or an object, not {}", other.described()))
        })?,
    };
    Ok(Val::Int(size as i64))
}

fn encode<'a>(machine: &mut Machine<'a>, a: &[Val<'a>]) -> Evaluated<'a> {
    match &a[0] {
        Val::Bytes(bytes) => {
            machine.build(bytes.len() / 3 * 4 + 4)?;
            Ok(Val::text(base64(bytes)))
        }
        other => Err(Fault::error(format!("base64.encode() takes bytes, not {}", other.described()))),
    }
}
