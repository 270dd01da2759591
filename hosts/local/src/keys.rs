//! Keys of providers of language models that the environment of this process has. They count where no secret of their name
//! is stored, for the tenant of the folder's own user alone, and may be sent to their provider's own address and nowhere
//! else: whoever wants another address stores the key with the hosts that it is for.

use engine::{limits::MASKED_BYTES, port::Secret};

/// The variable of each provider, which is the name of its secret as well, and where its key may go.
const PROVIDERS: [(&str, &str); 3] = [
    ("OPENAI_API_KEY", "api.openai.com"),
    ("ANTHROPIC_API_KEY", "api.anthropic.com"),
    ("GEMINI_API_KEY", "generativelanguage.googleapis.com"),
];

/// The keys that the environment has.
#[derive(Default)]
pub struct ProviderKeys {
    owner: String,
    keys: Vec<(&'static str, Secret)>,
}

impl ProviderKeys {
    /// The keys of this process's environment, for a tenant.
    pub fn of_environment(owner: &str) -> Self {
        Self::read(owner, |name| std::env::var(name).ok())
    }

    /// The keys that `variable` has. What is too short to be masked is no key, and is left out.
    fn read(owner: &str, variable: impl Fn(&str) -> Option<String>) -> Self {
        let key = |(name, host): (&'static str, &str)| {
            let value = variable(name)?.trim().to_owned();
            let secret = Secret { value, hosts: vec![host.to_owned()], for_inline: false };
            (secret.value.len() >= MASKED_BYTES).then_some((name, secret))
        };
        Self { owner: owner.to_owned(), keys: PROVIDERS.into_iter().filter_map(key).collect() }
    }

    /// The key of a name, for a tenant.
    pub fn key(&self, owner: &str, name: &str) -> Option<Secret> {
        let found = self.keys.iter().find(|(known, _)| *known == name && self.owner == owner);
        found.map(|(_, secret)| secret.clone())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_key_is_for_its_provider_and_for_one_tenant() {
        let keys = ProviderKeys::read("local", |name| Some(format!(" key-of-{name}\n")));
        let key = keys.key("local", "ANTHROPIC_API_KEY").unwrap();
        assert_eq!(
            (key.value.as_str(), key.hosts, key.for_inline),
            ("key-of-ANTHROPIC_API_KEY", vec!["api.anthropic.com".to_owned()], false)
        );
        assert!(keys.key("rival", "ANTHROPIC_API_KEY").is_none(), "another tenant's documents do not spend it");
        assert!(keys.key("local", "AWS_SECRET_ACCESS_KEY").is_none(), "no other variable is a secret");
    }

    #[test]
    fn what_is_not_set_or_could_not_be_masked_is_no_key() {
        assert!(ProviderKeys::read("local", |_| None).key("local", "OPENAI_API_KEY").is_none());
        assert!(ProviderKeys::read("local", |_| Some("  x ".into())).key("local", "OPENAI_API_KEY").is_none());
    }
}
