//! Devices from which somebody signed in: what is guessed there is counted for the device alone, as OWASP's "Slow Down Online Guessing
//! Attacks with Device Cookies" says. So a stranger who fails to sign in as somebody locks out those who aren't known yet, and nobody else;
//! and whoever has a device of theirs guesses no more there than strangers do.

use api::{App, Attempt, Cx, Problem};
use chrono::TimeDelta;
use domain::{SingleLine, Time, ids::LoginId, login::Credentials};
use secrets::KnownDevice;

use crate::{
    carrier::{self, Carrier},
    grant::{Grant, Keys},
};

/// How long a device is known after a sign-in.
const LASTS: TimeDelta = TimeDelta::days(365);
/// The cookie's name.
const COOKIE: &str = "device";

/// What shows that somebody signed in by `grant`; or the cookie that does, where the session's refresh token is in one too. It is a help:
/// without the key of links there is none.
pub(crate) async fn of(keys: &Keys, grant: &Grant, now: Time) -> (Option<String>, Option<String>) {
    let Grant { id, session } = grant;
    let (login, epoch, exp) = (session.login, session.epoch, (session.authenticated_at + LASTS).timestamp());
    let token = match keys.links.get(now).await {
        Ok(links) => links.token(&KnownDevice { login, epoch, session: *id, exp }),
        Err(error) => {
            tracing::warn!(%error, "no device is known by this sign-in");
            return (None, None);
        }
    };
    if session.in_cookie { (None, Some(carrier::cookie_of(COOKIE, &token, LASTS))) } else { (Some(token), None) }
}

/// The device that is shown: in the body, or by a page of the web app in the cookie. One that isn't known is none.
pub(crate) async fn shown(cx: &Cx, keys: &Keys, body: Option<&SingleLine<128>>, carrier: Carrier) -> Option<KnownDevice> {
    let cookie = || cx.cookie(COOKIE).filter(|_| carrier.is_cookie());
    let token = body.map(ToString::to_string).or_else(cookie)?;
    keys.links.read(&token, cx.now).await.ok()?.ok()
}

/// What is counted if somebody fails to sign in as `username`, by `device` if that is one of the `login` that the username has, with the
/// password that it has; and that they may try.
pub(crate) async fn admit(
    (cx, app): (&Cx, &App),
    device: Option<KnownDevice>,
    username: &str,
    login: impl Future<Output = Result<Option<(LoginId, Credentials)>, Problem>>,
) -> Result<(Attempt, Option<(LoginId, Credentials)>), Problem> {
    let stranger = cx.attempt(username);
    let attempt = device.as_ref().map_or_else(|| stranger.clone(), |device| Attempt::of(device.session));
    let (admitted, login) = tokio::join!(cx.admit(app, &attempt), login);
    let login = login?;
    let person = login.as_ref().map(|(id, _)| *id);
    let is_of = |device: KnownDevice| login.as_ref().is_some_and(|(id, known)| (*id, known.epoch) == (device.login, device.epoch));
    if device.is_none_or(is_of) {
        return admitted.map(|()| (attempt.about(person), login));
    }
    cx.admit(app, &stranger).await?;
    Ok((stranger.about(person), login))
}
