//! Functions over lists.

use super::{
    error::Fault,
    eval::{Evaluated, Machine},
    strings::count,
    value::Val,
};
use std::cmp::Ordering;

/// A list's elements, with the room for a new list of them.
fn elements<'a>(m: &mut Machine<'a>, value: &Val<'a>) -> Result<Vec<Val<'a>>, Fault> {
    let length = value.list_len();
    let length = length.ok_or_else(|| Fault::error(format!("a list is needed here, not {}", value.described())))?;
    m.build(length * size_of::<Val>())?;
    m.charge(length as u64)?;
    Ok((0..length).filter_map(|i| value.element(i)).collect())
}

pub(super) fn reverse<'a>(m: &mut Machine<'a>, a: &[Val<'a>]) -> Evaluated<'a> {
    if let Val::Text(text) = &a[0] {
        m.build(text.len())?;
        return Ok(Val::text(text.chars().rev().collect::<String>()));
    }
    let mut items = elements(m, &a[0])?;
    items.reverse();
    Ok(Val::list(items))
}

/// One level.
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

/// Ascending and stable; all must be of comparable types.
pub(super) fn sort<'a>(m: &mut Machine<'a>, a: &[Val<'a>]) -> Evaluated<'a> {
    let items = elements(m, &a[0])?;
    // Checked against the first: an order that fails in the midst of a sort would be none.
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

pub(super) fn slice<'a>(m: &mut Machine<'a>, a: &[Val<'a>]) -> Evaluated<'a> {
    let (items, from, to) = (elements(m, &a[0])?, count(&a[1])?, count(&a[2])?);
    let part = items.get(from..to).ok_or_else(|| Fault::error("the positions of slice() are outside of the list"))?;
    Ok(Val::list(part.to_vec()))
}

pub(super) fn range<'a>(m: &mut Machine<'a>, a: &[Val<'a>]) -> Evaluated<'a> {
    let length = count(&a[0])?;
    m.build(length.saturating_mul(size_of::<Val>()))?;
    Ok(Val::list((0..length as i64).map(Val::Int).collect()))
}
