//! Links by which one person answers one question without signing in.
//!
//! A token is the question's id, a mark of the person, and a code over both (HMAC-SHA-256, cut to 128 bits). It follows
//! from the key, so that a reminder sends the same link again and no token is stored anywhere.

use crate::proof::code;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use document::id::hex;
use stepwell_core::id::InteractionId;
use subtle::ConstantTimeEq;

/// Bytes of the question's id: a UUID.
const ID: usize = 16;
/// Bytes of the person's mark. It only tells apart the people of one question: the code keeps others out.
const MARK: usize = 8;
/// Bytes of the code.
const CODE: usize = 16;

/// Makes links and opens them.
#[derive(Clone)]
pub struct Links {
    base: String,
    key: [u8; 32],
}

/// A link that this host made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opened {
    id: [u8; ID],
    mark: [u8; MARK],
}

impl Opened {
    /// The question.
    pub fn interaction(&self) -> InteractionId {
        let hex = hex(&self.id);
        format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]).into()
    }
}

impl Links {
    /// Links below the address under which people reach the host, such as `https://flows.example.com`.
    pub fn new(base: &str, key: [u8; 32]) -> Self {
        Self { base: base.trim_end_matches('/').to_owned(), key }
    }

    /// The address under which people reach the host, without a slash at its end.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// A person's link to a question.
    pub fn link(&self, interaction: &InteractionId, person: &str) -> Option<String> {
        Some(format!("{}/i/{}", self.base, self.token(interaction, person)?))
    }

    /// The question's address for those who are signed in.
    pub fn inbox(&self, interaction: &InteractionId) -> String {
        format!("{}/inbox/{interaction}", self.base)
    }

    /// The token of a person's link; none where the id is no UUID.
    pub fn token(&self, interaction: &InteractionId, person: &str) -> Option<String> {
        let id = uuid(interaction.as_str())?;
        let mark = self.mark(person);
        let code: [u8; CODE] = self.code(&[b"link", &id, &mark]);
        Some(BASE64_URL_SAFE_NO_PAD.encode([id.as_slice(), &mark, &code].concat()))
    }

    /// What a token stands for; none where this host's key did not make it.
    pub fn open(&self, token: &str) -> Option<Opened> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(token).ok()?;
        let (id, rest) = bytes.split_first_chunk::<ID>()?;
        let (mark, code) = rest.split_first_chunk::<MARK>()?;
        let right: [u8; CODE] = self.code(&[b"link", id, mark]);
        bool::from(right.as_slice().ct_eq(code)).then_some(Opened { id: *id, mark: *mark })
    }

    /// The one of these people whom the link was made for; none where it was made for somebody else.
    pub fn person<'a>(&self, opened: &Opened, people: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
        people.into_iter().find(|person| self.mark(person).ct_eq(&opened.mark).into())
    }

    /// What the form of a link's page sends along, which no other page can know.
    pub fn form_token(&self, token: &str) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.code::<CODE>(&[b"form", token.as_bytes()]))
    }

    /// Whether a form sent what its page gave it. The comparison takes the same time wherever they differ.
    pub fn is_form_token(&self, token: &str, sent: &str) -> bool {
        self.form_token(token).as_bytes().ct_eq(sent.as_bytes()).into()
    }

    fn mark(&self, person: &str) -> [u8; MARK] {
        self.code(&[b"person", person.to_ascii_lowercase().as_bytes()])
    }

    fn code<const N: usize>(&self, parts: &[&[u8]]) -> [u8; N] {
        code(&self.key, parts)
    }
}

/// The bytes of a UUID as text.
fn uuid(text: &str) -> Option<[u8; ID]> {
    let digits: Vec<u8> = text.bytes().filter(|byte| *byte != b'-').collect();
    let mut id = [0; ID];
    if digits.len() != 2 * ID {
        return None;
    }
    for (byte, pair) in id.iter_mut().zip(digits.chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID_OF_ONE: &str = "018f2b6e-7a10-8c3d-9e4f-0123456789ab";

    #[test]
    fn a_link_opens_to_its_question_and_its_person_and_no_changed_one_opens() {
        let links = Links::new("https://flows.example.com/", [7; 32]);
        let one = InteractionId::from(ID_OF_ONE);
        let token = links.token(&one, "Ana@example.com").unwrap_or_default();
        assert_eq!(links.link(&one, "ana@example.com"), Some(format!("https://flows.example.com/i/{token}")));
        let opened = links.open(&token).into_iter().next();
        assert_eq!(opened.map(|opened| opened.interaction()), Some(one.clone()));
        let people = ["bob@example.com", "ana@EXAMPLE.com"];
        assert_eq!(opened.and_then(|opened| links.person(&opened, people)), Some("ana@EXAMPLE.com"));
        assert_eq!(opened.and_then(|opened| links.person(&opened, ["bob@example.com"])), None, "reassigned");
        for at in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap_or_default();
            assert_eq!(links.open(&changed), None, "{changed}");
        }
        assert_eq!(Links::new("", [8; 32]).open(&token), None, "another key");
        assert!(links.is_form_token(&token, &links.form_token(&token)));
        assert!(!links.is_form_token(&token, ""));
        assert_eq!(links.token(&"no-uuid".into(), "ana"), None);
    }
}
