//! The node types, one module each: its facts ([`node_type::NodeType`]), its config, how the config is read from a
//! document, and what the config tells of itself ([`config::Config`]). What nodes do when they run is in the crates
//! `stepwell-core` (routes, waits, children), `stepwell-engine` and `stepwell-nodes`.
//!
//! A type is added by a module of this folder and a line of [`Types::standard`]; a new way to route, wait or start
//! children also by a variant of [`NodeKind`], where the compiler then names every rule that must know it.

pub mod agent;
pub mod branch;
pub mod r#break;
pub mod chat_trigger;
pub mod code;
pub mod config;
pub mod event_trigger;
pub mod fail;
pub mod http_request;
pub mod human;
pub mod r#loop;
pub mod manual_trigger;
pub mod map;
pub mod mcp;
pub mod memory;
pub mod model;
pub mod node_type;
pub mod output_parser;
mod port;
pub mod schedule_trigger;
pub mod setting;
pub mod succeed;
pub mod transform;
pub mod wait;
pub mod webhook_trigger;
pub mod workflow;

use crate::{
    Lent, NodeKind, Route, Spawning, Trigger, Waiting,
    reading::{At, Cx, Place},
};
use map::Flows;
use node_type::NodeType;
use serde_json::{Map, Value};

/// A config that is to be read.
pub struct Raw<'a> {
    /// The config as the document has it.
    pub config: &'a Map<String, Value>,
    /// Where it stands.
    pub at: &'a At<'a>,
    /// What its expressions may name.
    pub place: Place<'a>,
    /// Reads a flow within it.
    pub flows: &'a Flows<'a>,
}

/// Reads the config of a node; none where an error, which was reported, keeps it from being built.
pub type ConfigReader = fn(&mut Cx<'_>, &Raw<'_>) -> Option<NodeKind>;

/// The node types that a document may use, each with the reader of its config.
#[derive(Clone)]
pub struct Types(Vec<(&'static NodeType, ConfigReader)>);

/// A node at which executions start.
fn trigger(of: Trigger) -> NodeKind {
    NodeKind::Route(Route::Trigger(of))
}

impl Types {
    /// All types of the workflow format.
    pub fn standard() -> Self {
        use {Route as R, Trigger as T, Waiting as W};
        Self(vec![
            (&manual_trigger::TYPE, |cx, raw| manual_trigger::read(cx, raw.config, raw.at).map(T::Manual).map(trigger)),
            (&webhook_trigger::TYPE, |cx, raw| {
                webhook_trigger::read(cx, raw.config, raw.at).map(T::Webhook).map(trigger)
            }),
            (&event_trigger::TYPE, |cx, raw| {
                event_trigger::read(cx, raw.config, raw.at).map(|it| NodeKind::Route(R::Trigger(T::Event(it))))
            }),
            (&schedule_trigger::TYPE, |cx, raw| {
                schedule_trigger::read(cx, raw.config, raw.at).map(|it| NodeKind::Route(R::Trigger(T::Schedule(it))))
            }),
            (&chat_trigger::TYPE, |cx, raw| chat_trigger::read(cx, raw.config, raw.at).map(T::Chat).map(trigger)),
            (&http_request::TYPE, |cx, raw| {
                http_request::read(cx, raw.config, raw.at, raw.place).map(|it| NodeKind::Run(Box::new(it)))
            }),
            (&code::TYPE, |cx, raw| code::read(cx, raw.config, raw.at).map(|it| NodeKind::Run(Box::new(it)))),
            (&transform::TYPE, |cx, raw| {
                transform::read(cx, raw.config, raw.at, raw.place).map(|it| NodeKind::Compute(Box::new(it)))
            }),
            (&branch::TYPE, |cx, raw| {
                branch::read(cx, raw.config, raw.at, raw.place).map(|it| NodeKind::Route(R::Branch(it)))
            }),
            (&r#loop::TYPE, |cx, raw| {
                r#loop::read(cx, raw.config, raw.at, raw.place).map(|it| NodeKind::Route(R::Loop(it)))
            }),
            (&map::TYPE, |cx, raw| {
                let read = map::read(cx, raw.config, raw.at, raw.place, raw.flows);
                read.map(|it| NodeKind::Children(Spawning::Map(it)))
            }),
            (&wait::TYPE, |cx, raw| {
                wait::read(cx, raw.config, raw.at, raw.place).map(|it| NodeKind::Wait(W::Wait(it)))
            }),
            (&human::TYPE, |cx, raw| {
                human::read(cx, raw.config, raw.at, raw.place).map(|it| NodeKind::Wait(W::Human(Box::new(it))))
            }),
            (&workflow::TYPE, |cx, raw| {
                workflow::read(cx, raw.config, raw.at, raw.place).map(|it| NodeKind::Children(Spawning::Workflow(it)))
            }),
            (&agent::TYPE, |cx, raw| {
                agent::read(cx, raw.config, raw.at, raw.place).map(|it| NodeKind::Agent(Box::new(it)))
            }),
            (&model::TYPE, |cx, raw| model::read(cx, raw.config, raw.at, raw.place).map(|_| NodeKind::Lend(Lent))),
            (&memory::TYPE, |cx, raw| memory::read(cx, raw.config, raw.at, raw.place).map(|_| NodeKind::Lend(Lent))),
            (&output_parser::TYPE, |cx, raw| output_parser::read(cx, raw.config, raw.at).map(|_| NodeKind::Lend(Lent))),
            (&mcp::TYPE, |cx, raw| mcp::read(cx, raw.config, raw.at, raw.place).map(|it| NodeKind::Run(Box::new(it)))),
            (&r#break::TYPE, |cx, raw| {
                r#break::read(cx, raw.config, raw.at, raw.place).map(|it| NodeKind::Route(R::Break(it)))
            }),
            (&succeed::TYPE, |cx, raw| {
                succeed::read(cx, raw.config, raw.at, raw.place).map(|it| NodeKind::Route(R::Succeed(it)))
            }),
            (&fail::TYPE, |cx, raw| {
                fail::read(cx, raw.config, raw.at, raw.place).map(|it| NodeKind::Route(R::Fail(it)))
            }),
        ])
    }

    /// These types and one more, for a host that brings a type of its own.
    #[must_use]
    pub fn with(mut self, of: &'static NodeType, read: ConfigReader) -> Self {
        self.0.push((of, read));
        self
    }

    /// The types, in the order in which messages list them.
    pub fn all(&self) -> impl Iterator<Item = &'static NodeType> {
        self.0.iter().map(|(of, _)| *of)
    }

    /// The type of that name.
    pub fn named(&self, name: &str) -> Option<&'static NodeType> {
        self.all().find(|of| of.name == name)
    }

    /// Reads the config of a node of this type.
    pub(crate) fn read(&self, of: &NodeType, cx: &mut Cx<'_>, raw: &Raw<'_>) -> Option<NodeKind> {
        let (_, read) = self.0.iter().find(|(other, _)| other.name == of.name)?;
        read(cx, raw)
    }
}
