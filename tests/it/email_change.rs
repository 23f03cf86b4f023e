//! Another e-mail to sign in with: confirmed where it is, told where it was, and taken back from there.

use chrono::TimeDelta;
use domain::access::Role;
use http::Method;
use serde_json::json;
use tests::{Answer, PASSWORD, PostOffice, TestApp, User, email};

use crate::{
    steps::{column, login, refresh, together, with_tokens},
    timers,
};

/// The password that is chosen when an e-mail is taken back.
const OTHER: &str = "harbour lane lighthouse";

async fn ask(user: &User<'_>, to: &str) -> Answer {
    user.post("/api/auth/email/", json!({"email": to, "current_password": PASSWORD})).await
}

async fn confirm(app: &TestApp, token: &str) -> Answer {
    app.post("/api/auth/email/confirm/", json!({"token": token})).send().await
}

async fn restore(app: &TestApp, token: &str) -> Answer {
    app.post("/api/auth/email/restore/", json!({"token": token, "password": OTHER})).send().await
}

async fn login_with(app: &TestApp, email: &str, password: &str) -> Answer {
    app.post("/api/auth/login/", json!({"username": email, "password": password})).send().await
}

/// The token of the link to `page` in the last mail to `to`.
fn token_in(post: &PostOffice, to: &str, page: &str) -> String {
    let mail = post.mails_to(to).pop().unwrap();
    mail.text.split_once(&format!("/{page}?token=")).unwrap().1.split_whitespace().next().unwrap().to_owned()
}

/// `user` signs in with `to` from now on.
async fn change(app: &TestApp, user: &User<'_>, to: &str, number: u32) {
    ask(user, to).await.expect(202);
    confirm(app, &app.email_token(&user.email, number).await).await.expect(204);
}

#[tokio::test]
async fn nobody_is_of_a_firms_people_twice_by_another_e_mail() {
    let app = TestApp::unlimited().await;
    let (firm, to) = (app.firm().await, email("second"));
    let body = json!({"name": "Olga again", "email": to, "role": "owner"});
    let second = firm.owner.post("/api/auth/users/", body).await.expect(201).id();
    change(&app, &firm.owner, &to, 1).await;
    let owner = with_tokens(&firm.owner, &login(&app, &to).await.expect(200));
    let accept = json!({"token": firm.link(&second, &to, 1), "password": PASSWORD});
    let before = app.moment();
    app.post("/api/auth/activate/", accept).send().await.expect(409);
    assert_eq!(app.changed_since(&before), []);
    assert_eq!(owner.get("/api/auth/memberships/").await.expect(200).json["results"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn who_has_another_e_mail_signs_in_with_it_once_they_have_shown_that_it_is_theirs() {
    let app = TestApp::unlimited().await;
    let (firm, post, to) = (app.firm().await, PostOffice::open().await, email("anna"));
    let ann = firm.owner.clone();
    let elsewhere = ann.anew().await;
    ask(&ann, &to).await.expect(202);
    app.deliver_by(&post).await;
    let token = token_in(&post, &to, "change-email");
    // Until then all is as before.
    login(&app, &to).await.expect(401);
    elsewhere.get("/api/auth/me/").await.expect(200);
    confirm(&app, &token).await.expect(204);
    login(&app, &to).await.expect(200);
    login(&app, &ann.email).await.expect(401);
    // Where it was asked they stay signed in, and nowhere else.
    refresh(&app, &elsewhere.refresh).await.expect(401);
    refresh(&app, &ann.refresh).await.expect(200);
    confirm(&app, &token).await.expect(409);

    // The firm reaches them there, and their colleagues see it.
    app.deliver_by(&post).await;
    assert_eq!(column(&firm.owner.get("/api/auth/users/").await.expect(200), "email"), [&to]);
    let taken = json!({"name": "Bo", "email": to, "role": "billing"});
    firm.owner.post("/api/auth/users/", taken).await.expect(409);
    let free = json!({"name": "Bo", "email": ann.email, "role": "billing"});
    firm.owner.post("/api/auth/users/", free).await.expect(201);
    // The one of before is told, and can take it back.
    let told = post.mails_to(&ann.email);
    assert!(told.iter().any(|mail| mail.subject == "Your e-mail address was changed" && mail.text.contains("/restore-email?token=")));
    let history = firm.owner.get(format!("/api/auth/users/{}/history/", ann.id)).await.expect(200);
    assert_eq!(column(&history, "event")[0], "user.email_changed");
}

#[tokio::test]
async fn it_follows_to_every_firm_and_client_where_it_was_theirs() {
    let app = TestApp::unlimited().await;
    let (north, south) = (app.firm().await, app.firm().await);
    let (post, to) = (PostOffice::open().await, email("anna"));
    let client = south.another_client().await.client;
    let body = json!({"client": client, "name": "Olga", "email": north.owner.email});
    let portal = south.owner.post("/api/clients/portal-users/", body).await.expect(201).id();
    let body = json!({"token": south.link(&portal, &north.owner.email, 1), "password": PASSWORD});
    app.post("/api/auth/activate/", body).send().await.expect(200);
    // Somebody in their own firm has the new one already.
    let body = json!({"name": "Anna", "email": to, "role": "billing"});
    north.owner.post("/api/auth/users/", body).await.expect(201);
    change(&app, &north.owner, &to, 1).await;
    app.deliver_by(&post).await;
    let shown = south.owner.get(format!("/api/clients/portal-users/{portal}/")).await.expect(200);
    assert_eq!(shown.text("/email"), to);
    let own = north.owner.get(format!("/api/auth/users/{}/", north.owner.id)).await.expect(200);
    assert_eq!(own.text("/email"), north.owner.email);
    // Once there is one that nobody has, they are reached by that, whatever came of those before.
    let body = json!({"username": to, "password": PASSWORD, "firm": north.id});
    let owner = with_tokens(&north.owner, &app.post("/api/auth/login/", body).send().await.expect(200));
    let free = email("anne");
    ask(&owner, &free).await.expect(202);
    confirm(&app, &app.email_token(&to, 2).await).await.expect(204);
    app.deliver_by(&post).await;
    let own = owner.get(format!("/api/auth/users/{}/", owner.id)).await;
    assert_eq!(own.expect(200).text("/email"), free);
    // Nothing of it waits for anybody.
    assert_eq!(column(&north.owner.get("/api/auth/firm/undelivered/").await.expect(200), "id"), [""; 0]);
}

#[tokio::test]
async fn it_is_taken_back_with_another_password_and_without_what_was_set_up_since() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let (bo, eve, mallory) = (firm.member(Role::Consultant).await, email("eve"), email("mallory"));
    // Somebody finds the device unlocked, and knows the password.
    change(&app, &bo, &eve, 1).await;
    app.deliver_by(&post).await;
    let token = token_in(&post, &bo.email, "restore-email");
    let mut thief = bo.clone();
    thief.email = eve.clone();
    ask(&thief, &mallory).await.expect(202);
    let further = app.email_token(&eve, 2).await;
    thief.with_factor().await;

    let back = restore(&app, &token).await.expect(200);
    let bo = with_tokens(&bo, &back);
    assert_eq!(bo.get("/api/auth/mfa/").await.expect(200).json["totp_since"], serde_json::Value::Null);
    login_with(&app, &bo.email, OTHER).await.expect(200);
    for (address, password) in [(&bo.email, PASSWORD), (&eve, PASSWORD), (&eve, OTHER)] {
        login_with(&app, address, password).await.expect(401);
    }
    refresh(&app, &thief.refresh).await.expect(401);
    app.clock.advance(TimeDelta::seconds(61));
    thief.get("/api/auth/me/").await.expect(401);
    // Nor does any link of theirs lead anywhere.
    confirm(&app, &further).await.expect(409);
    restore(&app, &token).await.expect(409);
    app.deliver_by(&post).await;
    let shown = firm.owner.get(format!("/api/auth/users/{}/", bo.id)).await.expect(200);
    assert_eq!(shown.text("/email"), bo.email);
    assert!(post.mails_to(&bo.email).iter().any(|mail| mail.subject == "Your e-mail address is the one from before"));
    // Who loses it hears of that too: it may be the other way round.
    assert!(post.mails_to(&eve).iter().any(|mail| mail.subject == "You don't sign in with this address any more"));
    // The e-mail of the thief is free again.
    let body = json!({"firm_name": "Eve & Co", "name": "Eve", "email": eve, "password": PASSWORD});
    app.post("/api/auth/register/", body).send().await.expect(201);
}

#[tokio::test]
async fn a_factor_from_before_is_asked_for_all_the_same_and_from_afar_it_is_taken_back_at_once() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let (bo, eve) = (firm.member(Role::Consultant).await, email("eve"));
    let factor = bo.with_factor().await;
    let body = json!({"email": eve, "current_password": PASSWORD});
    assert_eq!(bo.post("/api/auth/email/", body).await.expect(422).fields(), ["code"]);
    let body = json!({"email": eve, "current_password": PASSWORD, "code": factor.code()});
    bo.post("/api/auth/email/", body).await.expect(202);
    let token = app.restoration_token(&bo.email, 1).await;
    confirm(&app, &app.email_token(&bo.email, 1).await).await.expect(204);
    let asked = restore(&app, &token).await.expect(202);
    let body = json!({"mfa_token": asked.text("/mfa_token"), "code": factor.recovery_codes[0]});
    app.post("/api/auth/login/mfa/", body).send().await.expect(200);
}

#[tokio::test]
async fn for_three_days_nobody_else_has_the_e_mail_of_before() {
    let app = TestApp::unlimited().await;
    let (bo, to) = (app.firm().await.owner, email("anna"));
    let token = app.restoration_token(&bo.email, 1).await;
    change(&app, &bo, &to, 1).await;
    let sign_up = async || {
        let body = json!({"firm_name": "South", "name": "Eve", "email": bo.email, "password": PASSWORD});
        app.post("/api/auth/register/", body).send().await
    };
    sign_up().await.expect(409);
    // Nor by the e-mail change of another, nor does it sign in or get a link.
    let other = app.firm().await.owner;
    ask(&other, &bo.email).await.expect(202);
    confirm(&app, &app.email_token(&other.email, 1).await).await.expect(409);
    app.post("/api/auth/password-reset/", json!({"email": bo.email})).send().await.expect(202);
    let post = PostOffice::open().await;
    app.deliver_by(&post).await;
    assert!(post.mails_to(&bo.email).iter().all(|mail| mail.subject != "Choose another password"));
    app.clock.advance(TimeDelta::hours(72));
    assert_eq!(restore(&app, &token).await.expect(422).fields(), ["token"]);
    restore(&app, &app.restoration_token(&to, 1).await).await.expect(409);
    app.clock.advance(TimeDelta::seconds(1));
    sign_up().await.expect(201);
    login(&app, &to).await.expect(200);
}

#[tokio::test]
async fn a_link_is_worthless_once_it_was_used_once_it_is_late_and_once_the_password_is_another() {
    let app = TestApp::unlimited().await;
    let (ann, bo, to) = (app.firm().await.owner, app.firm().await.owner, email("anna"));
    confirm(&app, &app.email_token(&ann.email, 1).await).await.expect(409);
    ask(&ann, &to).await.expect(202);
    ask(&ann, &email("other")).await.expect(409);
    let token = app.email_token(&ann.email, 1).await;
    let resets = app.reset_token(&ann.email, 1).await;
    for bad in
        [format!("{token}x"), resets, app.restoration_token(&ann.email, 1).await, "x".to_owned(), app.email_token(&bo.email, 2).await]
    {
        assert!([409, 422].contains(&confirm(&app, &bad).await.status.as_u16()));
    }
    assert_eq!(restore(&app, &token).await.expect(422).fields(), ["token"]);
    // Whoever asked, it ends with the sessions.
    let body = json!({"current_password": PASSWORD, "new_password": OTHER});
    ann.post("/api/auth/password/", body).await.expect(204);
    confirm(&app, &token).await.expect(409);
    login_with(&app, &ann.email, OTHER).await.expect(200);
    // Nor is anything asked with another's password.
    assert_eq!(ask(&ann, &to).await.expect(422).fields(), ["current_password"]);
    assert_eq!(ask(&bo, &bo.email.to_uppercase()).await.expect(422).fields(), ["email"]);
}

#[tokio::test]
async fn an_e_mail_goes_to_one_of_two_who_want_it_at_once_and_is_changed_once() {
    let app = TestApp::unlimited().await;
    let (ann, bo, to) = (app.firm().await.owner, app.firm().await.owner, email("wanted"));
    ask(&ann, &to).await.expect(202);
    ask(&bo, &to).await.expect(202);
    let tokens = [app.email_token(&ann.email, 1).await, app.email_token(&bo.email, 1).await];
    let calls = (0..16).map(|n| app.post("/api/auth/email/confirm/", json!({"token": tokens[n % 2]})));
    let answers = together(calls.collect()).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 204).count(), 1);
    assert!(answers.iter().all(|answer| [204, 409].contains(&answer.status.as_u16())), "{answers:?}");
    login(&app, &to).await.expect(200);

    let cy = app.firm().await.owner;
    let send = || {
        let body = json!({"email": email("cyrus"), "current_password": PASSWORD});
        cy.call(Method::POST, "/api/auth/email/").json(body).header("idempotency-key", "k")
    };
    send().send().await.expect(202);
    // Another e-mail under the same key.
    send().send().await.expect(422);
}

#[tokio::test]
async fn whose_e_mail_was_mistyped_at_sign_up_mends_it_and_the_firm_is_confirmed() {
    let app = TestApp::unlimited().await;
    let (firm, post, right) = (app.unconfirmed_firm().await, PostOffice::open().await, email("right"));
    ask(&firm.owner, &right).await.expect(202);
    app.deliver_by(&post).await;
    confirm(&app, &token_in(&post, &right, "change-email")).await.expect(204);
    app.deliver_by(&post).await;
    let owner = with_tokens(&firm.owner, &login(&app, &right).await.expect(200));
    assert_eq!(owner.get("/api/auth/firm/").await.expect(200).json["confirm_by"], serde_json::Value::Null);
    let body = json!({"name": "Bo", "email": email("bo"), "role": "billing"});
    owner.post("/api/auth/users/", body).await.expect(201);
    // Whose the other is, hears of nothing, and can sign up.
    let subjects: Vec<_> = post.mails_to(&firm.owner.email).into_iter().map(|mail| mail.subject).collect();
    assert_eq!(subjects, ["Confirm your e-mail address"]);
    app.post("/api/auth/confirm-email/", json!({"token": firm_token(&app, &firm, &right).await})).send().await.expect(409);
    let body = json!({"firm_name": "South", "name": "Al", "email": firm.owner.email, "password": PASSWORD});
    app.post("/api/auth/register/", body).send().await.expect(201);
}

/// The token that was mailed to confirm the e-mail that `firm` was signed up with, whose login has `email` since.
async fn firm_token(app: &TestApp, firm: &tests::Firm<'_>, email: &str) -> String {
    let login = app.store.login_of(&domain::Email::new(email).unwrap()).await.unwrap().unwrap();
    let exp = app.clock.now().timestamp() + 3600;
    app.links.token(&secrets::Confirming { firm: firm.id.parse().unwrap(), login, number: 1, exp })
}

#[tokio::test]
async fn what_was_asked_in_a_session_that_was_ended_comes_to_nothing() {
    let app = TestApp::unlimited().await;
    let (owner, eve) = (app.firm().await.owner, email("eve"));
    let thief = owner.anew().await;
    ask(&thief, &eve).await.expect(202);
    let token = app.email_token(&owner.email, 1).await;
    let sessions = owner.get("/api/auth/sessions/").await.expect(200);
    let of_thief = sessions.json["results"].as_array().unwrap().iter().find(|session| session["current"] == false).unwrap();
    owner.delete(format!("/api/auth/sessions/{}/", of_thief["id"].as_str().unwrap())).await.expect(204);
    confirm(&app, &token).await.expect(409);

    // Nor where that from which was switched to it was ended.
    app.clock.advance(TimeDelta::seconds(2));
    let from = owner.anew().await;
    let switched = with_tokens(&from, &from.post("/api/auth/switch/", json!({"membership": owner.id})).await.expect(200));
    app.clock.advance(TimeDelta::minutes(2));
    ask(&switched, &eve).await.expect(202);
    app.post("/api/auth/logout/", json!({"refresh": from.refresh})).send().await.expect(204);
    confirm(&app, &app.email_token(&owner.email, 2).await).await.expect(409);
    refresh(&app, &switched.refresh).await.expect(401);
    login(&app, &owner.email).await.expect(200);
}

#[tokio::test]
async fn who_never_confirmed_the_firm_that_was_closed_changes_their_e_mail_all_the_same() {
    let app = TestApp::unlimited().await;
    let (founded, other) = (app.unconfirmed_firm().await, app.firm().await);
    let address = &founded.owner.email;
    let body = json!({"name": "Olga", "email": address, "role": "manager"});
    let invited = other.owner.post("/api/auth/users/", body).await.expect(201).id();
    let body = json!({"token": other.link(&invited, address, 1), "password": PASSWORD});
    app.post("/api/auth/activate/", body).send().await.expect(200);
    app.clock.advance(TimeDelta::days(8));
    timers::run(&app).await;
    let there = with_tokens(&founded.owner, &login(&app, address).await.expect(200));
    ask(&there, &email("anna")).await.expect(202);
    confirm(&app, &app.email_token(address, 1).await).await.expect(204);
}
