//! What people see of it: a page to pay on, a page with all payments, and the switches.

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::json;

use super::connected::Connected;
use super::{
    Action, StandIn, Switches,
    books::{Books, No, Payment, Session},
    objects,
};
use crate::html::escaped;

pub(super) fn routes() -> Router<StandIn> {
    Router::new()
        .route("/pay/{session}/", get(page))
        .route("/pay/{session}/{button}/", post(press))
        .route("/onboard/{link}/", get(onboard))
        .route("/accounts/{account}/{button}/", post(step))
        .route("/switches/", get(show_switches).post(set_switches))
        .route("/resend/", post(resend))
}

#[derive(Deserialize)]
pub(super) struct Wanted {
    format: Option<String>,
    /// Where to go once a button of an account's is pressed.
    back: Option<String>,
    /// How much a refund is, in the currency's smallest units.
    amount: Option<i64>,
}

/// All sessions with their payments, the newest first.
pub(super) async fn list(State(stand_in): State<StandIn>, Query(wanted): Query<Wanted>, headers: HeaderMap) -> Response {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let sessions: Vec<Session> = stand_in.read(|books| books.sessions.values().rev().cloned().collect());
    if wanted.format.as_deref() == Some("json") || accept.starts_with("application/json") {
        let shown = |session: &Session| {
            let payment = session.payment.as_ref().and_then(|id| stand_in.read(|books| books.payment(id).cloned()).ok());
            json!({
                "session": objects::session(session, Some(stand_in.page(&session.id))),
                "payment": payment.map(|payment| objects::payment(&payment, true)),
            })
        };
        return Json(sessions.iter().map(shown).collect::<Vec<_>>()).into_response();
    }
    let items: String = sessions.iter().map(|session| stand_in.read(|books| card(&stand_in, books, session))).collect();
    let items = if items.is_empty() { "<p>Nothing has been charged yet.</p>".to_owned() } else { items };
    let accounts: String = stand_in.read(|books| books.accounts.values().map(|account| account_card(&stand_in, account, None)).collect());
    let resend = button(&format!("{}resend/", stand_in.url()), "Send all events again");
    let accounts = if accounts.is_empty() { accounts } else { format!("<h1>Connected accounts</h1>{accounts}") };
    Html(whole("Payments", &format!("<h1>Payments</h1>{items}{accounts}{resend}"))).into_response()
}

/// The page of one session.
async fn page(State(stand_in): State<StandIn>, Path(id): Path<String>) -> Response {
    let shown = stand_in.read(|books| Ok((card(&stand_in, books, books.session(&id)?), books.session(&id)?.clone())));
    match shown {
        Ok((card, session)) => {
            let target = if session.status == "complete" { &session.success_url } else { &session.cancel_url };
            let back = target.as_ref().map(|url| format!("<p><a href='{}'>Back to ConsultantPro</a></p>", escaped(url)));
            let note = "<p><small>A stand-in for Stripe: no money moves.</small></p>";
            Html(whole("Payment", &format!("<h1>Payment</h1>{card}{}{note}", back.unwrap_or_default()))).into_response()
        }
        Err(no) => refusal(&no),
    }
}

/// A button is pressed; the payer is shown what has become of it.
async fn press(State(stand_in): State<StandIn>, Path((id, button)): Path<(String, String)>, Query(wanted): Query<Wanted>) -> Response {
    let action = button.parse().map(|action| if action == Action::Refund(None) { Action::Refund(wanted.amount) } else { action });
    match action.and_then(|action| stand_in.press(&id, action)) {
        Ok(()) => Redirect::to(&stand_in.page(&id)).into_response(),
        Err(no) => refusal(&no),
    }
}

/// The page on which an account is set up, which is opened once.
async fn onboard(State(stand_in): State<StandIn>, Path(id): Path<String>) -> Response {
    let link = match stand_in.change(|books| books.open_link(&id, stand_in.now())) {
        Ok(Ok(link)) => link,
        Ok(Err(refresh)) => return Redirect::to(&refresh).into_response(),
        Err(no) => return refusal(&no),
    };
    let card =
        stand_in.read(|books| books.connected(&link.account).map(|account| account_card(&stand_in, account, Some(&link.return_url))));
    match card {
        Ok(card) => {
            let back = format!("<p><a href='{}'>Back to ConsultantPro</a></p>", escaped(&link.return_url));
            let note = "<p><small>A stand-in for Stripe: nobody is asked who they are.</small></p>";
            Html(whole("Set up your account", &format!("<h1>Set up your account</h1>{card}{back}{note}"))).into_response()
        }
        Err(no) => refusal(&no),
    }
}

/// A button of an account's is pressed.
async fn step(State(stand_in): State<StandIn>, Path((id, button)): Path<(String, String)>, Query(wanted): Query<Wanted>) -> Response {
    match button.parse().and_then(|step| stand_in.step(&id, step)) {
        Ok(()) => Redirect::to(wanted.back.as_deref().unwrap_or_else(|| stand_in.url())).into_response(),
        Err(no) => refusal(&no),
    }
}

/// What there is to say of an account, and its buttons, after which one comes `back`.
fn account_card(stand_in: &StandIn, account: &Connected, back: Option<&str>) -> String {
    let state = match account {
        Connected { revoked: true, .. } => "not connected any more",
        Connected { charges_enabled: true, .. } => "takes payments",
        Connected { details_submitted: true, .. } => "restricted",
        _ => "not set up",
    };
    let back = back.map(|url| format!("?back={}", form_encoded(url))).unwrap_or_default();
    let of = |(name, label): (&str, &str)| button(&format!("{}accounts/{}/{name}/{back}", stand_in.url(), account.id), label);
    let all = [
        ("complete", "Tell all that is asked for"),
        ("restrict", "A document is missing"),
        ("reject", "Stripe refuses it"),
        ("deauthorize", "Disconnect it"),
    ];
    let buttons: String = all.into_iter().filter(|_| !account.revoked).map(of).collect();
    format!(
        "<section><b>{}</b> {state}<br><small>{}</small><div>{buttons}</div></section>",
        escaped(&account.id),
        escaped(&account.disabled_reason.clone().unwrap_or_default())
    )
}

/// `text` as a query has it.
fn form_encoded(text: &str) -> String {
    text.bytes().map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

async fn show_switches(State(stand_in): State<StandIn>) -> Json<Switches> {
    Json(stand_in.switches().clone())
}

async fn set_switches(State(stand_in): State<StandIn>, Json(switches): Json<Switches>) -> Json<Switches> {
    stand_in.switch(switches.clone());
    Json(switches)
}

async fn resend(State(stand_in): State<StandIn>) -> Response {
    Json(json!({ "events": stand_in.resend() })).into_response()
}

fn refusal(no: &No) -> Response {
    let status = if no.status == 404 { StatusCode::NOT_FOUND } else { StatusCode::CONFLICT };
    (status, Html(whole("Not possible", &format!("<h1>Not possible</h1><p>{}</p>", escaped(&no.message))))).into_response()
}

/// What there is to say of a session, and the buttons that fit.
fn card(stand_in: &StandIn, books: &Books, session: &Session) -> String {
    let payment = session.payment.as_ref().and_then(|id| books.payment(id).ok());
    let buttons: String = fitting(session, payment)
        .into_iter()
        .map(|(name, label)| button(&format!("{}{name}/", stand_in.page(&session.id)), label))
        .collect();
    let refunded = payment.map_or(0, Payment::refunded);
    let refunded = if refunded > 0 { format!(", refunded {}", amount(refunded, &session.currency)) } else { String::new() };
    let dispute = payment.and_then(|payment| payment.dispute.as_ref());
    let dispute = dispute.map_or_else(String::new, |dispute| format!(", dispute {}", dispute.status.replace('_', " ")));
    format!(
        "<section><b>{}</b> <b class=amount>{}</b><br><small>{}: {}, {}{refunded}{dispute}</small><div>{buttons}</div></section>",
        escaped(&session.description),
        amount(session.amount, &session.currency),
        escaped(&session.id),
        session.status,
        session.payment_status,
    )
}

/// What can be done about a session now: the names of the buttons and their labels.
fn fitting(session: &Session, payment: Option<&Payment>) -> Vec<(&'static str, &'static str)> {
    match (payment, session.status.as_str()) {
        (None, "open") => vec![("pay", "Pay"), ("pay-later", "Pay by bank transfer"), ("expire", "Let it expire")],
        (Some(payment), _) if payment.status == "processing" => vec![("arrive", "The money arrives"), ("bounce", "It doesn't")],
        (Some(payment), _) if payment.status == "succeeded" => {
            let mut fitting = Vec::new();
            if payment.left() > 0 {
                fitting.push(("refund", "Refund"));
            }
            match payment.dispute.as_ref().map(|dispute| dispute.status.as_str()) {
                None => fitting.push(("dispute", "Dispute")),
                Some("needs_response") => fitting.extend([("win", "The firm wins"), ("lose", "The firm loses")]),
                Some(_) => {}
            }
            fitting
        }
        (_, _) => Vec::new(),
    }
}

fn button(target: &str, label: &str) -> String {
    format!("<form method=post action='{}'><button>{label}</button></form>", escaped(target))
}

/// `50000 usd` as people write it, good enough for a page.
fn amount(amount: i64, currency: &str) -> String {
    let code = escaped(&currency.to_uppercase());
    let whole = ["bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"];
    if whole.contains(&currency) { format!("{code} {amount}") } else { format!("{code} {}.{:02}", amount / 100, amount % 100) }
}

fn whole(title: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'><title>{title}</title>
<style>
  body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 40rem; margin: 2rem auto; padding: 0 1rem }}
  section {{ border: 1px solid #8884; border-radius: .5rem; margin: .75rem 0; padding: .75rem 1rem }}
  .amount {{ float: right }} form {{ display: inline-block; margin: .5rem .5rem 0 0 }} small {{ opacity: .7 }}
  button {{ font: inherit; padding: .4rem 1rem; border: 0; border-radius: .4rem; background: #635bff; color: #fff; cursor: pointer }}
</style>
{body}</html>"
    )
}
