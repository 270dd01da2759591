//! Which secrets a request to a model takes along, and where the key of its model may go.

use document::work::{ModelCall, ModelChoice, Provider};
use engine::{limits::MASKED_BYTES, masking::Needles};
use reqwest::Url;
use stepwell_core::task::UsedSecret;

/// The secrets that are in a request, so that their hosts are checked: a list of models has the keys of several
/// providers, each of which gets its own alone. A key without hosts may go to its provider's own address, `home`.
pub(super) fn sent(
    secrets: &[UsedSecret],
    choice: &ModelChoice,
    url: &str,
    headers: &[(String, String)],
    body: &[u8],
    home: &str,
) -> Vec<UsedSecret> {
    let within = |secret: &UsedSecret| {
        let needles = Needles::of(std::slice::from_ref(secret));
        // Secrets that are too short to be found count as being in every request.
        secret.value.len() < MASKED_BYTES
            || needles.found_in(body)
            || needles.found_in(url.as_bytes())
            || headers.iter().any(|(_, value)| needles.found_in(value.as_bytes()))
    };
    let (host, home) = (host(url), host(home));
    let at_home = host.is_some() && host == home;
    let mut sent: Vec<UsedSecret> = secrets.iter().filter(|secret| within(secret)).cloned().collect();
    for secret in sent.iter_mut().filter(|secret| at_home && secret.hosts.is_empty() && is_key(secret, choice)) {
        secret.hosts.extend(host.clone());
    }
    sent
}

/// What is masked in all that is recorded of a call: its secrets, and keys that none of them is in, as of a document that
/// has one in its text.
pub(crate) fn masked(call: &ModelCall, secrets: &[UsedSecret]) -> Vec<UsedSecret> {
    let mut all = secrets.to_vec();
    for choice in &call.models {
        if let Some(key) = &choice.api_key
            && !secrets.iter().any(|secret| is_key(secret, choice))
        {
            all.push(UsedSecret { name: "api_key".into(), value: key.clone(), hosts: Vec::new() });
        }
    }
    all
}

/// Where the key of a model is from, for whoever has to look after it.
pub(super) fn origin(choice: &ModelChoice, secrets: &[UsedSecret]) -> String {
    match (&choice.api_key, secrets.iter().find(|secret| is_key(secret, choice))) {
        (Some(_), Some(secret)) => format!("the key in the secret {}", secret.name),
        (Some(_), None) => "the key in api_key".into(),
        (None, _) if choice.provider == Provider::Bedrock => "the host's role at AWS".into(),
        (None, _) => "a request without a key (set api_key)".into(),
    }
}

/// Whether a secret is in the key of a model.
fn is_key(secret: &UsedSecret, choice: &ModelChoice) -> bool {
    !secret.value.is_empty() && choice.api_key.as_ref().is_some_and(|key| key.contains(&secret.value))
}

fn host(url: &str) -> Option<String> {
    Url::parse(url).ok()?.host_str().map(str::to_owned)
}
