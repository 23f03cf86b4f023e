//! Stripe's events, as far as they concern us. Only what is needed of an event is read, so that one of a newer version
//! of Stripe's API is understood as long as it still says that.

use std::collections::BTreeMap;

use chrono::DateTime;
use domain::{Money, Time, payment_account::AccountId};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::amount::from_stripe;

/// What was sent is no event of Stripe's, or doesn't say what such an event says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an event that can be read: {0}")]
pub struct Unreadable(String);

/// Something happened at Stripe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The same however often the event is sent.
    pub id: String,
    /// When it happened.
    pub created: Time,
    /// Whether it is about real money.
    pub livemode: bool,
    /// In which account; in ours, if in none.
    pub account: Option<AccountId>,
    /// What happened.
    pub kind: Kind,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A Checkout Session is paid: the money is ours.
    CheckoutPaid {
        /// The session.
        checkout: Checkout,
        /// The payment, by which the money is known from now on.
        payment_intent: String,
    },
    /// A Checkout Session is filled in, and the money is on its way, for days perhaps.
    CheckoutPending(Checkout),
    /// The money that was on its way won't come.
    CheckoutFailed(Checkout),
    /// A Checkout Session can't be paid any more.
    CheckoutExpired(Checkout),
    /// A payment was refunded or disputed, or that changed: how it stands now is to be asked.
    PaymentChanged {
        /// The payment.
        payment_intent: String,
    },
    /// How an account stands changed: how it stands now is to be asked.
    AccountChanged(AccountId),
    /// An account isn't connected any more.
    AccountLost(AccountId),
    /// Nothing that concerns us; its type.
    Ignored(String),
}

/// A Checkout Session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkout {
    /// Its id.
    pub session: String,
    /// What is paid with it.
    pub amount: Money,
    /// What we call it: the reference of its order.
    pub reference: Option<String>,
    /// What its order said of it.
    pub metadata: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    id: String,
    created: i64,
    livemode: bool,
    account: Option<String>,
    r#type: String,
    #[serde(borrow)]
    data: Data<'a>,
}

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(borrow)]
    object: &'a RawValue,
}

#[derive(Deserialize)]
struct Session {
    id: String,
    mode: String,
    payment_status: String,
    payment_intent: Option<Named>,
    amount_total: Option<i64>,
    currency: Option<String>,
    client_reference_id: Option<String>,
    metadata: Option<BTreeMap<String, String>>,
}

/// A charge, refund or dispute.
#[derive(Deserialize)]
struct OfPayment {
    payment_intent: Option<Named>,
}

/// Another object, which Stripe names or shows as a whole.
#[derive(Deserialize)]
#[serde(untagged)]
enum Named {
    Id(String),
    Whole { id: String },
}

impl Named {
    fn into_id(self) -> String {
        match self {
            Self::Id(id) | Self::Whole { id } => id,
        }
    }
}

/// The event that `body`, whose signature was checked, tells of.
pub fn parse(body: &str) -> Result<Event, Unreadable> {
    let event: Envelope<'_> = read(body)?;
    let created = DateTime::from_timestamp(event.created, 0).ok_or_else(|| Unreadable("its time is none".to_owned()))?;
    let account: Option<AccountId> =
        event.account.map(|id| id.parse().map_err(|_| Unreadable("its account is none".to_owned()))).transpose()?;
    let object = event.data.object.get();
    let kind = match event.r#type.as_str() {
        "account.updated" => of_account(event.r#type, account.clone(), Kind::AccountChanged),
        "account.application.deauthorized" => of_account(event.r#type, account.clone(), Kind::AccountLost),
        "checkout.session.completed"
        | "checkout.session.async_payment_succeeded"
        | "checkout.session.async_payment_failed"
        | "checkout.session.expired" => of_session(event.r#type, read(object)?)?,
        "charge.refunded"
        | "charge.refund.updated"
        | "refund.created"
        | "refund.updated"
        | "refund.failed"
        | "charge.dispute.created"
        | "charge.dispute.updated"
        | "charge.dispute.closed"
        | "charge.dispute.funds_withdrawn"
        | "charge.dispute.funds_reinstated" => match read::<OfPayment>(object)?.payment_intent {
            Some(payment) => Kind::PaymentChanged { payment_intent: payment.into_id() },
            None => Kind::Ignored(event.r#type),
        },
        _ => Kind::Ignored(event.r#type),
    };
    Ok(Event { id: event.id, created, livemode: event.livemode, account, kind })
}

/// What the event `name` says of `account`; nothing, if that is our own.
fn of_account(name: String, account: Option<AccountId>, kind: fn(AccountId) -> Kind) -> Kind {
    account.map_or(Kind::Ignored(name), kind)
}

/// What the event `name` says of `session`.
fn of_session(name: String, session: Session) -> Result<Kind, Unreadable> {
    // Subscriptions and set-ups aren't ours, and have no amount.
    if session.mode != "payment" {
        return Ok(Kind::Ignored(name));
    }
    let missing = |field: &str| Unreadable(format!("the session {} has no {field}", session.id));
    let currency = session.currency.as_deref().ok_or_else(|| missing("currency"))?;
    let amount = from_stripe(session.amount_total.ok_or_else(|| missing("amount_total"))?, currency).map_err(Unreadable)?;
    let intent = session.payment_intent.map(Named::into_id);
    let paid = || intent.clone().ok_or_else(|| missing("payment_intent"));
    let (reference, metadata) = (session.client_reference_id, session.metadata.unwrap_or_default());
    let checkout = Checkout { session: session.id.clone(), amount, reference, metadata };
    Ok(match (name.as_str(), session.payment_status.as_str()) {
        ("checkout.session.completed", "paid") | ("checkout.session.async_payment_succeeded", _) => {
            Kind::CheckoutPaid { payment_intent: paid()?, checkout }
        }
        ("checkout.session.completed", "unpaid") => Kind::CheckoutPending(checkout),
        ("checkout.session.async_payment_failed", _) => Kind::CheckoutFailed(checkout),
        ("checkout.session.expired", _) => Kind::CheckoutExpired(checkout),
        (_, _) => Kind::Ignored(name),
    })
}

fn read<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T, Unreadable> {
    serde_json::from_str(json).map_err(|error| Unreadable(error.to_string()))
}

#[cfg(test)]
mod tests;
