//! The local user's browser, which keeps the cookie that a page sets.

use crate::{
    browser::{encoded, filled, text, with},
    world::{Answer, World},
};
use axum::{body::Body, http::Request};
use serde_json::Value;
use std::{ops::Deref, sync::Mutex};

pub struct LocalUser {
    world: World,
    cookie: Mutex<String>,
}

impl Deref for LocalUser {
    type Target = World;
    fn deref(&self) -> &World {
        &self.world
    }
}

impl LocalUser {
    pub fn new() -> Self {
        Self { world: World::new(), cookie: Mutex::default() }
    }

    async fn asked(&self, request: axum::http::request::Builder, body: String) -> Answer {
        let cookie = self.cookie.lock().unwrap().clone();
        let request = request.header("cookie", cookie).header("host", "localhost:8080");
        let answer = self.send(request.body(Body::from(body)).unwrap()).await;
        if let Some(cookie) = answer.cookie() {
            *self.cookie.lock().unwrap() = cookie;
        }
        answer
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.asked(Request::get(path), String::new()).await
    }

    pub async fn form(&self, path: &str, pairs: &[(String, String)]) -> Answer {
        let request = Request::post(path).header("content-type", "application/x-www-form-urlencoded");
        self.asked(request, encoded(pairs)).await
    }

    /// Opens a page, fills its form in and sends it.
    pub async fn fill(&self, path: &str, changed: &[(&str, &str)]) -> Answer {
        let page = self.get(path).await.of(200);
        self.form(path, &with(&filled(&page), changed)).await
    }

    /// Saves a workflow by the API.
    pub async fn save(&self, document: &Value) {
        let saved = self.ask("POST", "/v1/workflows", document).await;
        assert!(saved.status < 300, "{}", saved.text);
    }
}

/// The page that an answer sends the browser on to.
#[track_caller]
pub fn sent_on(answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{}", text(&answer.text));
    format!("/{}", answer.location().trim_start_matches("../").trim_start_matches("./"))
}
