//! The mail server as one URL names it: `smtp://user:password@mail.example.com:587`.
//!
//! A password travels over TLS, or to this machine itself. `smtp` begins in plain text and turns to TLS by STARTTLS;
//! `smtps` begins with TLS. A server on this machine is spoken to in plain text unless its URL says `?tls=required`.

use crate::limits::CERTIFICATE_BYTES;
use lettre::transport::smtp::{
    Error,
    authentication::{Credentials, Mechanism},
    client::{AsyncSmtpConnection, Certificate, TlsParameters},
    extension::ClientId,
};
use nodes::mask_text;
use percent_encoding::percent_decode_str;
use reqwest::Url;
use std::{io::Read, net::IpAddr, path::Path};
use stepwell_core::task::UsedSecret;

/// A mail server, and how it is spoken to.
pub struct Server {
    host: String,
    port: u16,
    tls: Tls,
    user: Option<(String, String)>,
}

enum Tls {
    /// The connection stays in plain text.
    None,
    /// It begins in plain text and has to turn to TLS.
    Start(TlsParameters),
    /// It begins with TLS.
    FromTheStart(TlsParameters),
}

/// What a URL may look like.
const FORM: &str = "write it as smtp://user:password@mail.example.com:587, or smtps://… for TLS from the start. What is \
                    special in a URL is written by its number there, such as %40 for @";

impl Server {
    /// Reads a server's URL. `certificates` are those that the server's may be signed by, beside Mozilla's.
    ///
    /// # Errors
    /// A sentence that says what is wrong and what to write. It holds nothing of the URL but the host.
    pub fn parse(url: &str, certificates: Vec<Certificate>) -> Result<Self, String> {
        let url = Url::parse(url).map_err(|why| format!("{why}: {FORM}"))?;
        let host = match url.host_str().map(|host| host.trim_matches(['[', ']'])) {
            Some(host) if !host.is_empty() => host.to_owned(),
            _ => return Err(format!("it names no host: {FORM}")),
        };
        let from_the_start = match url.scheme() {
            "smtp" => false,
            "smtps" => true,
            _ => return Err(format!("it begins neither with smtp:// nor with smtps://: {FORM}")),
        };
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(format!("nothing may follow the host and its port but ?tls=none or ?tls=required: {FORM}"));
        }
        let user = user(&url)?;
        let local = is_local(&host);
        let plain = match wanted(&url)? {
            Some(_) if from_the_start => return Err("smtps:// is TLS from the start: leave `tls` out".into()),
            Some(plain) => plain,
            None => local && !from_the_start,
        };
        if plain && !local && user.is_some() {
            return Err(format!("tls=none would send the password to {host} in plain text: leave it out"));
        }
        let parameters = || {
            let builder = TlsParameters::builder(host.clone());
            let builder = certificates.iter().fold(builder, |builder, one| builder.add_root_certificate(one.clone()));
            builder.build().map_err(|error| format!("TLS cannot be set up for {host}: {error}"))
        };
        let tls = match (plain, from_the_start) {
            (true, _) => Tls::None,
            (false, false) => Tls::Start(parameters()?),
            (false, true) => Tls::FromTheStart(parameters()?),
        };
        let port = url.port().unwrap_or(if from_the_start { 465 } else { 587 });
        Ok(Self { host, port, tls, user })
    }

    /// Reads certificates from a file in PEM.
    ///
    /// # Errors
    /// Where the file cannot be read or holds none.
    pub fn certificates(path: &Path) -> Result<Vec<Certificate>, String> {
        let shown = path.display();
        let unread = |error: std::io::Error| format!("{shown} cannot be read: {error}");
        let mut pem = Vec::new();
        let file = std::fs::File::open(path).map_err(unread)?;
        file.take(CERTIFICATE_BYTES).read_to_end(&mut pem).map_err(unread)?;
        let text = String::from_utf8_lossy(&pem);
        match Certificate::from_pem(&pem) {
            Ok(certificate) if text.contains("-----BEGIN CERTIFICATE-----") => Ok(vec![certificate]),
            _ => Err(format!("{shown} holds no certificate in PEM, which begins with -----BEGIN CERTIFICATE-----")),
        }
    }

    /// The server for messages: host and port.
    pub fn name(&self) -> String {
        if self.host.contains(':') { format!("[{}]:{}", self.host, self.port) } else { format!("{}:{}", self.host, self.port) }
    }

    /// Connects, turns to TLS where that is wanted, and says who it is.
    pub(super) async fn connect(&self, hello: &ClientId) -> Result<AsyncSmtpConnection, Error> {
        let (first, then) = match &self.tls {
            Tls::None => (None, None),
            Tls::Start(parameters) => (None, Some(parameters)),
            Tls::FromTheStart(parameters) => (Some(parameters.clone()), None),
        };
        let place = (self.host.as_str(), self.port);
        let mut connection = AsyncSmtpConnection::connect_tokio1(place, None, hello, first, None).await?;
        if let Some(parameters) = then {
            connection.starttls(parameters.clone(), hello).await?;
        }
        if let Some((user, password)) = &self.user {
            let credentials = Credentials::new(user.clone(), password.clone());
            connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials).await?;
        }
        Ok(connection)
    }

    /// Masks the password in what a server said, which may repeat it.
    pub(super) fn mask(&self, said: &mut String) {
        if let Some((_, password)) = &self.user {
            mask_text(said, &[UsedSecret { name: "password".into(), value: password.clone(), hosts: Vec::new() }]);
        }
    }
}

/// The user and the password; none where the URL has neither.
fn user(url: &Url) -> Result<Option<(String, String)>, String> {
    let decoded = |text: &str| percent_decode_str(text).decode_utf8().map(|text| text.into_owned());
    match (url.username(), url.password()) {
        ("", None) => Ok(None),
        ("", Some(_)) | (_, None) => Err(format!("it has a user without a password, or the other way round: {FORM}")),
        (user, Some(password)) => match (decoded(user), decoded(password)) {
            (Ok(user), Ok(password)) => Ok(Some((user, password))),
            _ => Err(format!("its user or its password is no text in UTF-8: {FORM}")),
        },
    }
}

/// Whether `tls` asks for plain text; none where nothing is said.
fn wanted(url: &Url) -> Result<Option<bool>, String> {
    let mut wanted = None;
    for (name, value) in url.query_pairs() {
        wanted = match (&*name, &*value) {
            ("tls", "none") => Some(true),
            ("tls", "required") => Some(false),
            _ => return Err("only ?tls=none and ?tls=required may follow its host".into()),
        };
    }
    Ok(wanted)
}

/// Whether a host is this machine.
fn is_local(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|addr| addr.is_loopback())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn kind(url: &str) -> (&'static str, String) {
        let server = Server::parse(url, Vec::new()).unwrap();
        let kind = match server.tls {
            Tls::None => "plain",
            Tls::Start(_) => "starttls",
            Tls::FromTheStart(_) => "tls",
        };
        (kind, server.name())
    }

    fn refused(url: &str) -> String {
        Server::parse(url, Vec::new()).map(|_| ()).unwrap_err()
    }

    #[test]
    fn a_url_says_how_the_server_is_spoken_to() {
        for (url, expected, name) in [
            ("smtp://mail.example.com", "starttls", "mail.example.com:587"),
            ("smtp://a:b@mail.example.com:25", "starttls", "mail.example.com:25"),
            ("smtps://a:b@mail.example.com", "tls", "mail.example.com:465"),
            ("smtp://mail.example.com:25?tls=none", "plain", "mail.example.com:25"),
            ("smtp://a:b@localhost:1025", "plain", "localhost:1025"),
            ("smtp://127.0.0.1:1025?tls=required", "starttls", "127.0.0.1:1025"),
            ("smtp://[::1]:1025", "plain", "[::1]:1025"),
        ] {
            assert_eq!(kind(url), (expected, name.to_owned()), "{url}");
        }
        let server = Server::parse("smtp://ana%40example.com:p%3Ass@mail.example.com", Vec::new()).unwrap();
        assert_eq!(server.user, Some(("ana@example.com".to_owned(), "p:ss".to_owned())));
    }

    #[test]
    fn no_password_goes_over_plain_text_and_none_stands_in_an_error() {
        for url in [
            "smtp://ana:s3cret@mail.example.com?tls=none",
            "smtps://ana:s3cret@mail.example.com?tls=none",
            "http://ana:s3cret@mail.example.com",
            "smtp://ana:s3cret@mail.example.com/s3cret",
            "smtp://ana:s3cret@mail.example.com?ca=s3cret",
            "smtp://:s3cret@mail.example.com",
            "smtp://ana:s3cret@",
            "smtp://ana:s3cret@mail.example.com:port",
        ] {
            let why = refused(url);
            assert!(!why.contains("s3cret") && why.len() > 20, "{url}: {why}");
        }
    }

    #[test]
    fn a_file_without_certificates_is_refused() {
        let path = std::env::temp_dir().join(format!("stepwell-no-certificate-{}.pem", std::process::id()));
        std::fs::write(&path, "-----BEGIN PRIVATE KEY-----\n").unwrap();
        assert!(Server::certificates(&path).unwrap_err().contains("PEM"));
        std::fs::remove_file(&path).unwrap();
        assert!(Server::certificates(&path).unwrap_err().contains("cannot be read"));
    }
}
