//! `POST /api/auth/register/`

use api::{Anonymous, Answer, App, Cx, Problem, Routes, Shape, Valid, post, routes};
use axum::{Extension, extract::State};
use domain::{
    Currency, Email, Refusal, SingleLine, TimeZone,
    event::Actor,
    firm::{self, Firm, INSTALLATION},
    ids::LoginId,
    login::{self, Credentials, Login},
    password::Password,
    session::{Principal, Session},
    user::{self, User},
};
use serde::Deserialize;
use store::{Change, FIRST_EPOCH, Unique};
use utoipa::ToSchema;

use crate::{
    grant::{self, Grant, Granted, Keys, Proof},
    shapes::{FirmOut, UserOut},
};

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default().routes(routes!(register))
}

/// A firm that signs up, and who founds it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"firm_name": "North & Partners", "name": "Ann Lee", "email": "ann@north.example", "password": "correct horse battery", "currency": "EUR"}))]
struct NewFirm {
    firm_name: SingleLine<200>,
    name: SingleLine<200>,
    email: Email,
    #[schema(value_type = String, format = Password, min_length = 12, max_length = 128)]
    password: Password,
    /// The currency it sells in. Default: USD.
    currency: Option<Currency>,
    /// Where its days begin and end. Default: UTC.
    time_zone: Option<TimeZone>,
}

/// Sign up a firm and its owner.
///
/// The owner is signed in at once, and gets a mail with a link: until it is followed the firm can be set up and looked at,
/// but nothing leaves it (403, `unconfirmed`), and after a week it is closed. Whose e-mail has a login already, and has
/// shown that it is theirs, signs up with its password, and needs no such link. Until `firm/` says otherwise the firm's
/// clients have 30 days to pay, are reminded 1, 7 and 14 days later, and pay no tax. 409 if the e-mail has a login with
/// another password, which counts as a failure to sign in, or one of which nobody has shown that it is theirs.
#[post("/api/auth/register/", 201, tag = "auth")]
async fn register(
    cx: Cx,
    State(app): State<App>,
    _: Anonymous,
    Extension(keys): Extension<Keys>,
    Valid(body): Valid<NewFirm>,
) -> Result<Answer<Granted>, Problem> {
    let NewFirm { firm_name, name, email, password, currency, time_zone } = body;
    password.is_not_of(&[email.as_str(), &firm_name], "password")?;
    let (firm_id, user_id) = (cx.new_id(), cx.new_id());
    let (currency, time_zone) = (currency.unwrap_or(Currency::USD), time_zone.unwrap_or(TimeZone::UTC));
    let founder = User::founder(name.clone(), email.clone());
    let principal = Principal::Staff { user: user_id, role: founder.role };

    let proof = Proof::Password(&email, password.expose());
    let (found, kept) = cx.read_anonymous(firm_id).login_of(&email).fetch_with_reply().await?;
    if let Some(kept) = kept {
        return grant::again(&cx, &keys, proof, &kept).await;
    }
    let mut change = cx.change_anonymous(firm_id, Actor::User(user_id));
    let taken = Refusal::state("This e-mail has a login already; sign in with it, or sign up with its password, once it is confirmed.")
        .about("email");
    let (login, epoch, firm) = match found.login_of(&email)? {
        Some(login) => {
            let epoch = sign_in(&cx, &app, &keys, &mut change, (login, principal), (&email, password.expose()), &taken).await?;
            (login, epoch, Firm::new(firm_name, currency, time_zone))
        }
        None => {
            let login = cx.new_id();
            let registered = (Login::registered(name, email.clone(), firm_id, cx.now), login::Event::Registered);
            change.create_login(login, registered, &keys.passwords.hash(password.expose())?, taken.clone())?;
            (login, FIRST_EPOCH, Firm::founded(firm_name, currency, time_zone, (user_id, login), cx.now))
        }
    };
    change.claim(&Unique::UserEmail(email.clone()), user_id, taken)?;
    change.link_login(login, principal, cx.now)?;
    change.put_membership(principal, epoch)?;
    let firm = change.create(firm_id, firm, firm::Event::Registered)?;
    let user = change.create(user_id, founder, user::Event::Registered)?;
    let grant = Grant { id: cx.new_id(), session: Session::begin((login, epoch), firm_id, principal, cx.origin(), cx.now) };
    change.begin_session(grant.id, &grant.session)?;
    let founded = (UserOut::shape(&user, cx.now), FirmOut::from(&firm));
    grant::commit_founded(&cx, &keys, proof, change, grant, founded).await
}

/// Prove that the login `id` of `email` is theirs who sign up as `principal`: by its password, where nobody but them can have
/// chosen that. The epoch that it is in.
async fn sign_in(
    cx: &Cx,
    app: &App,
    keys: &Keys,
    change: &mut Change,
    (id, principal): (LoginId, Principal),
    (email, password): (&Email, &str),
    taken: &Refusal,
) -> Result<u64, Problem> {
    let attempt = cx.attempt(email.as_str());
    let read = cx.store.read(INSTALLATION).login(id).fetch();
    let (admitted, found, credentials) = tokio::join!(app.limiter.admit(&cx.store, &attempt, cx.now), read, cx.store.credentials(id));
    admitted?;
    let Some((login, credentials)) = found?.login(id)?.zip(credentials?) else { return Err(store::Error::Lost.into()) };
    if login.proven_at.is_none() {
        return Err(taken.clone().into());
    }
    if !keys.passwords.verify(password, Some(&credentials.password))? {
        cx.count_guess(app, &attempt).await?;
        return Err(taken.clone().into());
    }
    Credentials::has_room(cx.store.memberships(&credentials.joined).await?.len())?;
    change.require_fewer(attempt.username(), app.limiter.failures())?;
    change.sign_in_joining(id, &credentials, &principal.subject())?;
    Ok(credentials.epoch)
}
