//! What the firm's people put into the archive, and take out of it again.

use rand::RngExt;
use serde_json::json;

use super::{Bill, Credit, World, operations::minor};

impl World<'_, '_> {
    /// A draft is deleted, what is over archived.
    pub(super) async fn remove_invoice(&mut self) {
        let Some(Bill { id, .. }) = self.invoice(&["draft", "void", "paid"]) else { return };
        self.removed(&id).await;
    }

    async fn removed(&mut self, id: &str) {
        let answer = self.firm.owner.delete(format!("/api/finance/invoices/{id}/")).await;
        let Some(bill) = self.invoices.iter_mut().find(|bill| bill.id == id) else { return };
        let name = if bill.status == "draft" { "delete draft" } else { "archive invoice" };
        bill.archived |= answer.status.is_success();
        self.did(name, answer);
    }

    /// An invoice is taken out of the archive, mostly one that is in it.
    pub(super) async fn restore_invoice(&mut self) {
        let archived = |bill: &Bill| bill.archived && bill.status != "draft";
        let Some(Bill { id, .. }) = Self::one(&mut self.random, &self.invoices, archived) else { return };
        let answer = self.firm.owner.post(format!("/api/finance/invoices/{id}/restore/"), json!({})).await;
        if let Some(restored) = self.did("restore invoice", answer) {
            self.invoices.iter_mut().filter(|bill| bill.id == id).for_each(|bill| bill.archived = false);
            self.seen(&restored);
        }
    }

    /// A client is archived: mostly the one that is done with first, since others have something open.
    pub(super) async fn archive_client(&mut self) {
        let last = self.clients.len() - 1;
        let place = if self.random.random_bool(0.8) { last } else { self.random.random_range(0..last) };
        if place == last && self.random.random_bool(0.9) {
            self.be_done_with(place).await;
        }
        let answer = self.firm.owner.delete(format!("/api/clients/clients/{}/", self.clients[place].id)).await;
        self.did("archive client", answer);
    }

    pub(super) async fn restore_client(&mut self) {
        let place = if self.random.random_bool(0.8) { self.clients.len() - 1 } else { 0 };
        let answer = self.firm.owner.post(format!("/api/clients/clients/{}/restore/", self.clients[place].id), json!({})).await;
        self.did("restore client", answer);
    }

    /// What is open of the client at `place` is closed, in one way or another: drafts are deleted, invoices paid, given up or
    /// void, credits given back.
    async fn be_done_with(&mut self, place: usize) {
        let bills: Vec<_> = self.invoices.iter().filter(|bill| bill.client == place).cloned().collect();
        for Bill { id, currency, .. } in bills {
            // It can be another than was last seen.
            let Some(shown) = self.shown(&id).await else { continue };
            self.seen(&shown);
            match (shown.text("/status").as_str(), self.random.random_range(0..3)) {
                ("draft", _) => self.removed(&id).await,
                ("sent", 0) => self.act(&id, "void", json!({})).await,
                ("sent", 1) => self.act(&id, "mark-uncollectible", json!({})).await,
                ("sent", _) => self.pay(&id, currency, place, minor(&shown, "/amount_due")).await,
                _ => {}
            }
        }
        let credits: Vec<_> = self.credits.iter().filter(|credit| credit.client == place).cloned().collect();
        for Credit { id, currency, .. } in credits {
            let shown = self.firm.owner.get(format!("/api/finance/credits/{id}/")).await.expect(200);
            if shown.text("/status") == "open" {
                self.give(&id, currency, json!({})).await;
            }
        }
    }
}
