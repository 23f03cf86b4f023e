//! Leads: what the pattern of all resources does.

use http::Method;
use serde_json::json;
use tests::TestApp;

#[tokio::test]
async fn a_lead_is_entered_shown_changed_and_put_away() {
    let app = TestApp::new().await;
    let owner = app.firm().await.owner;
    let body = json!({"company_name": "Acme Corp", "contact_name": "Ann Lee", "email": "ann@acme.example", "source": "website", "notes": "Met at the fair"});
    let created = owner.post("/api/crm/leads/", body).await.expect(201);
    let path = format!("/api/crm/leads/{}/", created.id());
    assert_eq!(created.header("location"), Some(path.as_str()));
    assert_eq!(created.text("/status"), "new");

    let shown = owner.get(&path).await.expect(200);
    assert_eq!(shown.json, created.json);
    let tag = shown.header("etag").unwrap().to_owned();
    owner.call(Method::GET, &path).header("if-none-match", &tag).send().await.expect(304);

    let changed = owner.call(Method::PATCH, &path).json(json!({"phone": "+46 8 1", "notes": null})).header("if-match", &tag).send().await;
    assert_eq!(changed.clone().expect(200).text("/phone"), "+46 8 1");
    assert!(changed.json["notes"].is_null());
    owner.call(Method::PATCH, &path).json(json!({"phone": null})).header("if-match", &tag).send().await.expect(412);

    owner.delete(&path).await.expect(204);
    assert_eq!(owner.get("/api/crm/leads/").await.expect(200).json["results"], json!([]));
    assert_eq!(owner.get("/api/crm/leads/?archived=true").await.expect(200).json["results"].as_array().unwrap().len(), 1);
    assert!(owner.get(&path).await.expect(200).json["archived_at"].is_string());
    owner.patch(&path, json!({"phone": "1"})).await.expect(409);
}
