//! Mails by SES. One call hands over one mail, as the bytes that travel, and is made once: whoever sends it keeps what
//! became of it and tries again.

use async_trait::async_trait;
use aws_sdk_sesv2::{
    Client,
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
    operation::send_email::SendEmailError,
    primitives::Blob,
    types::{Destination, EmailContent, RawMessage},
};
use notify::{
    email::{Mail, Mailer},
    limits::SAID_CHARS,
};
use stepwell_core::interaction::delivery::Told;

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
}

impl Ses {
    /// `region` is where the client sends: SES names messages by it.
    pub fn new(client: Client, region: &str) -> Self {
        // The first region has a name of its own there.
        let domain = if region == "us-east-1" { "email" } else { region };
        Self { client, domain: format!("{domain}.amazonses.com") }
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
        let sent = self.client.send_email().from_email_address(from).destination(to).content(raw).send().await;
        match sent {
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
