//! Mails by SES. One call hands over one mail, as the bytes that travel, and is made once: whoever sends it keeps what
//! became of it and tries again.

use async_trait::async_trait;
use aws_sdk_sesv2::{
    Client,
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
    operation::send_email::SendEmailError,
    primitives::Blob,
    types::{Destination, EmailContent, MessageTag, RawMessage},
};
use notify::{
    email::{Mail, Mailer},
    limits::SAID_CHARS,
};
use std::collections::HashMap;
use stepwell_core::{effect::Delivering, id::ExecutionId, interaction::delivery::Told};

/// Error codes of what SES will never take: another try of the same mail fails again.
const FOR_GOOD: [&str; 5] = [
    "AccountSuspendedException",
    "BadRequestException",
    "MailFromDomainNotVerifiedException",
    "MessageRejected",
    "NotFoundException",
];

/// Sends mails by SES.
pub struct Ses {
    client: Client,
    domain: String,
    configuration_set: Option<String>,
}

/// Which message a mail is, as SES hands it back in what it says of the mail later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tags {
    /// The execution that asks.
    pub execution: ExecutionId,
    /// Which try of which message it is.
    pub delivering: Delivering,
}

impl Tags {
    /// What the tags of a mail name; none where it has not all of ours.
    pub fn read(tags: &HashMap<String, Vec<String>>) -> Option<Self> {
        let one = |name: &str| tags.get(name)?.first().map(String::as_str);
        let delivering = Delivering {
            interaction: one("interaction")?.into(),
            delivery: one("delivery")?.parse().ok()?,
            number: one("number")?.parse().ok()?,
            attempt: one("attempt")?.parse().ok()?,
        };
        Some(Self { execution: one("execution")?.into(), delivering })
    }

    /// The tags of a mail. Ids are UUIDs, of letters that SES allows in a tag.
    fn written(&self) -> Vec<MessageTag> {
        let Delivering { interaction, delivery, number, attempt } = &self.delivering;
        let all = [
            ("execution", self.execution.to_string()),
            ("interaction", interaction.to_string()),
            ("delivery", delivery.to_string()),
            ("number", number.to_string()),
            ("attempt", attempt.to_string()),
        ];
        all.into_iter().filter_map(|(name, value)| MessageTag::builder().name(name).value(value).build().ok()).collect()
    }
}

impl Ses {
    /// `region` is where the client sends: SES names messages by it.
    pub fn new(client: Client, region: &str) -> Self {
        // The first region has a name of its own there.
        let domain = if region == "us-east-1" { "email" } else { region };
        Self { client, domain: format!("{domain}.amazonses.com"), configuration_set: None }
    }

    /// Mails go by this configuration set, whose events tell what became of them.
    pub fn with_configuration_set(mut self, name: Option<String>) -> Self {
        self.configuration_set = name;
        self
    }

    /// The `Message-ID` of a mail by the id that SES gives. An emulator gives the whole of it.
    fn name(&self, id: &str) -> String {
        if id.contains('@') { format!("<{id}>") } else { format!("<{id}@{}>", self.domain) }
    }
}

#[async_trait]
impl Mailer for Ses {
    /// SES puts a `Message-ID` of its own in the place of the mail's.
    async fn send(&self, mail: &Mail) -> Told {
        let bytes = match mail.to_bytes() {
            Ok(bytes) => bytes,
            Err(error) => return Told::Refused { error },
        };
        let raw = match RawMessage::builder().data(Blob::new(bytes)).build() {
            Ok(raw) => EmailContent::builder().raw(raw).build(),
            Err(_) => return Told::Refused { error: "the mail cannot be handed to SES".into() },
        };
        let to = Destination::builder().to_addresses(mail.to.to_string()).build();
        let from = mail.from.email.to_string();
        let mut sending = self.client.send_email().from_email_address(from).destination(to).content(raw);
        if let Some(name) = &self.configuration_set {
            let tags = Tags { execution: mail.execution.clone(), delivering: mail.delivering.clone() };
            sending = sending.configuration_set_name(name).set_email_tags(Some(tags.written()));
        }
        match sending.send().await {
            Ok(sent) => {
                let reference = sent.message_id().map(|id| self.name(id));
                Told::Sent { reference }
            }
            Err(error) => failed(&error),
        }
    }
}

/// What an error of SES says about the mail. It holds the service's own words, which name addresses and no credential.
fn failed(error: &SdkError<SendEmailError, HttpResponse>) -> Told {
    let code = error.code().unwrap_or_default();
    let said: String = match (code, error.message()) {
        ("", _) => "it gave no answer".to_owned(),
        (code, None) => code.to_owned(),
        (code, Some(message)) => format!("{code}: {message}"),
    };
    let error = format!("SES did not take the mail: {}", said.chars().take(SAID_CHARS).collect::<String>());
    match FOR_GOOD.contains(&code) {
        true => Told::Refused { error },
        // Among these are throttling, a pause of sending, and rights that are missing, which the operator may give.
        false => Told::Failed { error, after_seconds: None },
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::tests::scripted::{Answer, Script, error, json};
    use base64::{Engine, prelude::BASE64_STANDARD};
    use document::time::Time;
    use serde_json::json;

    fn mail() -> Mail {
        Mail {
            message_id: "<one@example.com>".into(),
            in_reply_to: None,
            references: vec!["<thread@example.com>".into()],
            from: "Flows <flows@example.com>".parse().unwrap(),
            to: "ana@example.com".parse().unwrap(),
            subject: "Pay?".into(),
            text: "Pay?".into(),
            html: "<p>Pay?</p>".into(),
            at: Time(0),
            execution: "0190aaaa-0000-7000-8000-000000000000".into(),
            delivering: Delivering {
                interaction: "018f2b6e-0000-8000-8000-000000000000".into(),
                delivery: 3,
                number: 2,
                attempt: 4,
            },
        }
    }

    async fn told(answer: Answer) -> Told {
        Ses::new(Script::new([answer]).clients().mail(), "eu-central-1").send(&mail()).await
    }

    #[tokio::test]
    async fn a_mail_is_handed_over_as_it_is_and_known_by_the_name_that_ses_gives_it() {
        for (region, domain) in [("us-east-1", "email.amazonses.com"), ("eu-west-1", "eu-west-1.amazonses.com")] {
            let script = Script::new([json(200, json!({"MessageId": "0100-1"}))]);
            let told = Ses::new(script.clients().mail(), region).send(&mail()).await;
            assert_eq!(told, Told::Sent { reference: Some(format!("<0100-1@{domain}>")) });
            let asked = script.asked().remove(0);
            assert!(asked.line.starts_with("POST ") && asked.line.ends_with("/v2/email/outbound-emails"), "{asked:?}");
            let sent = asked.json();
            assert_eq!(sent["FromEmailAddress"], "flows@example.com");
            assert_eq!(sent["Destination"]["ToAddresses"], json!(["ana@example.com"]));
            let raw = BASE64_STANDARD.decode(sent["Content"]["Raw"]["Data"].as_str().unwrap()).unwrap();
            let raw = String::from_utf8(raw).unwrap();
            assert!(
                raw.contains("References: <thread@example.com>\r\n") && raw.contains("To: ana@example.com"),
                "{raw}"
            );
        }
    }

    #[tokio::test]
    async fn a_mail_bears_the_tags_by_which_ses_tells_later_what_became_of_it() {
        let script = Script::new([json(200, json!({"MessageId": "1"})), json(200, json!({"MessageId": "2"}))]);
        let ses = || Ses::new(script.clients().mail(), "eu-west-1");
        ses().with_configuration_set(Some("told".into())).send(&mail()).await;
        ses().send(&mail()).await;
        let asked = script.asked();
        let (tagged, plain) = (asked[0].json(), asked[1].json());
        assert_eq!(tagged["ConfigurationSetName"], "told");
        let tags = tagged["EmailTags"].as_array().unwrap().iter();
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let mut back: HashMap<_, _> = tags.map(|tag| (text(&tag["Name"]), vec![text(&tag["Value"])])).collect();
        assert!(back.values().flatten().all(|it| it.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')));
        let Mail { execution, delivering, .. } = mail();
        assert_eq!(Tags::read(&back), Some(Tags { execution, delivering }));
        back.remove("number");
        assert_eq!(Tags::read(&back), None);
        assert!(plain["ConfigurationSetName"].is_null() && plain["EmailTags"].is_null(), "{plain}");
    }

    #[tokio::test]
    async fn what_may_pass_is_tried_again_and_what_cannot_is_not() {
        for code in ["TooManyRequestsException", "SendingPausedException", "LimitExceededException"] {
            let told = told(error(400, code)).await;
            assert!(matches!(&told, Told::Failed { error, .. } if error.contains(code)), "{told:?}");
        }
        for answer in [error(500, "InternalFailure"), error(403, "AccessDeniedException"), Answer::Broken, Answer::Late]
        {
            let told = told(answer).await;
            assert!(matches!(&told, Told::Failed { error, .. } if error.contains("SES")), "{told:?}");
        }
        for code in FOR_GOOD {
            let told = told(error(400, code)).await;
            assert!(matches!(&told, Told::Refused { error } if error.contains(code)), "{told:?}");
        }
    }

    #[tokio::test]
    async fn a_mail_is_handed_over_once() {
        let script = Script::new([error(500, "InternalFailure"), json(200, json!({"MessageId": "twice"}))]);
        Ses::new(script.clients().mail(), "eu-west-1").send(&mail()).await;
        assert_eq!(script.asked().len(), 1);
    }
}
