//! Tests what the calls of DynamoDB make of each class of failure. The answers are scripted; no service is called.
#![allow(clippy::unwrap_used)]

use super::{
    Dynamo,
    dynamo::{Query, Written},
    item::{Expression, keyed},
};
use crate::{
    billing::meter::{Meter, Purpose, nobodys},
    error::Patience,
    services::clients::Clients,
};
use aws_smithy_runtime_api::client::{
    http::{HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn},
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
};
use aws_smithy_types::body::SdkBody;
use engine::port::StoreError;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

/// An answer of the scripted service: a status with a body, or the reason why there is no answer.
type Answer = Result<(u16, &'static str), &'static str>;

#[derive(Clone, Debug)]
struct Script(Arc<Mutex<(VecDeque<Answer>, usize)>>);

impl HttpConnector for Script {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        let mut script = self.0.lock().unwrap();
        script.1 += 1;
        let answer = script.0.pop_front().unwrap_or(Err("the script is over"));
        HttpConnectorFuture::ready(match answer {
            Ok((status, body)) => {
                let mut response = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body));
                response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
                Ok(response)
            }
            Err("timeout") => Err(ConnectorError::timeout("no answer in time".into())),
            Err(told) => Err(ConnectorError::io(told.into())),
        })
    }
}

fn scripted(answers: impl IntoIterator<Item = Answer>, tries: u32) -> (Dynamo, Script) {
    let script = Script(Arc::new(Mutex::new((answers.into_iter().collect(), 0))));
    let connector = SharedHttpConnector::new(script.clone());
    let http: SharedHttpClient = http_client_fn(move |_, _| connector.clone());
    let client = Clients::over(http).with_credentials("id", "secret").dynamodb();
    let patience = Patience { tries, pause: (Duration::from_millis(1), Duration::from_millis(4)) };
    (Dynamo::new(client, "table", Arc::new(Meter::default()), patience), script)
}

impl Script {
    fn calls(&self) -> usize {
        self.0.lock().unwrap().1
    }
}

async fn put(db: &Dynamo) -> Result<Written, StoreError> {
    let absent = Expression::new("attribute_not_exists(pk)");
    db.put(nobodys(Purpose::Turn), keyed("x#1", "t#1"), absent).await
}

fn failure(code: &'static str) -> Answer {
    // An answer holds a static text, so the text is leaked, which does no harm in a test.
    let body = format!(r#"{{"__type":"com.amazonaws.dynamodb.v20120810#{code}","message":"told"}}"#);
    Ok((400, Box::leak(body.into_boxed_str())))
}

const DONE: Answer = Ok((200, r#"{"ConsumedCapacity":{"TableName":"table","CapacityUnits":1.0}}"#));

#[tokio::test]
async fn what_passes_is_tried_again() {
    let passing = [
        failure("ProvisionedThroughputExceededException"),
        failure("ThrottlingException"),
        failure("RequestLimitExceeded"),
        failure("InternalServerError"),
        failure("TransactionConflictException"),
        Ok((500, "")),
        Ok((503, "{}")),
        Ok((429, "{}")),
        Err("timeout"),
        Err("connection refused"),
    ];
    for answer in passing {
        let (db, script) = scripted([answer, answer, DONE], 3);
        assert_eq!(put(&db).await, Ok(Written::Yes), "{answer:?}");
        assert_eq!(script.calls(), 3, "{answer:?}");
        let (db, script) = scripted([answer; 3], 3);
        let failed = put(&db).await;
        assert!(matches!(failed, Err(StoreError::Transient(_))), "{answer:?}: {failed:?}");
        assert_eq!(script.calls(), 3, "{answer:?}");
    }
}

#[tokio::test]
async fn what_does_not_pass_is_told_at_once() {
    let lasting = [
        failure("ValidationException"),
        failure("ResourceNotFoundException"),
        failure("AccessDeniedException"),
        failure("UnrecognizedClientException"),
        failure("ItemCollectionSizeLimitExceededException"),
    ];
    for answer in lasting {
        let (db, script) = scripted([answer, DONE], 3);
        let failed = put(&db).await;
        assert!(matches!(&failed, Err(StoreError::Permanent(told)) if told.contains("told")), "{answer:?}: {failed:?}");
        assert_eq!(script.calls(), 1, "{answer:?}");
        let (db, _) = scripted([answer], 3);
        let found = db.query(nobodys(Purpose::Load), &Query::default()).await;
        assert!(matches!(found, Err(StoreError::Permanent(_))), "{answer:?}");
    }
}

#[tokio::test]
async fn a_condition_that_does_not_hold_is_no_error_and_says_what_is_there() {
    const TAKEN: Answer = Ok((
        400,
        r#"{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException","message":"no",
            "Item":{"pk":{"S":"x#1"},"sk":{"S":"t#1"}}}"#,
    ));
    let (db, script) = scripted([TAKEN], 3);
    assert_eq!(put(&db).await, Ok(Written::No(Some(keyed("x#1", "t#1")))));
    assert_eq!(script.calls(), 1);
    let (db, _) = scripted([failure("ConditionalCheckFailedException")], 3);
    assert_eq!(put(&db).await, Ok(Written::No(None)));
    // The first try took effect and its answer was lost. The caller sees by the item that the write was its own.
    let (db, script) = scripted([Err("timeout"), TAKEN], 3);
    assert_eq!(put(&db).await, Ok(Written::No(Some(keyed("x#1", "t#1")))));
    assert_eq!(script.calls(), 2);
}

#[tokio::test]
async fn a_transaction_that_was_cancelled_says_why() {
    let cancelled = |reason: &str| -> Answer {
        let told = format!("Transaction cancelled, please refer cancellation reasons [{reason}, None]");
        let body = format!(
            r#"{{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","Message":"{told}"}}"#
        );
        let body: &'static str = Box::leak(body.into_boxed_str());
        Ok((400, body))
    };
    let (db, _) = scripted([cancelled("ConditionalCheckFailed")], 3);
    assert_eq!(db.transact(nobodys(Purpose::Other), vec![]).await, Ok(false));
    let (db, script) = scripted([cancelled("TransactionConflict"), Ok((200, "{}"))], 3);
    assert_eq!(db.transact(nobodys(Purpose::Other), vec![]).await, Ok(true));
    assert_eq!(script.calls(), 2);
    let (db, _) = scripted([cancelled("ValidationError")], 3);
    assert!(matches!(db.transact(nobodys(Purpose::Other), vec![]).await, Err(StoreError::Permanent(_))));
}

#[tokio::test]
async fn patience_has_an_end() {
    let began = Instant::now();
    let patience = Patience { tries: 12, pause: (Duration::from_millis(1), Duration::from_millis(4)) };
    let failed = patience.call(|| async { Err::<(), _>(crate::error::Failure::Transient("no".into())) }).await;
    assert_eq!(failed, Err(crate::error::Failure::Transient("no".into())));
    assert!(began.elapsed() < Duration::from_secs(10));
}
