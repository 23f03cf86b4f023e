//! Stripe's API, as far as the product calls it: accounts, sessions, payments, refunds, disputes. What is asked for in an account
//! (`Stripe-Account`) is of that account alone.

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, RawQuery, Request, State},
    http::{HeaderMap, StatusCode},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};
use std::time::Duration;

use super::{
    Action, StandIn,
    books::{Books, No, Reply},
    form, objects,
};

/// The routes, to be served below the stand-in's address.
pub(super) fn routes(stand_in: &StandIn) -> Router<StandIn> {
    Router::new()
        .route("/v1/accounts", post(create_account))
        .route("/v1/accounts/{id}", get(account))
        .route("/v1/account_links", post(create_link))
        .route("/v1/checkout/sessions", post(open))
        .route("/v1/checkout/sessions/{id}", get(session))
        .route("/v1/checkout/sessions/{id}/expire", post(expire))
        .route("/v1/payment_intents/{id}", get(payment))
        .route("/v1/refunds", post(refund))
        .route("/v1/disputes", get(disputes))
        .layer(from_fn_with_state(stand_in.clone(), guard))
}

impl IntoResponse for No {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, Json(json!({ "error": { "type": self.kind, "code": self.code, "message": self.message } }))).into_response()
    }
}

/// Lets in who has a key, and fails where a switch says so.
async fn guard(State(stand_in): State<StandIn>, request: Request, next: Next) -> Response {
    let key = request.headers().get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !["Bearer sk_test_", "Bearer rk_test_"].iter().any(|test| key.starts_with(test)) {
        return No { status: 401, ..No::invalid("Invalid API Key provided.") }.into_response();
    }
    if stand_in.spend(|switches| &mut switches.refuse) {
        return No { status: 503, kind: "api_error", ..No::invalid("Not now.") }.into_response();
    }
    if let Some(no) = within(request.headers()).and_then(|account| stand_in.read(|books| books.connected(account).err())) {
        return no.into_response();
    }
    let response = next.run(request).await;
    let slow = stand_in.switches().slow_ms;
    if slow > 0 {
        tokio::time::sleep(Duration::from_millis(slow)).await;
    }
    if stand_in.spend(|switches| &mut switches.lose) {
        return (StatusCode::BAD_GATEWAY, "<html>the answer was lost</html>").into_response();
    }
    response
}

/// In which account something is asked for; in ours, if in none.
fn within(headers: &HeaderMap) -> Option<&str> {
    headers.get("stripe-account").and_then(|account| account.to_str().ok())
}

/// Does what a POST asks for once, however often it is sent with one key.
fn once(
    stand_in: &StandIn,
    path: &str,
    headers: &HeaderMap,
    body: &Bytes,
    make: impl FnOnce(&mut Books, &Value) -> Result<Value, No>,
) -> Response {
    let form = form::parse(&String::from_utf8_lossy(body));
    // Keys are each account's own.
    let key = headers.get("idempotency-key").and_then(|key| key.to_str().ok());
    let key = key.map(|key| within(headers).map_or_else(|| key.to_owned(), |account| format!("{account} {key}")));
    let made = stand_in.change(|books| {
        let known = key.as_ref().and_then(|key| books.replies.get(key));
        if let Some(reply) = known {
            if reply.path == path && reply.form == form {
                return Ok((true, reply.body.clone()));
            }
            let message = "Keys for idempotent requests can only be used with the same parameters they were first used with.";
            return Err(No { kind: "idempotency_error", ..No::invalid(message) });
        }
        let made = make(books, &form)?;
        if let Some(key) = key {
            books.replies.insert(key, Reply { path: path.to_owned(), form, body: made.clone() });
        }
        Ok((false, made))
    });
    match made {
        Ok((true, body)) => ([("idempotent-replayed", "true")], Json(body)).into_response(),
        Ok((false, body)) => Json(body).into_response(),
        Err(no) => no.into_response(),
    }
}

async fn create_account(State(stand_in): State<StandIn>, headers: HeaderMap, body: Bytes) -> Response {
    once(&stand_in, "/v1/accounts", &headers, &body, |books, form| Ok(objects::account(&books.create_account(form, stand_in.now())?)))
}

async fn account(State(stand_in): State<StandIn>, Path(id): Path<String>) -> Result<Json<Value>, No> {
    stand_in.read(|books| Ok(Json(objects::account(books.connected(&id)?))))
}

async fn create_link(State(stand_in): State<StandIn>, headers: HeaderMap, body: Bytes) -> Response {
    once(&stand_in, "/v1/account_links", &headers, &body, |books, form| {
        let (id, link) = books.create_link(form, stand_in.now())?;
        Ok(json!({
            "object": "account_link", "created": stand_in.now(), "expires_at": link.expires_at, "url": stand_in.onboarding(&id),
        }))
    })
}

async fn open(State(stand_in): State<StandIn>, headers: HeaderMap, body: Bytes) -> Response {
    once(&stand_in, "/v1/checkout/sessions", &headers, &body, |books, form| {
        let session = books.open(within(&headers), form, stand_in.now())?;
        Ok(objects::session(&session, Some(stand_in.page(&session.id))))
    })
}

async fn session(State(stand_in): State<StandIn>, Path(id): Path<String>, headers: HeaderMap) -> Result<Json<Value>, No> {
    stand_in.read(|books| Ok(Json(objects::session(books.session_in(within(&headers), &id)?, Some(stand_in.page(&id))))))
}

async fn expire(State(stand_in): State<StandIn>, Path(id): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    once(&stand_in, &format!("/v1/checkout/sessions/{id}/expire"), &headers, &body, |books, _| {
        books.session_in(within(&headers), &id)?;
        books.act(&id, Action::Expire, stand_in.now())?;
        Ok(objects::session(books.session(&id)?, None))
    })
}

async fn payment(
    State(stand_in): State<StandIn>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Json<Value>, No> {
    let expanded = form::texts(&form::parse(&query.unwrap_or_default()), "/expand").into_values().any(|what| what == "latest_charge");
    stand_in.read(|books| Ok(Json(objects::payment(books.payment_in(within(&headers), &id)?, expanded))))
}

async fn refund(State(stand_in): State<StandIn>, headers: HeaderMap, body: Bytes) -> Response {
    once(&stand_in, "/v1/refunds", &headers, &body, |books, form| {
        let id = form::text(form, "/payment_intent").or_else(|| form::text(form, "/charge"));
        let id = id.ok_or_else(|| No::invalid("One of the following params should be provided: payment_intent or charge."))?;
        books.payment_in(within(&headers), &id)?;
        let amount = form::text(form, "/amount").map(|amount| amount.parse().map_err(|_| No::invalid("Invalid integer: amount")));
        books.refund(&id, amount.transpose()?, stand_in.now())
    })
}

async fn disputes(State(stand_in): State<StandIn>, RawQuery(query): RawQuery, headers: HeaderMap) -> Json<Value> {
    let of = form::text(&form::parse(&query.unwrap_or_default()), "/payment_intent");
    stand_in.read(|books| {
        let payments = books.payments.values().filter(|payment| payment.account.as_deref() == within(&headers));
        let payments = payments.filter(|payment| of.as_ref().is_none_or(|id| *id == payment.id));
        let disputes = payments.filter_map(|payment| Some(objects::dispute(payment, payment.dispute.as_ref()?)));
        Json(objects::list("/v1/disputes", disputes.collect()))
    })
}
