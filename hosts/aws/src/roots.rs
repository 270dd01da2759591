//! Where the certificates are that TLS trusts. Whoever looks for them reads the system's bundle and then the folder around
//! it, which has each of them once more: half of the time that a function takes until it asks for work.

use std::{env, path::Path};

/// The bundles of Amazon Linux and of Debian.
const BUNDLES: [&str; 2] = ["/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/certs/ca-certificates.crt"];

/// Names the bundle in the environment, unless it names certificates already. Only while no other thread runs.
pub(crate) fn name_bundle() {
    let named = ["SSL_CERT_FILE", "SSL_CERT_DIR"].iter().any(|name| env::var_os(name).is_some());
    let Some(bundle) = BUNDLES.iter().find(|path| !named && Path::new(path).is_file()) else { return };
    #[allow(unsafe_code, reason = "no library takes the place of certificates any other way")]
    // SAFETY: the caller is `main`, which has started no thread that could read the environment meanwhile.
    unsafe {
        env::set_var("SSL_CERT_FILE", bundle);
    }
}
