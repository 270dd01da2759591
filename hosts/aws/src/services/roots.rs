//! Names the file with the root certificates that TLS trusts. Without a name, the TLS library reads the system's bundle
//! and then the folder around it, which holds each certificate once more; that takes half of the time in which a
//! function starts.

use std::{env, path::Path};

/// The certificate bundles of Amazon Linux, which Lambda runs, and of Debian.
const BUNDLES: [&str; 2] = ["/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/certs/ca-certificates.crt"];

/// Sets `SSL_CERT_FILE` to the system's bundle, unless the environment names certificates already. It changes the
/// environment, so no other thread may run yet.
pub(crate) fn name_bundle() {
    let named = ["SSL_CERT_FILE", "SSL_CERT_DIR"].iter().any(|name| env::var_os(name).is_some());
    let Some(bundle) = BUNDLES.iter().find(|path| !named && Path::new(path).is_file()) else { return };
    #[allow(unsafe_code, reason = "no library takes the place of certificates any other way")]
    // SAFETY: the caller is `main`, which has started no thread that could read the environment meanwhile.
    unsafe {
        env::set_var("SSL_CERT_FILE", bundle);
    }
}
