//! Telling the pieces of an answer to whoever listens, secrets masked. A secret may come in several pieces, so what may be
//! the beginning of one is held back until it is clear that it is none.

use engine::{masking::Needles, pieces::Speaker};
use std::sync::Arc;

/// Tells the pieces of one answer.
pub(crate) struct Saying {
    speaker: Speaker,
    needles: Arc<Needles>,
    held: String,
    told: bool,
}

impl Saying {
    /// Nothing was told yet.
    pub fn of(speaker: Speaker, needles: Arc<Needles>) -> Self {
        Self { speaker, needles, held: String::new(), told: false }
    }

    /// Takes a piece, and tells what is clear by now.
    pub fn say(&mut self, piece: &str) {
        self.held.push_str(piece);
        let clear = self.needles.clear_until(&self.held);
        let rest = self.held.split_off(clear);
        let clear = std::mem::replace(&mut self.held, rest);
        self.tell(clear);
    }

    /// Tells the rest, at the end of an answer.
    pub fn end(&mut self) {
        let rest = std::mem::take(&mut self.held);
        self.tell(rest);
    }

    /// Takes back what was told of an answer that is none.
    pub fn take_back(&mut self) {
        self.held.clear();
        if std::mem::take(&mut self.told) {
            self.speaker.take_back();
        }
    }

    fn tell(&mut self, mut text: String) {
        if !text.is_empty() {
            self.needles.mask_text(&mut text);
            self.told = true;
            self.speaker.say(text);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use engine::pieces::Pieces;
    use stepwell_core::task::UsedSecret;

    /// What is heard of an answer that comes in these pieces, beside a secret.
    fn heard(secret: &str, pieces: &[&str]) -> Vec<Option<String>> {
        let all = Pieces::default();
        let mut ear = all.listen(&"e".into());
        let _heard = all.begin(&"e".into(), (&"agent".into(), 1), "k").unwrap();
        let used = UsedSecret { name: "KEY".into(), value: secret.into(), hosts: Vec::new() };
        let mut saying = Saying::of(all.speaker("k").unwrap(), Arc::new(Needles::of(&[used])));
        pieces.iter().for_each(|piece| saying.say(piece));
        saying.end();
        std::iter::from_fn(|| ear.try_recv().ok()).map(|piece| piece.text).collect()
    }

    #[test]
    fn words_are_told_as_they_come_and_a_secret_in_pieces_never() {
        let told = heard("s3cret-key-0001", &["The ", "key is ", "s3cr", "et-key", "-0001, ", "as you ", "know"]);
        let told: Vec<String> = told.into_iter().flatten().collect();
        assert_eq!(told.concat(), "The key is [secret KEY], as you know");
        assert_eq!(told[0], "The ", "what comes first is told first");
    }

    #[test]
    fn a_secret_of_several_words_and_one_over_several_lines_are_masked() {
        let told: String =
            heard("open sesame now", &["Say open ", "sesame ", "now ", "to it."]).into_iter().flatten().collect();
        assert_eq!(told, "Say [secret KEY] to it.");
        let secret = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
        use base64::{Engine, engine::general_purpose::STANDARD};
        let encoded = STANDARD.encode(secret);
        let (one, two) = encoded.split_at(64);
        let told: String =
            heard(secret, &["In base64:\n", one, "\n", two, "\n", "that is it"]).into_iter().flatten().collect();
        assert!(!told.contains(one) && !told.contains(two) && told.ends_with("that is it"), "{told}");
    }

    #[test]
    fn what_was_told_of_no_answer_is_taken_back_once() {
        let all = Pieces::default();
        let mut ear = all.listen(&"e".into());
        let _heard = all.begin(&"e".into(), (&"agent".into(), 1), "k").unwrap();
        let mut saying = Saying::of(all.speaker("k").unwrap(), Arc::new(Needles::of(&[])));
        saying.take_back();
        saying.say("Hel");
        saying.take_back();
        saying.take_back();
        let told: Vec<_> = std::iter::from_fn(|| ear.try_recv().ok()).map(|piece| piece.text).collect();
        assert_eq!(told, [Some("Hel".to_owned()), None]);
    }
}
