//! The Lambda function `status`.

use api::App;
use memory::Memory;
use shared::time::Time;
use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64);
    // Until the adapters of AWS come, what this function keeps is gone with its process, and its clock stands still.
    let host = Arc::new(Memory::new(Time(now)));
    let service = api::service(Arc::new(App::new(host)), stepwell_status::routes());
    lambda_http::run(service).await
}
