//! A message as it travels through a queue outside of the process. It has a version, so that a function of one release
//! knows whether it understands what another release sent.

use serde::{Deserialize, Serialize};
use stepwell_core::effect::Message;

/// The version of envelopes that this release writes, and the only one that it reads.
pub const VERSION: u32 = 1;

/// A message and what goes along with it. As JSON: `{"v":1, …the fields of the message…, "t": "…"}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Envelope {
    /// [`VERSION`], where this release wrote the envelope.
    pub v: u32,
    /// The message itself.
    #[serde(flatten)]
    pub message: Message,
    /// The `traceparent` (W3C Trace Context) of the sender, so that a trace follows the execution; none outside of a
    /// trace.
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
}

/// Why a text is no message that this release reads. Its receiver returns it to the queue, where it ends as a dead
/// letter.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// Another release sent the message, with this version.
    #[error("the message has version {0}, and this release reads version {VERSION}: deploy the release that sent it")]
    Version(u32),
    /// The text is no envelope: something else sent it.
    #[error("this is no message of a step queue: {0}")]
    Json(#[from] serde_json::Error),
}

impl Envelope {
    /// An envelope around a message that is part of no trace.
    pub fn new(message: Message) -> Self {
        Self { v: VERSION, message, trace: None }
    }

    /// The envelope as JSON. Equal envelopes give equal bytes.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads an envelope from JSON. The version is read first, because another version may mean something else by the
    /// other fields.
    ///
    /// # Errors
    /// [`Unreadable`], where the text is no envelope of [`VERSION`].
    pub fn from_json(text: &str) -> Result<Self, Unreadable> {
        #[derive(Deserialize)]
        struct Versioned {
            v: u32,
        }
        match serde_json::from_str::<Versioned>(text)?.v {
            VERSION => Ok(serde_json::from_str(text)?),
            other => Err(Unreadable::Version(other)),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use stepwell_core::{
        effect::{Purpose, Work},
        id::Activation,
    };

    fn messages() -> [Message; 5] {
        let activation = Activation { epoch: 0, node: "post".into(), visit: 1 };
        let works = [
            Work::Step { activation: activation.clone(), attempt: 2, io: true },
            Work::Timer { activation: Activation { epoch: 3, ..activation.clone() }, purpose: Purpose::Deadline },
            Work::ChildEnded {
                activation: activation.clone(),
                attempt: 1,
                index: 7,
                error: Some("no \"luck\"".into()),
            },
            Work::ChildAsks { activation, attempt: 2, index: 7, asks: true, seq: 12 },
            Work::Admit,
        ];
        works.map(|work| Message { execution: "e1".into(), work })
    }

    #[test]
    fn a_message_comes_back_as_it_went() {
        for message in messages() {
            let mut envelope = Envelope::new(message);
            assert_eq!(Envelope::from_json(&envelope.to_json()).unwrap(), envelope);
            envelope.trace = Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".into());
            assert_eq!(Envelope::from_json(&envelope.to_json()).unwrap(), envelope);
        }
    }

    #[test]
    fn it_is_small_and_its_form_is_kept() {
        let json = Envelope::new(messages()[0].clone()).to_json();
        assert_eq!(json, r#"{"v":1,"x":"e1","w":"step","a":{"node":"post","visit":1},"n":2,"io":true}"#);
    }

    #[test]
    fn another_version_is_not_guessed_at() {
        let json = Envelope::new(messages()[0].clone()).to_json();
        let later = Envelope::from_json(&json.replace("\"v\":1", "\"v\":2"));
        assert!(matches!(later, Err(Unreadable::Version(2))), "{later:?}");
        for text in ["", "{}", "{\"v\":1}", "[1]", &json.replace("\"v\":1,", "")] {
            assert!(matches!(Envelope::from_json(text), Err(Unreadable::Json(_))), "{text}");
        }
    }
}
