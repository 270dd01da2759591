//! Two stores, one script.

use super::{
    play::{Played, Process, play},
    script::Script,
};

/// Plays a script on two stores. What they keep must be the same, turn by turn.
///
/// # Errors
/// Says what is not as it should be, or where they differ first.
pub async fn agrees(one: &mut dyn Process, other: &mut dyn Process, script: &Script) -> Result<Played, String> {
    let (one, other) = (play(one, script).await?, play(other, script).await?);
    match difference(&one, &other) {
        None => Ok(one),
        Some(difference) => Err(difference),
    }
}

/// The first difference of two plays.
fn difference(one: &Played, other: &Played) -> Option<String> {
    let (mine, theirs): (Vec<_>, Vec<_>) = (one.journals.keys().collect(), other.journals.keys().collect());
    if mine != theirs {
        return Some(format!("there are the executions {mine:?}, and on the other store {theirs:?}"));
    }
    for (id, turns) in &one.journals {
        let others = &other.journals[id];
        let differs = turns.iter().zip(others).find(|(turn, other)| turn != other);
        if let Some((turn, other)) = differs {
            return Some(format!("{id} differs: {turn:#?}\nis on the other store {other:#?}"));
        }
        if turns.len() != others.len() {
            return Some(format!("{id} has {} turns, and on the other store {}", turns.len(), others.len()));
        }
    }
    let (mine, theirs) = (&one.outside, &other.outside);
    (mine != theirs).then(|| format!("the outside world was asked {mine:?}, and by the other store {theirs:?}"))
}
