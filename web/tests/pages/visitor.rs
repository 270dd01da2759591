//! Somebody who is signed in: the host's own user, or whoever bears a token.

use crate::{
    browser::{filled, plain},
    world::{Answer, World},
};
use engine::port::{Host, Token};
use serde_json::{Value, json};

const HERE: &str = "localhost:8080";

pub struct Visitor<'a> {
    pub world: &'a World,
    cookie: String,
    proof: String,
}

impl World {
    /// The host's own user.
    pub async fn visitor(&self) -> Visitor<'_> {
        let page = self.get_as("/sign-in", "", HERE).await;
        let cookie = page.cookie().unwrap();
        Visitor { world: self, proof: proof(&page.text), cookie }
    }

    /// Somebody who signed in with a token of an owner. From then on this host has tokens, and no user of its own.
    pub async fn signed_in(&self, owner: &str, subject: &str, scopes: &[api::Scope]) -> Visitor<'_> {
        let secret = format!("{owner}-{subject}");
        let token = Token {
            sha256: api::sha256_of_token(&secret),
            name: "laptop".into(),
            owner: owner.into(),
            subject: subject.into(),
            scopes: scopes.to_vec(),
            expires_at: None,
            created_at: None,
        };
        self.host.tokens().add_token(token).await.unwrap();
        let page = self.get_as("/sign-in", "", HERE).await;
        let pairs = [("form_token", proof(&page.text)), ("token", secret)];
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let cookie = self.form_as("/sign-in", &page.cookie().unwrap(), &pairs).await.cookie().unwrap();
        let page = self.get_as("/sign-in", &cookie, HERE).await;
        Visitor { world: self, proof: proof(&page.text), cookie }
    }

    /// Starts a workflow of one HTTP request, which fails: this host runs no node that does I/O.
    pub async fn failing(&self, id: &str) -> String {
        let nodes = json!([{"id": "start", "type": "manual_trigger"},
            {"id": "fetch", "type": "http_request", "config": {"url": "https://example.com"}}]);
        let document = json!({"id": id, "nodes": nodes, "edges": [{"from": "start", "to": "fetch"}]});
        self.started(document).await
    }

    pub async fn started(&self, document: Value) -> String {
        let body = json!({"workflow": document, "input": {"customer": "Meadow Press"}, "metadata": {"region": "eu"}});
        let started = self.ask("POST", "/v1/executions", &body).await;
        assert_eq!(started.status, 202, "{}", started.text);
        let id = started.json()["execution_id"].as_str().unwrap().to_owned();
        self.run().await;
        id
    }
}

fn proof(page: &str) -> String {
    filled(page).into_iter().find(|(name, _)| name == "form_token").unwrap().1
}

impl Visitor<'_> {
    pub async fn get(&self, path: &str) -> Answer {
        self.world.get_as(path, &self.cookie, HERE).await
    }

    /// Sends a form with the proof of this session.
    pub async fn send(&self, path: &str, pairs: &[(&str, &str)]) -> Answer {
        let mut all = vec![("form_token", self.proof.as_str())];
        all.extend(pairs);
        self.world.form_as(path, &self.cookie, &all).await
    }

    /// Sends a form without it.
    pub async fn forge(&self, path: &str, pairs: &[(&str, &str)]) -> Answer {
        self.world.form_as(path, &self.cookie, pairs).await
    }
}

/// The part of a page between its head and its foot.
pub fn main(page: &str) -> String {
    let inner = page.split_once("<main").and_then(|(_, rest)| rest.split_once("</main>")).unwrap().0;
    plain(inner)
}
