//! `POST /api/auth/activate/`: somebody who was invited comes to a login of their own.

use api::{Anonymous, Answer, App, Attempt, Cx, Problem, Routes, Valid, post, routes};
use axum::{Extension, extract::State};
use domain::{
    Language, Refusal, SingleLine, Time,
    firm::INSTALLATION,
    ids::LoginId,
    login::{self, Credentials, Login},
    password::Password,
    session::Principal,
};
use secrets::{Invited, Invitee};
use serde::Deserialize;
use store::{Change, Found, Membership, Record};
use utoipa::ToSchema;

use crate::{
    carrier::Carrier,
    challenge::{Challenge, Entering},
    grant::{self, Granted, Keys, Proof, Remembered},
    login::actor,
    second_factor::{Code, Proven},
};

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default().routes(routes!(activate))
}

/// The link's token, and the password to sign in with from now on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Activation {
    /// From the link in the mail.
    #[schema(max_length = 512)]
    token: String,
    /// A new password; of an e-mail that has a login already (in another firm), that login's, if it is proven.
    #[schema(value_type = String, format = Password, min_length = 12, max_length = 128)]
    password: Password,
    /// Of who has a login with a second factor already: a code of it, or a recovery code.
    #[schema(value_type = Option<String>, format = Password, max_length = 64)]
    code: Option<Code>,
    /// How the refresh token comes. As a cookie only to pages of the web app: 403 for others.
    session: Option<Carrier>,
}

/// Use the link of an invitation or welcome mail.
///
/// They are signed in, and sign in with this password from now on; of an e-mail that has a login already it has to be that
/// login's, and so has `code`. Only a login whose e-mail nobody has proven is taken over: it gets this password, and its sessions and
/// its second factor are gone. 202 where the firm asks a second factor of its people, which is set up next, as after `login/`. 409 if
/// the invitation was used, withdrawn or followed by another; 422 if the link isn't ours or is older than a week, and if
/// the login has another password or code, which counts as a failure to sign in.
#[post("/api/auth/activate/", 200, 202: Challenge, 403, tag = "auth")]
async fn activate(
    cx: Cx,
    State(app): State<App>,
    _: Anonymous,
    Extension(keys): Extension<Keys>,
    Valid(body): Valid<Activation>,
) -> Result<Answer<Granted>, Problem> {
    let carrier = Carrier::asked(body.session, &cx, &app)?;
    let invited: Invited = keys.link(&body.token, cx.now).await?;
    let (user, portal_user) = match invited.sub {
        Invitee::User(user) => (Some(user), None),
        Invitee::PortalUser(user) => (None, Some(user)),
    };
    let read = cx.read_anonymous(invited.firm).record(invited.firm).maybe(user).maybe(portal_user).login_of(&invited.email);
    let password = body.password.expose();
    let proof = Proof::Password(&invited.email, password, body.code.as_ref());
    let (found, kept) = read.fetch_with_reply().await?;
    if let Some(kept) = kept {
        return grant::again(&cx, &keys, proof, &kept).await;
    }
    let known = Known::find(&cx, found.login_of(&invited.email)?).await?;
    let (mut change, LetIn { principal, name, language, since }) = let_in(&cx, &found, &invited)?;
    let firm = found.record(invited.firm)?;
    let language = language.unwrap_or(firm.language);
    let (login, credentials) = match known {
        Some(known) => known.sign_in((&cx, &app, &keys), &mut change, (principal, (name, language)), (&body, &firm.name)).await?,
        None => {
            body.password.is_not_of(&[invited.email.as_str(), &firm.name], "password")?;
            let (id, taken) = (cx.new_id(), Refusal::state("This e-mail got a login at the same moment; sign in with it."));
            let (login, credentials) = (
                Login { language, ..Login::proven(name, invited.email.clone(), cx.now) },
                Credentials::new(keys.passwords.hash(password)?, &principal.subject()),
            );
            change.create_login(id, (login, login::Event::Created), &credentials, taken)?;
            (id, credentials)
        }
    };
    change.link_login(login, principal, since)?;
    change.put_membership(principal, credentials.epoch)?;
    let entering = Entering { login, credentials: &credentials, by_code: true, firm: (invited.firm, &firm), principal, carrier };
    let kept = Remembered::of(entering.enter(&cx, &mut change)?);
    grant::commit(&cx, &keys, proof, change, (kept, &credentials)).await
}

/// The login that the invited's e-mail has already.
struct Known {
    record: Record<Login>,
    credentials: Credentials,
    memberships: Vec<Membership>,
}

impl Known {
    /// The login `id`, if there is one.
    async fn find(cx: &Cx, id: Option<LoginId>) -> Result<Option<Self>, Problem> {
        let Some(id) = id else { return Ok(None) };
        let (found, credentials) = tokio::join!(cx.store.read(INSTALLATION).login(id).fetch(), cx.store.credentials(id));
        let Some((record, credentials)) = found?.login(id)?.zip(credentials?) else { return Ok(None) };
        let memberships = cx.store.memberships(&credentials.joined).await?;
        Ok(Some(Self { record, credentials, memberships }))
    }

    /// Prove that it is theirs by its password and code; where nobody has proven its e-mail yet, they just have, by the link, so it is
    /// theirs, and who typed it before is out. As what it proves itself then.
    async fn sign_in(
        self,
        (cx, app, keys): (&Cx, &App, &Keys),
        change: &mut Change,
        (principal, person): (Principal, (SingleLine<200>, Language)),
        (Activation { password, code, .. }, firm): (&Activation, &str),
    ) -> Result<(LoginId, Credentials), Problem> {
        let Self { record, credentials, memberships } = self;
        Credentials::has_room(memberships.len())?;
        // By another e-mail that they signed in with: as two they would get round what nobody decides about themselves.
        if memberships.iter().any(|known| known.firm == change.firm() && known.principal.is_beside(principal)) {
            return Err(Refusal::state("Your login is let in there already, as somebody who was invited by another e-mail.").into());
        }
        if record.proven_at.is_some() {
            // Whoever has the link: who fails to sign in as them keeps them from nothing.
            let attempt = Attempt::of(principal.subject()).about(Some(record.id));
            cx.admit(app, &attempt).await?;
            if !keys.passwords.verify(password.expose(), Some(&credentials.password))? {
                cx.count_failure(app, &attempt).await?;
                return Err(Problem::invalid("password", "This e-mail has a login already; enter its password."));
            }
            let proven = Proven::by_code((cx, app), attempt, &credentials, code.as_ref(), false).await?;
            proven.depend_and_tell(change, app, &record)?;
            let after = proven.credentials.joining(&principal.subject());
            change.update_credentials(record.id, &credentials, &after)?;
            return Ok((record.id, after));
        }
        change.update_login(&record, record.take_over(person, change.now())?)?;
        password.is_not_of(&[record.email.as_str(), firm], "password")?;
        let after = credentials.taken_over(keys.passwords.hash(password.expose())?);
        change.update_credentials(record.id, &credentials, &after)?;
        change.end_access(&memberships, after.epoch, None)?;
        Ok((record.id, after))
    }
}

/// Who was let in.
struct LetIn {
    principal: Principal,
    name: SingleLine<200>,
    /// Their own, if it is known.
    language: Option<Language>,
    /// Since when they are known.
    since: Time,
}

/// A change in which the user or portal user who was invited is active, and who that is.
fn let_in(cx: &Cx, found: &Found, invited: &Invited) -> Result<(Change, LetIn), Problem> {
    match invited.sub {
        Invitee::User(user) => {
            let before = found.record(user)?;
            let principal = Principal::Staff { user, role: before.role };
            let mut change = cx.change_anonymous(invited.firm, actor(principal));
            change.update(&before, before.activate(invited.number, cx.now)?)?;
            Ok((change, LetIn { principal, name: before.name.clone(), language: before.language, since: before.created_at }))
        }
        Invitee::PortalUser(user) => {
            let before = found.record(user)?;
            let principal = Principal::Portal { user, client: before.client, rights: before.rights };
            let mut change = cx.change_anonymous(invited.firm, actor(principal));
            change.update(&before, before.activate(invited.number, cx.now)?)?;
            Ok((change, LetIn { principal, name: before.name.clone(), language: before.language, since: before.created_at }))
        }
    }
}
