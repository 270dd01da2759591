//! Functions that take several requests at once, as on Lambda: a process for each, up to a number of them.

use super::{binary, request_event, serving};
use crate::lambda::Function;
use serde_json::Value;
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};
use tokio::sync::Semaphore;

/// The processes of a stack's functions that nobody uses now.
pub struct Fleet {
    environment: Vec<(&'static str, String)>,
    places: Semaphore,
    idle: Mutex<HashMap<&'static str, Vec<Function>>>,
}

impl Fleet {
    pub(super) fn new(environment: Vec<(&'static str, String)>, most: usize) -> Self {
        Self { environment, places: Semaphore::new(most), idle: Mutex::default() }
    }

    /// Sends a request in the way of API Gateway to the function that serves its route, in a process that has no other at
    /// the same time. Returns the status, and the body.
    pub async fn send(&self, method: &str, path: &str, headers: Value, body: Option<String>) -> (u16, String) {
        let _place = self.places.acquire().await.expect("nobody closes it");
        let event = request_event(method, path, headers, body);
        let name = serving(method, path.split('?').next().unwrap_or_default());
        let idle = self.idle().get_mut(name).and_then(Vec::pop);
        let mut process = match idle {
            Some(process) => process,
            None => Function::start(&binary(name), &[], &self.environment).await,
        };
        let reply = process.invoke(&event.to_string()).await;
        let (is_answer, text) = (reply.is_answer, reply.rest().await);
        assert!(is_answer, "{method} {path}: {text}");
        self.idle().entry(name).or_default().push(process);
        let answer: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}: {text}"));
        let status = answer["statusCode"].as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or_default();
        (status, answer["body"].as_str().unwrap_or_default().to_owned())
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, HashMap<&'static str, Vec<Function>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
