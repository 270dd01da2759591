//! Mails as a person's own program reads them, out of the folder of `--mail-to-folder`.

use crate::binary::SOON;
use base64::prelude::{BASE64_STANDARD, Engine};
use std::{
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

/// One mail, both of its bodies decoded.
#[derive(Clone, Debug)]
pub struct Mail {
    pub id: String,
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: String,
}

impl Mail {
    /// Reads a message of RFC 5322 whose body is a text and the same as HTML.
    pub fn read(bytes: &[u8]) -> Self {
        let all = String::from_utf8(bytes.to_vec()).unwrap().replace("\r\n", "\n");
        let (head, body) = all.split_once("\n\n").unwrap();
        let (_, after) = head.split_once("boundary=\"").expect("a mail with two bodies");
        let boundary = format!("--{}", after.split('"').next().unwrap());
        let part = |kind: &str| {
            let found = body.split(&boundary).find(|part| header(part, "content-type").starts_with(kind));
            decoded(found.unwrap_or_else(|| panic!("no {kind} in {all}")))
        };
        Self {
            id: header(head, "message-id"),
            to: header(head, "to"),
            subject: header(head, "subject"),
            text: part("text/plain"),
            html: part("text/html"),
        }
    }

    /// Every address of the web in both bodies.
    pub fn addresses(&self) -> Vec<String> {
        let html = self.html.replace("&amp;", "&");
        let starts = |body: &str| {
            let found: Vec<String> = body
                .match_indices("http")
                .map(|(at, _)| &body[at..])
                .filter(|rest| rest.starts_with("http://") || rest.starts_with("https://"))
                .map(|rest| rest.split(|c: char| c.is_whitespace() || "\"'<>)".contains(c)).next().unwrap().to_owned())
                .collect();
            found
        };
        [starts(&self.text), starts(&html)].concat()
    }

    /// The path of the receiver's own page.
    pub fn page(&self) -> String {
        let address = self.addresses().into_iter().find(|address| address.contains("/i/"));
        let address = address.unwrap_or_else(|| panic!("no page of one's own in {}", self.text));
        address[address.find("/i/").unwrap()..].to_owned()
    }
}

/// One header, its later lines put behind the first; empty where there is none.
fn header(head: &str, name: &str) -> String {
    let unfolded = head.trim_start().split("\n\n").next().unwrap().replace("\n ", " ").replace("\n\t", " ");
    let pairs = unfolded.lines().filter_map(|line| line.split_once(": "));
    let mut found = pairs.filter(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned());
    found.next_back().unwrap_or_default()
}

fn decoded(part: &str) -> String {
    let (_, body) = part.trim_start().split_once("\n\n").unwrap();
    match header(part, "content-transfer-encoding").as_str() {
        "quoted-printable" => quoted_printable(body),
        "base64" => String::from_utf8(BASE64_STANDARD.decode(body.replace('\n', "")).unwrap()).unwrap(),
        _ => body.to_owned(),
    }
}

fn quoted_printable(body: &str) -> String {
    let joined = body.replace("=\n", "");
    let mut bytes = Vec::new();
    let mut rest = joined.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first == b'=' {
            let digits = std::str::from_utf8(&after[..2]).unwrap();
            bytes.push(u8::from_str_radix(digits, 16).unwrap());
            rest = &after[2..];
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// All mails of a folder; none where it is not there yet. A mail that is being written has another ending.
pub fn mails(folder: &Path) -> Vec<Mail> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    let whole = paths.filter(|path| path.extension().is_some_and(|extension| extension == "eml"));
    whole.map(|path| Mail::read(&fs::read(path).unwrap())).collect()
}

/// Waits until a mail like this is there.
pub fn mail_that(folder: &Path, what: &str, is_it: impl Fn(&Mail) -> bool) -> Mail {
    let deadline = Instant::now() + SOON;
    loop {
        let all = mails(folder);
        if let Some(mail) = all.iter().find(|mail| is_it(mail)) {
            return mail.clone();
        }
        let there: Vec<_> = all.iter().map(|mail| (&mail.to, &mail.subject)).collect();
        assert!(Instant::now() < deadline, "no mail {what} among {there:?}");
        thread::sleep(Duration::from_millis(20));
    }
}
