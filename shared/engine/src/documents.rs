//! Parsed documents in memory, by hash. Each turn of an execution needs its workflow, and parsing one takes long.

use crate::port::StoreError;
use document::{Workflow, parse};
use serde_json::Value;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// So many parsed documents, each of which the store of their host has too.
pub struct Documents {
    kept: Mutex<HashMap<String, Arc<Workflow>>>,
    most: usize,
}

impl Documents {
    /// Room for `most` documents.
    pub fn new(most: usize) -> Self {
        Self { kept: Mutex::default(), most }
    }

    /// The document of that hash, where it is in memory.
    pub fn get(&self, hash: &str) -> Option<Arc<Workflow>> {
        self.lock().get(hash).cloned()
    }

    /// Keeps a document that the store has.
    pub fn put(&self, workflow: &Arc<Workflow>) {
        let mut all = self.lock();
        if all.len() >= self.most && !all.contains_key(&workflow.hash) {
            // Which one goes does not matter: it is parsed again when it is needed.
            let some = all.keys().next().cloned();
            some.and_then(|hash| all.remove(&hash));
        }
        all.insert(workflow.hash.clone(), workflow.clone());
    }

    /// Drops a document that the store has no more.
    pub fn forget(&self, hash: &str) {
        self.lock().remove(hash);
    }

    /// Parses the text that the store has under a hash, and keeps the document.
    ///
    /// # Errors
    /// `Permanent` where the text is no workflow of that hash: the journal was decided by the document of this hash, and
    /// folding it by another could give another state.
    pub fn read(&self, hash: &str, text: &[u8]) -> Result<Arc<Workflow>, StoreError> {
        let document: Value = serde_json::from_slice(text).map_err(|error| unreadable(hash, &error.to_string()))?;
        let workflow = parse(&document).map_err(|issues| unreadable(hash, &format!("{issues:?}")))?.workflow;
        if workflow.hash != hash {
            return Err(unreadable(hash, &format!("it has the hash {} now", workflow.hash)));
        }
        self.put(&workflow);
        Ok(workflow)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Workflow>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The error for a stored document that cannot be read.
pub fn unreadable(hash: &str, why: &str) -> StoreError {
    StoreError::Permanent(format!("the stored workflow {hash} cannot be read: {why}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn a_text_is_read_under_its_own_hash_alone_and_others_make_room() {
        let documents = Documents::new(2);
        let text =
            |id: &str| json!({"id": id, "nodes": [{"id": "go", "type": "manual_trigger"}], "edges": []}).to_string();
        let hash = |id: &str| parse(&serde_json::from_str(&text(id)).unwrap()).unwrap().workflow.hash.clone();
        let read = |id: &str| documents.read(&hash(id), text(id).as_bytes());
        let first = read("a").unwrap();
        assert_eq!(documents.get(&first.hash).unwrap().id, first.id);
        let other = documents.read(&hash("b"), text("a").as_bytes()).unwrap_err();
        assert!(other.to_string().contains(&first.hash), "{other}");
        assert!(documents.read("h", b"{").is_err());
        read("b").unwrap();
        read("c").unwrap();
        assert_eq!(documents.lock().len(), 2);
        assert!(documents.get(&hash("c")).is_some());
    }
}
