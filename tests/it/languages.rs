//! In which language people are written to: their own, else their client's, else the firm's.

use domain::access::Role;
use serde_json::json;
use tests::{PASSWORD, PostOffice, Posted, TestApp, email};

use crate::invoices::act;

/// The last mail to `to`.
fn last(post: &PostOffice, to: &str) -> Posted {
    post.mails_to(to).pop().unwrap()
}

#[tokio::test]
async fn people_are_written_to_in_their_own_language_else_their_clients_else_the_firms() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let owner = &firm.owner;
    let client = async |language| {
        owner.post("/api/clients/clients/", json!({"company_name": "Acme Corp", "language": language})).await.expect(201).id()
    };
    let [german, unknown] = [client(json!("de")).await, client(json!(null)).await];
    let welcomed = async |client: &str, language| {
        let to = email("ann");
        let body = json!({"client": client, "name": "Ann Lee", "email": to, "language": language});
        let invited = owner.post("/api/clients/portal-users/", body).await.expect(201);
        app.deliver_by(&post).await;
        (invited.json["language"].clone(), last(&post, &to).text.lines().next().unwrap().to_owned())
    };
    let (english, deutsch) = ("Hello Ann Lee,".to_owned(), "Guten Tag Ann Lee,".to_owned());
    assert_eq!(welcomed(&german, json!(null)).await, (json!("de"), deutsch.clone()));
    assert_eq!(welcomed(&german, json!("en")).await, (json!("en"), english.clone()));
    assert_eq!(welcomed(&unknown, json!(null)).await, (json!(null), english));

    let shown = owner.patch("/api/auth/firm/", json!({"language": "de"})).await.expect(200);
    assert_eq!(shown.text("/language"), "de");
    assert_eq!(welcomed(&unknown, json!(null)).await, (json!(null), deutsch));
    for (language, subject) in [
        (json!(null), "Ihre Einladung zu North & Partners auf ConsultantPro"),
        (json!("de"), "Ihre Einladung zu North & Partners auf ConsultantPro"),
        (json!("en"), "Join North & Partners on ConsultantPro"),
    ] {
        let to = email("bo");
        let body = json!({"name": "Bo Ek", "email": to, "role": "billing", "language": language});
        owner.post("/api/auth/users/", body).await.expect(201);
        app.deliver_by(&post).await;
        assert_eq!(last(&post, &to).subject, subject);
    }
}

#[tokio::test]
async fn a_language_goes_from_the_lead_to_the_invoice_which_writes_amounts_and_days_as_it_does() {
    let app = TestApp::unlimited().await;
    let (firm, post, to) = (app.firm().await, PostOffice::open().await, email("ann"));
    let owner = &firm.owner;
    let lead = json!({"company_name": "Acme GmbH", "email": to, "language": "de"});
    let lead = owner.post("/api/crm/leads/", lead).await.expect(201).id();
    let prospect = owner.post(format!("/api/crm/leads/{lead}/convert/"), json!({})).await.expect(201).id();
    let proposal = json!({"prospect": prospect, "title": "Market study", "total_value": "1234567.50", "valid_until": "2099-02-28"});
    let proposal = owner.post("/api/crm/proposals/", proposal).await.expect(201).id();
    owner.post(format!("/api/crm/proposals/{proposal}/send/"), json!({})).await.expect(200);
    app.deliver_by(&post).await;
    let mail = last(&post, &to);
    assert_eq!(mail.subject, "Angebot von North & Partners: Market study");
    assert!(
        mail.text.contains("Gesamtbetrag: 1.234.567,50\u{a0}€") && mail.text.contains("Gültig bis 28.\u{a0}Februar 2099"),
        "{}",
        mail.text
    );

    let accepted = owner.post(format!("/api/crm/proposals/{proposal}/accept/"), json!({"accepted_by": "Ann Lee"})).await.expect(200);
    assert_eq!((accepted.text("/client/language"), accepted.text("/portal_user/language")), ("de".to_owned(), "de".to_owned()));
    let due = app.clock.now().date_naive() + chrono::Days::new(30);
    let line = json!({"description": "Workshop", "quantity": "1.5", "unit_price": "1000.00"});
    let invoice = json!({"client": accepted.text("/client/id"), "line_items": [line], "due_date": due});
    let invoice = owner.post("/api/finance/invoices/", invoice).await.expect(201).id();
    act(&firm, &invoice, "send", json!({})).await.expect(200);
    app.deliver_by(&post).await;
    let mail = last(&post, &to);
    assert_eq!(mail.subject, "Rechnung INV-000001 von North & Partners: 1.500,00 €");
    assert!(
        mail.text.contains("1,5 × 1.000,00\u{a0}€") && mail.text.contains(&format!("Fällig am {}.\u{a0}", due.format("%-d"))),
        "{}",
        mail.text
    );
}

#[tokio::test]
async fn who_says_their_language_is_written_to_in_it_about_their_login_too() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let member = firm.member(Role::Consultant).await;
    let changed = member.patch("/api/auth/me/", json!({"language": "de"})).await.expect(200);
    assert_eq!((changed.text("/language"), changed.text("/user/language")), ("de".to_owned(), "de".to_owned()));
    assert_eq!(member.get("/api/auth/me/").await.expect(200).json, changed.json);
    let body = json!({"current_password": PASSWORD, "new_password": "harbour lane lighthouse"});
    member.post("/api/auth/password/", body).await.expect(204);
    app.deliver_by(&post).await;
    assert_eq!(last(&post, &member.email).subject, "Ihr Passwort wurde geändert");
    // What doesn't say it leaves it.
    member.patch("/api/auth/me/", json!({})).await.expect(200);
    assert_eq!(member.get("/api/auth/me/").await.expect(200).text("/user/language"), "de");

    let portal = firm.portal().await;
    let changed = portal.user.patch("/api/auth/me/", json!({"language": "de"})).await.expect(200);
    assert_eq!(changed.text("/user/language"), "de");
    app.post("/api/auth/password-reset/", json!({"email": portal.user.email})).send().await.expect(202);
    app.deliver_by(&post).await;
    assert_eq!(last(&post, &portal.user.email).subject, "Wählen Sie ein neues Passwort");
}

#[tokio::test]
async fn a_login_has_the_language_in_which_its_firm_signed_up_or_its_invitation_was() {
    let app = TestApp::unlimited().await;
    let (firm, post, founder, invited) = (app.firm().await, PostOffice::open().await, email("founder"), email("bo"));
    let body = json!({"firm_name": "Nordwind", "name": "Ann Lee", "email": founder, "password": PASSWORD, "language": "de"});
    let signed_up = app.post("/api/auth/register/", body).send().await.expect(201);
    assert_eq!((&signed_up.json["firm"]["language"], &signed_up.json["user"]["language"]), (&json!("de"), &json!(null)));
    let body = json!({"name": "Bo Ek", "email": invited, "role": "consultant", "language": "de"});
    let user = firm.owner.post("/api/auth/users/", body).await.expect(201).id();
    firm.activated(&user, &invited, 1).await;
    app.post("/api/auth/password-reset/", json!({"email": invited})).send().await.expect(202);
    app.deliver_by(&post).await;
    assert_eq!(last(&post, &founder).subject, "Bestätigen Sie Ihre E-Mail-Adresse");
    assert_eq!(last(&post, &invited).subject, "Wählen Sie ein neues Passwort");
}
