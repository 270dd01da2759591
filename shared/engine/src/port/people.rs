//! How a host reaches people, knows who belongs to which group, and signs what they decided.

use super::{Page, StoreError, Window};
use async_trait::async_trait;
use document::time::Time;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{collections::BTreeMap, sync::Arc};
use stepwell_core::{
    effect::Delivering,
    id::ExecutionId,
    interaction::{
        Interaction,
        channel::{Channel, ChannelKind},
        delivery::{Notice, Told},
    },
    task::UsedSecret,
};

/// One message about a question to one receiver.
#[derive(Clone, Debug)]
pub struct Letter {
    /// The message's id, a UUID: the same at each try, by which whoever gets it twice knows that.
    pub id: String,
    /// Which try of which message this is. What a channel says of it later is recorded under that.
    pub delivering: Delivering,
    /// The tenant whose question it is.
    pub owner: String,
    /// What the message tells.
    pub notice: Notice,
    /// The number of the message to this receiver, from 1.
    pub number: u32,
    /// The channel.
    pub channel: Channel,
    /// Who is told: an address, a person, a channel of Slack, or a webhook's name.
    pub to: String,
    /// The person's own link to the question. None in what several people may read, and where the question is over.
    pub link: Option<String>,
    /// The address of the question in the inbox, for those who are signed in; none where the host has no public address.
    pub inbox: Option<String>,
    /// What the channel called the first message to this receiver.
    pub reference: Option<String>,
    /// The question as it is now, with its answers, and how it ended where it has.
    pub interaction: Arc<Interaction>,
    /// The execution that asks.
    pub execution: ExecutionId,
    /// The workflow of that execution.
    pub workflow: String,
    /// Who started the execution; none where nobody did.
    pub requester: Option<String>,
    /// What a webhook sends; none for other channels.
    pub webhook: Option<Webhook>,
    /// The host's time.
    pub now: Time,
}

/// What a webhook channel sends, its templates rendered with the credentials that it names.
#[derive(Clone)]
pub struct Webhook {
    /// Where it is sent to.
    pub url: String,
    /// Headers beside those of Standard Webhooks.
    pub headers: BTreeMap<String, String>,
    /// The key by which it is signed (`whsec_…`); none: the host's own, where it has one.
    pub secret: Option<String>,
    /// The body that the document makes; none for ours.
    pub body: Option<Value>,
    /// The credentials that stand in the fields above: they go to their own hosts alone, and no error shows them.
    pub secrets: Vec<UsedSecret>,
    /// What the operator lets requests of this execution reach beside what all may, as the text of an allow list; none
    /// where nothing was said of it.
    pub allow: Option<String>,
}

impl std::fmt::Debug for Webhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Webhook").finish_non_exhaustive()
    }
}

/// Sends messages about questions.
#[async_trait]
pub trait Notifier: Send + Sync {
    /// Why a kind of channel reaches nobody from this host, with what to do about it; none where it is configured.
    fn unconfigured(&self, kind: ChannelKind) -> Option<String>;
    /// Sends one message. It ends within a minute, and its errors hold no credential. It never answers
    /// [`Told::Members`].
    async fn send(&self, letter: &Letter) -> Told;
}

/// A group of people, who are asked by the group's name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// The name, without `group:`.
    pub name: String,
    /// The members' subjects, such as e-mail addresses.
    pub members: Vec<String>,
}

/// Groups of people, by owner and name. Names and members are compared without regard to ASCII case.
#[async_trait]
pub trait Groups: Send + Sync {
    /// The group of that name.
    async fn group(&self, owner: &str, name: &str) -> Result<Option<Group>, StoreError>;
    /// Stores a group in place of one of the same name.
    async fn set_group(&self, owner: &str, group: Group) -> Result<(), StoreError>;
    /// Removes a group. False where there is none of this name.
    async fn remove_group(&self, owner: &str, name: &str) -> Result<bool, StoreError>;
    /// An owner's groups, by name.
    async fn groups(&self, owner: &str, window: &Window) -> Result<Page<Group>, StoreError>;
    /// The names of the groups that a subject is a member of.
    async fn groups_of(&self, owner: &str, subject: &str) -> Result<Vec<String>, StoreError>;
}

/// A public key that signs receipts, or did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicKey {
    /// The key's id: the first 16 hexadecimal digits of the SHA-256 of its bytes.
    pub key_id: String,
    /// Its 32 bytes (Ed25519, RFC 8032), in base64.
    pub public_key: String,
    /// Since when it signs.
    pub created_at: Time,
    /// When another key took its place; none for the one that signs.
    pub retired_at: Option<Time>,
}

/// Signs receipts.
#[async_trait]
pub trait Signer: Send + Sync {
    /// The key's id and the signature (64 bytes, Ed25519) of these bytes by the key that signs now.
    async fn sign(&self, bytes: &[u8]) -> Result<(String, Vec<u8>), StoreError>;
    /// All keys that signed or sign, newest first.
    async fn keys(&self) -> Result<Vec<PublicKey>, StoreError>;
    /// Makes a new key that signs from now on. Those before it are kept for whoever checks.
    async fn rotate(&self) -> Result<PublicKey, StoreError>;
}
