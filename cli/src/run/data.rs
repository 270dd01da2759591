//! Asks for data field by field, each again until it fits.

use super::{
    ask::{Asking, Heard},
    form::{Field, Form, Given, plain},
};
use crate::output;
use serde_json::Value;

impl Asking<'_> {
    /// Asks for data. Where the schema names no fields, or the first line begins with a brace, a line is the whole as
    /// JSON.
    pub(super) async fn data(&mut self) -> Heard<Value> {
        let form = Form::of(self.question.schema.as_ref());
        if form.fields.is_empty() {
            return self.whole(&form).await;
        }
        let again = self.draft.wrong.take();
        if again.is_none() {
            eprintln!("  {}", output::dim("field by field, or all at once as {…}"));
        }
        let is_asked = |field: &&Field| again.as_ref().is_none_or(|again| again.contains(&field.name));
        for (index, field) in form.fields.iter().filter(is_asked).enumerate() {
            // Only the first line may be the whole: later ones belong to fields, whose values may begin with a brace
            // too.
            let may_be_whole = index == 0 && again.is_none();
            if let Some(Value::Object(whole)) = self.field(&form, field, may_be_whole).await? {
                self.draft.given = whole;
                break;
            }
        }
        Ok(Value::Object(self.draft.given.clone()))
    }

    /// Asks for a field until a line fits it, and keeps the value. Gives the whole, where that was typed instead.
    async fn field(&mut self, form: &Form, field: &Field, may_be_whole: bool) -> Heard<Option<Value>> {
        self.describe(field);
        let before = self.draft.given.get(&field.name).cloned();
        loop {
            let kept = before.as_ref().map(|kept| format!(" [{}]", output::short(&plain(kept), KEPT)));
            let prompt = output::clean(&format!("{} ({}){}", field.name, field.about, kept.unwrap_or_default()));
            let line = match field.is_long {
                true => self.text(&prompt, before.as_ref().and_then(Value::as_str).unwrap_or_default()).await?,
                false => self.line(&prompt).await?,
            };
            if may_be_whole && line.starts_with('{') {
                match serde_json::from_str(&line) {
                    Ok(whole) if told(form.misfits_of_whole(&whole)) => return Ok(Some(whole)),
                    Ok(_) => {}
                    Err(error) => eprintln!("  this is not JSON: {error}"),
                }
                continue;
            }
            match field.read(&line, before.as_ref()) {
                Given::Value(value) if told(form.misfits(field, &value)) => {
                    self.draft.given.insert(field.name.clone(), value);
                    return Ok(None);
                }
                Given::Value(_) => {}
                Given::Nothing => {
                    self.draft.given.remove(&field.name);
                    return Ok(None);
                }
                Given::Wrong(why) => eprintln!("  {} {}", output::red("✗"), output::clean(&why)),
            }
        }
    }

    /// Says what a field is for, to a person who types.
    fn describe(&self, field: &Field) {
        if !self.lines.typed {
            return;
        }
        let example = field.example.as_ref().map(|example| format!("such as {example}"));
        for line in field.description.iter().chain(&example).flat_map(|text| text.lines()) {
            eprintln!("  {}", output::dim(&output::clean(line)));
        }
    }

    /// Asks until a line is JSON that fits the schema.
    async fn whole(&mut self, form: &Form) -> Heard<Value> {
        let example = form.example.as_ref().map(|example| format!(", such as {}", output::clean(&example.to_string())));
        let prompt = format!("the data as JSON{}", example.unwrap_or_default());
        loop {
            let line = self.line(&prompt).await?;
            match serde_json::from_str(&line) {
                Ok(value) if told(form.misfits_of_whole(&value)) => return Ok(value),
                Ok(_) => {}
                Err(error) => eprintln!("  this is not JSON: {error}"),
            }
        }
    }
}

/// Characters of a value from before that a prompt shows.
const KEPT: usize = 40;

/// Tells why a value does not fit. Whether it fits, and there is nothing to tell.
fn told(misfits: Vec<String>) -> bool {
    misfits.iter().for_each(|why| eprintln!("  {} {}", output::red("✗"), output::clean(why)));
    misfits.is_empty()
}
