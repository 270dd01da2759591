//! The role by which a process asks Amazon Bedrock, and the signature that stands for it (AWS Signature Version 4).

use super::refusal::Refusal;
use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use document::time::Time;
use reqwest::Url;
use std::time::{Duration, SystemTime};

/// The service's name in signatures.
const SERVICE: &str = "bedrock";

/// The region and the credentials of a process at AWS. Lambda gives them to each function.
#[derive(Clone, Debug, Default)]
pub struct AwsRole {
    region: Option<String>,
    /// Where Bedrock is asked, in place of AWS's own address.
    endpoint: Option<String>,
    credentials: Option<Credentials>,
}

impl AwsRole {
    /// What the environment says, by the variables of AWS's own tools. `read` reads a variable; an empty one counts as
    /// none.
    pub fn read(read: impl Fn(&str) -> Option<String>) -> Self {
        let read = |name: &str| read(name).filter(|text| !text.is_empty());
        let id = read("AWS_ACCESS_KEY_ID").zip(read("AWS_SECRET_ACCESS_KEY"));
        let token = read("AWS_SESSION_TOKEN");
        Self {
            region: read("AWS_REGION").or_else(|| read("AWS_DEFAULT_REGION")),
            endpoint: read("AWS_ENDPOINT_URL_BEDROCK_RUNTIME"),
            credentials: id.map(|(id, secret)| Credentials::new(id, secret, token, None, "environment")),
        }
    }

    /// The region, where one is set.
    pub(super) fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }

    /// Where the host's operator has Bedrock asked, where that is not AWS's own address.
    pub(super) fn endpoint(&self) -> Option<&str> {
        self.endpoint.as_deref()
    }

    /// The headers by which a request is signed with the role. Only AWS and the operator's own endpoint get one: it
    /// names the role.
    pub(super) fn sign(&self, url: &str, body: &[u8], now: Time) -> Result<Vec<(String, String)>, Refusal> {
        let Some((credentials, region)) = self.credentials.as_ref().zip(self.region.as_deref()) else {
            let why = "the host has no role at AWS to sign with: whoever runs Stepwell sets AWS_REGION, AWS_ACCESS_KEY_ID \
                       and AWS_SECRET_ACCESS_KEY, or give the node an api_key of Bedrock";
            return Err(Refusal::invalid(why));
        };
        if !self.takes(url) {
            let why = "a request that is signed with the host's role goes to AWS alone: leave base_url out, or give an \
                       api_key";
            return Err(Refusal::invalid(why));
        }
        signature(credentials, region, url, body, now).ok_or_else(|| Refusal::invalid("the request cannot be signed"))
    }

    fn takes(&self, url: &str) -> bool {
        let (Ok(url), endpoint) = (Url::parse(url), self.endpoint.as_deref().and_then(|it| Url::parse(it).ok())) else {
            return false;
        };
        let host = url.host_str().unwrap_or_default();
        let is_aws = url.scheme() == "https"
            && [".amazonaws.com", ".amazonaws.com.cn", ".api.aws"].iter().any(|end| host.ends_with(end));
        is_aws || endpoint.is_some_and(|endpoint| endpoint.origin() == url.origin())
    }
}

/// The headers of a signature; none where the request is none that can be signed.
fn signature(
    credentials: &Credentials,
    region: &str,
    url: &str,
    body: &[u8],
    now: Time,
) -> Option<Vec<(String, String)>> {
    let identity = credentials.clone().into();
    let time = SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(now.0).ok()?);
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(SERVICE)
        .time(time)
        .settings(SigningSettings::default())
        .build()
        .ok()?
        .into();
    let headers = std::iter::once(("content-type", "application/json"));
    let signable = SignableRequest::new("POST", url, headers, SignableBody::Bytes(body)).ok()?;
    let (instructions, _) = sign(signable, &params).ok()?.into_parts();
    let (headers, _) = instructions.into_parts();
    Some(headers.into_iter().map(|header| (header.name().to_owned(), header.value().to_owned())).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn role() -> AwsRole {
        AwsRole::read(|name| match name {
            "AWS_DEFAULT_REGION" => Some("eu-central-1".into()),
            "AWS_ACCESS_KEY_ID" => Some("AKIDEXAMPLE".into()),
            "AWS_SECRET_ACCESS_KEY" => Some("wJalrXUtnFEMI".into()),
            "AWS_SESSION_TOKEN" => Some("the-session".into()),
            _ => Some(String::new()),
        })
    }

    /// What AWS's library for Python makes of the same request at the same time.
    #[test]
    fn a_signature_is_the_one_that_aws_expects() {
        let url = "https://bedrock-runtime.eu-central-1.amazonaws.com/model/vendor.model-v1%3A0/converse";
        let headers = role().sign(url, b"{\"messages\":[]}", Time(1_790_000_000_000)).ok().unwrap();
        let header = |name: &str| headers.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str());
        let expected = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260921/eu-central-1/bedrock/aws4_request, \
                        SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, \
                        Signature=b9b849de72fbcc7a718e4ae2a294b008281788e17c0f40cea072bea5b725f4ae";
        assert_eq!(header("authorization"), Some(expected));
        assert_eq!(header("x-amz-date"), Some("20260921T141320Z"));
        assert_eq!(header("x-amz-security-token"), Some("the-session"));
        assert!(!format!("{:?}", role()).contains("wJalr"), "nothing shows the secret of a role");
    }
}
