//! Functions over lists.

use super::{
    error::Fault,
    eval::{Evaluated, Machine},
    strings::count,
    value::Val,
};
use std::cmp::Ordering;

/// The elements of a list. Takes the room of a new list of as many, which the caller is about to build.
fn elements<'a>(m: &mut Machine<'a>, value: &Val<'a>) -> Result<Vec<Val<'a>>, Fault> {
    let length = value.list_len();
    let length = length.ok_or_else(|| Fault::error(format!("a list is needed here, not {}", value.described())))?;
    m.build(length * size_of::<Val>())?;
    m.charge(length as u64)?;
    Ok((0..length).filter_map(|i| value.element(i)).collect())
}

/// Reverses a list, or the characters of a text.
pub(super) fn reverse<'a>(m: &mut Machine<'a>, a: &[Val<'a>]) -> Evaluated<'a> {
    if let Val::Text(text) = &a[0] {
        m.build(text.len())?;
        return Ok(Val::text(text.chars().rev().collect::<String>()));
    }
    let mut items = elements(m, &a[0])?;
    items.reverse();
    Ok(Val::list(items))
}

/// Puts the elements of inner lists in place of these lists, one level deep.
pub(super) fn flatten<'a>(m: &mut Machine<'a>, a: &[Val<'a>]) -> Evaluated<'a> {
    let mut flat = Vec::new();
    for item in elements(m, &a[0])? {
        if item.list_len().is_some() {
            flat.extend(elements(m, &item)?);
        } else {
            flat.push(item);
        }
    }
    Ok(Val::list(flat))
}

/// Keeps the first of equal elements. The time is quadratic, which the budget of steps bounds.
pub(super) fn distinct<'a>(m: &mut Machine<'a>, a: &[Val<'a>]) -> Evaluated<'a> {
    let mut kept: Vec<Val<'a>> = Vec::new();
    'items: for item in elements(m, &a[0])? {
        for known in &kept {
            if m.equal(known, &item)? {
                continue 'items;
            }
        }
        kept.push(item);
    }
    Ok(Val::list(kept))
}

/// Sorts in ascending order; equal elements keep their order. All elements must be of comparable types.
pub(super) fn sort<'a>(m: &mut Machine<'a>, a: &[Val<'a>]) -> Evaluated<'a> {
    let items = elements(m, &a[0])?;
    // All are compared with the first beforehand, since sorting needs an order that is defined for every pair.
    for item in &items {
        m.order(&items[0], item, "sort()")?.ok_or_else(|| Fault::error("sort() cannot place a NaN"))?;
    }
    let mut failed = None;
    let mut sorted = items;
    sorted.sort_by(|a, b| match m.order(a, b, "sort()") {
        Ok(order) => order.unwrap_or(Ordering::Equal),
        Err(fault) => {
            failed = Some(fault);
            Ordering::Equal
        }
    });
    failed.map_or_else(|| Ok(Val::list(sorted)), Err)
}

/// The elements from one position up to, but not including, another; both count from 0.
pub(super) fn slice<'a>(m: &mut Machine<'a>, a: &[Val<'a>]) -> Evaluated<'a> {
    let (items, from, to) = (elements(m, &a[0])?, count(&a[1])?, count(&a[2])?);
    let part = items.get(from..to).ok_or_else(|| Fault::error("the positions of slice() are outside of the list"))?;
    Ok(Val::list(part.to_vec()))
}

/// The ints from 0 up to, but not including, the argument.
pub(super) fn range<'a>(m: &mut Machine<'a>, a: &[Val<'a>]) -> Evaluated<'a> {
    let length = count(&a[0])?;
    m.build(length.saturating_mul(size_of::<Val>()))?;
    Ok(Val::list((0..length as i64).map(Val::Int).collect()))
}
