//! Mails as a firm sees them: by record, by person, by how they stand; addresses that get none any more, and how they get some
//! again.

use chrono::TimeDelta;
use domain::access::Role;
use local::ses::Told;
use serde_json::{Value, json};
use tests::{Firm, PostOffice, TestApp, email};

use crate::{
    event_log::assert_all_chains_hold,
    mail_events::{mails_to, suppressions},
    undelivered::{bill, offer, one, retry, undelivered},
};

const MAILS: &str = "/api/auth/firm/mails/";
const BOUNCED: Told = Told::Bounced("Permanent", "General");

async fn lift(firm: &Firm<'_>, item: &Value) -> tests::Answer {
    firm.owner.post(format!("/api/auth/firm/suppressions/{}/lift/", item["id"].as_str().unwrap()), json!({})).await
}

#[tokio::test]
async fn mails_are_shown_by_record_and_by_person_to_whoever_may_see_what_they_are_about() {
    let app = TestApp::unlimited().await;
    let (firm, other, post) = (app.firm().await, app.firm().await, PostOffice::open().await);
    let (to, billed) = (email("ann"), email("grace"));
    let proposal = offer(&firm, &to).await;
    let (invoice, client) = bill(&firm, &billed).await;
    let invited = firm.owner.post("/api/auth/users/", json!({"name": "Mia", "email": email("mia"), "role": "consultant"})).await;
    let invited = invited.expect(201).id();
    let portal = json!({"client": client, "name": "Pia", "email": email("pia")});
    let portal = firm.owner.post("/api/clients/portal-users/", portal).await.expect(201).id();
    app.deliver_by(&post).await;
    let [consultant, billing] = [firm.member(Role::Consultant).await, firm.member(Role::Billing).await];

    for (record, purpose, for_consultants) in
        [(&proposal, "proposal", true), (&invoice, "invoice", false), (&invited, "invitation", true), (&portal, "welcome", true)]
    {
        let path = format!("{MAILS}?record={record}");
        for (user, may) in [(&firm.owner, true), (&billing, true), (&consultant, for_consultants)] {
            let listed = user.get(&path).await;
            if !may {
                listed.expect(403);
                continue;
            }
            let listed = listed.expect(200);
            assert_eq!(listed.json["results"].as_array().unwrap().len(), 1, "{purpose}");
            assert_eq!((listed.text("/results/0/purpose"), listed.text("/results/0/record")), (purpose.to_owned(), record.clone()));
            user.get(format!("{MAILS}{}/", listed.text("/results/0/id"))).await.expect(200);
        }
        // Another firm sees none.
        assert_eq!(other.owner.get(&path).await.expect(200).json["results"], json!([]));
    }
    let mail = firm.owner.get(format!("{MAILS}?record={invoice}")).await.expect(200).text("/results/0/id");
    consultant.get(format!("{MAILS}{mail}/")).await.expect(403);
    other.owner.get(format!("{MAILS}{mail}/")).await.expect(404);
    // Who may not see invoices can't go through all mails, whichever way.
    for query in ["".to_owned(), format!("?to={to}"), "?status=sent".to_owned()] {
        consultant.get(format!("{MAILS}{query}")).await.expect(403);
        billing.get(format!("{MAILS}{query}")).await.expect(200);
    }
    assert_eq!(mails_to(&firm, &billed).await[0]["record"], invoice);
    assert_eq!(mails_to(&firm, &billed.to_uppercase()).await.len(), 1);
    firm.owner.get(format!("{MAILS}?record={invoice}&to={billed}")).await.expect(422);
    for bad in ["record=lead_01kanar9g00000000000000007", "record=x", "to=nobody", "status=lost", "client=1"] {
        firm.owner.get(format!("{MAILS}?{bad}")).await.expect(400);
    }
}

#[tokio::test]
async fn an_address_from_which_mail_came_back_gets_none_until_that_is_lifted() {
    let app = TestApp::unlimited().await;
    let (firm, other, post) = (app.firm().await, app.firm().await, PostOffice::open().await);
    let to = email("ann");
    offer(&firm, &to).await;
    app.deliver_by(&post).await;
    app.tell(&post.sent_to(&to)[0], &[BOUNCED]).await;
    let first = one(&firm).await;
    assert_eq!((&first["event"], &first["reason"]), (&json!("proposal.sent"), &json!("The mail came back, and its host did not say why.")));

    offer(&firm, &to).await;
    offer(&other, &to).await;
    app.deliver_by(&post).await;
    assert_eq!(post.mails_to(&to).len(), 2, "another firm's mails go there");
    let second = undelivered(&firm).await.remove(0);
    let why = "Mail to this address is suppressed. The mail came back, and its host did not say why.";
    assert_eq!((&second["reason"], &second["to"], &second["attempts"]), (&json!(why), &json!(to), &json!(1)));
    assert_eq!(suppressions(&other).await.len(), 0);

    let item = suppressions(&firm).await.remove(0);
    let mail = mails_to(&firm, &to).await.remove(0);
    let expected = json!({"email": to, "status": "active", "reason": "bounce", "mail": mail["id"], "lifted_at": null});
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(&item[field], value, "{field}");
    }
    let path = format!("/api/auth/firm/suppressions/{}/", item["id"].as_str().unwrap());
    for role in [Role::Consultant, Role::Billing] {
        firm.member(role).await.post(format!("{path}lift/"), json!({})).await.expect(403);
    }
    other.owner.post(format!("{path}lift/"), json!({})).await.expect(404);
    // Tried again before it is lifted, it is set aside again.
    retry(&firm, &second).await.expect(200);
    app.deliver_by(&post).await;
    assert_eq!((undelivered(&firm).await[0]["status"].as_str(), post.tries(&to)), (Some("waiting"), 2));

    app.clock.advance(TimeDelta::seconds(5));
    let manager = firm.member(Role::Manager).await;
    assert_eq!(manager.post(format!("{path}lift/"), json!({})).await.expect(200).text("/status"), "lifted");
    lift(&firm, &item).await.expect(409);
    assert_eq!(post.mails_to(&to).len(), 2, "nothing is sent by that");
    let history = firm.owner.get(format!("{path}history/")).await.expect(200);
    assert_eq!((history.text("/results/0/event"), history.text("/results/0/actor")), ("suppression.lifted".to_owned(), manager.id.clone()));
    for item in undelivered(&firm).await {
        retry(&firm, &item).await.expect(200);
    }
    app.deliver_by(&post).await;
    assert_eq!(post.mails_to(&to).len(), 4);
    assert!(undelivered(&firm).await.iter().all(|item| item["status"] == "delivered"));

    // One that was sent before, and comes back only now, is no reason; one that was sent since is.
    app.tell(&post.sent_to(&to)[0], &[Told::Bounced("Permanent", "NoEmail")]).await;
    assert_eq!(suppressions(&firm).await[0]["status"], "lifted");
    app.tell(&post.sent_to(&to)[3], &[BOUNCED]).await;
    assert_eq!(suppressions(&firm).await[0]["status"], "active");
    assert_eq!(suppressions(&firm).await.len(), 1);
    assert_all_chains_hold(&app).await;
}

#[tokio::test]
async fn a_corrected_address_gets_the_mail_when_it_is_tried_again() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let [wrong, right] = ["grcae", "grace"].map(email);
    let (invoice, client) = bill(&firm, &wrong).await;
    app.deliver_by(&post).await;
    app.tell(&post.sent_to(&wrong)[0], &[Told::Sent, BOUNCED]).await;
    firm.owner.patch(format!("/api/clients/clients/{client}/"), json!({"email": right})).await.expect(200);
    retry(&firm, &one(&firm).await).await.expect(200);
    app.deliver_by(&post).await;
    app.tell(&post.sent_to(&right)[0], &[Told::Sent, Told::Delivered]).await;
    assert_eq!((one(&firm).await["status"].as_str(), post.mails_to(&wrong).len()), (Some("delivered"), 1));
    let mails = firm.owner.get(format!("{MAILS}?record={invoice}")).await.expect(200);
    let rows: Vec<_> = mails.json["results"].as_array().unwrap().iter().map(|mail| (&mail["to"], &mail["status"])).collect();
    assert_eq!(rows, [(&json!(right), &json!("delivered")), (&json!(wrong), &json!("bounced"))]);
}

#[tokio::test]
async fn who_called_a_mail_spam_gets_none_until_they_ask_the_operators() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let to = email("ann");
    offer(&firm, &to).await;
    app.deliver_by(&post).await;
    app.tell(&post.sent_to(&to)[0], &[Told::Delivered, Told::Complained("abuse")]).await;
    assert_eq!(undelivered(&firm).await.len(), 0, "it was delivered");
    let item = suppressions(&firm).await.remove(0);
    assert_eq!((&item["reason"], &item["detail"]), (&json!("complaint"), &json!("The recipient called a mail spam.")));
    let refused = lift(&firm, &item).await.expect(409);
    assert!(refused.text("/detail").contains("only they can ask"), "{:#}", refused.json);
    offer(&firm, &to).await;
    app.deliver_by(&post).await;
    assert_eq!((post.tries(&to), one(&firm).await["status"].as_str()), (1, Some("waiting")));

    let store = app.store_unmetered();
    let lift = async |firm: Option<&str>| local::lift::lift(&store, firm, &to, app.clock.now()).await;
    assert!(lift(None).await.is_err(), "it is the firm's alone");
    lift(Some(&firm.id)).await.unwrap();
    assert!(lift(Some(&firm.id)).await.is_err());
    assert!(lift(Some("firm_x")).await.is_err());
    let path = format!("/api/auth/firm/suppressions/{}/history/", item["id"].as_str().unwrap());
    assert_eq!(firm.owner.get(path).await.expect(200).text("/results/0/actor"), "system:operator");
    retry(&firm, &one(&firm).await).await.expect(200);
    app.deliver_by(&post).await;
    assert_eq!(post.mails_to(&to).len(), 2);
    assert_all_chains_hold(&app).await;
}

#[tokio::test]
async fn an_address_is_one_however_it_is_typed() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let word = format!("{:08x}", rand::random::<u32>());
    let typed = format!("info@mü{word}.example");
    offer(&firm, &typed).await;
    app.deliver_by(&post).await;
    let sent_to = domain::Email::new(&typed).unwrap().as_str().to_owned();
    assert_ne!(sent_to, typed);
    app.tell(&post.sent_to(&sent_to)[0], &[BOUNCED]).await;
    for address in [&typed, &sent_to, &typed.to_uppercase()] {
        assert_eq!(mails_to(&firm, address).await[0]["to"], typed, "{address}");
    }
    assert_eq!(suppressions(&firm).await[0]["email"], typed);
    offer(&firm, &typed.to_uppercase()).await;
    app.deliver_by(&post).await;
    assert_eq!(post.tries(&sent_to), 1);
}
