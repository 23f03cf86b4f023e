//! Builders: a firm, its people, and what they sell.

use std::{
    net::IpAddr,
    sync::atomic::{AtomicU64, Ordering},
};

use auth::Passwords;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::{
    Email, Id,
    access::Role,
    event::Actor,
    ids::{FirmId, LoginId, PaymentAccountId},
    payment_account::{AccountId, Event, Mode, PaymentAccount, PaymentMethod, Standing},
    proposal::Proposal,
};
use http::Method;
use local::authenticator::Authenticator;
use secrets::{ChangingEmail, Confirming, Invited, RemovingFactor, Resetting, RestoringEmail, Showing};
use serde_json::{Value, json};
use store::{Audit, Reply};
use tokio::sync::OnceCell;

use crate::{Answer, Call, PostOffice, TestApp};

/// A firm, seen by one of its people.
pub struct Firm<'a> {
    /// The app in which it is.
    pub app: &'a TestApp,
    /// Its id.
    pub id: String,
    /// Its owner.
    pub owner: User<'a>,
    portal: OnceCell<AtClient<'a>>,
    days: AtomicU64,
}

/// Somebody at a client of a firm, with every right, who is signed in.
pub struct AtClient<'a> {
    /// The client.
    pub client: String,
    /// Who.
    pub user: User<'a>,
}

/// Somebody who is signed in.
#[derive(Clone)]
pub struct User<'a> {
    app: &'a TestApp,
    /// Their id.
    pub id: String,
    /// Their e-mail.
    pub email: String,
    /// Their access token.
    pub access: String,
    /// Their refresh token.
    pub refresh: String,
}

/// The second factor of somebody, as they have it.
pub struct Factor<'a> {
    app: &'a TestApp,
    authenticator: Authenticator,
    /// How many codes were shown.
    shown: AtomicU64,
    /// Their recovery codes.
    pub recovery_codes: Vec<String>,
}

/// The password of everybody in tests.
pub const PASSWORD: &str = "correct horse battery";

/// Passwords whose hashes cost next to nothing: tests make thousands.
pub fn cheap_passwords() -> Passwords {
    Passwords::new(8).unwrap()
}

/// An e-mail that no other test has.
pub fn email(name: &str) -> String {
    format!("{name}-{:08x}@example.com", rand::random::<u32>())
}

impl<'a> Firm<'a> {
    /// A firm whose founder has confirmed their e-mail, and that takes payments online.
    pub(crate) async fn register(app: &'a TestApp) -> Self {
        let firm = Self::unconnected(app).await;
        if app.taking.mode == Mode::Connect {
            firm.connected().await;
        }
        firm
    }

    /// The firm has an account at Stripe that is set up, as if it had been there; which.
    pub(crate) async fn connected(&self) -> AccountId {
        let (account, firm): (AccountId, FirmId) = (self.app.stand_in.connected().parse().unwrap(), self.id.parse().unwrap());
        let methods = vec![PaymentMethod::Card, PaymentMethod::Link, PaymentMethod::SepaDebit, PaymentMethod::UsBankAccount];
        let standing = Standing { charges_enabled: true, payouts_enabled: true, details_submitted: true, methods, ..Standing::default() };
        let at = self.app.clock.now();
        let audit = Audit { actor: Actor::System("test".to_owned()), at, request: "test".to_owned(), source_address: None };
        let mut change = self.app.store_unmetered().change(firm, audit, None);
        change.hold_account(&account).unwrap();
        let record = PaymentAccount { standing, ..PaymentAccount::created(account.clone(), at) };
        change.create(PaymentAccountId::of_firm(firm), record, Event::Created).unwrap();
        change.commit(&Reply::none()).await.unwrap();
        account
    }

    /// The same, that hasn't set up how it is paid online.
    pub(crate) async fn unconnected(app: &'a TestApp) -> Self {
        let firm = Self::unconfirmed(app).await;
        let token = firm.confirmation(1).await;
        // Not from where others call from: what strangers do is counted by the address.
        let address = IpAddr::from(rand::random::<u32>().to_be_bytes());
        app.post("/api/auth/confirm-email/", json!({"token": token})).from(address).send().await.expect(204);
        firm
    }

    /// A firm whose founder has just signed up.
    pub(crate) async fn unconfirmed(app: &'a TestApp) -> Self {
        let email = email("owner");
        let body = json!({"firm_name": "North & Partners", "name": "Olga Owner", "email": email, "password": PASSWORD, "currency": "EUR"});
        let answer = app.post("/api/auth/register/", body).send().await.expect(201);
        let owner = User { app, id: answer.text("/user/id"), email, access: answer.text("/access"), refresh: answer.text("/refresh") };
        Self { app, id: answer.text("/firm/id"), owner, portal: OnceCell::new(), days: AtomicU64::default() }
    }

    /// The token of the link number `number` that confirms the founder's e-mail, which expires in an hour.
    pub async fn confirmation(&self, number: u32) -> String {
        let login = self.app.store.login_of(&Email::new(&self.owner.email).unwrap()).await.unwrap().unwrap();
        let exp = self.app.clock.now().timestamp() + 3600;
        self.app.links.token(&Confirming { firm: self.id.parse().unwrap(), login, number, exp })
    }

    /// Its account at Stripe.
    pub async fn account(&self) -> AccountId {
        self.owner.get("/api/auth/firm/payments/").await.expect(200).text("/account").parse().unwrap()
    }

    /// A day on which this didn't log time yet: yesterday first, then one further back each time.
    pub fn another_day(&self) -> NaiveDate {
        let back = 1 + self.days.fetch_add(1, Ordering::Relaxed) % 1000;
        self.app.clock.now().date_naive() - chrono::Days::new(back)
    }

    /// Another member of the firm, who was invited and came.
    pub async fn member(&self, role: Role) -> User<'a> {
        let email = email(role.as_str());
        let body = json!({"name": format!("{role:?} Person"), "email": email, "role": role.as_str()});
        let invited = self.owner.post("/api/auth/users/", body).await.expect(201);
        self.activated(&invited.id(), &email, 1).await
    }

    /// The portal user of one client of the firm, always the same.
    pub async fn portal(&self) -> &AtClient<'a> {
        self.portal.get_or_init(|| self.another_client()).await
    }

    /// The portal user of a client that the firm didn't have before.
    pub async fn another_client(&self) -> AtClient<'a> {
        let accepted = self.accepted().await;
        let user = self.activated(&accepted.text("/portal_user/id"), &accepted.text("/portal_user/email"), 1).await;
        AtClient { client: accepted.text("/client/id"), user }
    }

    /// Another portal user of `client`, who has just these rights.
    pub async fn colleague(&self, client: &str, rights: Value) -> User<'a> {
        let email = email("colleague");
        let body = json!({"client": client, "name": "Carl Colleague", "email": email, "rights": rights});
        let invited = self.owner.post("/api/clients/portal-users/", body).await.expect(201);
        self.activated(&invited.id(), &email, 1).await
    }

    /// The user or portal user `id`, once they used the link of invitation `number`.
    pub async fn activated(&self, id: &str, email: &str, number: u32) -> User<'a> {
        let token = self.link(id, email, number);
        let answer = self.app.post("/api/auth/activate/", json!({"token": token, "password": PASSWORD})).send().await.expect(200);
        let (access, refresh) = (answer.text("/access"), answer.text("/refresh"));
        User { app: self.app, id: id.to_owned(), email: email.to_owned(), access, refresh }
    }

    /// The token of the link in the mail of invitation `number`, which expires in an hour.
    pub fn link(&self, id: &str, email: &str, number: u32) -> String {
        let exp = self.app.clock.now().timestamp() + 3600;
        let invited = Invited { firm: self.id.parse().unwrap(), sub: id.parse().unwrap(), email: Email::new(email).unwrap(), number, exp };
        self.app.links.token(&invited)
    }

    /// The token of link number `number` of the invoice `id`, as its mails have it.
    pub fn guest_link(&self, id: &str, number: u32) -> String {
        self.app.links.token(&Showing { firm: self.id.parse().unwrap(), invoice: id.parse().unwrap(), number })
    }

    /// A prospect that can be offered to.
    pub async fn prospect(&self) -> String {
        let body = json!({"company_name": "Acme Corp", "contact_name": "Ann Lee", "email": email("ann"), "estimated_value": "50000"});
        self.owner.post("/api/crm/prospects/", body).await.expect(201).id()
    }

    /// A draft of a proposal to a prospect of its own.
    pub async fn proposal(&self) -> String {
        let prospect = self.prospect().await;
        let body = json!({"prospect": prospect, "title": "Market study", "total_value": "50000.00"});
        self.owner.post("/api/crm/proposals/", body).await.expect(201).id()
    }

    /// Two and a half hours at 200.00 that were logged for a client of their own: the client, and the time entry.
    pub async fn time(&self) -> (String, String) {
        let body = json!({"company_name": "Acme Corp", "email": email("ann")});
        let client = self.owner.post("/api/clients/clients/", body).await.expect(201).id();
        let entry = self.time_for(&client).await;
        (client, entry)
    }

    /// Two and a half hours at 200.00 that were logged for `client`, on a project of their own.
    pub async fn time_for(&self, client: &str) -> String {
        let body = json!({"client": client, "name": "Market study", "hourly_rate": "200.00"});
        let project = self.owner.post("/api/projects/projects/", body).await.expect(201).id();
        let body = json!({"project": project, "hours": "2.5", "description": "Interviews"});
        self.owner.post("/api/projects/time-entries/", body).await.expect(201).id()
    }

    /// What can't be done because the record that it follows from isn't there: a proposal that was sent, of which only the
    /// event is known.
    pub async fn undelivered(&self) -> String {
        let proposal = Id::<Proposal>::new(self.app.clock.now(), rand::random());
        let sample = include_str!("../../events/outbox/proposal-sent-of-unknown-record.json");
        let [firm_of_sample, proposal_of_sample] = ["firm_01kaxcvjm0v7h2q4m9x3w8e5tb", "prop_01kaxcvjm0j7k9m1n3p5q7r9s1"];
        let batch = sample.replace(firm_of_sample, &self.id).replace(proposal_of_sample, &proposal.to_string());
        let response = outbox::handle(&self.app.outbox_of(&PostOffice::open().await), serde_json::from_str(&batch).unwrap()).await;
        assert!(response.batch_item_failures.is_empty());
        let undelivered = self.owner.get("/api/auth/firm/undelivered/").await.expect(200);
        assert_eq!(undelivered.text("/results/0/record"), proposal.to_string());
        undelivered.text("/results/0/id")
    }

    /// What came of a proposal that was accepted.
    pub async fn accepted(&self) -> Answer {
        let proposal = self.proposal().await;
        self.owner.post(format!("/api/crm/proposals/{proposal}/accept/"), json!({})).await.expect(200)
    }
}

impl TestApp {
    /// The token of the link number `number` by which whose `email` is chooses another password, which expires in an hour.
    pub async fn reset_token(&self, email: &str, number: u32) -> String {
        let (login, exp) = (self.login_of(email).await, self.clock.now().timestamp() + 3600);
        self.links.token(&Resetting { login, number, exp })
    }

    /// The same by which the login of `email` gets another e-mail.
    pub async fn email_token(&self, email: &str, number: u32) -> String {
        let (login, exp) = (self.login_of(email).await, self.clock.now().timestamp() + 3600);
        self.links.token(&ChangingEmail { login, number, exp })
    }

    /// The same by which the login of `email` gets back what was given up by the link number `number`.
    pub async fn restoration_token(&self, email: &str, number: u32) -> String {
        let (login, exp) = (self.login_of(email).await, self.clock.now().timestamp() + 3600);
        self.links.token(&RestoringEmail { login, number, exp })
    }

    /// The same by which a second factor is taken back that the login of `email` has `since`.
    pub async fn factor_token(&self, email: &str, since: &str) -> String {
        let since = since.parse::<DateTime<Utc>>().unwrap().timestamp();
        let (login, exp) = (self.login_of(email).await, self.clock.now().timestamp() + 3600);
        self.links.token(&RemovingFactor { login, since, exp, email: Email::new(email).unwrap() })
    }

    async fn login_of(&self, email: &str) -> LoginId {
        self.store.login_of(&Email::new(email).unwrap()).await.unwrap().unwrap()
    }
}

impl<'a> User<'a> {
    /// A request of theirs, to be sent.
    pub fn call(&self, method: Method, path: impl Into<String>) -> Call<'a> {
        self.app.call(method, path).bearer(&self.access)
    }

    /// The same, signed in anew: tokens don't outlive an hour of the clock.
    pub async fn anew(&self) -> Self {
        let body = json!({"username": self.email, "password": PASSWORD});
        let answer = self.app.post("/api/auth/login/", body).send().await.expect(200);
        Self { access: answer.text("/access"), refresh: answer.text("/refresh"), ..self.clone() }
    }

    /// Their second factor, which they set up; they stay signed in here alone.
    pub async fn with_factor(&self) -> Factor<'a> {
        let set_up = self.post("/api/auth/mfa/totp/", json!({"current_password": PASSWORD})).await.expect(200);
        let factor = Factor::of(self.app, &set_up);
        let confirmed = self.post("/api/auth/mfa/totp/confirm/", json!({"code": factor.code()})).await.expect(200);
        let codes = confirmed.json["recovery_codes"].as_array().unwrap();
        Factor { recovery_codes: codes.iter().map(|code| code.as_str().unwrap().to_owned()).collect(), ..factor }
    }

    /// The token of the first step of their sign-in, which asks for a code.
    pub async fn challenge(&self) -> String {
        let body = json!({"username": self.email, "password": PASSWORD});
        self.app.post("/api/auth/login/", body).send().await.expect(202).text("/mfa_token")
    }

    /// `GET path`.
    pub async fn get(&self, path: impl Into<String>) -> Answer {
        self.call(Method::GET, path).send().await
    }

    /// `POST path`.
    pub async fn post(&self, path: impl Into<String>, body: Value) -> Answer {
        self.call(Method::POST, path).json(body).send().await
    }

    /// `PATCH path`.
    pub async fn patch(&self, path: impl Into<String>, body: Value) -> Answer {
        self.call(Method::PATCH, path).json(body).send().await
    }

    /// `DELETE path`.
    pub async fn delete(&self, path: impl Into<String>) -> Answer {
        self.call(Method::DELETE, path).send().await
    }
}

impl<'a> Factor<'a> {
    /// What makes codes of the secret in `answer`, which was set up.
    pub fn of(app: &'a TestApp, answer: &Answer) -> Self {
        let authenticator = Authenticator::new(&answer.text("/secret")).unwrap();
        Self { app, authenticator, shown: AtomicU64::default(), recovery_codes: Vec::new() }
    }

    /// A code that wasn't shown before: the one of now, and once that is used up the next one. After two, half a minute has to pass.
    pub fn code(&self) -> String {
        let ahead = self.shown.fetch_add(1, Ordering::Relaxed) as i64;
        self.code_in(30 * ahead)
    }

    /// The code of so many seconds from now.
    pub fn code_in(&self, seconds: i64) -> String {
        self.authenticator.code(self.app.clock.now() + TimeDelta::seconds(seconds))
    }

    /// Let half a minute pass, so that there is a code that wasn't shown.
    pub fn wait(&self) {
        self.app.clock.advance(TimeDelta::seconds(30));
        self.shown.fetch_sub(1, Ordering::Relaxed);
    }
}
