//! What calls of language models cost, where the host's operator says so. Prices change without notice, so no host takes
//! any for granted: one list comes with the release, with its date and where it is from, and the operator may have another.

use document::work::Usage;
use serde::Deserialize;
use std::{collections::BTreeMap, io};

/// The variable that says which prices count: `list`, JSON, or the path of a file with JSON.
pub const VARIABLE: &str = "STEPWELL_PRICES";

/// The list that comes with the release.
const LIST: &str = include_str!("list.json");

/// Prices of models. Empty: none is known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Prices(BTreeMap<String, Price>);

/// What a million tokens of a model cost, in US dollars.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Price {
    input: f64,
    /// Of tokens that the provider had kept; as other input where absent.
    cached: Option<f64>,
    output: f64,
    /// What counts for calls that read more.
    long: Option<Box<Long>>,
}

/// Prices of calls that read more than so many tokens.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Long {
    above: u64,
    input: f64,
    cached: Option<f64>,
    output: f64,
}

#[derive(Deserialize)]
struct Listed {
    models: BTreeMap<String, Price>,
}

impl Prices {
    /// The prices that a variable names; none where it names nothing. `read` reads a file.
    ///
    /// # Errors
    /// What is wrong with them, in words for the operator.
    pub fn of(said: Option<&str>, read: impl FnOnce(&str) -> io::Result<String>) -> Result<Self, String> {
        let said = said.map(str::trim).unwrap_or_default();
        let text = match said {
            "" => return Ok(Self::default()),
            "list" => LIST.to_owned(),
            json if json.starts_with('{') => json.to_owned(),
            path => read(path).map_err(|error| format!("{VARIABLE}: {path} cannot be read: {error}"))?,
        };
        let listed: Listed = serde_json::from_str(&text).map_err(|error| {
            format!("{VARIABLE} names no prices: {error}; give {{\"models\": {{\"openai/gpt-5-mini\": {{\"input\": 0.25, \"output\": 2}}}}}}")
        })?;
        let wrong = listed.models.iter().find(|(_, price)| !price.is_sane());
        match wrong {
            Some((model, _)) => Err(format!("{VARIABLE}: the price of {model} is no number of dollars from 0 on")),
            None => Ok(Self(listed.models)),
        }
    }

    /// Whether a model, as `provider/name`, has a price.
    pub fn knows(&self, model: &str) -> bool {
        self.price(model).is_some()
    }

    /// What a call of a model cost, in billionths of a US dollar; none where it has no price.
    pub fn cost(&self, model: &str, usage: &Usage) -> Option<u64> {
        let price = self.price(model)?;
        let (input, cached, output) = match price.long.as_deref().filter(|long| usage.input_tokens > long.above) {
            Some(long) => (long.input, long.cached, long.output),
            None => (price.input, price.cached, price.output),
        };
        let cached_tokens = usage.cached_tokens.min(usage.input_tokens);
        let fresh = usage.input_tokens - cached_tokens;
        let dollars_of_a_million =
            fresh as f64 * input + cached_tokens as f64 * cached.unwrap_or(input) + usage.output_tokens as f64 * output;
        // A millionth of a dollar is a thousand billionths.
        Some((dollars_of_a_million * 1_000.0).round() as u64)
    }

    /// The price of a model: of its name, or of the name without the date of a release behind it.
    fn price(&self, model: &str) -> Option<&Price> {
        self.0.get(model).or_else(|| self.0.get(undated(model)?))
    }
}

/// The name of a model without the date behind it, as `-2025-08-07` or `-20250929`; none where there is none.
fn undated(model: &str) -> Option<&str> {
    let at = model.rfind("-20")?;
    let date: String = model[at + 1..].chars().filter(|c| *c != '-').collect();
    (date.len() == 8 && date.bytes().all(|byte| byte.is_ascii_digit())).then(|| &model[..at]).or_else(|| {
        // The year of `-2025-08-07` is not the last part that begins with 20 where the day does, as in `-2025-08-20`.
        let earlier = model[..at].rfind("-20")?;
        let date: String = model[earlier + 1..].chars().filter(|c| *c != '-').collect();
        (date.len() == 8 && date.bytes().all(|byte| byte.is_ascii_digit())).then(|| &model[..earlier])
    })
}

impl Price {
    fn is_sane(&self) -> bool {
        let long = self.long.iter().flat_map(|long| [Some(long.input), long.cached, Some(long.output)]);
        let mut all = [Some(self.input), self.cached, Some(self.output)].into_iter().chain(long).flatten();
        all.all(|price| price.is_finite() && (0.0..=1_000_000.0).contains(&price))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn of(text: &str) -> Result<Prices, String> {
        Prices::of(Some(text), |_| Err(io::ErrorKind::NotFound.into()))
    }

    fn usage(input_tokens: u64, output_tokens: u64, cached_tokens: u64) -> Usage {
        Usage { input_tokens, output_tokens, cached_tokens, nano_usd: None }
    }

    #[test]
    fn a_call_costs_what_its_tokens_cost() {
        let prices = of(r#"{"models": {"p/m": {"input": 2, "cached": 0.5, "output": 10,
            "long": {"above": 1000, "input": 4, "output": 20}}, "p/free": {"input": 0, "output": 0}}}"#)
        .unwrap();
        assert_eq!(prices.cost("p/m", &usage(100, 10, 0)), Some(100 * 2_000 + 10 * 10_000));
        assert_eq!(prices.cost("p/m", &usage(100, 10, 60)), Some(40 * 2_000 + 60 * 500 + 10 * 10_000));
        assert_eq!(prices.cost("p/m", &usage(2_000, 1, 500)), Some(2_000 * 4_000 + 20_000));
        assert_eq!(prices.cost("p/free", &usage(100, 10, 0)), Some(0));
        assert_eq!(prices.cost("p/other", &usage(100, 10, 0)), None);
    }

    #[test]
    fn the_list_of_the_release_has_its_date_its_source_and_sane_prices() {
        let listed: serde_json::Value = serde_json::from_str(LIST).unwrap();
        assert!(
            listed["as_of"].as_str().unwrap().starts_with("20")
                && listed["sources"][0].as_str().unwrap().starts_with("https://")
        );
        let prices = of("list").unwrap();
        for model in [
            "openai/gpt-5-mini",
            "openai/gpt-5-mini-2025-08-07",
            "openai/gpt-5-mini-2025-08-20",
            "anthropic/claude-sonnet-4-5-20250929",
        ] {
            assert!(prices.knows(model), "{model}");
        }
        for model in ["openai/gpt-5-minimal", "openai_compatible/gpt-5-mini", "gpt-5-mini", "openai/gpt-5-mini-20"] {
            assert!(!prices.knows(model), "{model}");
        }
        for price in prices.0.values() {
            assert!(price.cached.unwrap() < price.input && price.input < price.output, "{price:?}");
        }
    }

    #[test]
    fn what_names_no_prices_is_told() {
        assert_eq!(Prices::of(None, |_| unreachable!()).unwrap(), Prices::default());
        for wrong in [
            "{",
            "{\"models\": {\"p/m\": {\"input\": -1, \"output\": 1}}}",
            "{\"models\": {\"p/m\": {\"input\": 1}}}",
            "/no/such/file",
        ] {
            assert!(of(wrong).unwrap_err().contains(VARIABLE), "{wrong}");
        }
        let read = Prices::of(Some("/prices.json"), |_| Ok(r#"{"models": {}}"#.into()));
        assert_eq!(read.unwrap(), Prices::default());
    }
}
