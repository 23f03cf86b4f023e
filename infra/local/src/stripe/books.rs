//! What the stand-in keeps: sessions, payments, what has become of them, and the events that tell of it.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

use super::{
    Action,
    connected::{Connected, Link},
    form, objects,
};

/// How many events are kept to be sent again.
const KEPT_EVENTS: usize = 500;
/// How long a session can be paid unless its order says otherwise, seconds.
const DAY: i64 = 86_400;

/// All of it.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Books {
    made: u64,
    pub(super) sessions: BTreeMap<String, Session>,
    pub(super) payments: BTreeMap<String, Payment>,
    /// Accounts that are connected to ours, or were.
    #[serde(default)]
    pub(super) accounts: BTreeMap<String, Connected>,
    /// Pages on which one is set up.
    #[serde(default)]
    pub(super) links: BTreeMap<String, Link>,
    /// What was answered to an idempotency key.
    pub(super) replies: BTreeMap<String, Reply>,
    /// The newest events, oldest first.
    pub(super) events: Vec<String>,
    /// What is yet to be delivered.
    pub(super) outgoing: Vec<Outgoing>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Session {
    pub(super) id: String,
    /// In which account; in ours, if in none.
    #[serde(default)]
    pub(super) account: Option<String>,
    /// How much of it is ours.
    #[serde(default)]
    pub(super) fee: Option<i64>,
    /// In which ways alone it can be paid.
    #[serde(default)]
    pub(super) allowed: Vec<String>,
    pub(super) created: i64,
    pub(super) expires_at: i64,
    pub(super) amount: i64,
    pub(super) currency: String,
    pub(super) description: String,
    pub(super) reference: Option<String>,
    pub(super) email: Option<String>,
    pub(super) metadata: BTreeMap<String, String>,
    pub(super) payment_metadata: BTreeMap<String, String>,
    pub(super) success_url: Option<String>,
    pub(super) cancel_url: Option<String>,
    /// `open`, `complete`, `expired`
    pub(super) status: String,
    /// `unpaid`, `paid`
    pub(super) payment_status: String,
    pub(super) payment: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Payment {
    pub(super) id: String,
    #[serde(default)]
    pub(super) account: Option<String>,
    #[serde(default)]
    pub(super) fee: Option<i64>,
    pub(super) charge: String,
    pub(super) created: i64,
    pub(super) amount: i64,
    pub(super) currency: String,
    pub(super) description: String,
    pub(super) metadata: BTreeMap<String, String>,
    /// `succeeded`, `processing`, `requires_payment_method`
    pub(super) status: String,
    pub(super) refunds: Vec<Refund>,
    pub(super) dispute: Option<Dispute>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Refund {
    pub(super) id: String,
    pub(super) created: i64,
    pub(super) amount: i64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Dispute {
    pub(super) id: String,
    pub(super) created: i64,
    /// `needs_response`, `won`, `lost`
    pub(super) status: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Reply {
    pub(super) path: String,
    pub(super) form: Value,
    pub(super) body: Value,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Outgoing {
    pub(super) body: String,
    /// When it is to be sent, milliseconds since 1970.
    pub(super) due: i64,
    pub(super) tries: u32,
}

/// The largest amount in `currency` that Stripe takes: of rupiahs twelve digits.
fn most(currency: &str) -> i64 {
    if currency == "idr" { 999_999_999_999 } else { 99_999_999 }
}

/// Why Stripe says no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct No {
    pub(super) status: u16,
    pub(super) kind: &'static str,
    pub(super) code: Option<&'static str>,
    pub(super) message: String,
}

impl No {
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self { status: 400, kind: "invalid_request_error", code: None, message: message.into() }
    }

    pub(super) fn missing(what: &str, id: &str) -> Self {
        Self { status: 404, ..Self::invalid(format!("No such {what}: '{id}'")) }
    }
}

impl std::fmt::Display for No {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for No {}

impl Books {
    pub(super) fn id(&mut self, prefix: &str) -> String {
        self.made += 1;
        format!("{prefix}_{:012}", self.made)
    }

    /// Opens in `account` the session that `form` orders.
    pub(super) fn open(&mut self, account: Option<&str>, form: &Value, now: i64) -> Result<Session, No> {
        let text = |path: &str| form::text(form, path);
        let needed =
            |path: &str| text(path).ok_or_else(|| No::invalid(format!("Missing required param: {}.", path.trim_start_matches('/'))));
        if needed("/mode")? != "payment" {
            return Err(No::invalid("The stand-in knows the mode payment only."));
        }
        let number = |path: &str| needed(path)?.parse::<i64>().map_err(|_| No::invalid(format!("Invalid integer: {path}")));
        let amount = number("/line_items/0/price_data/unit_amount")?.saturating_mul(number("/line_items/0/quantity")?);
        let currency = needed("/line_items/0/price_data/currency")?;
        let most = most(&currency);
        if !(1..=most).contains(&amount) {
            return Err(No::invalid(format!("The amount due must be between 1 and {most}.")));
        }
        let expires_at = if text("/expires_at").is_some() { number("/expires_at")? } else { now + DAY };
        if let Some(account) = account {
            self.charges(account)?;
        }
        let fee = text("/payment_intent_data/application_fee_amount").map(|_| number("/payment_intent_data/application_fee_amount"));
        let session = Session {
            id: self.id("cs_test"),
            account: account.map(str::to_owned),
            fee: fee.transpose()?,
            allowed: form::texts(form, "/allowed_payment_method_types").into_values().collect(),
            created: now,
            expires_at,
            amount,
            currency,
            description: needed("/line_items/0/price_data/product_data/name")?,
            reference: text("/client_reference_id"),
            email: text("/customer_email"),
            metadata: form::texts(form, "/metadata"),
            payment_metadata: form::texts(form, "/payment_intent_data/metadata"),
            success_url: Some(needed("/success_url")?),
            cancel_url: text("/cancel_url"),
            status: "open".to_owned(),
            payment_status: "unpaid".to_owned(),
            payment: None,
        };
        self.sessions.insert(session.id.clone(), session.clone());
        Ok(session)
    }

    /// The payment that `id` names in `account`.
    pub(super) fn payment_in(&self, account: Option<&str>, id: &str) -> Result<&Payment, No> {
        let payment = self.payment(id)?;
        if payment.account.as_deref() == account { Ok(payment) } else { Err(No::missing("payment_intent", id)) }
    }

    /// The session `id` in `account`.
    pub(super) fn session_in(&self, account: Option<&str>, id: &str) -> Result<&Session, No> {
        let session = self.session(id)?;
        if session.account.as_deref() == account { Ok(session) } else { Err(No::missing("checkout.session", id)) }
    }

    /// The payment that `id` names: a payment, or its charge.
    pub(super) fn payment(&self, id: &str) -> Result<&Payment, No> {
        let payment = self.payments.values().find(|payment| payment.id == id || payment.charge == id);
        payment.ok_or_else(|| No::missing("payment_intent", id))
    }

    pub(super) fn session(&self, id: &str) -> Result<&Session, No> {
        self.sessions.get(id).ok_or_else(|| No::missing("checkout.session", id))
    }

    /// Does `action` about the session `id`, and tells of it.
    pub(super) fn act(&mut self, id: &str, action: Action, now: i64) -> Result<(), No> {
        let session = self.session(id)?.clone();
        match action {
            Action::Pay | Action::PayLater => self.pay(session, action == Action::Pay, now),
            Action::Arrive | Action::Bounce => self.settle(session, action == Action::Arrive, now),
            Action::Expire if session.status == "open" => {
                let session = Session { status: "expired".to_owned(), ..session };
                self.keep_session(&session, "checkout.session.expired", now);
                Ok(())
            }
            Action::Expire => Err(No::invalid(format!("Only a session that is open can expire; this one is {}.", session.status))),
            Action::Refund(amount) => self.refund(&paid(&session)?, amount, now).map(|_| ()),
            Action::Dispute => self.dispute(&paid(&session)?, now),
            Action::Win | Action::Lose => self.close_dispute(&paid(&session)?, action == Action::Win, now),
        }
    }

    fn pay(&mut self, session: Session, at_once: bool, now: i64) -> Result<(), No> {
        if session.status != "open" || session.expires_at <= now {
            return Err(No::invalid("This session can't be paid any more."));
        }
        let payment = Payment {
            id: self.id("pi"),
            account: session.account.clone(),
            fee: session.fee,
            charge: self.id("ch"),
            created: now,
            amount: session.amount,
            currency: session.currency.clone(),
            description: session.description.clone(),
            metadata: session.payment_metadata.clone(),
            status: if at_once { "succeeded" } else { "processing" }.to_owned(),
            refunds: Vec::new(),
            dispute: None,
        };
        let payment_status = if at_once { "paid" } else { "unpaid" }.to_owned();
        let session = Session { status: "complete".to_owned(), payment_status, payment: Some(payment.id.clone()), ..session };
        if at_once {
            self.emit(payment.account.as_deref(), "payment_intent.succeeded", objects::payment(&payment, false), now);
            self.emit(payment.account.as_deref(), "charge.succeeded", objects::charge(&payment), now);
        }
        self.payments.insert(payment.id.clone(), payment);
        self.keep_session(&session, "checkout.session.completed", now);
        Ok(())
    }

    /// The money of `session` that was on its way arrives, or doesn't.
    fn settle(&mut self, session: Session, arrives: bool, now: i64) -> Result<(), No> {
        let id = session.payment.clone().unwrap_or_default();
        let payment = self.payments.get_mut(&id).filter(|payment| payment.status == "processing");
        let payment = payment.ok_or_else(|| No::invalid("No money is on its way."))?;
        payment.status = if arrives { "succeeded" } else { "requires_payment_method" }.to_owned();
        let payment = payment.clone();
        if arrives {
            self.emit(payment.account.as_deref(), "payment_intent.succeeded", objects::payment(&payment, false), now);
            let session = Session { payment_status: "paid".to_owned(), ..session };
            self.keep_session(&session, "checkout.session.async_payment_succeeded", now);
        } else {
            self.emit(payment.account.as_deref(), "payment_intent.payment_failed", objects::payment(&payment, false), now);
            self.keep_session(&session, "checkout.session.async_payment_failed", now);
        }
        Ok(())
    }

    /// Pays back `amount` of the payment or charge `id`; without one, all that is left.
    pub(super) fn refund(&mut self, id: &str, amount: Option<i64>, now: i64) -> Result<Value, No> {
        let payment = self.payment(id)?;
        // What the payer's bank asks back, or has, can't be given back besides.
        if payment.dispute.as_ref().is_some_and(|dispute| dispute.status != "won") {
            return Err(No::invalid("This charge has been charged back."));
        }
        let left = payment.left();
        let amount = amount.unwrap_or(left);
        if payment.status != "succeeded" || amount < 1 || amount > left {
            return Err(No::invalid(format!("Refund amount ({amount}) is greater than unrefunded amount on charge ({left})")));
        }
        let id = payment.id.clone();
        let refund = Refund { id: self.id("re"), created: now, amount };
        let Some(payment) = self.payments.get_mut(&id) else { return Err(No::missing("payment_intent", &id)) };
        payment.refunds.push(refund.clone());
        let payment = payment.clone();
        let shown = objects::refund(&payment, &refund);
        self.emit(payment.account.as_deref(), "refund.created", shown.clone(), now);
        self.emit(payment.account.as_deref(), "charge.refunded", objects::charge(&payment), now);
        Ok(shown)
    }

    fn dispute(&mut self, id: &str, now: i64) -> Result<(), No> {
        let dispute = Dispute { id: self.id("du"), created: now, status: "needs_response".to_owned() };
        let payment = self.payments.get_mut(id).filter(|payment| payment.status == "succeeded" && payment.dispute.is_none());
        let payment = payment.ok_or_else(|| No::invalid("This payment can't be disputed, or was before."))?;
        payment.dispute = Some(dispute.clone());
        let (shown, account) = (objects::dispute(payment, &dispute), payment.account.clone());
        self.emit(account.as_deref(), "charge.dispute.created", shown.clone(), now);
        self.emit(account.as_deref(), "charge.dispute.funds_withdrawn", shown, now);
        Ok(())
    }

    fn close_dispute(&mut self, id: &str, won: bool, now: i64) -> Result<(), No> {
        let payment = self.payments.get_mut(id).ok_or_else(|| No::missing("payment_intent", id))?;
        let dispute = payment.dispute.as_mut().filter(|dispute| dispute.status == "needs_response");
        let dispute = dispute.ok_or_else(|| No::invalid("No dispute is open."))?;
        dispute.status = if won { "won" } else { "lost" }.to_owned();
        let dispute = dispute.clone();
        let (shown, account) = (objects::dispute(payment, &dispute), payment.account.clone());
        self.emit(account.as_deref(), "charge.dispute.closed", shown.clone(), now);
        if won {
            self.emit(account.as_deref(), "charge.dispute.funds_reinstated", shown, now);
        }
        Ok(())
    }

    /// Lets every session expire whose time has come; whether one did.
    pub(super) fn expire(&mut self, now: i64) -> bool {
        let due: Vec<String> =
            self.sessions.values().filter(|session| session.status == "open" && session.expires_at <= now).map(|s| s.id.clone()).collect();
        due.iter().filter(|id| self.act(id, Action::Expire, now).is_ok()).count() > 0
    }

    /// Puts all events that are kept on their way again; how many.
    pub(super) fn resend(&mut self) -> usize {
        self.outgoing = self.events.iter().map(|body| Outgoing { body: body.clone(), due: 0, tries: 0 }).collect();
        self.outgoing.len()
    }

    fn keep_session(&mut self, session: &Session, event: &str, now: i64) {
        self.sessions.insert(session.id.clone(), session.clone());
        self.emit(session.account.as_deref(), event, objects::session(session, None), now);
    }

    /// Writes down that `object`, in `account`, has changed; delivery is due at once. Of an account that isn't connected any more nothing is
    /// told.
    pub(super) fn emit(&mut self, account: Option<&str>, kind: &str, object: Value, now: i64) {
        if account.is_some_and(|account| self.connected(account).is_err()) {
            return;
        }
        let id = self.id("evt");
        let mut body = json!({
            "id": id, "object": "event", "api_version": objects::API_VERSION, "created": now, "livemode": false, "pending_webhooks": 1,
            "request": { "id": null, "idempotency_key": null }, "type": kind, "data": { "object": object },
        });
        if let (Some(account), Value::Object(fields)) = (account, &mut body) {
            fields.insert("account".to_owned(), account.into());
        }
        let body = body.to_string();
        self.events.push(body.clone());
        self.events.drain(..self.events.len().saturating_sub(KEPT_EVENTS));
        self.outgoing.push(Outgoing { body, due: now.saturating_mul(1000), tries: 0 });
    }
}

impl Payment {
    pub(super) fn refunded(&self) -> i64 {
        self.refunds.iter().map(|refund| refund.amount).sum()
    }

    pub(super) fn left(&self) -> i64 {
        self.amount - self.refunded()
    }
}

/// The payment of `session`.
fn paid(session: &Session) -> Result<String, No> {
    session.payment.clone().ok_or_else(|| No::invalid("Nobody has paid yet."))
}
