//! Where an invoice and what follows it are mailed: to the client's address for that, with its copies, as they were when it was
//! drafted or sent again.

use local::ses::Told;
use serde_json::{Value, json};
use tests::{Fate, Firm, PostOffice, Posted, TestApp, email, hand_mail_events};

use crate::{
    invoices::act,
    mail_events::{mails_to, suppressions},
    steps::column,
};

/// A client with these fields.
async fn client(firm: &Firm<'_>, fields: Value) -> String {
    let mut body = json!({"company_name": "Acme Corp", "contact_name": "Ann Lee"});
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    firm.owner.post("/api/clients/clients/", body).await.expect(201).id()
}

async fn change(firm: &Firm<'_>, client: &str, fields: Value) {
    firm.owner.patch(format!("/api/clients/clients/{client}/"), fields).await.expect(200);
}

/// A draft of 100.00 to `client`.
async fn draft(firm: &Firm<'_>, client: &str) -> String {
    let line = json!({"description": "Workshop", "quantity": 1, "unit_price": "100.00"});
    firm.owner.post("/api/finance/invoices/", json!({"client": client, "line_items": [line]})).await.expect(201).id()
}

async fn sent(firm: &Firm<'_>, client: &str) -> String {
    let invoice = draft(firm, client).await;
    act(firm, &invoice, "send", json!({})).await.expect(200);
    invoice
}

/// The first words of the subjects of what was mailed to `to`, and who got copies.
fn mailed(post: &PostOffice, to: &str) -> Vec<(String, Vec<String>)> {
    let first = |mail: &Posted| mail.subject.split_whitespace().next().unwrap().to_owned();
    post.mails_to(to).into_iter().map(|mail| (first(&mail), mail.cc)).collect()
}

#[tokio::test]
async fn all_that_is_about_money_goes_to_the_billing_e_mail_and_its_copies() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let [contact, billing, bo, eva] = ["ann", "billing", "bo", "eva"].map(email);
    let fields = json!({"email": contact, "billing_email": billing, "cc": [bo, eva, billing]});
    let invoice = sent(&firm, &client(&firm, fields).await).await;
    app.stripe.ready().await;
    app.deliver_by(&post).await;
    act(&firm, &invoice, "remind", json!({})).await.expect(200);
    app.deliver_by(&post).await;
    act(&firm, &invoice, "record-payment", json!({"amount": "40.00", "method": "cash"})).await.expect(200);
    let note = json!({"invoice": invoice, "lines": [{"line": 0, "amount": "60.00"}], "reason": "Half a day"});
    firm.owner.post("/api/finance/credit-notes/", note).await.expect(201);
    app.deliver_by(&post).await;
    let copies = vec![bo, eva];
    let mut mails = mailed(&post, &billing);
    mails.sort();
    assert_eq!(mails, ["Credit", "Invoice", "Receipt", "Reminder"].map(|mail| (mail.to_owned(), copies.clone())));
    assert_eq!(mailed(&post, &contact), []);
    // Who reads it there isn't known, so nobody is called by the contact's name.
    assert!(post.mails_to(&billing).iter().all(|mail| mail.text.starts_with("Hello,")));
}

#[tokio::test]
async fn without_one_it_goes_to_the_contact_and_a_copy_alone_is_nowhere_to_send_it_to() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let [contact, bo, billing] = ["ann", "bo", "billing"].map(email);
    sent(&firm, &client(&firm, json!({"email": contact, "cc": [bo]})).await).await;
    let unreachable = client(&firm, json!({"cc": [bo]})).await;
    let invoice = draft(&firm, &unreachable).await;
    let refused = act(&firm, &invoice, "send", json!({})).await.expect(422);
    assert_eq!(refused.fields(), ["email"]);
    firm.owner.patch(format!("/api/finance/invoices/{invoice}/"), json!({"billing_email": billing, "cc": []})).await.expect(200);
    act(&firm, &invoice, "send", json!({})).await.expect(200);
    app.deliver_by(&post).await;
    assert_eq!(mailed(&post, &contact), [("Invoice".to_owned(), vec![bo])]);
    assert_eq!(mailed(&post, &billing), [("Invoice".to_owned(), vec![])]);
    assert!(post.mails_to(&contact)[0].text.starts_with("Hello Ann Lee,"));
}

#[tokio::test]
async fn an_invoice_is_sent_again_to_the_address_of_now_and_so_is_what_follows() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let [before, now, copy] = ["before", "now", "copy"].map(email);
    let client = client(&firm, json!({"email": before})).await;
    let invoice = sent(&firm, &client).await;
    app.stripe.ready().await;
    app.deliver_by(&post).await;
    change(&firm, &client, json!({"billing_email": now, "cc": [copy]})).await;
    let path = format!("/api/finance/invoices/{invoice}/");
    // What was sent goes where it went, until it is sent again.
    act(&firm, &invoice, "record-payment", json!({"amount": "1.00", "method": "cash"})).await.expect(200);
    app.deliver_by(&post).await;
    assert_eq!((mailed(&post, &before).len(), mailed(&post, &now).len()), (2, 0));
    let shown = firm.owner.get(&path).await.expect(200);
    let resent = act(&firm, &invoice, "resend", json!({})).await.expect(200);
    assert_eq!((resent.text("/billing_email"), &resent.json["cc"]), (now.clone(), &json!([copy])));
    for field in ["status", "sent_at", "issue_date", "due_date", "company_name", "email", "total", "amount_due", "line_items", "buyer"] {
        assert_eq!(resent.json[field], shown.json[field], "{field}");
    }
    act(&firm, &invoice, "record-payment", json!({"amount": "99.00", "method": "cash"})).await.expect(200);
    app.deliver_by(&post).await;
    let mut mails = mailed(&post, &now);
    mails.sort();
    assert_eq!(mails, ["Invoice", "Receipt"].map(|mail| (mail.to_owned(), vec![copy.clone()])));
    assert_eq!(mailed(&post, &before).len(), 2);
    let history = firm.owner.get(format!("{path}history/")).await.expect(200);
    let resent = history.json["results"].as_array().unwrap().iter().find(|event| event["event"] == "invoice.resent").unwrap().clone();
    assert_eq!(resent["changes"]["billing_email"], json!({"before": null, "after": now}));
    // One that is paid can be asked for once more.
    act(&firm, &invoice, "resend", json!({})).await.expect(200);
}

#[tokio::test]
async fn one_that_was_sent_by_hand_can_be_mailed_and_one_without_an_address_or_taken_back_can_not() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let client = client(&firm, json!({})).await;
    let invoice = draft(&firm, &client).await;
    act(&firm, &invoice, "send", json!({"sent_by": "hand"})).await.expect(200);
    assert_eq!(act(&firm, &invoice, "resend", json!({})).await.expect(422).fields(), ["billing_email"]);
    let to = email("ann");
    change(&firm, &client, json!({"email": to})).await;
    assert_eq!(act(&firm, &invoice, "resend", json!({})).await.expect(200).text("/sent_by"), "mail");
    app.stripe.ready().await;
    app.deliver_by(&post).await;
    assert_eq!(mailed(&post, &to), [("Invoice".to_owned(), vec![])]);
    act(&firm, &invoice, "void", json!({})).await.expect(200);
    act(&firm, &invoice, "resend", json!({})).await.expect(409);
}

#[tokio::test]
async fn of_what_was_sent_again_only_the_last_is_mailed() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let [wrong, right] = ["wrong", "right"].map(email);
    let client = client(&firm, json!({"email": wrong})).await;
    let invoice = sent(&firm, &client).await;
    change(&firm, &client, json!({"email": right})).await;
    act(&firm, &invoice, "resend", json!({})).await.expect(200);
    app.stripe.ready().await;
    app.deliver_by(&post).await;
    assert_eq!((mailed(&post, &wrong).len(), mailed(&post, &right).len()), (0, 1));
}

#[tokio::test]
async fn a_mail_whose_address_is_refused_goes_to_that_of_now_with_the_copies_of_now() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let [refused, right, copy] = ["refused", "right", "copy"].map(email);
    let client = client(&firm, json!({"email": email("ann"), "billing_email": refused})).await;
    post.decide(&refused, Some(Fate::Refused));
    sent(&firm, &client).await;
    app.deliver_by(&post).await;
    let aside = firm.owner.get("/api/auth/firm/undelivered/").await.expect(200);
    assert_eq!(aside.text("/results/0/to"), refused);
    change(&firm, &client, json!({"billing_email": right, "cc": [copy]})).await;
    firm.owner.post(format!("/api/auth/firm/undelivered/{}/retry/", aside.text("/results/0/id")), json!({})).await.expect(200);
    app.deliver_by(&post).await;
    assert_eq!(mailed(&post, &right), [("Invoice".to_owned(), vec![copy])]);
}

#[tokio::test]
async fn the_notes_of_what_was_sent_can_be_changed_and_nothing_else() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let client = client(&firm, json!({"email": email("ann")})).await;
    let invoice = sent(&firm, &client).await;
    let path = format!("/api/finance/invoices/{invoice}/");
    let changed = firm.owner.patch(&path, json!({"notes": "Bo pays late"})).await.expect(200);
    assert_eq!(changed.text("/notes"), "Bo pays late");
    let before = app.moment();
    for body in
        [json!({"memo": "x"}), json!({"notes": "x", "reference": "PO-1"}), json!({"cc": [email("x")]}), json!({"due_date": "2099-01-01"})]
    {
        firm.owner.patch(&path, body).await.expect(409);
    }
    // What is as it was is no change.
    firm.owner.patch(&path, json!({"notes": "Bo pays late", "memo": null})).await.expect(200);
    assert_eq!(app.changed_since(&before), []);
    act(&firm, &invoice, "record-payment", json!({"amount": "100.00", "method": "cash"})).await.expect(200);
    firm.owner.patch(&path, json!({"notes": null})).await.expect(200);
    let history = firm.owner.get(format!("{path}history/?ordering=created")).await.expect(200);
    assert_eq!(column(&history, "event"), ["created", "sent", "updated", "paid", "updated"].map(|event| format!("invoice.{event}")));
    assert_eq!(history.json["results"][4]["changes"], json!({"notes": {"before": "Bo pays late", "after": null}}));
    firm.owner.delete(&path).await.expect(204);
    firm.owner.patch(&path, json!({"notes": "x"})).await.expect(409);
}

#[tokio::test]
async fn what_comes_back_from_a_copy_says_nothing_of_the_mail_and_no_copy_goes_there_again() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let [ann, bo, eva] = ["ann", "bo", "eva"].map(email);
    let client = client(&firm, json!({"email": ann, "cc": [bo, eva]})).await;
    sent(&firm, &client).await;
    app.deliver_by(&post).await;
    let mail = post.sent_to(&ann).pop().unwrap();
    app.tell(&mail, &[Told::Sent, Told::Delivered]).await;
    let of_copies = [(&bo, Told::Bounced("Permanent", "General")), (&eva, Told::Bounced("Transient", "MailboxFull"))];
    for (copy, told) in of_copies {
        let event = mail.event_of(copy, &told, app.clock.now()).to_string();
        for _ in 0..2 {
            assert_eq!(hand_mail_events(&app.mail_events(), [("event", event.as_str())]).await, [""; 0]);
        }
    }
    assert_eq!(mails_to(&firm, &ann).await[0]["status"], "delivered");
    let suppressed: Vec<_> = suppressions(&firm).await.into_iter().map(|one| one["email"].clone()).collect();
    assert_eq!(suppressed, [json!(bo)]);
    sent(&firm, &client).await;
    app.deliver_by(&post).await;
    assert_eq!(mailed(&post, &ann).pop().unwrap().1, [eva]);
}
