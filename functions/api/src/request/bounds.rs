//! How far an answer may go, where something between the service and its caller limits it.

use crate::request::page::Room;
use tokio::time::Instant;

/// How long an answer may last and how large it may become. The entry point that knows such limits, as on Lambda, adds
/// this to the request's extensions; a request without it has an answer without bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The moment by which the answer must have ended.
    pub until: Instant,
    /// The bytes that the answer may have, about, where it is sent in one piece. None: it is streamed.
    pub whole: Option<usize>,
}

tokio::task_local! {
    /// The bytes of values that the answer to the present request may show, where it is sent in one piece.
    static VALUES: usize;
}

/// Answers a request in one piece, in which so many bytes of offloaded values may be shown.
#[cfg(feature = "lambda")]
pub async fn in_one_piece<T>(values: usize, answer: impl Future<Output = T>) -> T {
    VALUES.scope(values, answer).await
}

/// Says of one value after the other, by its bytes, whether the answer to the present request can show it. One that is
/// larger than the whole answer never has room, or nobody could see what is shown beside it.
pub fn room_for_values() -> impl FnMut(usize) -> bool + Send {
    let most = VALUES.try_with(|most| *most).ok();
    let mut room = most.map(Room::of);
    move |bytes| room.as_mut().is_none_or(|room| most.is_some_and(|most| bytes <= most) && room.takes(bytes))
}
