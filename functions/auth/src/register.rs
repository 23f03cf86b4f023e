//! `POST /api/auth/register/`

use api::{Anonymous, Answer, App, Cx, Problem, Routes, Shape, Valid, post, routes};
use axum::Extension;
use domain::{
    Currency, Email, Refusal, SingleLine, TimeZone,
    event::Actor,
    firm::{self, Firm},
    login::{self, Login},
    password::Password,
    session::{Principal, Session},
    user::{self, User},
};
use serde::Deserialize;
use store::Unique;
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
/// but nothing leaves it (403, `unconfirmed`), and after a week it is closed. Until `firm/` says otherwise the firm's
/// clients have 30 days to pay, are reminded 1, 7 and 14 days later, and pay no tax. 409 if the e-mail has a login already,
/// in whichever firm: sign in with it.
#[post("/api/auth/register/", 201, tag = "auth")]
async fn register(cx: Cx, _: Anonymous, Extension(keys): Extension<Keys>, Valid(body): Valid<NewFirm>) -> Result<Answer<Granted>, Problem> {
    let NewFirm { firm_name, name, email, password, currency, time_zone } = body;
    password.is_not_of(&[email.as_str(), &firm_name], "password")?;
    let (firm_id, user_id, login) = (cx.new_id(), cx.new_id(), cx.new_id());
    let (currency, time_zone) = (currency.unwrap_or(Currency::USD), time_zone.unwrap_or(TimeZone::UTC));
    let firm = Firm::founded(firm_name, currency, time_zone, (user_id, login), cx.now);
    let founder = User::founder(name.clone(), email.clone());
    let principal = Principal::Staff { user: user_id, role: founder.role };

    let mut change = cx.change_anonymous(firm_id, Actor::User(user_id));
    let taken = Refusal::state("This e-mail has a login already; sign in with it.").about("email");
    let registered = (Login::registered(name, email.clone(), firm_id, cx.now), login::Event::Registered);
    change.create_login(login, registered, &keys.passwords.hash(password.expose())?, taken.clone())?;
    change.claim(&Unique::UserEmail(email.clone()), user_id, taken)?;
    change.link_login(login, &principal.subject(), cx.now)?;
    change.put_membership(principal)?;
    let firm = change.create(firm_id, firm, firm::Event::Registered)?;
    let user = change.create(user_id, founder, user::Event::Registered)?;
    let grant = Grant { id: cx.new_id(), session: Session::begin(login, firm_id, principal, cx.origin(), cx.now) };
    change.begin_session(grant.id, &grant.session)?;
    let founded = (UserOut::shape(&user, cx.now), FirmOut::from(&firm));
    let proof = Proof::Password(&email, password.expose());
    grant::commit_founded(&cx, &keys, proof, change, grant, founded).await
}
