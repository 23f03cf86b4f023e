//! What the firm's people do.

use rand::{RngExt, rngs::StdRng};
use serde_json::{Value, json};
use tests::Answer;

use super::{Bill, Credit, World};

/// So many minor units of `currency` as a decimal.
pub(super) fn decimal(minor: i64, currency: &str) -> String {
    if currency == "JPY" { minor.to_string() } else { format!("{}.{:02}", minor / 100, minor % 100) }
}

/// The amount at `pointer`, in minor units.
pub(super) fn minor(answer: &Answer, pointer: &str) -> i64 {
    answer.text(pointer).replace('.', "").parse().unwrap()
}

/// A line of any kind: taxed or not, less than nothing at times.
fn line(random: &mut StdRng) -> Value {
    let quantity =
        format!("{}{}.{}", if random.random_bool(0.04) { "-" } else { "" }, random.random_range(0..20), random.random_range(0..10_000));
    let price = format!("{}.{:03}", random.random_range(0..500), random.random_range(0..1_000));
    let tax = [None, Some("19"), Some("7.7"), Some("33.3333")][random.random_range(0..4)];
    let category = [None, None, None, Some("reverse_charge")][random.random_range(0..4)].filter(|_| tax.is_none());
    json!({"description": "Work", "quantity": quantity, "unit_price": price, "tax_rate": tax, "tax_category": category})
}

fn discount(random: &mut StdRng, currency: &str) -> Value {
    match random.random_range(0..6) {
        0 => json!({"percent": format!("{}.{}", random.random_range(0..40), random.random_range(0..10_000))}),
        1 => json!({"amount": decimal(random.random_range(0..5_000), currency)}),
        _ => Value::Null,
    }
}

impl World<'_, '_> {
    /// Do one thing.
    pub(super) async fn operate(&mut self) {
        match self.random.random_range(0..114) {
            0..12 => self.log_time().await,
            12..15 => self.edit_time().await,
            15..17 => self.delete_time().await,
            17..23 => self.judge_time().await,
            23..25 => self.reverse_time().await,
            25..37 => self.draft().await,
            37..40 => self.edit_draft().await,
            40..44 => self.move_time().await,
            44..54 => self.act_on_invoice("send", &["draft"], json!({"sent_by": "hand"})).await,
            54..56 => self.act_on_invoice("void", &["sent", "uncollectible"], json!({"reason": "Wrong"})).await,
            56..58 => self.act_on_invoice("mark-uncollectible", &["sent"], json!({})).await,
            58..60 => self.remove_invoice().await,
            60..67 => self.record_payment().await,
            67..71 => self.apply_credit().await,
            71..75 => self.note().await,
            75..84 => self.open_page().await,
            84..94 => self.press().await,
            94..97 => self.hear_stripe().await,
            97..101 => self.reverse_payment().await,
            101..103 => self.refund_credit().await,
            103..105 => self.reverse_refund().await,
            105..107 => self.restore_invoice().await,
            107 => self.archive_client().await,
            108 => self.restore_client().await,
            109..111 => self.act_on_invoice("reverse-write-off", &["uncollectible", "paid"], json!({})).await,
            _ => self.firm.app.deliver().await,
        }
    }

    fn hours(&mut self) -> String {
        format!("{}.{:02}", self.random.random_range(0..9), self.random.random_range(0..100))
    }

    /// One of the last thirty days, of which some become full.
    fn day(&mut self) -> String {
        (self.firm.app.clock.now().date_naive() - chrono::Days::new(self.random.random_range(0..30))).to_string()
    }

    async fn log_time(&mut self) {
        let (place, date) = (self.random.random_range(0..self.projects.len()), self.day());
        let mut body =
            json!({"project": self.projects[place].id, "hours": self.hours(), "date": date, "billable": self.random.random_bool(0.9)});
        if self.random.random_bool(0.3) {
            body["hourly_rate"] = self.random.random_range(0..300).into();
        }
        if self.random.random_bool(0.4) {
            body["task"] = self.tasks[place].0.clone().into();
        }
        let answer = self.firm.owner.post("/api/projects/time-entries/", body).await;
        let logged = self.did("log time", answer);
        self.entries.extend(logged.map(|entry| (entry.id(), place)));
    }

    fn entry(&mut self) -> Option<String> {
        Self::one(&mut self.random, &self.entries, |_| true).map(|(id, _)| id)
    }

    async fn edit_time(&mut self) {
        let Some(entry) = self.entry() else { return };
        let body = match self.random.random_range(0..5) {
            0 => json!({"billable": self.random.random_bool(0.5)}),
            3 => json!({"date": self.day()}),
            1 => json!({"hourly_rate": self.random.random_range(0..300)}),
            2 => json!({"task": null}),
            _ => json!({"hours": self.hours()}),
        };
        let answer = self.firm.owner.patch(format!("/api/projects/time-entries/{entry}/"), body).await;
        self.did("edit time", answer);
    }

    async fn delete_time(&mut self) {
        let Some(entry) = self.entry() else { return };
        let answer = self.firm.owner.delete(format!("/api/projects/time-entries/{entry}/")).await;
        if self.did("delete time", answer).is_some() {
            self.entries.retain(|(other, _)| *other != entry);
        }
    }

    /// It is handed in, and found good or not; or one of these alone.
    async fn judge_time(&mut self) {
        let Some(entry) = self.entry() else { return };
        let submit = ("submit time", "submit", json!({}));
        let approve = ("approve time", "approve", json!({}));
        let reject = ("reject time", "reject", json!({"reason": "Which?"}));
        let steps = match self.random.random_range(0..5) {
            0..3 => vec![submit, approve],
            3 => vec![approve],
            _ => vec![submit, reject],
        };
        for (name, action, body) in steps {
            let answer = self.firm.owner.post(format!("/api/projects/time-entries/{entry}/{action}/"), body).await;
            self.did(name, answer);
        }
    }

    async fn reverse_time(&mut self) {
        let Some((entry, place)) = Self::one(&mut self.random, &self.entries, |_| true) else { return };
        let answer = self.firm.owner.post(format!("/api/projects/time-entries/{entry}/reverse/"), json!({})).await;
        let reversal = self.did("reverse time", answer);
        self.entries.extend(reversal.map(|reversal| (reversal.id(), place)));
    }

    /// Some time entries, mostly of the project `place`.
    fn some_entries(&mut self, place: Option<usize>) -> Vec<String> {
        let many = self.random.random_range(1..4);
        let one = |_| Self::one(&mut self.random, &self.entries, |(_, of)| place.is_none_or(|place| place == *of));
        let mut some: Vec<_> = (0..many).filter_map(one).map(|(id, _)| id).collect();
        some.sort();
        some.dedup();
        some
    }

    async fn draft(&mut self) {
        let place = self.random.random_range(0..self.projects.len());
        let project = self.projects[place].clone();
        let lines: Vec<_> = (0..self.random.random_range(0..4)).map(|_| line(&mut self.random)).collect();
        let discount = discount(&mut self.random, project.currency);
        let mut body =
            json!({"client": self.clients[project.client].id, "currency": project.currency, "line_items": lines, "discount": discount});
        if self.random.random_bool(0.5) {
            body["time_entries"] = self.some_entries(Some(place)).into();
        }
        let answer = self.firm.owner.post("/api/finance/invoices/", body).await;
        if let Some(draft) = self.did("draft", answer) {
            let bill =
                Bill { id: draft.id(), client: project.client, currency: project.currency, status: draft.text("/status"), archived: false };
            self.invoices.push(bill);
        }
    }

    /// An invoice, mostly one that stands at one of these.
    pub(super) fn invoice(&mut self, statuses: &[&str]) -> Option<Bill> {
        Self::one(&mut self.random, &self.invoices, |bill| statuses.contains(&bill.status.as_str()))
    }

    /// That `invoice` stands where `answer` shows it.
    pub(super) fn seen(&mut self, answer: &Answer) {
        let (id, status) = (answer.id(), answer.text("/status"));
        self.invoices.iter_mut().filter(|bill| bill.id == id).for_each(|bill| bill.status.clone_from(&status));
    }

    pub(super) async fn shown(&self, invoice: &str) -> Option<Answer> {
        Some(self.firm.owner.get(format!("/api/finance/invoices/{invoice}/")).await).filter(|answer| answer.status == 200)
    }

    /// Other lines, and the time at other prices.
    async fn edit_draft(&mut self) {
        let Some(Bill { id: invoice, currency, .. }) = self.invoice(&["draft"]) else { return };
        let Some(shown) = self.shown(&invoice).await else { return };
        let kept = shown.json["line_items"].as_array().unwrap().iter().filter(|line| !line["time_entry"].is_null());
        let mut lines: Vec<Value> = kept
            .map(|kept| {
                let mut kept = json!({"description": kept["description"], "quantity": kept["quantity"], "time_entry": kept["time_entry"]});
                kept["unit_price"] = self.random.random_range(0..200).into();
                kept
            })
            .collect();
        lines.push(line(&mut self.random));
        let body = json!({"line_items": lines, "discount": discount(&mut self.random, currency)});
        let answer = self.firm.owner.patch(format!("/api/finance/invoices/{invoice}/"), body).await;
        self.did("edit draft", answer);
    }

    async fn move_time(&mut self) {
        let Some(Bill { id: invoice, client, currency, .. }) = self.invoice(&["draft"]) else { return };
        let (name, action) = if self.random.random_bool(0.6) { ("add time", "add-time") } else { ("remove time", "remove-time") };
        let place = self.projects.iter().position(|project| project.client == client && project.currency == currency);
        let mut entries = self.some_entries(place);
        if action == "remove-time"
            && let Some(shown) = self.shown(&invoice).await
        {
            let billed = shown.json["line_items"].as_array().unwrap().iter().filter_map(|line| line["time_entry"].as_str());
            entries = billed.take(1).map(str::to_owned).collect();
        }
        let answer = self.firm.owner.post(format!("/api/finance/invoices/{invoice}/{action}/"), json!({"time_entries": entries})).await;
        self.did(name, answer);
    }

    async fn act_on_invoice(&mut self, action: &'static str, statuses: &[&str], body: Value) {
        let Some(Bill { id, .. }) = self.invoice(statuses) else { return };
        self.act(&id, action, body).await;
    }

    pub(super) async fn act(&mut self, invoice: &str, action: &'static str, body: Value) {
        let answer = self.firm.owner.post(format!("/api/finance/invoices/{invoice}/{action}/"), body).await;
        if let Some(changed) = self.did(action, answer) {
            self.seen(&changed);
        }
    }

    /// Some of what is due, all of it, or more.
    async fn record_payment(&mut self) {
        let Some(Bill { id: invoice, currency, client, .. }) = self.invoice(&["sent", "uncollectible", "paid"]) else { return };
        let Some(shown) = self.shown(&invoice).await else { return };
        let due = minor(&shown, "/amount_due");
        let amount = match self.random.random_range(0..3) {
            0 => due / 2,
            1 => due,
            _ => due + self.random.random_range(0..10_000),
        };
        self.pay(&invoice, currency, client, amount).await;
    }

    /// So many minor units come in for `invoice`, of the client at `client`.
    pub(super) async fn pay(&mut self, invoice: &str, currency: &'static str, client: usize, amount: i64) {
        let body = json!({"amount": decimal(amount, currency), "method": "bank_transfer"});
        let answer = self.firm.owner.post(format!("/api/finance/invoices/{invoice}/record-payment/"), body).await;
        if let Some(paid) = self.did("record payment", answer) {
            *self.received.entry(currency).or_default() += amount;
            self.seen(&paid);
            let last = paid.json["payments"].as_array().unwrap().last().unwrap();
            let id = last["credit"].as_str().map(str::to_owned);
            self.credits.extend(id.map(|id| Credit { id, client, currency }));
        }
    }

    async fn note(&mut self) {
        let Some(Bill { id: invoice, currency, client, .. }) = self.invoice(&["sent", "uncollectible", "paid"]) else { return };
        let Some(shown) = self.shown(&invoice).await else { return };
        let items = shown.json["line_items"].as_array().unwrap().len();
        let mut body = json!({"invoice": invoice, "reason": "Too much"});
        if items > 0 && self.random.random_bool(0.8) {
            let first = self.random.random_range(0..items);
            let last = self.random.random_range(first..items);
            let line = |line: usize| match self.random.random_range(0..3) {
                0 => json!({"line": line}),
                1 => {
                    json!({"line": line, "quantity": format!("{}.{}", self.random.random_range(0..3), self.random.random_range(0..10_000))})
                }
                _ => json!({"line": line, "amount": decimal(self.random.random_range(1..5_000), currency)}),
            };
            body["lines"] = (first..=last).map(line).collect();
        }
        if self.random.random_bool(0.3) {
            let way = ["refunded_amount", "out_of_band_amount"][self.random.random_range(0..2)];
            body[way] = decimal(self.random.random_range(0..minor(&shown, "/total").max(1)), currency).into();
        }
        let answer = self.firm.owner.post("/api/finance/credit-notes/", body).await;
        let note = self.did("credit note", answer);
        let id = note.and_then(|note| note.json["credit"].as_str().map(str::to_owned));
        self.credits.extend(id.map(|id| Credit { id, client, currency }));
    }
}
