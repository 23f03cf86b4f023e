//! `/api/auth/confirm-email/`: who signed up shows that the e-mail is theirs. Until then nothing leaves their firm.

use api::{Anonymous, Answer, App, Cx, Problem, Routes, Staff, Valid, may, post, routes};
use axum::Extension;
use domain::{Refusal, event::Actor};
use secrets::Confirming;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::grant::Keys;

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default().routes(routes!(confirm_email)).routes(routes!(resend_confirmation))
}

/// The link's token.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Confirmation {
    /// From the link in the mail.
    #[schema(max_length = 128)]
    token: String,
}

/// Use the link of a mail that asks to confirm an e-mail.
///
/// From then on the firm that was signed up with it reaches others: what is offered and asked for is sent, people are invited.
/// Nobody is signed in by it. 409 if it was used, if another was sent since, and if the firm was closed, which happens after a
/// week; 422 if the link isn't ours or is older than a day.
#[post("/api/auth/confirm-email/", 204, tag = "auth")]
async fn confirm_email(
    cx: Cx,
    _: Anonymous,
    Extension(keys): Extension<Keys>,
    Valid(body): Valid<Confirmation>,
) -> Result<Answer<()>, Problem> {
    let link: Confirming = keys.link(&body.token, cx.now).await?;
    let found = cx.read_anonymous(link.firm).record(link.firm).login(link.login).first_firm().fetch().await?;
    let (firm, login) = (found.record(link.firm)?, found.login(link.login)?);
    let login =
        login.ok_or_else(|| Refusal::state("The firm was closed, since nobody had confirmed the e-mail for a week; sign up again."))?;
    let mut change = cx.change_anonymous(link.firm, Actor::Login(link.login));
    change.update_login(&login, login.confirm(link.number, cx.now)?)?;
    change.update(&firm, firm.confirm()?)?;
    change.be_first_firm(link.firm, true, &found)?;
    cx.commit(change, Ok(Answer::no_content())).await
}

/// Send another link to confirm the e-mail that the firm was signed up with; the links before it work no more.
///
/// It comes by mail, and works for a day. 409 if it is confirmed, and after ten.
#[post("/api/auth/confirm-email/resend/", 202)]
async fn resend_confirmation(cx: Cx, staff: Staff<may::ManageFirm>) -> Result<Answer<()>, Problem> {
    let firm = cx.read(&staff).record(staff.firm).fetch().await?.record(staff.firm)?;
    let unconfirmed = firm.unconfirmed.ok_or_else(|| Refusal::state("The e-mail is confirmed already."))?;
    let login = cx.store.read(staff.firm).login(unconfirmed.login).fetch().await?.login(unconfirmed.login)?;
    let login = login.ok_or_else(Problem::not_found)?;
    let mut change = cx.change(&staff);
    change.update_login(&login, login.resend_confirmation(cx.now)?)?;
    cx.commit(change, Ok(Answer::accepted())).await
}
