//! An e-mail is proven before it acts: who signs up confirms theirs by a link, and until then nothing leaves their firm.

use chrono::TimeDelta;
use domain::{Email, Time, access::Role, firm::Unconfirmed};
use serde_json::{Value, json};
use store::{Audit, Record, Reply};
use tests::{Answer, Firm, PASSWORD, PostOffice, TestApp, email};

use crate::{
    steps::{login, refresh},
    timers,
};

async fn confirm(app: &TestApp, token: &str) -> Answer {
    app.post("/api/auth/confirm-email/", json!({"token": token})).send().await
}

async fn resend(firm: &Firm<'_>) -> Answer {
    firm.owner.post("/api/auth/confirm-email/resend/", json!({})).await
}

/// The token of the only link in `text`.
fn token_in(text: &str) -> String {
    text.split_once("/confirm-email?token=").unwrap().1.split_whitespace().next().unwrap().to_owned()
}

async fn invite(firm: &Firm<'_>, to: &str) -> Answer {
    firm.owner.post("/api/auth/users/", json!({"name": "Bo Ek", "email": to, "role": "consultant"})).await
}

#[tokio::test]
async fn who_signs_up_gets_a_mail_whose_link_lets_the_firm_reach_others_once() {
    let app = TestApp::new().await;
    let (firm, post) = (app.unconfirmed_firm().await, PostOffice::open().await);
    assert!(firm.owner.get("/api/auth/firm/").await.expect(200).json["confirm_by"].is_string());
    assert_eq!(invite(&firm, &email("bo")).await.expect(403).text("/type"), "urn:consultantpro:problem:unconfirmed");
    app.deliver_by(&post).await;
    let mails = post.mails_to(&firm.owner.email);
    assert_eq!((mails.len(), mails[0].subject.as_str()), (1, "Confirm your e-mail address"));
    // Anybody may have typed the address, and what they typed besides isn't carried there.
    assert!(!mails[0].text.contains("North") && !mails[0].text.contains("Olga"), "{}", mails[0].text);
    let first = token_in(&mails[0].text);

    resend(&firm).await.expect(202);
    app.deliver_by(&post).await;
    let second = token_in(&post.mails_to(&firm.owner.email)[1].text);
    assert_eq!(confirm(&app, &first).await.expect(409).text("/type"), "urn:consultantpro:problem:conflict");
    confirm(&app, &second).await.expect(204);
    confirm(&app, &second).await.expect(409);
    resend(&firm).await.expect(409);
    assert_eq!(firm.owner.get("/api/auth/firm/").await.expect(200).json["confirm_by"], Value::Null);
    invite(&firm, &email("bo")).await.expect(201);
}

#[tokio::test]
async fn a_link_that_is_late_altered_or_for_something_else_confirms_nothing() {
    let app = TestApp::new().await;
    let firm = app.unconfirmed_firm().await;
    let token = firm.confirmation(1).await;
    let other = app.firm().await;
    let invited = invite(&other, &email("bo")).await.expect(201);
    let (before, last) = token.split_at(token.len() - 1);
    let altered = format!("{before}{}", if last == "A" { "B" } else { "A" });
    for bad in [format!("{token}x"), before.to_owned(), altered, other.link(&invited.id(), &invited.text("/email"), 1), "x".to_owned()] {
        assert_eq!(confirm(&app, &bad).await.expect(422).fields(), ["token"]);
    }
    // Nor is it an invitation.
    app.post("/api/auth/activate/", json!({"token": token, "password": PASSWORD})).send().await.expect(422);
    app.clock.advance(TimeDelta::hours(1));
    assert_eq!(confirm(&app, &token).await.expect(422).fields(), ["token"]);
    // What the token says is no later than what was sent.
    app.clock.advance(TimeDelta::hours(23));
    confirm(&app, &firm.confirmation(1).await).await.expect(409);
}

#[tokio::test]
async fn a_firm_that_nobody_confirms_is_closed_after_a_week_and_the_address_is_free() {
    let app = TestApp::new().await;
    let (firm, kept) = (app.unconfirmed_firm().await, app.firm().await);
    let old = firm.confirmation(1).await;
    app.clock.advance(TimeDelta::days(7) - TimeDelta::seconds(1));
    timers::run(&app).await;
    login(&app, &firm.owner.email).await.expect(200);
    app.clock.advance(TimeDelta::seconds(1));
    let tokens = login(&app, &firm.owner.email).await.expect(200);
    timers::run(&app).await;
    login(&app, &firm.owner.email).await.expect(401);
    login(&app, &kept.owner.email).await.expect(200);
    refresh(&app, &tokens.text("/refresh")).await.expect(401);
    app.clock.advance(TimeDelta::minutes(1));
    app.get("/api/auth/me/").bearer(&tokens.text("/access")).send().await.expect(401);
    confirm(&app, &old).await.expect(422);
    let again = json!({"firm_name": "North", "name": "Ann", "email": firm.owner.email, "password": PASSWORD});
    app.post("/api/auth/register/", again).send().await.expect(201);
    assert!(app.items().keys().all(|(pk, _)| !pk.starts_with(&format!("F#{}#MEMBER#", firm.id))));
}

#[tokio::test]
async fn who_comes_by_a_link_takes_the_login_over_from_who_typed_the_address_and_never_proved_it() {
    let app = TestApp::new().await;
    let (squatted, firm) = (app.unconfirmed_firm().await, app.firm().await);
    let stranger = login(&app, &squatted.owner.email).await.expect(200);
    let invited = invite(&firm, &squatted.owner.email).await.expect(201).id();
    let token = firm.link(&invited, &squatted.owner.email, 1);
    app.clock.advance(TimeDelta::seconds(2));
    app.post("/api/auth/activate/", json!({"token": token, "password": "another horse battery"})).send().await.expect(200);
    // The password is theirs now, and what the stranger had is worth nothing.
    login(&app, &squatted.owner.email).await.expect(401);
    refresh(&app, &stranger.text("/refresh")).await.expect(401);
    app.clock.advance(TimeDelta::minutes(1));
    app.get("/api/auth/me/").bearer(&stranger.text("/access")).send().await.expect(401);
    let owner = json!({"username": squatted.owner.email, "password": "another horse battery", "firm": squatted.id});
    let owner = app.post("/api/auth/login/", owner).send().await.expect(200);
    // The firm still waits to be confirmed, and when it is closed, the login, which is proven, stays.
    let me = app.get("/api/auth/me/").bearer(&owner.text("/access")).send().await.expect(200);
    assert!(me.json["firm"]["confirm_by"].is_string());
    app.clock.advance(TimeDelta::days(7));
    timers::run(&app).await;
    let login = json!({"username": squatted.owner.email, "password": "another horse battery"});
    let tokens = app.post("/api/auth/login/", login).send().await.expect(200);
    let me = app.get("/api/auth/me/").bearer(&tokens.text("/access")).send().await.expect(200);
    assert_eq!(me.text("/firm/id"), firm.id);
    // A proven login isn't taken over.
    let other = app.firm().await;
    let invited = invite(&other, &firm.owner.email).await.expect(201).id();
    let token = other.link(&invited, &firm.owner.email, 1);
    let refused = app.post("/api/auth/activate/", json!({"token": token, "password": "another horse battery"})).send().await;
    assert_eq!(refused.expect(422).fields(), ["password"]);
}

#[tokio::test]
async fn who_signs_in_while_the_login_is_taken_over_is_not_let_in() {
    let app = TestApp::new().await;
    let (squatted, firm) = (app.unconfirmed_firm().await, app.firm().await);
    let invited = invite(&firm, &squatted.owner.email).await.expect(201).id();
    let body = json!({"token": firm.link(&invited, &squatted.owner.email, 1), "password": "another horse battery"});
    let mut hold = app.meter.hold("Query");
    let taking_over = async {
        hold.reached().await;
        app.post("/api/auth/activate/", body).send().await.expect(200);
        hold.release();
    };
    let (stranger, ()) = tokio::join!(login(&app, &squatted.owner.email), taking_over);
    stranger.expect(401);
}

/// `firm` as if its founder hadn't confirmed their e-mail, or as if they had.
pub(crate) async fn set_confirmed(firm: &Firm<'_>, confirmed: bool) {
    let (store, id) = (&firm.app.store, firm.id.parse().unwrap());
    let before: Record<domain::firm::Firm> = store.read(id).record(id).fetch().await.unwrap().record(id).unwrap();
    let login = store.login_of(&Email::new(&firm.owner.email).unwrap()).await.unwrap().unwrap();
    let until = firm.app.clock.now() + TimeDelta::days(7);
    let unconfirmed = (!confirmed).then(|| Unconfirmed { founder: firm.owner.id.parse().unwrap(), login, until });
    let audit = Audit {
        actor: domain::event::Actor::System("test".to_owned()),
        at: Time::from(until),
        request: "test".to_owned(),
        source_address: None,
    };
    let mut change = store.change(id, audit, None);
    change.update(&before, (domain::firm::Firm { unconfirmed, ..before.content.clone() }, domain::firm::Event::Updated)).unwrap();
    change.commit(&Reply::none()).await.unwrap();
}

#[tokio::test]
async fn who_may_manage_the_firm_may_have_another_link_sent_and_nobody_else() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let manager = firm.member(Role::Manager).await;
    manager.post("/api/auth/confirm-email/resend/", json!({})).await.expect(403);
}
