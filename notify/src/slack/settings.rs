//! How a host reaches Slack: its variables, read once.

use crate::limits::SLACK_SECRET_BYTES;
use nodes::AllowList;
use reqwest::Url;

/// The variable of the bot's token.
pub const TOKEN: &str = "STEPWELL_SLACK_TOKEN";
/// The variable of the secret by which Slack signs its requests.
pub const SIGNING_SECRET: &str = "STEPWELL_SLACK_SIGNING_SECRET";
/// The variable of the Web API's address.
pub const API: &str = "STEPWELL_SLACK_API";
/// The variable of the tenant whose people the members of the workspace are.
pub const OWNER: &str = "STEPWELL_SLACK_OWNER";

/// Where the Web API is unless the host says otherwise.
const SLACK_API: &str = "https://slack.com/api";

/// How a host reaches Slack. It is not shown, since it holds credentials.
#[derive(Clone)]
pub struct Settings {
    /// The bot's token.
    pub(super) token: String,
    /// The secret by which Slack signs its requests.
    pub(super) signing_secret: String,
    /// The Web API's address, without a slash at its end.
    pub(super) api: Url,
    /// The tenant whose people the members of the workspace are.
    pub(super) owner: Option<String>,
}

impl Settings {
    /// Reads the settings from variables. None where neither credential is set.
    ///
    /// # Errors
    /// A sentence that names the variable, and says what to set. It holds no value of a credential.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, String> {
        let set = |name: &str| variable(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let (token, signing_secret) = match (set(TOKEN), set(SIGNING_SECRET)) {
            (None, None) => return Ok(None),
            (Some(token), Some(secret)) => (credential(TOKEN, token)?, credential(SIGNING_SECRET, secret)?),
            (Some(_), None) => {
                return Err(format!(
                    "{TOKEN} is set and {SIGNING_SECRET} is not, so that no press of a button could be believed: set it to \
                     the Signing Secret of the app's page `Basic Information`"
                ));
            }
            (None, Some(_)) => {
                return Err(format!(
                    "{SIGNING_SECRET} is set and {TOKEN} is not, so that no message could be sent: set it to the Bot User \
                     OAuth Token (`xoxb-…`) of the app's page `OAuth & Permissions`"
                ));
            }
        };
        let api = api(&set(API).unwrap_or_else(|| SLACK_API.to_owned()))?;
        Ok(Some(Self { token, signing_secret, api, owner: set(OWNER) }))
    }

    /// What requests to Slack may reach although it is not public: the address that the host's operator gave.
    pub(super) fn allowed(&self) -> AllowList {
        let host = self.api.host_str().unwrap_or_default();
        let port = self.api.port_or_known_default().unwrap_or_default();
        // What the URL's parser took for a host is an entry of an allow list too.
        AllowList::parse(&format!("{host}:{port}")).unwrap_or_default()
    }
}

/// A credential that can stand in a header.
fn credential(name: &str, text: String) -> Result<String, String> {
    if text.len() <= SLACK_SECRET_BYTES && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(text);
    }
    Err(format!("{name} is no credential of Slack: copy it again from the app's pages, without spaces"))
}

/// The address of the Web API. Over plain HTTP only loopback is called, since every call bears the token.
fn api(text: &str) -> Result<Url, String> {
    let wrong = || format!("{API} is no address of a Web API: give one such as {SLACK_API}");
    let url = Url::parse(text.trim_end_matches('/')).map_err(|_| wrong())?;
    let plain = !url.username().is_empty() || url.password().is_some() || url.query().is_some();
    if plain || url.fragment().is_some() || url.host_str().is_none() {
        return Err(wrong());
    }
    let loopback = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    match url.scheme() {
        "https" => Ok(url),
        "http" if loopback => Ok(url),
        _ => Err(format!("{API} must begin with https://, since every call bears the token")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<bool, String> {
        let variable = |name: &str| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        Settings::read(variable).map(|settings| settings.is_some())
    }

    #[test]
    fn slack_is_on_with_both_credentials_off_without_and_half_is_refused_with_what_to_set() {
        assert_eq!(read(&[]), Ok(false));
        assert_eq!(read(&[(TOKEN, " "), (SIGNING_SECRET, "")]), Ok(false));
        assert_eq!(read(&[(TOKEN, "xoxb-1"), (SIGNING_SECRET, "s")]), Ok(true));
        for (set, missing) in [(TOKEN, SIGNING_SECRET), (SIGNING_SECRET, TOKEN)] {
            let error = read(&[(set, "xoxb-1")]).err().unwrap_or_default();
            assert!(error.contains(missing) && !error.contains("xoxb-1"), "{error}");
        }
    }

    #[test]
    fn the_token_goes_over_https_or_to_loopback_and_into_no_error() {
        let with = |api: &str| read(&[(TOKEN, "xoxb-1"), (SIGNING_SECRET, "s"), (API, api)]);
        for good in ["https://slack.com/api/", "http://127.0.0.1:9/api", "http://localhost:9", "http://[::1]:9"] {
            assert_eq!(with(good), Ok(true), "{good}");
        }
        for bad in ["http://slack.com/api", "ftp://slack.com", "slack.com", "https://me:pw@slack.com", "https://a/?q=1"]
        {
            assert!(with(bad).is_err_and(|error| error.contains(API) && !error.contains("xoxb")), "{bad}");
        }
        let error = read(&[(TOKEN, "xoxb 1"), (SIGNING_SECRET, "s")]).err().unwrap_or_default();
        assert!(error.contains(TOKEN) && !error.contains("xoxb"), "{error}");
    }
}
