//! How a payment stands: what was paid, refunded, disputed.

use std::collections::{BTreeMap, HashMap};

use domain::{Money, payment_account::AccountId};
use miniserde::Deserialize;
use serde::Serialize;
use stripe_client_core::{RequestBuilder, StripeMethod};

use crate::{PaymentError, Payments, amount::from_stripe};

/// How a payment stands at Stripe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentState {
    /// Its id.
    pub payment_intent: String,
    /// Whether it is made.
    pub status: Status,
    /// Whether it is real money.
    pub livemode: bool,
    /// What was paid, in all.
    pub received: Money,
    /// How much of that was paid back since, in all.
    pub refunded: Money,
    /// Whether the payer's bank wants it back.
    pub dispute: Option<Dispute>,
    /// What its order said of it.
    pub metadata: BTreeMap<String, String>,
}

/// Whether a payment is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// It is.
    Succeeded,
    /// It isn't yet.
    Processing,
    /// It isn't, and nothing is on its way; Stripe's word for how it stands.
    Other(String),
}

/// How far the payer's bank got that wants a payment back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dispute {
    /// It did not: the money is ours.
    Won,
    /// That isn't decided.
    Open,
    /// It did: the money is gone.
    Lost,
}

#[derive(Deserialize)]
struct Intent {
    id: String,
    status: String,
    livemode: bool,
    currency: String,
    amount_received: i64,
    latest_charge: Option<Charge>,
    metadata: HashMap<String, String>,
}

#[derive(Deserialize)]
struct Charge {
    amount_refunded: i64,
    disputed: bool,
}

#[derive(Deserialize)]
struct Disputes {
    data: Vec<Disputed>,
}

#[derive(Deserialize)]
struct Disputed {
    status: String,
}

#[derive(Serialize)]
struct Expand {
    expand: [&'static str; 1],
}

#[derive(Serialize)]
struct OfPayment<'a> {
    payment_intent: &'a str,
    limit: u8,
}

impl Payments {
    /// How the payment `payment_intent` in `account`, or in our own, stands now.
    pub async fn payment(&self, account: Option<&AccountId>, payment_intent: &str) -> Result<PaymentState, PaymentError> {
        if !payment_intent.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return Err(PaymentError::Refused("There is no such payment.".to_owned()));
        }
        let path = format!("/payment_intents/{payment_intent}");
        let expand = Expand { expand: ["latest_charge"] };
        let intent: Intent = self.get(account, || RequestBuilder::new(StripeMethod::Get, path.as_str()).query(&expand)).await?;
        let money = |amount| from_stripe(amount, &intent.currency).map_err(PaymentError::Refused);
        let (refunded, disputed) = intent.latest_charge.map_or((0, false), |charge| (charge.amount_refunded, charge.disputed));
        Ok(PaymentState {
            received: money(intent.amount_received)?,
            refunded: money(refunded)?,
            dispute: if disputed { self.dispute(account, payment_intent).await? } else { None },
            status: match intent.status.as_str() {
                "succeeded" => Status::Succeeded,
                "processing" => Status::Processing,
                _ => Status::Other(intent.status),
            },
            payment_intent: intent.id,
            livemode: intent.livemode,
            metadata: intent.metadata.into_iter().collect(),
        })
    }

    /// How the disputes about a payment stand, the worst of them.
    async fn dispute(&self, account: Option<&AccountId>, payment_intent: &str) -> Result<Option<Dispute>, PaymentError> {
        let query = OfPayment { payment_intent, limit: 100 };
        let disputes: Disputes = self.get(account, || RequestBuilder::new(StripeMethod::Get, "/disputes").query(&query)).await?;
        let stand = |disputed: Disputed| match disputed.status.as_str() {
            "lost" => Dispute::Lost,
            // A warning is a bank's question, which takes no money.
            "won" | "warning_closed" => Dispute::Won,
            _ => Dispute::Open,
        };
        Ok(disputes.data.into_iter().map(stand).max())
    }
}
