//! `POST /api/auth/register/`

use api::{Anonymous, Answer, App, Cx, Problem, Routes, Shape, Valid, post, routes};
use axum::{Extension, extract::State};
use domain::{
    Currency, Email, Language, Refusal, SingleLine, TimeZone,
    event::Actor,
    firm::{self, Firm, INSTALLATION},
    ids::LoginId,
    login::{self, Credentials, Login},
    password::Password,
    session::Principal,
    user::{self, User},
};
use serde::Deserialize;
use store::{Change, Unique};
use utoipa::ToSchema;

use crate::{
    admission::Invitation,
    carrier::Carrier,
    challenge::Entering,
    grant::{self, Granted, Keys, Proof, Remembered},
    second_factor::{Code, Proven},
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
    /// Of who has a login with a second factor already: a code of it, or a recovery code.
    #[schema(value_type = Option<String>, format = Password, max_length = 64)]
    code: Option<Code>,
    /// The currency it sells in. Default: USD.
    currency: Option<Currency>,
    /// Where its days begin and end. Default: UTC.
    time_zone: Option<TimeZone>,
    /// The language of its mails, and of those to who founds it. Default: `en`.
    language: Option<Language>,
    /// From the link of an invitation, where firms sign up by invitation only.
    invitation: Option<Invitation>,
    /// How the refresh token comes. As a cookie only to pages of the web app: 403 for others.
    session: Option<Carrier>,
}

/// Sign up a firm and its owner.
///
/// The owner is signed in at once, and gets a mail with a link: until it is followed the firm can be set up and looked at,
/// but nothing leaves it (403, `unconfirmed`), and after a week it is closed. Whose e-mail has a login already, and has
/// shown that it is theirs, signs up with its password, and `code`, and needs no such link. Until `firm/` says otherwise the firm's
/// clients have 30 days to pay, are reminded 1, 7 and 14 days later, and pay no tax. 409 if the e-mail has a login with
/// another password, which counts as a failure to sign in, or one of which nobody has shown that it is theirs. The installation may
/// take invited firms only, or no more than the first: 403 (`registration-closed`) then; 422 for an invitation that was used or is older
/// than a week.
#[post("/api/auth/register/", 201, 403, tag = "auth")]
async fn register(
    cx: Cx,
    State(app): State<App>,
    _: Anonymous,
    Extension(keys): Extension<Keys>,
    Valid(body): Valid<NewFirm>,
) -> Result<Answer<Granted>, Problem> {
    let NewFirm { firm_name, name, email, password, code, currency, time_zone, language, invitation, session } = body;
    let carrier = Carrier::asked(session, &cx, &app)?;
    password.is_not_of(&[email.as_str(), &firm_name], "password")?;
    let (firm_id, user_id) = (cx.new_id(), cx.new_id());
    let (currency, time_zone) = (currency.unwrap_or(Currency::USD), time_zone.unwrap_or(TimeZone::UTC));
    let language = language.unwrap_or_default();
    let founder = User::founder(name.clone(), email.clone());
    let principal = Principal::Staff { user: user_id, role: founder.role };

    let proof = Proof::Password(&email, password.expose(), code.as_ref());
    let (found, kept) = cx.read_anonymous(firm_id).login_of(&email).first_firm().fetch_with_reply().await?;
    if let Some(kept) = kept {
        return grant::again(&cx, &keys, proof, &kept).await;
    }
    let mut change = cx.change_anonymous(firm_id, Actor::User(user_id));
    keys.registration.admit(&mut change, &found, firm_id, invitation.as_ref())?;
    let taken = Refusal::state("This e-mail has a login already; sign in with it, or sign up with its password, once it is confirmed.")
        .about("email");
    let (login, credentials, firm) = match found.login_of(&email)? {
        Some(login) => {
            let typed = (&email, password.expose(), code.as_ref());
            let credentials = sign_in((&cx, &app, &keys), &mut change, (login, principal), typed, &taken).await?;
            (login, credentials, Firm::new(firm_name, currency, time_zone))
        }
        None => {
            let (login, credentials) = (cx.new_id(), Credentials::new(keys.passwords.hash(password.expose())?, &principal.subject()));
            let registered = Login { language, ..Login::registered(name, email.clone(), firm_id, cx.now) };
            change.create_login(login, (registered, login::Event::Registered), &credentials, taken.clone())?;
            (login, credentials, Firm::founded(firm_name, currency, time_zone, (user_id, login), cx.now))
        }
    };
    change.claim(&Unique::UserEmail(email.clone()), user_id, taken)?;
    change.link_login(login, principal, cx.now)?;
    change.put_membership(principal, credentials.epoch)?;
    let firm = change.create(firm_id, Firm { language, ..firm }, firm::Event::Registered)?;
    let user = change.create(user_id, founder, user::Event::Registered)?;
    let entering = Entering { login, credentials: &credentials, by_code: true, firm: (firm_id, &firm), principal, carrier };
    let entry = entering.enter(&cx, &mut change)?;
    let kept = Remembered::of(entry).founding(UserOut::shape(&user, cx.now), FirmOut::from(&firm));
    grant::commit(&cx, &keys, proof, change, (kept, &credentials)).await
}

/// Prove that the login `id` of `email` is theirs who sign up as `principal`: by its password and code, where nobody but them can have
/// chosen these. As what it proves itself then.
async fn sign_in(
    (cx, app, keys): (&Cx, &App, &Keys),
    change: &mut Change,
    (id, principal): (LoginId, Principal),
    (email, password, code): (&Email, &str, Option<&Code>),
    taken: &Refusal,
) -> Result<Credentials, Problem> {
    let attempt = cx.attempt(email.as_str()).by_nobody_known().about(Some(id));
    let read = cx.store.read(INSTALLATION).login(id).fetch();
    let (admitted, found, credentials) = tokio::join!(app.limiter.admit(&cx.store, &attempt, cx.now), read, cx.store.credentials(id));
    admitted?;
    let Some((login, credentials)) = found?.login(id)?.zip(credentials?) else { return Err(store::Error::Lost.into()) };
    if login.proven_at.is_none() {
        return Err(taken.clone().into());
    }
    if !keys.passwords.verify(password, Some(&credentials.password))? {
        cx.count_failure(app, &attempt).await?;
        return Err(taken.clone().into());
    }
    Credentials::has_room(cx.store.memberships(&credentials.joined).await?.len())?;
    let proven = Proven::by_code((cx, app), attempt, &credentials, code, false).await?;
    proven.depend_and_tell(change, app, &login)?;
    let after = proven.credentials.joining(&principal.subject());
    change.update_credentials(id, &credentials, &after)?;
    Ok(after)
}
