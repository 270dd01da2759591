//! Calls of language models. One call is one request to one provider after the other, until one answers. What was asked
//! can be asked again without harm, so no outcome of a call is unknown.

mod anthropic;
mod bedrock;
mod gemini;
mod keys;
mod openai;
mod parts;
mod protocol;
mod refusal;
mod role;
mod schema;
mod stream;
#[cfg(test)]
mod tests;

pub(crate) use keys::masked;
pub use role::AwsRole;

use crate::{
    ceiling::Bound,
    http::{AllowList, Answered, Ask, Asker, Each},
    json::{self, Read, aside},
    limits::MODEL_ANSWER_BYTES,
};
use anthropic::Anthropic;
use bedrock::Bedrock;
use document::{
    time::Time,
    work::{ModelAnswer, ModelCall, ModelChoice, Provider},
};
use engine::{masking::Needles, pieces::Pieces, port::Memory};
use gemini::Gemini;
use openai::OpenAi;
use protocol::{NoAnswer, Protocol, Said};
use refusal::Refusal;
use std::{sync::Arc, time::Duration};
use stepwell_core::{
    agent::name_used_up,
    task::{Failure, Outcome, Task, UsedSecret},
};
use stream::{Events, Saying};
use tokio::time::{Instant, timeout};

/// Calls language models. A host builds one, so that connections are reused.
pub(crate) struct Models {
    asker: Asker,
    role: AwsRole,
    memory: Arc<dyn Memory>,
    pieces: Pieces,
}

impl Models {
    /// `allow` is what may be reached although it is not public. An error where `user_agent` can be no header.
    pub fn new(allow: AllowList, user_agent: &str, role: AwsRole, memory: Arc<dyn Memory>) -> Result<Self, String> {
        Ok(Self { asker: Asker::new(allow, user_agent)?, role, memory, pieces: Pieces::default() })
    }

    /// The same, heard there while it answers.
    pub fn heard_at(self, pieces: Pieces) -> Self {
        Self { pieces, ..self }
    }

    /// The same, with the places of another allow list too.
    pub fn allowing(&self, more: &AllowList) -> Self {
        Self {
            asker: self.asker.allowing(more),
            role: self.role.clone(),
            memory: self.memory.clone(),
            pieces: self.pieces.clone(),
        }
    }

    /// Makes one call. The output is a [`ModelAnswer`], in which secrets are masked. Each model gets an equal share of
    /// the time that is left, so that one that hangs leaves some to the others. A patient call asks the first alone, where the next
    /// attempt may find it available.
    pub async fn run(
        &self,
        call: &ModelCall,
        task: &Task,
        bound: &Bound,
        needles: &Arc<Needles>,
        now: &(dyn Fn() -> Time + Send + Sync),
    ) -> Outcome {
        let deadline = Instant::now() + bound.limit;
        let (mut refused, mut used_up) = (Vec::new(), Vec::new());
        for (position, choice) in call.models.iter().enumerate() {
            let left = u32::try_from(call.models.len() - position).unwrap_or(u32::MAX);
            let sharers = if call.is_patient { 1 } else { left };
            let share = deadline.saturating_duration_since(Instant::now()) / sharers;
            let name = format!("{}/{}", choice.provider.as_str(), choice.name);
            let speaker = self.pieces.speaker(&task.idempotency_key);
            let mut saying = speaker.map(|speaker| Saying::of(speaker, needles.clone()));
            let said = match timeout(share, self.ask(call, choice, &task.secrets, now, saying.as_mut())).await {
                Ok(said) => said,
                Err(_) => Err(Refusal::unavailable(late(share, bound))),
            };
            if let Some(saying) = &mut saying {
                match &said {
                    Ok(_) => saying.end(),
                    Err(_) => saying.take_back(),
                }
            }
            match said {
                Ok(said) => return succeeded(said, (name, used_up), needles).await,
                Err(refusal) if refusal.next => {
                    let may_answer_later = refusal.failure.retryable;
                    refused.push(refusal.of(&name));
                    match (call.is_patient, may_answer_later) {
                        // Another attempt may help with this one, so the next is not asked yet.
                        (true, true) => break,
                        (true, false) => used_up.push(choice.place),
                        (false, _) => {}
                    }
                }
                Err(refusal) => return Outcome::Failed(refusal.of(&name).failure),
            }
        }
        let mut failure = refusal::all(refused);
        name_used_up(&mut failure.details, &used_up);
        Outcome::Failed(failure)
    }

    /// Asks one model.
    async fn ask(
        &self,
        call: &ModelCall,
        choice: &ModelChoice,
        secrets: &[UsedSecret],
        now: &(dyn Fn() -> Time + Send + Sync),
        mut saying: Option<&mut Saying>,
    ) -> Result<Said, Refusal> {
        let protocol = protocol_of(choice.provider);
        let home = protocol.home(&self.role);
        let base = match (&choice.base_url, &home) {
            (Some(base), _) | (None, Ok(base)) => base.trim().trim_end_matches('/'),
            (None, Err(why)) => return Err(Refusal::invalid(*why)),
        };
        let mut request = protocol.request(call, choice, base);
        let mut events = saying.as_ref().and_then(|_| protocol.in_pieces(&mut request)).map(Events::of);
        let body = request.body.to_string().into_bytes();
        let mut headers = request.headers.clone();
        if request.signed {
            headers.extend(self.role.sign(&request.url, &body, now())?);
        }
        let secrets = keys::sent(secrets, choice, &request.url, &headers, &body, home.as_deref().unwrap_or_default());
        let ask = Ask { url: &request.url, headers, body, secrets: &secrets, most: MODEL_ANSWER_BYTES };
        let wants = events.is_some();
        let mut each = |bytes: &[u8]| {
            let texts = events.as_mut().map(|events| events.take(bytes)).unwrap_or_default();
            texts.iter().for_each(|text| saying.iter_mut().for_each(|saying| saying.say(text)));
        };
        let each: Option<Each<'_>> = if wants { Some(&mut each) } else { None };
        let answered = self.asker.ask(ask, now(), each).await.map_err(Refusal::of_sending)?;
        match events.filter(Events::began) {
            Some(events) => understood(events.body().and_then(|body| protocol.answer(call, choice, &body))),
            None => self.read(protocol, call, choice, answered, &keys::origin(choice, &secrets)).await,
        }
    }

    /// What a response means. `key` says where the key of the request is from.
    async fn read(
        &self,
        protocol: &dyn Protocol,
        call: &ModelCall,
        choice: &ModelChoice,
        mut answered: Answered,
        key: &str,
    ) -> Result<Said, Refusal> {
        let body = match json::read(std::mem::take(&mut answered.body), &*self.memory).await {
            Read::Value(value) => Ok(value),
            Read::TooManyValues => Err("it has more values than can be kept".to_owned()),
            Read::Other(bytes, why) => {
                answered.body = bytes;
                Err(format!("it is no JSON ({why})"))
            }
        };
        if !(200..300).contains(&answered.status) {
            let body = body.unwrap_or_default();
            return Err(Refusal::of_status(&answered, &body, protocol.wait(&body), key));
        }
        understood(body.map_err(NoAnswer::Malformed).and_then(|body| protocol.answer(call, choice, &body)))
    }
}

/// What a model said, or what follows where it said nothing that can be used.
fn understood(said: Result<Said, NoAnswer>) -> Result<Said, Refusal> {
    said.map_err(|why| match why {
        NoAnswer::Malformed(what) => Refusal::unavailable(format!("the answer cannot be read: {what}")),
        NoAnswer::Refused(words) => Refusal::declined(&words),
    })
}

/// The protocol of a provider.
fn protocol_of(provider: Provider) -> &'static dyn Protocol {
    match provider {
        Provider::Openai => &OpenAi { compatible: false },
        Provider::OpenaiCompatible => &OpenAi { compatible: true },
        Provider::Anthropic => &Anthropic,
        Provider::Gemini => &Gemini,
        Provider::Bedrock => &Bedrock,
    }
}

/// What is said of a model that took too long.
fn late(share: Duration, bound: &Bound) -> String {
    let seconds = share.as_secs_f64();
    let more = bound.ceiling().unwrap_or_else(|| "raise timeout_seconds if the model needs longer".into());
    format!("no whole answer within {seconds:.1} s: {more}")
}

/// The outcome of an answer. What a model says may repeat a secret that it was shown.
async fn succeeded(said: Said, (model, used_up): (String, Vec<u32>), needles: &Arc<Needles>) -> Outcome {
    let size = said.text.len();
    let answer = ModelAnswer {
        text: said.text,
        tool_calls: said.tool_calls,
        usage: said.usage,
        model,
        stop_reason: said.stop_reason,
        used_up,
    };
    match serde_json::to_value(answer) {
        Ok(mut output) => {
            let needles = needles.clone();
            let output = aside(size, move || {
                needles.mask(&mut output);
                output
            })
            .await;
            Outcome::Succeeded { port: "success".into(), output }
        }
        Err(why) => Outcome::Failed(Failure::new("model_unavailable", format!("the answer cannot be kept: {why}"))),
    }
}
