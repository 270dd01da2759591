//! The secrets of one node: fetched before its templates are rendered, which place them.

use crate::{
    port::{Host, Secret, StoreError},
    prepare::SecretSource,
};
use document::{Node, Workflow, id::NodeId};
use expression::Secrets;
use std::collections::{BTreeMap, BTreeSet};
use stepwell_core::{execution::Execution, task::UsedSecret};

/// The secrets that a node's templates place, by name. One that is not stored is missing here.
#[derive(Default)]
pub struct Vault(BTreeMap<String, Secret>);

impl Vault {
    /// Fetches the secrets that a node's templates place.
    ///
    /// # Errors
    /// Where the store fails. A secret that does not exist is no error here: the template that places it fails.
    pub async fn for_node(
        host: &dyn Host,
        state: &Execution,
        workflow: &Workflow,
        node: &NodeId,
    ) -> Result<Self, StoreError> {
        match workflow.node(node.as_str()) {
            Some(node) => Self::of(host, state, node).await,
            None => Ok(Self::default()),
        }
    }

    /// Fetches the secrets that the templates of a node, or of what undoes one, place.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn of(host: &dyn Host, state: &Execution, node: &Node) -> Result<Self, StoreError> {
        Self::named(host, state, node.kind.config().secrets()).await
    }

    /// Fetches the secrets of these names.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn named(host: &dyn Host, state: &Execution, names: Vec<&str>) -> Result<Self, StoreError> {
        Self::of_owner(host, &state.started.owner, names).await
    }

    /// Fetches the secrets of these names of an owner.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn of_owner(host: &dyn Host, owner: &str, names: Vec<&str>) -> Result<Self, StoreError> {
        let mut vault = Self::default();
        let names: BTreeSet<&str> = names.into_iter().collect();
        for name in names {
            if let Some(secret) = host.secrets().secret(owner, name).await? {
                vault.0.insert(name.to_owned(), secret);
            }
        }
        Ok(vault)
    }
}

impl Secrets for Vault {
    fn secret(&self, name: &str) -> Option<String> {
        Some(self.0.get(name)?.value.clone())
    }
}

impl SecretSource for Vault {
    fn used(&self) -> Vec<UsedSecret> {
        let used = self.0.iter().map(|(name, secret)| UsedSecret {
            name: name.clone(),
            value: secret.value.clone(),
            hosts: secret.hosts.clone(),
        });
        used.collect()
    }
}
