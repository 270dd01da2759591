//! Proofs that this host wrote a text: what it keeps in a browser, and gets back from there. Their key is not that of
//! people's links: whoever may read sessions must not be able to answer in people's names.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// Makes proofs and checks them.
#[derive(Clone)]
pub struct Proofs([u8; 32]);

impl Proofs {
    /// Proofs by a key of their own.
    pub fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// Proofs by a key that follows from another one, which does not follow from theirs.
    pub fn below(key: &[u8; 32]) -> Self {
        Self(code(key, &[b"proofs"]))
    }

    /// The proof that this host wrote a text for a purpose.
    pub fn of(&self, purpose: &str, text: &str) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(code::<32>(&self.0, &[purpose.as_bytes(), text.as_bytes()]))
    }

    /// Whether a proof is this host's. The comparison takes the same time wherever they differ.
    pub fn hold(&self, purpose: &str, text: &str, proof: &str) -> bool {
        self.of(purpose, text).as_bytes().ct_eq(proof.as_bytes()).into()
    }
}

/// The beginning of the HMAC-SHA-256 of the parts, each after its length.
pub(crate) fn code<const N: usize>(key: &[u8; 32], parts: &[&[u8]]) -> [u8; N] {
    let mut code = [0; N];
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return code };
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    code.copy_from_slice(&mac.finalize().into_bytes()[..N]);
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_holds_for_its_text_and_purpose_under_its_key_alone() {
        let proofs = Proofs::below(&[7; 32]);
        let proof = proofs.of("session", "ana");
        assert!(proofs.hold("session", "ana", &proof));
        assert!(!proofs.hold("form", "ana", &proof) && !proofs.hold("session", "bob", &proof));
        assert!(!proofs.hold("sessio", "nana", &proof) && !proofs.hold("session", "ana", ""));
        for other in [Proofs::new([7; 32]), Proofs::below(&[8; 32])] {
            assert!(!other.hold("session", "ana", &proof));
        }
    }
}
