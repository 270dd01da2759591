//! The choke point that every request to DynamoDB and every call of a stand-in passes. One of them can be made to fail,
//! before or after it takes effect, or to be the last that its process makes.

use super::quotas::Buckets;
use aws_smithy_http_client::{Builder, tls};
use aws_smithy_runtime_api::client::{
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
    },
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::body::SdkBody;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};
use tokio::sync::Notify;

/// What goes wrong with one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The call fails before it takes effect.
    ErrorBefore,
    /// The call takes effect, and its answer is lost.
    ErrorAfter,
    /// The process dies before the call takes effect.
    CrashBefore,
    /// The process dies as soon as the call has taken effect.
    CrashAfter,
}

impl Fault {
    /// Every fault there is.
    pub const ALL: [Self; 4] = [Self::ErrorBefore, Self::ErrorAfter, Self::CrashBefore, Self::CrashAfter];
}

/// Counts calls, and injects a planned fault into one of them.
#[derive(Debug, Default)]
pub struct Wire {
    seen: Mutex<Seen>,
    crashed: Notify,
    buckets: Mutex<Option<Buckets>>,
}

/// What has passed since the last plan was made.
#[derive(Debug, Default)]
struct Seen {
    calls: u64,
    /// The name of each call, in order.
    kinds: Vec<String>,
    /// The number of the call to fail, counted from 1, and how.
    plan: Option<(u64, Fault)>,
    injected: u64,
    /// Whether calls neither count nor fail at the moment.
    quiet: bool,
}

impl Wire {
    /// Begins to count anew, with a fault for the call of a number, counted from 1; None: without a fault.
    pub fn plan(&self, plan: Option<(u64, Fault)>) {
        let mut seen = self.seen();
        *seen = Seen { plan, quiet: seen.quiet, ..Seen::default() };
    }

    /// Has requests to DynamoDB refused from now on that these buckets are too empty for.
    pub(super) fn limit(&self, buckets: Buckets) {
        *self.buckets() = Some(buckets);
    }

    /// How many writes were refused for a quota.
    pub fn throttled(&self) -> u64 {
        self.buckets().as_ref().map_or(0, |buckets| buckets.refused)
    }

    /// The answer of DynamoDB to a request that is beyond a quota; none where it is within all.
    fn over(&self, kind: &str, request: &HttpRequest) -> Option<HttpResponse> {
        let mut buckets = self.buckets();
        let body = serde_json::from_slice(request.body().bytes().unwrap_or_default()).unwrap_or_default();
        if buckets.as_mut()?.take(kind, &body) {
            return None;
        }
        let told = r#"{"__type": "com.amazonaws#ProvisionedThroughputExceededException", "message": "over a quota"}"#;
        Some(HttpResponse::new(400.try_into().expect("it is a status"), SdkBody::from(told)))
    }

    fn buckets(&self) -> MutexGuard<'_, Option<Buckets>> {
        self.buckets.lock().expect("nothing panics while it holds the lock")
    }

    /// How many calls have passed since the plan was made.
    pub fn calls(&self) -> u64 {
        self.seen().calls
    }

    /// How many calls of each name have passed since the plan was made.
    pub fn kinds(&self) -> BTreeMap<String, u64> {
        let mut counts = BTreeMap::new();
        for kind in &self.seen().kinds {
            *counts.entry(kind.clone()).or_default() += 1;
        }
        counts
    }

    /// The number of the last call of a name, counted from 1; 0 where there was none.
    pub fn last(&self, kind: &str) -> u64 {
        let seen = self.seen();
        (1..)
            .zip(&seen.kinds)
            .filter(|(_, called)| *called == kind)
            .map(|(number, _)| number)
            .last()
            .unwrap_or_default()
    }

    /// The calls around one of them, in order, to be shown with a failure.
    pub fn around(&self, call: u64) -> String {
        let at = usize::try_from(call).unwrap_or_default();
        let seen = self.seen();
        let shown = (1..).zip(&seen.kinds).skip(at.saturating_sub(8)).take(16);
        shown.map(|(number, kind)| format!("{number} {kind}")).collect::<Vec<_>>().join(", ")
    }

    /// How many faults were injected since the plan was made.
    pub fn injected(&self) -> u64 {
        self.seen().injected
    }

    /// Does something whose calls neither count nor fail.
    pub async fn quietly<T>(&self, job: impl Future<Output = T>) -> T {
        let before = std::mem::replace(&mut self.seen().quiet, true);
        let done = job.await;
        self.seen().quiet = before;
        done
    }

    /// Resolves when a call is the last of its process.
    pub async fn crash(&self) {
        self.crashed.notified().await;
    }

    /// Passes one call of this name, around its effect. `error` makes an error of a text where the call is to fail.
    pub async fn pass<T, E>(
        &self,
        kind: &str,
        error: impl Fn(&str) -> E,
        effect: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let fault = self.draw(kind);
        match fault {
            Some(Fault::ErrorBefore) => return Err(error("injected, nothing was done")),
            Some(Fault::CrashBefore) => self.die().await,
            _ => {}
        }
        let done = effect.await;
        match fault {
            Some(Fault::ErrorAfter) => Err(error("injected, it was done")),
            Some(Fault::CrashAfter) => {
                self.die().await;
                done
            }
            _ => done,
        }
    }

    /// Counts a call, and says which fault it meets.
    fn draw(&self, kind: &str) -> Option<Fault> {
        let mut seen = self.seen();
        if seen.quiet {
            return None;
        }
        seen.calls += 1;
        seen.kinds.push(kind.to_owned());
        let call = seen.calls;
        let fault = seen.plan.filter(|(at, _)| *at == call).map(|(_, fault)| fault);
        seen.injected += u64::from(fault.is_some());
        fault
    }

    /// Lets the process die: the call never returns, and the test drops the job that made it.
    async fn die(&self) {
        self.crashed.notify_one();
        std::future::pending::<()>().await;
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().expect("nothing panics while it holds the lock")
    }
}

/// An HTTP client for AWS whose requests pass the choke point.
pub fn client(wire: &Arc<Wire>) -> SharedHttpClient {
    let inner = Builder::new().tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring));
    SharedHttpClient::new(Choke { inner: inner.build_https(), wire: wire.clone() })
}

#[derive(Debug)]
struct Choke {
    inner: SharedHttpClient,
    wire: Arc<Wire>,
}

impl HttpClient for Choke {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(Choked { inner, wire: self.wire.clone() })
    }
}

#[derive(Debug)]
struct Choked {
    inner: SharedHttpConnector,
    wire: Arc<Wire>,
}

impl HttpConnector for Choked {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (inner, wire) = (self.inner.clone(), self.wire.clone());
        HttpConnectorFuture::new(async move {
            // DynamoDB's protocol names the call in this header, as `DynamoDB_20120810.PutItem`.
            let target = request.headers().get("x-amz-target").unwrap_or_default();
            let kind = target.rsplit('.').next().unwrap_or_default().to_owned();
            let error = |told: &str| ConnectorError::io(told.to_owned().into());
            let effect = async {
                match wire.over(&kind, &request) {
                    Some(refusal) => Ok(refusal),
                    None => inner.call(request).await,
                }
            };
            wire.pass(&kind, error, effect).await
        })
    }
}
