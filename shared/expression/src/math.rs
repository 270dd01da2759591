//! Numbers: conversions and CEL's math extension.

use super::{
    error::Fault,
    eval::{Evaluated, Machine},
    time,
    value::Val,
};

fn refused(name: &str, value: &Val<'_>) -> Fault {
    Fault::error(format!("{name}() does not take {}", value.described()))
}

fn unreadable(name: &str) -> Fault {
    Fault::error(format!("{name}() cannot read this text or number"))
}

/// Converts to an int. Doubles are truncated, and a timestamp gives the seconds since 1970.
pub(super) fn int<'a>(value: &Val<'a>) -> Evaluated<'a> {
    let read = match value {
        Val::Int(value) => Some(*value),
        Val::Uint(value) => i64::try_from(*value).ok(),
        // The rough bounds only keep NaN out, which would cast to 0; the conversion from 128 bits is the exact check.
        Val::Double(value) if *value > -9.3e18 && *value < 9.3e18 => i64::try_from(*value as i128).ok(),
        Val::Double(_) => None,
        Val::Text(text) => text.parse().ok(),
        Val::Timestamp(time) => Some(time::seconds(*time)),
        other => return Err(refused("int", other)),
    };
    read.map(Val::Int).ok_or_else(|| unreadable("int"))
}

pub(super) fn uint<'a>(value: &Val<'a>) -> Evaluated<'a> {
    let read = match value {
        Val::Int(value) => u64::try_from(*value).ok(),
        Val::Uint(value) => Some(*value),
        Val::Double(value) if *value > -1.0 && *value < 1.9e19 => u64::try_from(*value as u128).ok(),
        Val::Double(_) => None,
        Val::Text(text) => text.parse().ok(),
        other => return Err(refused("uint", other)),
    };
    read.map(Val::Uint).ok_or_else(|| unreadable("uint"))
}

pub(super) fn double<'a>(value: &Val<'a>) -> Evaluated<'a> {
    let read = match value {
        Val::Int(value) => Some(*value as f64),
        Val::Uint(value) => Some(*value as f64),
        Val::Double(value) => Some(*value),
        Val::Text(text) => text.parse().ok(),
        other => return Err(refused("double", other)),
    };
    read.map(Val::Double).ok_or_else(|| unreadable("double"))
}

pub(super) fn bool<'a>(value: &Val<'a>) -> Evaluated<'a> {
    match value {
        Val::Bool(value) => Ok(Val::Bool(*value)),
        Val::Text(text) => match &**text {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(Val::Bool(true)),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(Val::Bool(false)),
            _ => Err(unreadable("bool")),
        },
        other => Err(refused("bool", other)),
    }
}

/// The greatest or least of numbers, given one by one or as one list.
pub(super) fn extreme<'a>(m: &mut Machine<'a>, a: &[Val<'a>], greatest: bool) -> Evaluated<'a> {
    let listed = a[0].list_len().filter(|_| a.len() == 1);
    let numbers: Vec<Val<'a>> = match listed {
        Some(length) => {
            m.build(length * size_of::<Val>())?;
            (0..length).filter_map(|i| a[0].element(i)).collect()
        }
        None => a.to_vec(),
    };
    let mut numbers = numbers.into_iter();
    let mut best = numbers.next().ok_or_else(|| Fault::error("an empty list has no greatest or least number"))?;
    if !matches!(best, Val::Int(_) | Val::Uint(_) | Val::Double(_)) {
        return Err(refused("math", &best));
    }
    for number in numbers {
        if m.order(&number, &best, "math")?.is_some_and(|order| if greatest { order.is_gt() } else { order.is_lt() }) {
            best = number;
        }
    }
    Ok(best)
}

pub(super) fn abs<'a>(value: &Val<'a>) -> Evaluated<'a> {
    match value {
        Val::Int(value) => value.checked_abs().map(Val::Int).ok_or_else(|| unreadable("math.abs")),
        Val::Uint(value) => Ok(Val::Uint(*value)),
        Val::Double(value) => Ok(Val::Double(value.abs())),
        other => Err(refused("math.abs", other)),
    }
}

/// Rounds a double, which stays a double. Ints and uints are whole already and stay as they are.
pub(super) fn rounded<'a>(value: &Val<'a>, round: fn(f64) -> f64) -> Evaluated<'a> {
    match value {
        Val::Int(_) | Val::Uint(_) => Ok(value.clone()),
        Val::Double(value) => Ok(Val::Double(round(*value))),
        other => Err(refused("rounding", other)),
    }
}
