//! A request whose answer is a stream of events, from a host elsewhere or in this process.

use super::broken;
use crate::{
    Failure,
    client::{Client, Way},
    limits,
};
use axum::{
    body::{Body, to_bytes},
    http::Request,
};
use futures::StreamExt;
use serde_json::Value;
use tower::ServiceExt;

impl Client {
    /// Sends a POST, and tells each event of its answer by its name and data.
    pub async fn events(&self, path: &str, body: &Value, mut each: impl FnMut(&str, &Value)) -> Result<(), Failure> {
        let mut headers = vec![("accept", "text/event-stream"), ("content-type", "application/json")];
        headers.push((api::CLIENT, "cli"));
        let mut parts = Parts::default();
        match self {
            Self::Remote { http, way, base } => {
                let mut request =
                    http.post(format!("{base}{path}")).timeout(limits::LONG_ANSWER).body(body.to_string());
                if let Way::Socket { owner: Some(owner), .. } = way {
                    headers.push((api::OWNER, owner));
                }
                if let Way::Net { token: Some(token) } = way {
                    request = request.bearer_auth(token);
                }
                request = headers.into_iter().fold(request, |request, (name, value)| request.header(name, value));
                let mut answer = request.send().await.map_err(|_| broken("the host does not answer"))?;
                let status = answer.status().as_u16();
                if status != 200 {
                    let told = answer.bytes().await.map_err(|_| broken("the host does not answer"))?;
                    return Err(Failure::from_problem(status, serde_json::from_slice(&told).ok()));
                }
                while let Some(bytes) = answer.chunk().await.map_err(|_| broken("the connection was cut"))? {
                    parts.take(&bytes, &mut each);
                }
            }
            Self::Local { router, owner, .. } => {
                headers.extend(owner.as_deref().map(|owner| (api::OWNER, owner)));
                let request =
                    headers.into_iter().fold(Request::post(path), |request, (name, value)| request.header(name, value));
                let request = request.body(Body::from(body.to_string())).map_err(broken)?;
                let answer = router.clone().oneshot(request).await.map_err(broken)?;
                let status = answer.status().as_u16();
                if status != 200 {
                    let told = to_bytes(answer.into_body(), limits::ANSWER_BYTES).await.map_err(broken)?;
                    return Err(Failure::from_problem(status, serde_json::from_slice(&told).ok()));
                }
                let mut body = answer.into_body().into_data_stream();
                while let Some(bytes) = body.next().await {
                    parts.take(&bytes.map_err(broken)?, &mut each);
                }
            }
        }
        Ok(())
    }
}

/// The bytes of an event whose end has not come.
#[derive(Default)]
struct Parts(Vec<u8>);

impl Parts {
    /// Tells the events that end in these bytes.
    fn take(&mut self, bytes: &[u8], each: &mut impl FnMut(&str, &Value)) {
        self.0.extend_from_slice(bytes);
        while let Some(end) = self.0.windows(2).position(|two| two == b"\n\n") {
            let event: Vec<u8> = self.0.drain(..end + 2).collect();
            let event = String::from_utf8_lossy(&event);
            let named = event.trim_end().strip_prefix("event: ").and_then(|event| event.split_once("\ndata: "));
            if let Some((name, Ok(data))) = named.map(|(name, data)| (name, serde_json::from_str(data))) {
                each(name, &data);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_told_wherever_the_stream_is_cut() {
        let stream = "event: start\ndata: {\"a\":1}\n\n: heartbeat\n\nevent: end\ndata: {\"b\":\"ü\"}\n\n";
        for at_once in [1, 5, 500] {
            let (mut parts, mut told) = (Parts::default(), Vec::new());
            for bytes in stream.as_bytes().chunks(at_once) {
                parts.take(bytes, &mut |name, data| told.push(format!("{name} {data}")));
            }
            assert_eq!(told, ["start {\"a\":1}", "end {\"b\":\"ü\"}"]);
        }
    }
}
