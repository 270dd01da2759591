//! The Lambda function `trigger`. It keeps its state in memory, for `sam local invoke` and for tests of the packaging; a
//! deployed function needs a store.

use api::App;
use memory::Memory;
use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let service = api::service(Arc::new(App::new(Arc::new(Memory::on_the_clock()))), stepwell_trigger::routes());
    lambda_http::run(service).await
}
