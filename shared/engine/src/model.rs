//! Asks a language model outside of any execution, as an agent of a document would ask it: by the same config, the same
//! secrets and the same runner.

use crate::{
    port::{Host, StoreError},
    prepare::SecretSource,
    step::secrets::Vault,
};
use document::{
    Workflow,
    node::agent::Agent,
    work::{Message, ModelAnswer, ModelCall, Work},
};
use expression::{Context, ExecutionScope, ExprError, Scope};
use serde_json::Value;
use std::sync::Arc;
use stepwell_core::task::{Failure, Outcome, Task};

/// A model that can be asked.
pub struct Model<'a> {
    host: &'a dyn Host,
    owner: &'a str,
    workflow: Arc<Workflow>,
    vault: Vault,
}

impl<'a> Model<'a> {
    /// The models of the first agent of a workflow, with the secrets of an owner.
    ///
    /// # Errors
    /// Where the store fails. A secret that does not exist is no error here: asking fails.
    pub async fn of(host: &'a dyn Host, owner: &'a str, workflow: Arc<Workflow>) -> Result<Self, StoreError> {
        let vault = Vault::of_owner(host, owner, workflow.secrets().into_iter().collect()).await?;
        Ok(Self { host, owner, workflow, vault })
    }

    /// Asks once. What was said comes oldest first; `seconds` bounds the call.
    ///
    /// # Errors
    /// Where a template of the config fails, no model answers, or what it answered is not understood.
    pub async fn ask(&self, system: &str, messages: &[Message], seconds: f64) -> Result<ModelAnswer, Failure> {
        let call = self.call(system, messages).map_err(|error| Failure::new(error.code, error.message))?;
        let task = Task {
            owner: self.owner.to_owned(),
            idempotency_key: self.host.new_id().to_string(),
            timeout_seconds: seconds,
            work: Work::Model(Box::new(call)),
            secrets: self.vault.used(),
        };
        match self.host.run(&task).await.outcome {
            Outcome::Succeeded { output, .. } => {
                let mut answer: ModelAnswer = serde_json::from_value(output).map_err(|error| {
                    Failure::new("model_unavailable", format!("the answer of the model is not understood: {error}"))
                })?;
                let prices = self.host.prices();
                answer.usage.nano_usd = prices.and_then(|prices| prices.cost(&answer.model, &answer.usage));
                Ok(answer)
            }
            Outcome::Failed(failure) | Outcome::Unknown(failure) => Err(failure),
        }
    }

    /// The call, the templates of its models rendered.
    fn call(&self, system: &str, messages: &[Message]) -> Result<ModelCall, ExprError> {
        let scope = scope();
        let agent = self.workflow.nodes.iter().find_map(|node| node.kind.agent());
        let models = agent.map_or(&[][..], |agent: &Agent| &agent.models);
        Ok(ModelCall {
            models: (0..)
                .zip(models)
                .map(|(place, model)| model.choice(place, &scope, &self.vault))
                .collect::<Result<_, _>>()?,
            is_patient: false,
            system: Some(system.to_owned()),
            messages: messages.to_vec(),
            tools: Vec::new(),
            output_schema: None,
        })
    }
}

/// Nothing has run.
struct Nothing;

impl Context for Nothing {
    fn output_of(&self, _: &str) -> Option<&Value> {
        None
    }

    fn nodes(&self) -> Vec<&str> {
        Vec::new()
    }
}

/// What templates of a model see where there is no execution: no values.
fn scope() -> Scope<'static> {
    Scope {
        output: None,
        input: &Value::Null,
        ctx: &Nothing,
        in_loop: None,
        item: None,
        index: None,
        execution: ExecutionScope { id: "", workflow_id: "", started_at: "" },
        args: None,
        extra: &[],
        bare: [None, None],
    }
}
