//! Accepting a proposal.

use serde_json::json;
use tests::TestApp;

#[tokio::test]
async fn accepting_makes_a_client_a_portal_user_and_an_engagement_once() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let proposal = firm.proposal().await;
    let path = format!("/api/crm/proposals/{proposal}/accept/");
    let accepted = firm.owner.post(&path, json!({"accepted_by": "Ann Lee"})).await.expect(200);
    assert_eq!(accepted.text("/proposal/status"), "accepted");
    assert_eq!(accepted.text("/engagement/client"), accepted.text("/client/id"));
    let again = firm.owner.post(&path, json!({"accepted_by": "Ann Lee"})).await.expect(200);
    assert_eq!(again.json, accepted.json);
    app.deliver().await;
    let prospect = firm.owner.get(format!("/api/crm/prospects/{}/", accepted.text("/proposal/prospect"))).await.expect(200);
    assert_eq!(prospect.text("/stage"), "won");
    assert_eq!(prospect.text("/client"), accepted.text("/client/id"));
}
