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
    let effect = Effect::of(&logged.place(), "mail");
    let claim = async |at| app.store.claim(&effect, at).await.unwrap();
    let now = app.clock.now();
    let mine = async |at, attempts| match claim(at).await {
        Claim::Mine(held) if (held.attempts, held.first_tried_at) == (attempts, now) => held,
        other @ (Claim::Mine(_) | Claim::Over | Claim::Busy) => panic!("{other:?}, not attempt {attempts}"),
    };

    let ran_out = mine(now, 1).await;
    assert_eq!(claim(now).await, Claim::Busy);
    let later = now + TimeDelta::seconds(31);
    let held = mine(later, 2).await;
    assert!(app.store.release(&effect, &ran_out, later).await.is_err());
    assert_eq!(claim(later).await, Claim::Busy);
    // After the second attempt there is a pause of a second.
    app.store.release(&effect, &held, later).await.unwrap();
    assert_eq!(claim(later + TimeDelta::milliseconds(999)).await, Claim::Busy);
    mine(later + TimeDelta::seconds(1), 3).await;
}
