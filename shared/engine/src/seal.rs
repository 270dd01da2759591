//! Signs what people decided before it is committed, so that no decision takes effect without its proof.

use crate::port::{Commit, Host, StoreError};
use base64::{Engine, prelude::BASE64_STANDARD};
use document::jcs;
use std::sync::Arc;
use stepwell_core::interaction::{evidence::Seal, receipt};

/// Signs the receipt of each question that these turns close. A host without a signer signs nothing.
///
/// # Errors
/// What the signer says. Nothing is committed then: whatever brought the command comes again.
pub(crate) async fn seal(host: &dyn Host, decided: &mut Commit) -> Result<(), StoreError> {
    let Some(signer) = host.signer() else { return Ok(()) };
    for (id, receipt) in receipt::unsealed(&decided.turns, &decided.state) {
        let (key_id, signature) = signer.sign(jcs::text(&receipt).as_bytes()).await?;
        let seal = Seal { key_id, signature: BASE64_STANDARD.encode(signature) };
        receipt::seal(&mut decided.turns, Arc::make_mut(&mut decided.state), &id, &seal);
    }
    Ok(())
}
