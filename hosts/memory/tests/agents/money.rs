//! What agents cost, and budgets in money.

use super::world::{World, agent, calls, charges, says};
use engine::prices::Prices;
use serde_json::{Value, json};
use stepwell_core::execution::Status;

/// A host whose model costs 0.1 dollars for each of the tokens of an answer that it read, and 1 for each that it wrote: two
/// dollars an answer.
fn prices() -> Prices {
    let models = json!({"models": {"sim/m": {"input": 100_000, "output": 1_000_000},
        "openai_compatible/m": {"input": 100_000, "output": 1_000_000}}});
    Prices::of(Some(&models.to_string()), |_| unreachable!()).unwrap()
}

/// A model that pays three times, each in an answer of its own.
async fn pays(config: Value, prices: Prices) -> World {
    let world = World::started_on(
        |host| host.with_prices(prices),
        &agent(config, &[charges("pay", json!({}))]),
        |number, _| match number {
            0..3 => calls(&[("pay", json!({"amount": number + 1}))]),
            _ => says("paid"),
        },
    )
    .await;
    world.host.handle_due().await;
    world
}

#[tokio::test]
async fn answers_cost_what_their_tokens_cost_and_nothing_is_said_without_a_price() {
    let world = pays(json!({}), prices()).await;
    world.is(Status::Completed);
    assert_eq!(world.output()["usage"]["usd"], json!(8.0), "four answers");
    assert_eq!(world.talk().usage.nano_usd, Some(8_000_000_000));
    let unknown = pays(json!({}), Prices::default()).await;
    unknown.is(Status::Completed);
    assert_eq!(unknown.output()["usage"]["usd"], Value::Null);
}

#[tokio::test]
async fn a_budget_in_money_is_looked_at_before_each_call() {
    for (usd, answers) in [(json!(2), 1), (json!(2.5), 2), (json!("{{ 4.0 + 0.1 }}"), 3)] {
        let world = pays(json!({"budget": {"usd": usd}}), prices()).await;
        world.is(Status::Failed);
        assert_eq!(world.state().error.as_ref().unwrap().code, "budget_exceeded");
        assert_eq!(world.numbers().len(), answers, "{usd}");
    }
    pays(json!({"budget": {"usd": 9}}), prices()).await.is(Status::Completed);
}

#[tokio::test]
async fn a_budget_that_cannot_be_kept_asks_no_model() {
    let world = pays(json!({"budget": {"usd": 9}}), Prices::default()).await;
    world.is(Status::Failed);
    let error = world.state().error.clone().unwrap();
    assert_eq!(
        (error.code.as_str(), error.message.contains("STEPWELL_PRICES")),
        ("invalid_request", true),
        "{error:?}"
    );
    assert!(world.numbers().is_empty());
}

#[tokio::test]
async fn an_answer_without_a_price_ends_a_budget_in_money() {
    // The model that is asked has a price, and the one that answers has none.
    let models = json!({"models": {"openai_compatible/m": {"input": 1, "output": 1}}});
    let known = Prices::of(Some(&models.to_string()), |_| unreachable!()).unwrap();
    let world = pays(json!({"budget": {"usd": 9}}), known).await;
    world.is(Status::Failed);
    let error = world.state().error.clone().unwrap();
    assert!(error.code == "budget_exceeded" && error.message.contains("not known"), "{error:?}");
    assert_eq!(world.numbers(), [0]);
}
