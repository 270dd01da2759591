//! The operators `+ - * / %`. Integers never wrap: an overflow is an error. An int and a double give a double.

use super::{error::Fault, eval::Machine, node::Operator, value::Val};

impl<'a> Machine<'a> {
    pub(super) fn arithmetic(&mut self, operator: Operator, a: &Val<'a>, b: &Val<'a>) -> Result<Val<'a>, Fault> {
        match (a, b) {
            (Val::Int(a), Val::Int(b)) => integers(operator, *a, *b).map(Val::Int),
            (Val::Uint(a), Val::Uint(b)) => {
                let result = wide(operator, i128::from(*a), i128::from(*b))?;
                u64::try_from(result).map(Val::Uint).map_err(|_| overflow(operator))
            }
            (Val::Int(a), Val::Uint(b)) => mixed(operator, i128::from(*a), i128::from(*b)),
            (Val::Uint(a), Val::Int(b)) => mixed(operator, i128::from(*a), i128::from(*b)),
            _ => match (double(a), double(b)) {
                (Some(a), Some(b)) => doubles(operator, a, b),
                _ if operator == Operator::Add => self.add(a, b),
                _ => super::time::subtract(operator, a, b).unwrap_or_else(|| Err(mismatch(operator, a, b))),
            },
        }
    }

    fn add(&mut self, a: &Val<'a>, b: &Val<'a>) -> Result<Val<'a>, Fault> {
        match (a, b) {
            (Val::Text(a), Val::Text(b)) => {
                self.build(a.len() + b.len())?;
                Ok(Val::text([&**a, &**b].concat()))
            }
            (Val::Bytes(a), Val::Bytes(b)) => {
                self.build(a.len() + b.len())?;
                Ok(Val::Bytes([&**a, &**b].concat().into()))
            }
            _ => {
                if let (Some(first), Some(second)) = (a.list_len(), b.list_len()) {
                    self.build((first + second) * size_of::<Val>())?;
                    let items = (0..first).filter_map(|i| a.element(i)).chain((0..second).filter_map(|i| b.element(i)));
                    return Ok(Val::list(items.collect()));
                }
                super::time::add(a, b).unwrap_or_else(|| Err(mismatch(Operator::Add, a, b)))
            }
        }
    }
}

fn integers(operator: Operator, a: i64, b: i64) -> Result<i64, Fault> {
    let result = match operator {
        Operator::Add => a.checked_add(b),
        Operator::Subtract => a.checked_sub(b),
        Operator::Multiply => a.checked_mul(b),
        Operator::Divide | Operator::Modulo if b == 0 => return Err(by_zero(operator)),
        Operator::Divide => a.checked_div(b),
        // The least int modulo -1 is 0. `checked_rem` gives none for it, since the processor's division overflows.
        _ => Some(a.wrapping_rem(b)),
    };
    result.ok_or_else(|| overflow(operator))
}

/// The exact result of 64-bit operands of any sign. Sums always fit; the product of two uints may not.
fn wide(operator: Operator, a: i128, b: i128) -> Result<i128, Fault> {
    Ok(match operator {
        Operator::Add => a + b,
        Operator::Subtract => a - b,
        Operator::Multiply => a.checked_mul(b).ok_or_else(|| overflow(operator))?,
        Operator::Divide | Operator::Modulo if b == 0 => return Err(by_zero(operator)),
        Operator::Divide => a / b,
        _ => a % b,
    })
}

/// The result of an int and a uint: an int where it fits in 64 bits, and a uint otherwise.
fn mixed<'a>(operator: Operator, a: i128, b: i128) -> Result<Val<'a>, Fault> {
    let result = wide(operator, a, b)?;
    let int = i64::try_from(result).map(Val::Int);
    int.or_else(|_| u64::try_from(result).map(Val::Uint)).map_err(|_| overflow(operator))
}

fn doubles<'a>(operator: Operator, a: f64, b: f64) -> Result<Val<'a>, Fault> {
    Ok(Val::Double(match operator {
        Operator::Add => a + b,
        Operator::Subtract => a - b,
        Operator::Multiply => a * b,
        Operator::Divide | Operator::Modulo if b == 0.0 => return Err(by_zero(operator)),
        Operator::Divide => a / b,
        _ => a % b,
    }))
}

/// A number as a double; none for other types.
fn double(value: &Val<'_>) -> Option<f64> {
    match value {
        Val::Int(value) => Some(*value as f64),
        Val::Uint(value) => Some(*value as f64),
        Val::Double(value) => Some(*value),
        _ => None,
    }
}

fn overflow(operator: Operator) -> Fault {
    Fault::error(format!("`{}` overflows 64 bits; use double() for larger numbers", operator.symbol()))
}

fn by_zero(operator: Operator) -> Fault {
    Fault::error(if operator == Operator::Divide { "division by zero" } else { "modulo by zero" })
}

fn mismatch(operator: Operator, a: &Val<'_>, b: &Val<'_>) -> Fault {
    let hint = match (operator, a, b) {
        (Operator::Add, Val::Text(_), _) | (Operator::Add, _, Val::Text(_)) => "; use string(x) to join it to a text",
        (_, Val::Text(_), _) | (_, _, Val::Text(_)) => "; use int(x) or double(x) to read a number from a text",
        _ => "",
    };
    Fault::error(format!("`{}` does not take {} and {}{hint}", operator.symbol(), a.described(), b.described()))
}
