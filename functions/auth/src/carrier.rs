//! How a session's refresh token comes and goes: in bodies, or, for browsers, in a cookie that no script can read. A browser sends that
//! by itself, so what is done by it is done for pages of the web app's origin alone.

use api::{App, Cx, Problem};
use chrono::TimeDelta;
use domain::session::REFRESH;
use http::{StatusCode, header};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The cookie's name.
const COOKIE: &str = "refresh_token";
/// Where it is sent, and who sees it (RFC 6265bis, 4.1.2).
const ATTRIBUTES: &str = "Path=/api/auth/; HttpOnly; Secure; SameSite=Strict";

/// How a session's refresh token comes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Carrier {
    /// In the body, as `refresh`.
    #[default]
    Token,
    /// As a cookie, which pages of the web app have the browser send to `refresh/` and `logout/`.
    Cookie,
}

impl Carrier {
    /// What was `asked` for, if anything was; cookies are for the web app's pages alone.
    pub(crate) fn asked(asked: Option<Self>, cx: &Cx, app: &App) -> Result<Self, Problem> {
        let carrier = asked.unwrap_or_default();
        if carrier == Self::Cookie {
            cx.require_own_origin(app)?;
        }
        Ok(carrier)
    }

    /// `problem`, which takes a cookie away that isn't taken: no page can do that.
    pub(crate) fn refused(self, problem: Problem) -> Problem {
        let is_over = self.is_cookie() && problem.status() == StatusCode::UNAUTHORIZED;
        if is_over { problem.with(header::SET_COOKIE, &no_cookie()) } else { problem }
    }

    /// Whether it is a cookie.
    pub(crate) fn is_cookie(self) -> bool {
        self == Self::Cookie
    }
}

/// The refresh token in the `body`, else in the cookie, which counts for the web app's pages alone; and which of them it was.
pub(crate) fn shown(cx: &Cx, app: &App, body: Option<String>) -> Result<(String, Carrier), Problem> {
    if let Some(token) = body {
        return Ok((token, Carrier::Token));
    }
    let token = cx.cookie(COOKIE).ok_or_else(|| Problem::unauthorized(None, "Send the refresh token, or the cookie that it came in."))?;
    cx.require_own_origin(app)?;
    Ok((token, Carrier::Cookie))
}

/// The cookie that holds `token`, as long as that is taken.
pub(crate) fn cookie(token: &str) -> String {
    cookie_of(COOKIE, token, REFRESH)
}

/// The cookie `name` that holds `value` for so long.
pub(crate) fn cookie_of(name: &str, value: &str, lasts: TimeDelta) -> String {
    format!("{name}={value}; Max-Age={}; {ATTRIBUTES}", lasts.num_seconds())
}

/// What takes the cookie away.
pub(crate) fn no_cookie() -> String {
    format!("{COOKIE}=; Max-Age=0; {ATTRIBUTES}")
}
