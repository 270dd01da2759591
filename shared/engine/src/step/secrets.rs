//! The secrets of one node: fetched before its templates are rendered, and remembered when a template reads them.

use crate::{
    port::{Host, Secret, StoreError},
    prepare::SecretSource,
};
use document::{Workflow, id::NodeId};
use expression::Secrets;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
};
use stepwell_core::{execution::Execution, task::UsedSecret};

/// The secrets that a node's templates name.
#[derive(Default)]
pub struct Vault {
    /// By name. A secret that is not stored is missing here.
    known: BTreeMap<String, Secret>,
    /// Names of those that templates have read: their values are masked in output, errors and lines.
    read: Mutex<BTreeSet<String>>,
}

impl Vault {
    /// Fetches the secrets that a node's templates name. Only `http_request` may read any.
    ///
    /// # Errors
    /// Where the store fails. A secret that does not exist is no error here: the template that reads it fails.
    pub async fn for_node(
        host: &dyn Host,
        state: &Execution,
        workflow: &Workflow,
        node: &NodeId,
    ) -> Result<Self, StoreError> {
        let mut vault = Self::default();
        let Some(&ix) = workflow.graph.index.get(node) else { return Ok(vault) };
        let node = &workflow.nodes[ix];
        if !node.of.reads_secrets {
            return Ok(vault);
        }
        let mut expressions = Vec::new();
        node.kind.config().expressions(&mut expressions);
        let names: BTreeSet<String> = expressions.iter().flat_map(|expr| expr.references().secrets.clone()).collect();
        for name in names {
            if let Some(secret) = host.secrets().secret(&state.started.owner, &name).await? {
                vault.known.insert(name, secret);
            }
        }
        Ok(vault)
    }
}

impl Secrets for Vault {
    fn secret(&self, name: &str) -> Option<String> {
        let secret = self.known.get(name)?;
        if let Ok(mut read) = self.read.lock() {
            read.insert(name.to_owned());
        }
        Some(secret.value.clone())
    }
}

impl SecretSource for Vault {
    fn used(&self) -> Vec<UsedSecret> {
        let read = self.read.lock().map(|read| read.clone()).unwrap_or_default();
        let used = self.known.iter().filter(|(name, _)| read.contains(*name));
        used.map(|(name, secret)| UsedSecret {
            name: name.clone(),
            value: secret.value.clone(),
            hosts: secret.hosts.clone(),
        })
        .collect()
    }
}
