//! Devices from which somebody signed in: what is guessed there is counted for the device alone, as OWASP's "Slow Down Online Guessing
//! Attacks with Device Cookies" says. So a stranger who fails to sign in as somebody locks out those who aren't known yet, and nobody else;
//! and whoever has a device of theirs guesses no more there than strangers do.

use api::{App, Attempt, Cx, Problem};
use chrono::TimeDelta;
use domain::{Time, ids::LoginId, login::Credentials};
use secrets::KnownDevice;

use crate::{
    carrier::{self, Carrier},
    grant::{Grant, Keys},
};

/// How long a device is known after a sign-in.
const LASTS: TimeDelta = TimeDelta::days(365);
/// The cookie's name.
const COOKIE: &str = "device";

/// What shows that somebody signed in by `grant`; or the cookie that does, where the session's refresh token is in one too.
pub(crate) async fn of(keys: &Keys, grant: &Grant, now: Time) -> Result<(Option<String>, Option<String>), Problem> {
    let Grant { id, session } = grant;
    let device = KnownDevice { login: session.login, session: *id, exp: (session.authenticated_at + LASTS).timestamp() };
    let token = keys.links.get(now).await.map_err(Problem::unavailable)?.token(&device);
    if session.in_cookie { Ok((None, Some(carrier::cookie_of(COOKIE, &token, LASTS)))) } else { Ok((Some(token), None)) }
}

/// The device that is shown: in the body, or by a page of the web app in the cookie. One that isn't known is none.
pub(crate) async fn shown(cx: &Cx, keys: &Keys, body: Option<&str>, carrier: Carrier) -> Result<Option<KnownDevice>, Problem> {
    let cookie = || cx.cookie(COOKIE).filter(|_| carrier.is_cookie());
    let Some(token) = body.map(str::to_owned).or_else(cookie) else { return Ok(None) };
    Ok(keys.links.read(&token, cx.now).await.map_err(Problem::unavailable)?.ok())
}

/// What is counted if somebody fails to sign in as `username`, by `device` if that is one of the `login` that the username has; and that
/// they may try.
pub(crate) async fn admit(
    (cx, app): (&Cx, &App),
    device: Option<KnownDevice>,
    username: &str,
    login: impl Future<Output = Result<Option<(LoginId, Credentials)>, Problem>>,
) -> Result<(Attempt, Option<(LoginId, Credentials)>), Problem> {
    let stranger = cx.attempt(username);
    let attempt = device.as_ref().map_or_else(|| stranger.clone(), |device| Attempt::of(device.session));
    let (admitted, login) = tokio::join!(app.limiter.admit(&cx.store, &attempt, cx.now), login);
    let login = login?;
    if device.is_none_or(|device| login.as_ref().is_some_and(|(id, _)| *id == device.login)) {
        return admitted.map(|()| (attempt.about(login.as_ref().map(|(id, _)| *id)), login));
    }
    app.limiter.admit(&cx.store, &stranger, cx.now).await?;
    Ok((stranger.about(login.as_ref().map(|(id, _)| *id)), login))
}
