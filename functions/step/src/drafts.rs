//! The HTTP service of this function: drafts, which language models write. It asks models with the rights by which agents ask
//! them, so that no other function needs a way to reach servers that a caller names.

use api::{App, Jwt, workflows};
use aws::{Aws, Fetcher};
use axum::Router;
use lambda_http::{Context, request::LambdaRequest};
use lambda_runtime::Error;
use serde_json::value::RawValue;
use std::sync::{Arc, OnceLock};

/// The service, which is made with the first request: steps begin no later for it, and go on where it cannot be made.
pub struct Drafts {
    host: Arc<Aws>,
    service: OnceLock<Router>,
}

impl Drafts {
    /// A service over the host of the steps.
    pub fn new(host: Arc<Aws>) -> Self {
        Self { host, service: OnceLock::new() }
    }

    /// Answers one request, as API Gateway hands it to a function.
    ///
    /// # Errors
    /// The event is no request, or the settings of JSON Web Tokens are wrong.
    pub async fn answer(&self, event: &str, context: Context) -> Result<Box<RawValue>, Error> {
        let request: LambdaRequest = serde_json::from_str(event)?;
        let service = match self.service.get() {
            Some(service) => service,
            None => {
                let made = self.made()?;
                self.service.get_or_init(|| made)
            }
        };
        api::lambda::whole(service, request, context).await
    }

    fn made(&self) -> Result<Router, Error> {
        let jwt = Jwt::from_env(&aws::owner()?, Arc::new(Fetcher::default()))?;
        let app = App::behind_gateway(self.host.clone(), Aws::abilities()).with_jwt(jwt).with_drafts();
        Ok(api::service(Arc::new(app), workflows::drafts()))
    }
}
