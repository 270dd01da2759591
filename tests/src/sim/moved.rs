//! Takes in what comes from another host.

use super::world::SimHost;
use engine::moving::{Importer, Piece, import};

/// Takes a part in. False where the host failed, so that it is sent again.
pub(super) async fn taken(host: &SimHost, piece: &Piece) -> bool {
    let to = Importer { owner: "owner", by: "mover@example.com" };
    match import(host, &to, piece, false).await {
        Ok(Ok(_)) => true,
        Ok(Err(refusal)) => panic!("{refusal}: {piece:?}"),
        Err(_) => false,
    }
}
