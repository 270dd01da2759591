//! Runs of what comes from another host.

use super::{Faults, Run};
use engine::{moving::Piece, port::Delivers};
use serde_json::Value;

impl Run {
    /// A run of what came from another host, which is left there. The outside world is the same.
    pub fn arrived(
        saved: &[Value],
        (seed, faults): (u64, Faults),
        delivers: Delivers,
        from: &Run,
        all: &[Piece],
    ) -> Self {
        let run = Self::empty(saved, seed, faults, delivers);
        let (now, outside) = {
            let from = from.host.world();
            (from.now, from.outside.clone())
        };
        run.host.world().now = now;
        run.host.world().outside = outside;
        for piece in all {
            run.import(piece);
        }
        // What comes from there is asked for through the API.
        run.host.world().unheard += 1;
        run
    }
}
