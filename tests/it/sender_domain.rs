//! The domain that a firm's mails come from: claimed by one firm, verified by what its DNS says for that claim, and taken away.

use chrono::TimeDelta;
use domain::access::Role;
use http::Method;
use serde_json::{Value, json};
use tests::{Answer, Call, Firm, PostOffice, TestApp, User, email};

use crate::{event_log::assert_all_chains_hold, steps::together};

const PATH: &str = "/api/auth/firm/sender-domain/";

/// `user` says that mails are to come from `domain`.
fn claim<'a>(user: &User<'a>, domain: &str) -> Call<'a> {
    user.call(Method::PUT, PATH).json(json!({"domain": domain}))
}

async fn shown(user: &User<'_>) -> Answer {
    user.get(PATH).await.expect(200)
}

async fn status(firm: &Firm<'_>) -> String {
    shown(&firm.owner.anew().await).await.text("/status")
}

/// What is new is done, and `minutes` pass, in which domains are looked at.
async fn pass(app: &TestApp, post: &PostOffice, minutes: i64) {
    app.deliver_by(post).await;
    app.clock.advance(TimeDelta::minutes(minutes));
    assert!(app.fire_timers_by(post).await);
    app.deliver_by(post).await;
}

/// From whom a proposal of the firm's comes.
async fn from(firm: &Firm<'_>, post: &PostOffice) -> String {
    let (owner, to) = (firm.owner.anew().await, email("ann"));
    let prospect = owner.post("/api/crm/prospects/", json!({"company_name": "Acme Corp", "email": to})).await.expect(201).id();
    let body = json!({"prospect": prospect, "title": "Market study", "total_value": "50000.00"});
    let proposal = owner.post("/api/crm/proposals/", body).await.expect(201).id();
    owner.post(format!("/api/crm/proposals/{proposal}/send/"), json!({})).await.expect(200);
    firm.app.deliver_by(post).await;
    post.mails_to(&to)[0].from.clone()
}

/// A firm whose domain is verified.
async fn verified<'a>(app: &'a TestApp, post: &PostOffice, domain: &str) -> Firm<'a> {
    let firm = app.firm().await;
    claim(&firm.owner, domain).send().await.expect(200);
    app.deliver_by(post).await;
    post.domains(|domains| domains.publish(domain)).unwrap();
    pass(app, post, 1).await;
    assert_eq!(status(&firm).await, "verified");
    firm
}

const OURS: &str = "no-reply@consultantpro.example";

#[tokio::test]
async fn a_firm_claims_a_domain_publishes_what_it_asks_for_and_its_mails_come_from_it() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let none = shown(&firm.owner).await;
    assert_eq!((&none.json["domain"], &none.json["records"]), (&Value::Null, &json!([])));
    let claimed = claim(&firm.owner, "North.Example.").send().await.expect(200);
    assert_eq!((claimed.text("/domain"), claimed.text("/status")), ("north.example".into(), "requested".into()));
    app.deliver_by(&post).await;
    let pending = shown(&firm.owner).await;
    assert_eq!((pending.text("/status"), pending.text("/address")), ("pending".into(), "no-reply@north.example".into()));
    let records = pending.json["records"].as_array().unwrap();
    let types: Vec<&str> = records.iter().map(|record| record["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["CNAME", "CNAME", "CNAME", "MX", "TXT", "TXT"]);
    for key in &records[..3] {
        let token = key["value"].as_str().unwrap().strip_suffix(".dkim.amazonses.com").unwrap();
        assert_eq!(key["name"], format!("{token}._domainkey.north.example"));
    }
    assert_eq!((&records[3]["value"], &records[3]["priority"]), (&json!("feedback-smtp.us-east-1.amazonses.com"), &json!(10)));
    assert_eq!((&records[4]["value"], &records[4]["name"]), (&json!("v=spf1 include:amazonses.com ~all"), &records[3]["name"]));
    assert_eq!(
        records[5],
        json!({"type": "TXT", "name": "_dmarc.north.example", "value": "v=DMARC1; p=none;", "priority": null, "status": null})
    );
    assert!(from(&firm, &post).await.ends_with("via ConsultantPro\" <no-reply@consultantpro.example>"));
    // Looked at in vain, which is no event.
    let before = app.moment();
    assert!(app.fire_timers_by(&post).await);
    app.clock.advance(TimeDelta::minutes(1));
    assert!(app.fire_timers_by(&post).await);
    let changed = app.changed_since(&before);
    assert!(changed.iter().all(|key| !format!("{key:?}").contains("EVENT#")), "{changed:?}");

    post.domains(|domains| domains.publish("north.example")).unwrap();
    pass(&app, &post, 2).await;
    let verified = shown(&firm.owner.anew().await).await;
    assert_eq!(verified.text("/status"), "verified");
    assert!(verified.json["records"].as_array().unwrap()[..4].iter().all(|record| record["status"] == "found"));
    assert_eq!(from(&firm, &post).await, "\"North & Partners\" <no-reply@north.example>");
    let told = post.mails_to(&firm.owner.email);
    let mail = told.iter().find(|mail| mail.subject == "Your mails come from your domain").unwrap();
    // The platform's own mails come from the platform.
    assert!(mail.from.ends_with(&format!("<{OURS}>")) && mail.text.contains("north.example"), "{}", mail.from);
    // It is looked at daily.
    app.clock.advance(TimeDelta::hours(23));
    let before = app.moment();
    assert!(app.fire_timers_by(&post).await);
    assert_eq!(app.changed_since(&before), []);

    let owner = firm.owner.anew().await;
    owner.delete(PATH).await.expect(204);
    owner.delete(PATH).await.expect(409);
    app.deliver_by(&post).await;
    assert_eq!(shown(&owner).await.json["domain"], Value::Null);
    assert!(from(&firm, &post).await.ends_with(&format!("<{OURS}>")));
    assert!(!post.domains(|domains| domains.knows("north.example")));
    assert!(post.mails_to(&firm.owner.email).iter().any(|mail| mail.subject == "Your domain was taken away"));
    assert_all_chains_hold(&app).await;
}

#[tokio::test]
async fn of_two_firms_that_claim_a_domain_at_once_one_does_and_the_other_may_after_a_day() {
    let app = TestApp::unlimited().await;
    let (one, other, post) = (app.firm().await, app.firm().await, PostOffice::open().await);
    let answers = together(vec![claim(&one.owner, "both.example"), claim(&other.owner, "both.example")]).await;
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
    let first = if statuses[0] == 200 { &one } else { &other };
    let second = if statuses[0] == 200 { &other } else { &one };
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    let refused = claim(&second.owner, "both.example").send().await.expect(409);
    assert!(!refused.json.to_string().contains(&first.id));
    pass(&app, &post, 1).await;
    // The first published what their own claim asks for, and it was never looked at.
    let left = shown(&first.owner).await.text("/records/3/name");
    app.clock.advance(TimeDelta::hours(24));
    let second_owner = second.owner.anew().await;
    post.domains(|domains| domains.publish("both.example")).unwrap();
    claim(&second_owner, "both.example").send().await.expect(200);
    pass(&app, &post, 1).await;
    assert_eq!(status(first).await, "failed");
    assert!(shown(&first.owner.anew().await).await.text("/reason").starts_with("Another firm"));
    // What the former claimant left doesn't speak for who claims it now.
    let pending = shown(&second.owner.anew().await).await;
    assert_eq!(pending.text("/status"), "pending");
    assert_eq!((pending.text("/records/0/status"), pending.text("/records/3/status")), ("found".into(), "missing".into()));
    assert_ne!(pending.text("/records/3/name"), left);
    assert!(from(second, &post).await.ends_with(&format!("<{OURS}>")));
    post.domains(|domains| domains.publish("both.example")).unwrap();
    pass(&app, &post, 5).await;
    assert_eq!(status(second).await, "verified");
    // Nobody takes over what is verified.
    app.clock.advance(TimeDelta::days(30));
    claim(&first.owner.anew().await, "both.example").send().await.expect(409);
}

#[tokio::test]
async fn late_events_of_a_firm_that_took_its_domain_away_leave_that_of_the_next_alone() {
    let app = TestApp::unlimited().await;
    let (one, other, post) = (app.firm().await, app.firm().await, PostOffice::open().await);
    claim(&one.owner, "moved.example").send().await.expect(200);
    one.owner.delete(PATH).await.expect(204);
    claim(&other.owner, "moved.example").send().await.expect(200);
    // The events come in any order, and twice.
    let id = |firm: &Firm<'_>| firm.id.replace("firm_", "sdom_");
    let outbox = app.outbox_of(&post);
    assert!(app.follow_up(&outbox, &id(&other)).await && app.follow_up(&outbox, &id(&one)).await);
    app.deliver_by(&post).await;
    assert!(post.domains(|domains| domains.knows("moved.example")));
    post.domains(|domains| domains.publish("moved.example")).unwrap();
    pass(&app, &post, 1).await;
    assert_eq!(status(&other).await, "verified");
    // If SES forgot it all the same, it is set up again.
    post.domains(|domains| domains.replace("moved.example", None));
    pass(&app, &post, 24 * 60).await;
    assert!(post.domains(|domains| domains.knows("moved.example")));
    assert_eq!(status(&other).await, "verified");
}

#[tokio::test]
async fn what_ses_refuses_to_send_from_a_firms_domain_comes_from_ours_at_once() {
    let app = TestApp::unlimited().await;
    let post = PostOffice::open().await;
    let firm = verified(&app, &post, "gone.example").await;
    post.domains(|domains| domains.withdraw("gone.example"));
    assert!(from(&firm, &post).await.ends_with(&format!("via ConsultantPro\" <{OURS}>")));
    // It is looked at soon.
    assert!(app.fire_timers_by(&post).await);
    let shown = shown(&firm.owner.anew().await).await;
    assert_eq!((shown.text("/status"), shown.text("/records/0/status")), ("verified".into(), "missing".into()));
    assert!(shown.text("/reason").starts_with("Some of the DNS records"));
    for _ in 0..3 {
        pass(&app, &post, 24 * 60).await;
    }
    assert_eq!(status(&firm).await, "failed");
    assert!(post.mails_to(&firm.owner.email).iter().any(|mail| mail.subject == "Your mails don't come from your domain"));
    // Said again, it begins anew.
    let owner = firm.owner.anew().await;
    let anew = claim(&owner, "gone.example").send().await.expect(200);
    assert_eq!(anew.text("/status"), "requested");
}

#[tokio::test]
async fn one_that_never_says_so_fails_after_three_days_and_an_outage_of_ses_is_waited_out() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    claim(&firm.owner, "silent.example").send().await.expect(200);
    post.silence(true);
    assert!(!app.deliver_to(&app.outbox_of(&post)).await);
    app.clock.advance(TimeDelta::minutes(1));
    assert!(!app.fire_timers_by(&post).await);
    post.silence(false);
    // The claim to what follows runs out.
    pass(&app, &post, 10).await;
    assert_eq!(status(&firm).await, "pending");
    pass(&app, &post, 72 * 60).await;
    assert_eq!(status(&firm).await, "failed");
    assert!(!post.domains(|domains| domains.knows("silent.example")));
}

#[tokio::test]
async fn a_domain_that_ses_knows_for_somebody_else_is_left_alone() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    post.domains(|domains| domains.replace("other.example", Some(json!([{"Key": "consultantpro", "Value": "another"}]))));
    claim(&firm.owner, "other.example").send().await.expect(200);
    app.deliver_by(&post).await;
    assert_eq!(status(&firm).await, "failed");
    assert!(shown(&firm.owner).await.text("/reason").contains("mail service"));
    firm.owner.delete(PATH).await.expect(204);
    app.deliver_by(&post).await;
    assert!(post.domains(|domains| domains.knows("other.example")));
}

#[tokio::test]
async fn what_is_no_domain_of_a_firms_is_refused() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    for domain in [
        "com",
        "co.uk",
        "localhost",
        "192.0.2.1",
        "a@acme.com",
        "gmail.com",
        "mail.gmx.de",
        "consultantpro.example",
        "x.consultantpro.example",
        "app.consultantpro.example",
        "amazonses.com",
    ] {
        assert_eq!(claim(&firm.owner, domain).send().await.expect(422).fields(), ["domain"], "{domain}");
    }
    let idn = claim(&firm.owner, "müller-söhne.example").send().await.expect(200);
    assert_eq!(idn.text("/domain"), "xn--mller-shne-kcb9d.example");
    assert_eq!(idn.text("/address"), "no-reply@xn--mller-shne-kcb9d.example");
    let again = claim(&firm.owner, "MÜLLER-SÖHNE.example").send().await.expect(200);
    assert_eq!(again.json, idn.json);
}

#[tokio::test]
async fn who_manages_a_confirmed_firm_and_has_just_proven_it_claims_a_domain() {
    let app = TestApp::unlimited().await;
    let (firm, unconfirmed) = (app.firm().await, app.unconfirmed_firm().await);
    for role in [Role::Manager, Role::Consultant, Role::Billing] {
        let member = firm.member(role).await;
        claim(&member, "north.example").send().await.expect(403);
        member.delete(PATH).await.expect(403);
        member.get(PATH).await.expect(200);
    }
    firm.portal().await.user.get(PATH).await.expect(403);
    assert_eq!(claim(&unconfirmed.owner, "north.example").send().await.expect(403).text("/type"), "urn:consultantpro:problem:unconfirmed");
    app.clock.advance(TimeDelta::minutes(11));
    for stale in [claim(&firm.owner, "north.example"), firm.owner.call(Method::DELETE, PATH)] {
        assert_eq!(stale.send().await.expect(403).text("/type"), "urn:consultantpro:problem:reauthentication-required");
    }
    let owner = firm.owner.anew().await;
    app.security.take();
    claim(&owner, "north.example").send().await.expect(200);
    let told = app.security.take();
    assert_eq!(told.iter().map(|event| event["event"].as_str().unwrap()).collect::<Vec<_>>(), ["sender_domain.claimed"]);
    // It is looked at on demand, once a minute.
    owner.post(format!("{PATH}check/"), json!({})).await.expect(200);
    owner.post(format!("{PATH}check/"), json!({})).await.expect(409);
}

#[tokio::test]
async fn another_domain_takes_the_place_of_the_one_before() {
    let app = TestApp::unlimited().await;
    let post = PostOffice::open().await;
    let firm = verified(&app, &post, "old.example").await;
    let owner = firm.owner.anew().await;
    claim(&owner, "new.example").send().await.expect(200);
    app.deliver_by(&post).await;
    assert_eq!(post.domains(|domains| ["old.example", "new.example"].map(|domain| domains.knows(domain))), [false, true]);
    assert!(from(&firm, &post).await.ends_with(&format!("<{OURS}>")));
    // The one before is free.
    claim(&app.firm().await.owner, "old.example").send().await.expect(200);
}

#[tokio::test]
async fn who_takes_a_domain_away_and_claims_it_again_and_again_keeps_nobody_from_it() {
    let app = TestApp::unlimited().await;
    let (one, other) = (app.firm().await, app.firm().await);
    claim(&one.owner, "kept.example").send().await.expect(200);
    for _ in 0..2 {
        app.clock.advance(TimeDelta::hours(12));
        let owner = one.owner.anew().await;
        owner.delete(PATH).await.expect(204);
        claim(&owner, "kept.example").send().await.expect(200);
    }
    claim(&other.owner.anew().await, "kept.example").send().await.expect(200);
    claim(&one.owner.anew().await, "kept.example").send().await.expect(409);
}
