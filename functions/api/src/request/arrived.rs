//! When a request came.

use crate::{App, Problem};
use axum::{extract::FromRequestParts, http::request::Parts};
use document::time::Time;
use std::sync::Arc;
use stepwell_core::limits;

/// When a gateway took a request in. The entry point that is told so, as on Lambda, adds it to the request's extensions:
/// a function that has to start first comes to see the request a second or two later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TakenIn(pub Time);

/// When a request came, by the host's clock, before its body was read or anything was looked up for it.
pub(crate) struct Arrived(pub Time);

impl FromRequestParts<Arc<App>> for Arrived {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let now = app.host.now();
        // What no request can have waited for so long is no time of this request, as where an event is sent by hand.
        let gateway = parts.extensions.get::<TakenIn>().map(|taken| taken.0);
        let gateway = gateway.filter(|at| *at <= now && now.since(*at) <= limits::UNDER_WAY);
        Ok(Self(gateway.unwrap_or(now)))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use axum::http::Request;
    use engine::port::Clock;
    use memory::Memory;

    #[tokio::test]
    async fn a_request_came_when_the_gateway_took_it_in_unless_that_cannot_be() {
        let host = Arc::new(Memory::new(Time(1_000_000)));
        let app = Arc::new(App::new(host.clone()));
        let now = host.now();
        let ago = |seconds: i64| Some(Time(now.0 - seconds * 1000));
        let cases = [(None, now), (ago(2), Time(now.0 - 2000)), (ago(61), now), (ago(-1), now), (Some(Time(0)), now)];
        for (taken_in, came) in cases {
            let mut request = Request::new(());
            if let Some(at) = taken_in {
                request.extensions_mut().insert(TakenIn(at));
            }
            let (mut parts, ()) = request.into_parts();
            let arrived = Arrived::from_request_parts(&mut parts, &app).await.unwrap();
            assert_eq!(arrived.0, came, "{taken_in:?}");
        }
    }
}
