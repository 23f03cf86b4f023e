//! What the firm's people do about clients' credit, and what they take back that they recorded wrongly.

use rand::RngExt;
use serde_json::{Value, json};

use super::{
    Bill, Credit, World,
    operations::{decimal, minor},
};

impl World<'_, '_> {
    /// One of `all`, mostly one of which `is_over` says null: neither reversed nor given back.
    fn one_of(&mut self, all: &Value, is_over: &str) -> Option<Value> {
        Self::one(&mut self.random, all.as_array().unwrap(), |one: &Value| one[is_over].is_null())
    }

    pub(super) async fn apply_credit(&mut self) {
        let Some(Bill { id: invoice, currency, client, .. }) = self.invoice(&["sent", "uncollectible"]) else { return };
        let fits = |credit: &Credit| credit.client == client && credit.currency == currency;
        let Some(Credit { id: credit, .. }) = Self::one(&mut self.random, &self.credits, fits) else { return };
        let mut body = json!({"credit": credit});
        if self.random.random_bool(0.4) {
            body["amount"] = decimal(self.random.random_range(1..2_000), currency).into();
        }
        let answer = self.firm.owner.post(format!("/api/finance/invoices/{invoice}/apply-credit/"), body).await;
        if let Some(paid) = self.did("apply credit", answer) {
            self.seen(&paid);
        }
    }

    /// A payment of any kind is taken back, as if it had been recorded wrongly; of Stripe's that is refused.
    pub(super) async fn reverse_payment(&mut self) {
        let Some(Bill { id: invoice, currency, .. }) = self.invoice(&["sent", "paid", "uncollectible", "void"]) else { return };
        let Some(shown) = self.shown(&invoice).await else { return };
        let Some(payment) = self.one_of(&shown.json["payments"], "reversed_at") else { return };
        let body = json!({"payment": payment["id"], "reason": "Another client's"});
        let answer = self.firm.owner.post(format!("/api/finance/invoices/{invoice}/reverse-payment/"), body).await;
        if let Some(reversed) = self.did("reverse payment", answer) {
            if payment["method"] != "credit" {
                *self.received.entry(currency).or_default() -= parsed(&payment["amount"]);
            }
            self.seen(&reversed);
        }
    }

    /// Some of a credit is given to the client, or all that is left of it.
    pub(super) async fn refund_credit(&mut self) {
        let Some(Credit { id, currency, .. }) = Self::one(&mut self.random, &self.credits, |_| true) else { return };
        let part = self.random.random_bool(0.6).then(|| decimal(self.random.random_range(1..3_000), currency));
        self.give(&id, currency, json!({"amount": part})).await;
    }

    /// Give of the credit `id` what `body` says.
    pub(super) async fn give(&mut self, id: &str, currency: &'static str, body: Value) {
        let path = format!("/api/finance/credits/{id}/");
        let before = minor(&self.firm.owner.get(&path).await.expect(200), "/refunded");
        let answer = self.firm.owner.post(format!("{path}refund/"), body).await;
        if let Some(refunded) = self.did("refund credit", answer) {
            *self.given.entry(currency).or_default() += minor(&refunded, "/refunded") - before;
        }
    }

    pub(super) async fn reverse_refund(&mut self) {
        let Some(Credit { id, currency, .. }) = Self::one(&mut self.random, &self.credits, |_| true) else { return };
        let path = format!("/api/finance/credits/{id}/");
        let shown = self.firm.owner.get(&path).await.expect(200);
        let Some(refund) = self.one_of(&shown.json["refunds"], "reversed_at") else { return };
        let body = json!({"refund": refund["id"], "reason": "The transfer came back"});
        let answer = self.firm.owner.post(format!("{path}reverse-refund/"), body).await;
        if self.did("reverse refund", answer).is_some() {
            *self.given.entry(currency).or_default() -= parsed(&refund["amount"]);
        }
    }
}

/// An amount in minor units.
fn parsed(amount: &Value) -> i64 {
    amount.as_str().unwrap().replace('.', "").parse().unwrap()
}
