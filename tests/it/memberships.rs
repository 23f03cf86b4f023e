//! One login leads to several firms and clients, and a firm keeps an owner who can sign in.

use chrono::TimeDelta;
use domain::access::Role;
use serde_json::{Value, json};
use tests::{Answer, Firm, PASSWORD, TestApp, User, email};

use crate::steps::{login, refresh, results, together, wait_for_the_hour, wait_to_guess, with_tokens};

/// Sign up a firm called `name` with `email` and `password`.
async fn sign_up(app: &TestApp, name: &str, email: &str, password: &str) -> Answer {
    let body = json!({"firm_name": name, "name": "Olga Owner", "email": email, "password": password});
    app.post("/api/auth/register/", body).send().await
}

/// Whose `email` is accepts an invitation of `firm` as `role`.
async fn joins(firm: &Firm<'_>, email: &str, role: Role) -> Answer {
    let body = json!({"name": "Olga", "email": email, "role": role.as_str()});
    let id = firm.owner.post("/api/auth/users/", body).await.expect(201).id();
    let body = json!({"token": firm.link(&id, email, 1), "password": PASSWORD});
    firm.app.post("/api/auth/activate/", body).send().await
}

/// The memberships of `user`: the names of firm and client, and whether it is the current one.
async fn memberships(user: &User<'_>) -> Vec<(String, Option<String>, bool)> {
    let list = user.get("/api/auth/memberships/").await.expect(200);
    let of = |one: &Value| {
        let name = |field: &str| one[field].as_str().map(str::to_owned);
        (name("firm_name").unwrap(), name("client_name"), one["current"].as_bool().unwrap())
    };
    results(&list).iter().map(of).collect()
}

#[tokio::test]
async fn one_login_is_staff_of_two_firms_and_contact_of_a_client_and_each_invitation_adds_one() {
    let app = TestApp::unlimited().await;
    let (north, south) = (app.firm().await, app.firm().await);
    south.owner.patch("/api/auth/firm/", json!({"name": "South"})).await.expect(200);
    let me = &north.owner;
    let in_south = joins(&south, &me.email, Role::Billing).await.expect(200);
    app.clock.advance(TimeDelta::seconds(1));
    let client = south.another_client().await.client;
    let body = json!({"client": client, "name": "Olga", "email": me.email});
    let portal = south.owner.post("/api/clients/portal-users/", body).await.expect(201).id();
    let body = json!({"token": south.link(&portal, &me.email, 1), "password": PASSWORD});
    app.post("/api/auth/activate/", body).send().await.expect(200);

    let (n, s, acme) = ("North & Partners".to_owned(), "South".to_owned(), Some("Acme Corp".to_owned()));
    assert_eq!(memberships(me).await, [(n.clone(), None, true), (s.clone(), None, false), (s.clone(), acme.clone(), false)]);
    // Nothing that they had was taken away.
    me.get("/api/crm/leads/").await.expect(200);
    with_tokens(me, &in_south).get("/api/finance/invoices/").await.expect(200);

    // Signing in leads to what was used last, and lists all.
    let signed_in = login(&app, &me.email).await.expect(200);
    assert_eq!(signed_in.json["memberships"].as_array().unwrap().len(), 3);
    let at_client = with_tokens(me, &signed_in);
    assert_eq!(at_client.get("/api/auth/me/").await.expect(200).text("/role"), "client");
    at_client.get("/api/crm/leads/").await.expect(403);
    let switched = at_client.post("/api/auth/switch/", json!({"membership": me.id})).await.expect(200);
    with_tokens(me, &switched).get("/api/crm/leads/").await.expect(200);
    let again = with_tokens(me, &login(&app, &me.email).await.expect(200));
    assert_eq!(memberships(&again).await[0], (n, None, true));
    // The session before goes on.
    refresh(&app, &at_client.refresh).await.expect(200);
}

#[tokio::test]
async fn nobody_switches_to_what_is_not_theirs_or_no_longer() {
    let app = TestApp::unlimited().await;
    let (north, south) = (app.firm().await, app.firm().await);
    let in_south = joins(&south, &north.owner.email, Role::Manager).await.expect(200);
    let id = with_tokens(&north.owner, &in_south).get("/api/auth/me/").await.expect(200).text("/user/id");
    for other in [south.owner.id.as_str(), "user_1", ""] {
        let refused = north.owner.post("/api/auth/switch/", json!({"membership": other})).await;
        assert_eq!(refused.expect(422).fields(), ["membership"]);
    }
    south.owner.post(format!("/api/auth/users/{id}/deactivate/"), json!({})).await.expect(200);
    north.owner.post("/api/auth/switch/", json!({"membership": id})).await.expect(422);
    assert_eq!(memberships(&north.owner).await.len(), 1);
    refresh(&app, &in_south.text("/refresh")).await.expect(401);
    // What was dismissed in one firm is none the less at home in the other.
    login(&app, &north.owner.email).await.expect(200);
    refresh(&app, &north.owner.refresh).await.expect(200);
}

#[tokio::test]
async fn whose_e_mail_is_known_signs_up_another_firm_with_their_password_and_nobody_else_does() {
    let app = TestApp::unlimited().await;
    let owner = app.firm().await.owner;
    sign_up(&app, "South", &owner.email, "another long phrase").await.expect(409);
    let south = sign_up(&app, "South", &owner.email, PASSWORD).await.expect(201);
    // They have shown before that the e-mail is theirs.
    assert_eq!(south.json["firm"]["confirm_by"], Value::Null);
    let mine = with_tokens(&owner, &south);
    let invited = json!({"name": "Bo", "email": email("bo"), "role": "billing"});
    mine.post("/api/auth/users/", invited).await.expect(201);
    assert_eq!(memberships(&mine).await.len(), 2);
    // Who hasn't shown it signs up once.
    let stranger = app.unconfirmed_firm().await.owner;
    sign_up(&app, "South", &stranger.email, PASSWORD).await.expect(409);
}

#[tokio::test]
async fn who_was_shut_out_everywhere_signs_up_a_firm_of_their_own() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let bo = firm.member(Role::Consultant).await;
    firm.owner.post(format!("/api/auth/users/{}/deactivate/", bo.id), json!({})).await.expect(200);
    login(&app, &bo.email).await.expect(401);
    sign_up(&app, "Bo & Co", &bo.email, PASSWORD).await.expect(201);
    assert_eq!(memberships(&with_tokens(&bo, &login(&app, &bo.email).await.expect(200))).await.len(), 1);
}

#[tokio::test]
async fn two_owners_who_demote_or_dismiss_each_other_in_the_same_second_leave_one() {
    for how in ["demote", "dismiss"] {
        let app = TestApp::unlimited().await;
        let firm = app.firm().await;
        let (ann, bo) = (firm.owner.clone(), firm.member(Role::Owner).await);
        app.meter.contend();
        let against = |by: &User<'_>, whom: &User<'_>| match how {
            "demote" => {
                app.call(http::Method::PATCH, format!("/api/auth/users/{}/", whom.id)).json(json!({"role": "billing"})).bearer(&by.access)
            }
            _ => app.post(format!("/api/auth/users/{}/deactivate/", whom.id), json!({})).bearer(&by.access),
        };
        let answers = together(vec![against(&ann, &bo), against(&bo, &ann)]).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1, "{answers:?}");
        assert!(answers.iter().all(|answer| [200, 401].contains(&answer.status.as_u16())), "{answers:?}");
        let left = if answers[0].status == 200 { &ann } else { &bo };
        let people = left.anew().await.get("/api/auth/users/").await.expect(200);
        let owners = results(&people).iter().filter(|user| user["role"] == "owner" && user["status"] == "active");
        assert_eq!(owners.count(), 1, "{:#}", people.json);
    }
}

#[tokio::test]
async fn an_owner_hands_the_firm_over_to_who_can_sign_in_once_they_proved_who_they_are() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let (bo, stranger) = (firm.member(Role::Billing).await, app.firm().await.owner);
    let hand_over = async |by: &User<'_>, to: &str| by.post("/api/auth/firm/transfer-ownership/", json!({"user": to})).await;
    let body = json!({"name": "Cy", "email": email("cy"), "role": "billing"});
    let invited = firm.owner.post("/api/auth/users/", body).await.expect(201).id();
    let another = firm.member(Role::Owner).await;
    for other in [&firm.owner.id, &invited, &stranger.id, &another.id] {
        assert_eq!(hand_over(&firm.owner, other).await.expect(422).fields(), ["user"]);
    }
    hand_over(&bo, &bo.id).await.expect(403);

    app.clock.advance(TimeDelta::minutes(11));
    let late = hand_over(&firm.owner, &bo.id).await.expect(403);
    assert_eq!(late.text("/type"), "urn:consultantpro:problem:reauthentication-required");
    // Neither a refresh nor a switch proves anything.
    let refreshed = with_tokens(&firm.owner, &refresh(&app, &firm.owner.refresh).await.expect(200));
    hand_over(&refreshed, &bo.id).await.expect(403);
    let switched = refreshed.post("/api/auth/switch/", json!({"membership": firm.owner.id})).await.expect(200);
    hand_over(&with_tokens(&refreshed, &switched), &bo.id).await.expect(403);
    let wrong = refreshed.post("/api/auth/reauthenticate/", json!({"current_password": "correct horse batterx"})).await;
    assert_eq!(wrong.expect(422).fields(), ["current_password"]);
    let proven = refreshed.post("/api/auth/reauthenticate/", json!({"current_password": PASSWORD})).await.expect(200);
    let proven = with_tokens(&refreshed, &proven);
    assert_eq!(hand_over(&proven, &bo.id).await.expect(200).text("/role"), "owner");

    proven.patch("/api/auth/firm/", json!({"name": "Mine"})).await.expect(401);
    let before = with_tokens(&proven, &refresh(&app, &proven.refresh).await.expect(200));
    assert_eq!(before.get("/api/auth/me/").await.expect(200).text("/role"), "manager");
    hand_over(&before, &bo.id).await.expect(403);
    let owner = with_tokens(&bo, &refresh(&app, &bo.refresh).await.expect(200));
    owner.patch("/api/auth/firm/", json!({"name": "Bo & Co"})).await.expect(200);
}

#[tokio::test]
async fn nobody_takes_a_firm_over_with_a_token_of_long_ago() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let (bo, other) = (firm.member(Role::Manager).await, firm.member(Role::Owner).await);
    app.clock.advance(TimeDelta::minutes(11));
    let owner = with_tokens(&firm.owner, &refresh(&app, &firm.owner.refresh).await.expect(200));
    let at = |user: &User<'_>, action: &str| format!("/api/auth/users/{}/{action}", user.id);
    let invited = |role: &str| json!({"name": "Cy", "email": email("cy"), "role": role});
    for refused in [
        owner.patch(at(&bo, ""), json!({"role": "owner"})).await,
        owner.patch(at(&other, ""), json!({"role": "billing"})).await,
        owner.post(at(&other, "deactivate/"), json!({})).await,
        owner.post("/api/auth/users/", invited("owner")).await,
    ] {
        assert_eq!(refused.expect(403).text("/type"), "urn:consultantpro:problem:reauthentication-required");
    }
    // What leaves the owners as they are takes no proof.
    owner.patch(at(&bo, ""), json!({"role": "billing"})).await.expect(200);
    owner.patch(at(&other, ""), json!({"name": "Olga Other"})).await.expect(200);
    owner.post("/api/auth/users/", invited("billing")).await.expect(201);
    let proven = with_tokens(&owner, &owner.post("/api/auth/reauthenticate/", json!({"current_password": PASSWORD})).await.expect(200));
    proven.post(at(&other, "deactivate/"), json!({})).await.expect(200);
    assert_eq!(proven.post(at(&other, "invite/"), json!({})).await.expect(200).text("/status"), "invited");
}

#[tokio::test]
async fn who_joins_a_firm_beside_a_change_of_the_password_is_signed_out_there_too() {
    let app = TestApp::unlimited().await;
    let owner = app.firm().await.owner;
    let mut held = app.meter.hold("BatchGetItem");
    let body = json!({"current_password": PASSWORD, "new_password": "harbour lane lighthouse"});
    let (changed, joined) = tokio::join!(owner.post("/api/auth/password/", body), async {
        held.reached().await;
        let joined = sign_up(&app, "South", &owner.email, PASSWORD).await.expect(201);
        held.release();
        joined
    });
    changed.expect(204);
    refresh(&app, &joined.text("/refresh")).await.expect(401);
    app.clock.advance(TimeDelta::seconds(61));
    let south = with_tokens(&owner, &joined);
    south.get("/api/auth/me/").await.expect(401);
    // With the new password they are at home there.
    let body = json!({"username": owner.email, "password": "harbour lane lighthouse", "firm": joined.text("/firm/id")});
    let again = with_tokens(&owner, &app.post("/api/auth/login/", body).send().await.expect(200));
    again.get("/api/auth/me/").await.expect(200);
}

#[tokio::test]
async fn what_was_switched_to_ends_with_where_it_was_switched_from() {
    let app = TestApp::unlimited().await;
    let owner = app.firm().await.owner;
    let switched = owner.post("/api/auth/switch/", json!({"membership": owner.id})).await.expect(200);
    let switched = with_tokens(&owner, &switched);
    let further = with_tokens(&owner, &switched.post("/api/auth/switch/", json!({"membership": owner.id})).await.expect(200));
    let further = with_tokens(&further, &refresh(&app, &further.refresh).await.expect(200));
    let other = owner.anew().await;
    app.post("/api/auth/logout/", json!({"refresh": owner.refresh})).send().await.expect(204);
    for over in [&switched, &further] {
        refresh(&app, &over.refresh).await.expect(401);
        // Nor does an access token that is left make another.
        over.post("/api/auth/switch/", json!({"membership": owner.id})).await.expect(401);
        over.post("/api/auth/reauthenticate/", json!({"current_password": PASSWORD})).await.expect(401);
    }
    refresh(&app, &other.refresh).await.expect(200);
}

#[tokio::test]
async fn signing_up_or_accepting_an_invitation_gives_no_more_guesses_than_signing_in() {
    let app = TestApp::new().await;
    wait_for_the_hour(&app);
    let firm = app.firm().await;
    let bo = firm.member(Role::Consultant).await;
    let elsewhere = || std::net::IpAddr::from(rand::random::<u32>().to_be_bytes());
    let guess = |password: &str| {
        let body = json!({"firm_name": "South", "name": "Bo", "email": bo.email, "password": password});
        app.post("/api/auth/register/", body).from(elsewhere())
    };
    // Of guesses at once, the right one is too late once the others have failed.
    let mut held = app.meter.hold("Query");
    let (right, wrong) = tokio::join!(guess(PASSWORD).send(), async {
        held.reached().await;
        let wrong = together((0..30).map(|n| guess(&format!("a wrong long phrase {n}"))).collect()).await;
        let mut failed = wrong.iter().filter(|answer| answer.status == 409).count();
        while failed < 20 {
            wait_to_guess(&app, u32::try_from(failed).unwrap());
            guess("another wrong long phrase").send().await.expect(409);
            failed += 1;
        }
        held.release();
        (wrong, failed)
    });
    right.expect(429);
    let (wrong, failed) = wrong;
    assert_eq!(failed, 20);
    assert!(wrong.iter().all(|answer| [409, 429].contains(&answer.status.as_u16())), "{wrong:?}");
    // They are counted with those of the sign-in.
    let body = json!({"username": bo.email, "password": PASSWORD});
    app.post("/api/auth/login/", body).from(elsewhere()).send().await.expect(429);

    let (cy, south) = (firm.member(Role::Consultant).await, app.firm().await);
    let invited = json!({"name": "Cy", "email": cy.email, "role": "billing"});
    let id = south.owner.post("/api/auth/users/", invited).await.expect(201).id();
    let accept = |password: &str| {
        let body = json!({"token": south.link(&id, &cy.email, 1), "password": password});
        app.post("/api/auth/activate/", body).from(elsewhere())
    };
    for n in 0..20 {
        wait_to_guess(&app, n);
        accept(&format!("a wrong long phrase {n}")).send().await.expect(422);
    }
    accept(PASSWORD).send().await.expect(429);
}

#[tokio::test]
async fn what_was_switched_to_goes_on_without_where_it_came_from_once_it_is_the_one_that_is_kept() {
    let app = TestApp::unlimited().await;
    let owner = app.firm().await.owner;
    let switched = owner.post("/api/auth/switch/", json!({"membership": owner.id})).await.expect(200);
    let switched = with_tokens(&owner, &switched);
    let body = json!({"current_password": PASSWORD, "new_password": "harbour lane lighthouse"});
    switched.post("/api/auth/password/", body).await.expect(204);
    // Where it came from is over, whatever is done there.
    refresh(&app, &owner.refresh).await.expect(401);
    let switched = with_tokens(&switched, &refresh(&app, &switched.refresh).await.expect(200));
    app.post("/api/auth/logout/", json!({"refresh": owner.refresh})).send().await.expect(204);
    let switched = with_tokens(&switched, &refresh(&app, &switched.refresh).await.expect(200));
    switched.delete("/api/auth/sessions/").await.expect(204);
}

#[tokio::test]
async fn who_is_dismissed_where_they_came_from_is_still_signed_in_where_they_switched_to() {
    let app = TestApp::unlimited().await;
    let (north, south) = (app.firm().await, app.firm().await);
    let bo = north.member(Role::Consultant).await;
    let joined = joins(&south, &bo.email, Role::Manager).await.expect(200);
    let id = with_tokens(&bo, &joined).get("/api/auth/me/").await.expect(200).text("/user/id");
    let switched = with_tokens(&bo, &bo.post("/api/auth/switch/", json!({"membership": id})).await.expect(200));
    north.owner.post(format!("/api/auth/users/{}/deactivate/", bo.id), json!({})).await.expect(200);
    refresh(&app, &bo.refresh).await.expect(401);
    refresh(&app, &switched.refresh).await.expect(200);
}

#[tokio::test]
async fn two_owners_who_hand_the_firm_over_in_the_same_second_leave_an_owner() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let (ann, bo, cy) = (firm.owner.clone(), firm.member(Role::Owner).await, firm.member(Role::Manager).await);
    app.meter.contend();
    let hand_over =
        |by: &User<'_>, to: &User<'_>| app.post("/api/auth/firm/transfer-ownership/", json!({"user": to.id})).bearer(&by.access);
    let answers = together(vec![hand_over(&ann, &cy), hand_over(&bo, &cy)]).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1, "{answers:?}");
    let people = cy.anew().await.get("/api/auth/users/").await.expect(200);
    let owners = results(&people).iter().filter(|user| user["role"] == "owner" && user["status"] == "active").count();
    assert_eq!(owners, 2, "{:#}", people.json);
}

#[tokio::test]
async fn ending_a_session_ends_what_was_switched_to_in_another_firm() {
    let app = TestApp::unlimited().await;
    let (north, south) = (app.firm().await, app.firm().await);
    let joined = joins(&south, &north.owner.email, Role::Manager).await.expect(200);
    let id = with_tokens(&north.owner, &joined).get("/api/auth/me/").await.expect(200).text("/user/id");
    let thief = north.owner.anew().await;
    let switched = with_tokens(&thief, &thief.post("/api/auth/switch/", json!({"membership": id})).await.expect(200));
    app.clock.advance(TimeDelta::seconds(2));
    let owner = with_tokens(&north.owner, &refresh(&app, &north.owner.refresh).await.expect(200));
    let sessions = owner.get("/api/auth/sessions/").await.expect(200);
    let stolen = refresh(&app, &thief.refresh).await.expect(200).text("/access");
    let of_thief = app.get("/api/auth/sessions/").bearer(&stolen).send().await.expect(200);
    let of_thief = results(&of_thief).iter().find(|session| session["current"] == true).unwrap()["id"].clone();
    assert!(results(&sessions).iter().any(|session| session["id"] == of_thief));
    owner.delete(format!("/api/auth/sessions/{}/", of_thief.as_str().unwrap())).await.expect(204);
    app.clock.advance(TimeDelta::seconds(61));
    switched.get("/api/auth/me/").await.expect(401);
    refresh(&app, &switched.refresh).await.expect(401);
    owner.get("/api/auth/me/").await.expect(200);
}
