//! What a person does with the page of their own link, in a browser without scripts.

use crate::binary::{Answer, Dev, SOON, send};
use serde_json::Value;
use std::{
    io::{Read, Write},
    net::TcpStream,
};

/// Opens a page.
pub fn open(dev: &Dev, page: &str) -> Answer {
    dev.try_call("GET", page, &[], &Value::Null).unwrap()
}

/// Asks for a page as a program with this name does that does not want the page itself. Returns the status, after which
/// nothing but headers may come.
pub fn head(dev: &Dev, page: &str, agent: &str) -> u16 {
    let mut stream = TcpStream::connect(("127.0.0.1", dev.port)).unwrap();
    stream.set_read_timeout(Some(SOON)).unwrap();
    write!(stream, "HEAD {page} HTTP/1.1\r\nhost: 127.0.0.1\r\nuser-agent: {agent}\r\nconnection: close\r\n\r\n")
        .unwrap();
    let mut told = String::new();
    stream.read_to_string(&mut told).unwrap();
    assert!(told.ends_with("\r\n\r\n"), "a body came: {told}");
    told.split(' ').nth(1).unwrap().parse().unwrap()
}

/// Opens a page, chooses what is given besides what stands in its form, and sends the form.
pub fn answer(dev: &Dev, page: &str, chosen: &[(&str, &str)]) -> Answer {
    let shown = open(dev, page);
    assert_eq!(shown.status, 200, "{page}: {}", shown.text());
    submit(dev, page, &hidden(&shown.text()), chosen)
}

/// Sends the form of a page that was opened before.
pub fn submit(dev: &Dev, page: &str, hidden: &[(String, String)], chosen: &[(&str, &str)]) -> Answer {
    let head = format!("POST {page} HTTP/1.1\r\ncontent-type: application/x-www-form-urlencoded");
    send(dev.port, &head, form(hidden, chosen).as_bytes()).unwrap()
}

/// The body of a form.
pub fn form(hidden: &[(String, String)], chosen: &[(&str, &str)]) -> String {
    let own = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let pairs = own.chain(chosen.iter().copied());
    let url = reqwest::Url::parse_with_params("http://127.0.0.1/", pairs).unwrap();
    url.query().unwrap_or_default().to_owned()
}

/// The hidden fields of a page's form: the form's own token among them.
pub fn hidden(html: &str) -> Vec<(String, String)> {
    let value = |tag: &str, name: &str| {
        let (_, after) = tag.split_once(&format!("{name}=\""))?;
        Some(after.split('"').next().unwrap().replace("&amp;", "&"))
    };
    let tags = html.split('<').filter(|tag| tag.starts_with("input") && tag.contains("type=\"hidden\""));
    tags.map(|tag| (value(tag, "name").unwrap(), value(tag, "value").unwrap_or_default())).collect()
}
