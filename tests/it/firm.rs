//! The firm's own settings: what it charges by, what it asks for, and who may know.

use domain::access::Role;
use serde_json::{Value, json};
use tests::TestApp;

const FIRM: &str = "/api/auth/firm/";

#[tokio::test]
async fn a_firm_begins_with_the_usual_terms_and_changes_them() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let usual = firm.owner.get(FIRM).await.expect(200);
    assert_eq!(
        (usual.text("/name"), usual.text("/currency"), usual.text("/time_zone")),
        ("North & Partners".into(), "EUR".into(), "UTC".into())
    );
    let settings = ["hourly_rates", "payment_terms_days", "reminder_days", "default_tax_rate"];
    assert_eq!(settings.map(|field| usual.json[field].clone()), [json!([]), json!(30), json!([1, 7, 14]), Value::Null]);
    let body = json!({
        "name": "North", "time_zone": "Pacific/Auckland", "payment_terms_days": 0, "reminder_days": [-7, 0, 180], "default_tax_rate": 25,
        "hourly_rates": [{"from": "2027-01-01", "hourly_rate": 160}, {"hourly_rate": "150.5"}],
    });
    let changed = firm.owner.patch(FIRM, body).await.expect(200);
    let rates = json!([{"from": null, "hourly_rate": "150.50"}, {"from": "2027-01-01", "hourly_rate": "160.00"}]);
    assert_eq!(settings.map(|field| changed.json[field].clone()), [rates, json!(0), json!([-7, 0, 180]), json!("25")]);
    assert_eq!(firm.owner.get(FIRM).await.expect(200).json, changed.json);
    let tag = usual.header("etag").unwrap();
    let stale = firm.owner.call(http::Method::PATCH, FIRM).json(json!({"name": "South"})).header("if-match", tag).send().await;
    stale.expect(412);
}

#[tokio::test]
async fn settings_beyond_reason_are_refused_by_their_names() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let before = app.moment();
    for (body, status, field) in [
        (json!({"payment_terms_days": 366}), 422, "payment_terms_days"),
        (json!({"payment_terms_days": -1}), 400, "payment_terms_days"),
        (json!({"payment_terms_days": "30"}), 400, "payment_terms_days"),
        (json!({"reminder_days": [1, 1]}), 422, "reminder_days"),
        (json!({"reminder_days": [7, 1]}), 422, "reminder_days"),
        (json!({"reminder_days": [181]}), 422, "reminder_days"),
        (json!({"reminder_days": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]}), 422, "reminder_days"),
        (json!({"default_tax_rate": "100.0001"}), 422, "default_tax_rate"),
        (json!({"hourly_rates": [{"hourly_rate": "1"}, {"hourly_rate": "2"}]}), 422, "hourly_rates"),
        (json!({"hourly_rates": [{"hourly_rate": "0.001"}]}), 422, "hourly_rates[0].hourly_rate"),
        (json!({"time_zone": "Mars/Olympus"}), 422, "time_zone"),
        (json!({"vat_id": "12345"}), 422, "vat_id"),
        (json!({"address": {"line1": "Street 1", "city": "Town", "country": "XX"}}), 422, "address.country"),
        (json!({"address": {"line1": "Street 1", "country": "SE"}}), 400, "address.city"),
        (json!({"currency": "XAU"}), 422, "currency"),
    ] {
        assert_eq!(firm.owner.patch(FIRM, body.clone()).await.expect(status).fields(), [field], "{body}");
    }
    assert_eq!(app.changed_since(&before), [], "what was refused changed something");
}

#[tokio::test]
async fn what_an_hour_costs_is_no_business_of_a_clients() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let manager = firm.member(Role::Manager).await;
    manager.get(FIRM).await.expect(200);
    manager.patch(FIRM, json!({"name": "Mine"})).await.expect(403);
    let portal = &firm.portal().await.user;
    portal.get(FIRM).await.expect(403);
    let told = portal.get("/api/auth/me/").await.expect(200);
    assert_eq!(told.json["firm"]["hourly_rates"], Value::Null);
}
