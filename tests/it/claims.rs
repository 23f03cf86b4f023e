//! Claims to effects: who may give one back.

use chrono::TimeDelta;
use serde_json::json;
use store::{Claim, Effect, event_of_image};
use tests::TestApp;

#[tokio::test]
async fn a_claim_that_ran_out_and_was_taken_by_another_is_not_given_back_by_who_had_it() {
    let app = TestApp::new().await;
    app.firm().await.owner.post("/api/crm/leads/", json!({"company_name": "Acme Corp"})).await.expect(201);
    let records = app.dynamo.stream().after(None).unwrap();
    let images = records.iter().map(|record| serde_json::from_value(record["dynamodb"]["NewImage"].clone()).unwrap());
    let logged = images.filter_map(|image| event_of_image(image).unwrap()).next_back().unwrap();
    let effect = Effect::of(&logged, "mail");

    let first = app.clock.now();
    assert_eq!(app.store.claim(&effect, first).await.unwrap(), Claim::Mine);
    assert_eq!(app.store.claim(&effect, first).await.unwrap(), Claim::Busy);
    let second = first + TimeDelta::seconds(31);
    assert_eq!(app.store.claim(&effect, second).await.unwrap(), Claim::Mine);
    assert!(app.store.release(&effect, first).await.is_err());
    assert_eq!(app.store.claim(&effect, second).await.unwrap(), Claim::Busy);
    app.store.release(&effect, second).await.unwrap();
    assert_eq!(app.store.claim(&effect, second).await.unwrap(), Claim::Mine);
}
