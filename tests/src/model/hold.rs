//! Plays a script, and where it fails says so with the shortest script that does.

use super::{
    script::Script,
    shrink::{replay, shrink},
};
use futures::FutureExt;
use std::{any::Any, panic::AssertUnwindSafe};

/// What a play gives. Where it fails or panics, this panics with the error of the shortest script that still fails, and
/// with that script as code; `on` says on what it is played.
pub async fn hold<T>(script: &Script, on: &str, plays: impl AsyncFn(&Script) -> Result<T, String>) -> T {
    let error = match tried(script, &plays).await {
        Ok(played) => return played,
        Err(error) => error,
    };
    let with = |steps: &[super::Step]| Script { steps: steps.to_vec(), ..script.clone() };
    let fails = async |steps: &[super::Step]| tried(&with(steps), &plays).await.is_err();
    let short = with(&shrink(script.steps.clone(), fails).await);
    let last = tried(&short, &plays).await.err().unwrap_or(error);
    let again = format!("SCRIPT_SEED={} cargo test -p stepwell-tests --test all commands", script.seed);
    let seed = script.seed;
    panic!("seed {seed} on {on}: {last}\nAgain: {again}\nThe shortest script that fails:\n{}", replay(&short));
}

async fn tried<T>(script: &Script, plays: impl AsyncFn(&Script) -> Result<T, String>) -> Result<T, String> {
    let played = AssertUnwindSafe(plays(script)).catch_unwind().await;
    played.unwrap_or_else(|panic| Err(format!("a panic: {}", text(&*panic))))
}

fn text(panic: &(dyn Any + Send)) -> &str {
    let owned = panic.downcast_ref::<String>().map(String::as_str);
    owned.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a text")
}
