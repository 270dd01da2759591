//! The step function as a Lambda binary: SQS batches in, partial batch responses out. It keeps its state in memory, for
//! `sam local invoke` and for tests of the packaging; a deployed function needs a store.

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use memory::Memory;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let host = &Memory::on_the_clock();
    run(service_fn(move |event: LambdaEvent<_>| async move {
        Ok::<_, Error>(stepwell_step::handle_batch(host, event.payload).await)
    }))
    .await
}
