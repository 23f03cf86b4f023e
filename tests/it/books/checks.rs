//! What has to hold in the table when nothing is on its way.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    Id, Money,
    client::Client,
    credit::Credit,
    credit_note::CreditNote,
    firm::Firm,
    invoice::{Dispute, Invoice, Method, Payment, Status},
    project::{Project, sum},
    task::Task,
    tax::Tax,
    time_entry::TimeEntry,
};
use store::{Closable, Entity, ListScope, PageRequest, Record, Store};

use super::World;

/// All records of a kind, whole, whether archived or not.
async fn all<T: Entity>(store: &Store, firm: Id<Firm>) -> BTreeMap<Id<T>, Record<T>> {
    let mut ids = Vec::new();
    for which in [ListScope::All, ListScope::Archived] {
        let mut page = PageRequest { limit: 100, ascending: true, cursor: None };
        loop {
            let listed = store.list::<T>(firm, &which, &page).await.unwrap();
            ids.extend(listed.items.iter().map(|record| record.id));
            let Some(next) = listed.next else { break };
            page.cursor = Some(next);
        }
    }
    let mut records = BTreeMap::new();
    for ids in ids.chunks(100) {
        let found = ids.iter().fold(store.read(firm), |read, id| read.record(*id)).fetch().await.unwrap();
        records.extend(ids.iter().map(|id| (*id, found.record(*id).unwrap())));
    }
    records
}

/// Amounts in minor units, by currency.
type Sums = BTreeMap<String, i64>;

fn sums(amounts: impl IntoIterator<Item = Money>) -> Sums {
    let mut sums = Sums::new();
    for amount in amounts {
        *sums.entry(amount.currency().code().to_owned()).or_default() += amount.minor();
    }
    sums.retain(|_, sum| *sum != 0);
    sums
}

fn plus(one: Sums, other: Sums) -> Sums {
    let mut sums = one;
    for (currency, sum) in other {
        *sums.entry(currency).or_default() += sum;
    }
    sums.retain(|_, sum| *sum != 0);
    sums
}

/// What the operations know of, but for what came to nothing.
fn known(amounts: &BTreeMap<&str, i64>) -> Sums {
    amounts.iter().filter(|(_, sum)| **sum != 0).map(|(currency, sum)| ((*currency).to_owned(), *sum)).collect()
}

/// 1, 2, 3, …
fn assert_without_gaps(what: &str, numbers: impl Iterator<Item = u64>) {
    let mut numbers: Vec<_> = numbers.collect();
    numbers.sort_unstable();
    assert!(numbers.iter().copied().eq(1..=numbers.len() as u64), "{what}: {numbers:?}");
}

fn assert_invoice_adds_up(id: Id<Invoice>, invoice: &Invoice, notes: &[&CreditNote]) {
    let unpaid = invoice.totals.total.minor() - invoice.amount_paid.minor() - invoice.amount_credited.minor();
    let due = if invoice.status == Status::Void { 0 } else { unpaid };
    assert_eq!(invoice.amount_due().minor(), due, "{id}");
    assert!(due >= 0, "{id}: {due} is due");
    match invoice.status {
        Status::Paid => assert_eq!(due, 0, "{id}"),
        Status::Sent | Status::Uncollectible => assert!(due > 0, "{id}"),
        Status::Draft | Status::Void => assert_eq!(invoice.amount_paid.minor(), 0, "{id}"),
    }
    assert_eq!(invoice.number.is_some(), invoice.status != Status::Draft, "{id}");
    let minor = |amounts: &mut dyn Iterator<Item = Money>| amounts.map(Money::minor).sum::<i64>();
    assert_eq!(invoice.amount_paid.minor(), minor(&mut invoice.payments.iter().map(Payment::applied)), "{id}");
    assert_eq!(invoice.amount_refunded.minor(), minor(&mut invoice.payments.iter().map(|payment| payment.refunded)), "{id}");
    assert_eq!(invoice.credit_noted.minor(), minor(&mut notes.iter().map(|note| note.amount)), "{id}");
    // What notes gave back of money that is gone by now makes less what is due.
    let absorbed = minor(&mut invoice.note_credits.iter().map(|note| note.absorbed).chain([invoice.refund_absorbed]));
    assert_eq!(invoice.refund_noted.minor(), minor(&mut notes.iter().map(|note| note.refunded)), "{id}");
    assert_eq!(invoice.amount_credited.minor(), absorbed + minor(&mut notes.iter().map(|note| note.reduced)), "{id}");
    let taxes = |of: fn(&Tax) -> Money| minor(&mut invoice.taxes.iter().map(of));
    let net = invoice.totals.subtotal.minor() - invoice.totals.discount_amount.minor();
    assert_eq!((taxes(|tax| tax.base), taxes(|tax| tax.amount)), (net, invoice.totals.tax.minor()), "{id}");
    assert_eq!(minor(&mut invoice.taxes_noted.iter().map(|tax| tax.amount)), minor(&mut notes.iter().map(|note| note.tax)), "{id}");
    for (noted, net) in invoice.line_notes.iter().zip(invoice.line_nets().unwrap()) {
        assert!(noted.amount.minor().abs() <= net.minor().abs(), "{id}: {noted:?} of {net}");
    }
    assert!(invoice.credit_noted.minor() <= invoice.totals.total.minor(), "{id}");
    for note in notes {
        assert_eq!(note.amount.minor(), minor(&mut [note.reduced, note.credited, note.refunded, note.out_of_band].into_iter()), "{id}");
    }
}

/// Every entry is on the invoice that it names, and on no other that counts.
fn assert_time_is_billed_once(invoices: &BTreeMap<Id<Invoice>, Record<Invoice>>, entries: &BTreeMap<Id<TimeEntry>, Record<TimeEntry>>) {
    let mut billed = BTreeSet::new();
    for (id, invoice) in invoices.iter().filter(|(_, invoice)| invoice.status != Status::Void) {
        let taken_back = invoice.time_taken_back().unwrap();
        for entry in invoice.time_entries().filter(|entry| !taken_back.contains(entry)) {
            assert!(billed.insert(entry), "{entry} is on two invoices, of which {id} is one");
            assert_eq!(entries[&entry].invoice, Some(*id), "{entry}");
        }
    }
    // Once all has followed, an entry names no invoice but the one that bills it; and what takes back time takes back what is
    // charged, once, as it was.
    for (id, entry) in entries {
        assert!(entry.invoice.is_none() || billed.contains(id), "{id} names {:?}, which doesn't bill it", entry.invoice);
        if let Some(charged) = &entry.reverses {
            let (original, invoice) = (&entries[&charged.entry], &invoices[&charged.invoice]);
            assert_eq!((original.invoice, original.reversed_by), (Some(charged.invoice), Some(*id)), "{id}");
            assert!(invoice.time_reversed.contains(&charged.entry) && original.billed_amount == entry.billed_amount.negated(), "{id}");
        }
        let taken_back = entry.reversed_by.map(|reversal| entries[&reversal].reverses.as_ref().unwrap().entry);
        assert_eq!(taken_back, entry.reversed_by.map(|_| *id));
    }
    for entry in invoices.values().flat_map(|invoice| &invoice.time_reversed) {
        assert!(entries[entry].reversed_by.is_some(), "{entry}");
    }
}

/// `received` and `given` are what the operations say that came in, and was given to clients by hand.
fn assert_money_is_explained([received, given]: [&Sums; 2], invoices: &[&Invoice], credits: &[&Credit], notes: &[&CreditNote]) {
    let payments = || invoices.iter().flat_map(|invoice| &invoice.payments);
    let money = || payments().filter(|payment| payment.method != Method::Credit);
    let excess = || sums(money().filter_map(|payment| payment.excess).map(|excess| excess.amount));
    let true_ones = money().filter(|payment| payment.reversal.is_none());
    assert_eq!(sums(true_ones.map(|payment| payment.amount)), *received, "what was paid is what is recorded");
    assert_eq!(sums(credits.iter().map(|credit| credit.refunded)), *given, "what was given to clients is what is recorded");
    assert_eq!(sums(credits.iter().map(|credit| credit.amount)), plus(excess(), sums(notes.iter().map(|note| note.credited))));
    let used = sums(credits.iter().flat_map(|credit| uses(credit)));
    let settled = sums(credits.iter().flat_map(|credit| &credit.settlements).map(|settlement| settlement.amount));
    let from_credit = payments().filter(|payment| payment.method == Method::Credit && payment.reversal.is_none());
    let applied = sums(from_credit.map(|payment| payment.amount));
    assert_eq!(used, plus(applied, settled));
    for credit in credits {
        let used: i64 = uses(credit).map(Money::minor).sum();
        let refunded: i64 = credit.refunds.iter().filter(|refund| refund.reversal.is_none()).map(|refund| refund.amount.minor()).sum();
        assert_eq!(credit.refunded.minor(), refunded);
        let settled: i64 = credit.settlements.iter().map(|settlement| settlement.amount.minor()).sum();
        let balance = credit.remaining.minor() - credit.overdrawn.minor();
        assert_eq!(credit.amount.minor() + settled, balance + used + credit.withdrawn.minor() + refunded);
        assert!(credit.remaining.is_zero() || credit.overdrawn.is_zero());
    }
    let given = plus(given.clone(), sums(notes.iter().map(|note| note.out_of_band)));
    assert_eq!(owed(invoices, credits), owed_by_what_was_paid(invoices, &given), "what clients owe follows from what was charged and paid");
}

/// What paid something from `credit` and wasn't taken back.
fn uses(credit: &Credit) -> impl Iterator<Item = Money> {
    credit.uses.iter().filter(|used| used.given_back_at.is_none()).map(|used| used.amount)
}

/// What clients owe, or where it is less than nothing have to their credit, as the records say.
fn owed(invoices: &[&Invoice], credits: &[&Credit]) -> Sums {
    let out = invoices.iter().filter(|invoice| matches!(invoice.status, Status::Sent | Status::Uncollectible));
    let credits = credits.iter().flat_map(|credit| [credit.overdrawn, credit.remaining.negated()]);
    sums(out.map(|invoice| invoice.amount_due()).chain(credits))
}

/// The same by what was charged and not taken back, without what came in and did not go back, at Stripe or by hand. A refund of
/// which no credit note tells was given without asking for it again.
fn owed_by_what_was_paid(invoices: &[&Invoice], given: &Sums) -> Sums {
    let charged = invoices.iter().filter(|invoice| !matches!(invoice.status, Status::Draft | Status::Void));
    let charged = charged.flat_map(|invoice| [invoice.totals.total, invoice.credit_noted.negated()]);
    let money = invoices.iter().flat_map(|invoice| &invoice.payments).filter(|payment| payment.method != Method::Credit);
    let kept = money.filter(|payment| payment.dispute != Some(Dispute::Lost) && payment.reversal.is_none());
    let kept = kept.flat_map(|payment| [payment.amount.negated(), payment.refunded]);
    let untold = invoices.iter().map(|invoice| invoice.refunds_untold().negated());
    plus(sums(charged.chain(kept).chain(untold)), given.clone())
}

/// What is known of a day of a person is what they logged on it.
fn assert_days_are_summed(items: &BTreeMap<(String, String), serde_json::Value>, entries: &BTreeMap<Id<TimeEntry>, Record<TimeEntry>>) {
    let mut logged = BTreeMap::<String, i64>::new();
    for entry in entries.values() {
        *logged.entry(format!("{}#{}", entry.user, entry.date.get())).or_default() += i64::from(entry.minutes);
    }
    let days = items.iter().filter_map(|((pk, _), item)| Some((pk.split_once("#DAY#")?.1.to_owned(), &item["minutes"]["N"])));
    let mut known: BTreeMap<String, i64> = days.map(|(day, minutes)| (day, minutes.as_str().unwrap().parse().unwrap())).collect();
    logged.retain(|_, minutes| *minutes != 0);
    known.retain(|_, minutes| *minutes != 0);
    assert_eq!(known, logged);
}

/// What is archived has nothing open below it, which nobody would see any more.
async fn assert_archived_clients_are_done_with(store: &Store, firm: Id<Firm>) {
    for (id, client) in all::<Client>(store, firm).await.iter().filter(|(_, client)| client.archived_at.is_some()) {
        let open = Client::open_below(store, firm, client).await.unwrap();
        assert!(open.is_empty(), "{id} is archived, and open are {open:?}");
    }
}

impl World<'_, '_> {
    /// Check everything, after so many operations.
    pub(super) async fn check(&mut self, operation: u64) {
        let (store, firm) = (self.firm.app.store_unmetered(), self.firm.id.parse().unwrap());
        let invoices = all::<Invoice>(&store, firm).await;
        let entries = all::<TimeEntry>(&store, firm).await;
        let (credits, notes) = (all::<Credit>(&store, firm).await, all::<CreditNote>(&store, firm).await);
        println!(
            "after {operation}: {} invoices, {} time entries, {} credits, {} credit notes",
            invoices.len(),
            entries.len(),
            credits.len(),
            notes.len()
        );
        for (id, invoice) in &invoices {
            let notes: Vec<_> = notes.values().filter(|note| note.invoice == *id).map(|note| &note.content).collect();
            assert_invoice_adds_up(*id, invoice, &notes);
        }
        assert_without_gaps("invoices", invoices.values().filter_map(|invoice| invoice.number));
        assert_without_gaps("credit notes", notes.values().map(|note| note.number));
        assert_time_is_billed_once(&invoices, &entries);
        assert_archived_clients_are_done_with(&store, firm).await;
        assert_days_are_summed(&self.firm.app.records(), &entries);
        let [received, given] = [&self.received, &self.given].map(known);
        let all_invoices: Vec<_> = invoices.values().map(|invoice| &invoice.content).collect();
        let all_credits: Vec<_> = credits.values().map(|credit| &credit.content).collect();
        let all_notes: Vec<_> = notes.values().map(|note| &note.content).collect();
        assert_money_is_explained([&received, &given], &all_invoices, &all_credits, &all_notes);
        self.firm.app.project().await;
        for (place, project) in self.projects.iter().enumerate() {
            let id: Id<Project> = project.id.parse().unwrap();
            let of = || entries.values().filter(|entry| entry.project == id);
            let (_, totals) = store.get_with_totals(firm, id).await.unwrap();
            assert_eq!(totals.get(sum::MINUTES), of().map(|entry| i64::from(entry.minutes)).sum::<i64>());
            assert_eq!(totals.get(sum::BILLABLE), of().map(|entry| entry.billed_amount.minor()).sum::<i64>());
            let task: Id<Task> = self.tasks[place].0.parse().unwrap();
            let (_, totals) = store.get_with_totals(firm, task).await.unwrap();
            let on_task = of().filter(|entry| entry.task == Some(task)).map(|entry| i64::from(entry.minutes));
            assert_eq!(totals.get(sum::MINUTES), on_task.sum::<i64>());
        }
        // Where things stand after what Stripe told, of which the operations see nothing.
        for bill in &mut self.invoices {
            if let Some(invoice) = invoices.get(&bill.id.parse().unwrap()) {
                invoice.status.as_str().clone_into(&mut bill.status);
                let excess = invoice.payments.iter().filter_map(|payment| payment.excess).map(|excess| excess.credit.to_string());
                let new = excess.filter(|id| self.credits.iter().all(|credit| credit.id != *id)).collect::<Vec<_>>();
                self.credits.extend(new.into_iter().map(|id| super::Credit { id, client: bill.client, currency: bill.currency }));
            }
        }
    }
}
