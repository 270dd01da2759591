//! The Lambda function `status`.

use api::App;
use std::sync::Arc;

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    // Until the adapters of AWS come, executions live as long as this process does.
    let host = Arc::new(memory::Memory::new());
    let service = api::service(Arc::new(App::new(host)), status::routes());
    lambda_http::run(service).await
}
