//! The time that an invoice bills. An entry changes in the transaction in which its invoice does, so it is on one at most.

use std::collections::BTreeSet;

use api::{Answer, App, Cx, Path, Problem, Routes, Staff, Valid, may, post, routes};
use domain::{
    Currency, Percent, Refusal, Transition,
    ids::{InvoiceId, TimeEntryId},
    invoice::{Invoice, LineItem},
    tax::LineTax,
    time_entry::TimeEntry,
};
use serde::Deserialize;
use store::{Change, Error, Read, Record};
use utoipa::ToSchema;

use crate::invoice_shape::InvoiceOut;

/// Most time entries that one request puts on an invoice or takes off: each is two actions of the transaction, which can
/// have a hundred.
const MOST_ENTRIES: usize = 40;
/// The field that names time entries.
const FIELD: &str = "time_entries";

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default().routes(routes!(add_time_to_invoice)).routes(routes!(remove_time_from_invoice))
}

/// Something, and where the body names it: `time_entries[2]`.
type AtPath<T> = (String, T);

/// Which time entries an invoice is to bill.
#[derive(Debug)]
pub(crate) struct BilledEntries {
    /// Those that lines bill at prices of their own.
    priced: Vec<AtPath<TimeEntryId>>,
    /// Those that make a line each, as they were logged.
    logged: Vec<AtPath<TimeEntryId>>,
}

impl BilledEntries {
    /// Those that the lines at these places bill, and these, none of them twice.
    pub(crate) fn new(priced: Vec<(usize, TimeEntryId)>, logged: Vec<TimeEntryId>) -> Result<Self, Refusal> {
        if priced.len() + logged.len() > MOST_ENTRIES {
            return Err(Refusal::rule(FIELD, format!("At most {MOST_ENTRIES} at a time; add the others later.")));
        }
        let priced = priced.into_iter().map(|(place, id)| (format!("line_items[{place}].time_entry"), id)).collect();
        let logged = logged.into_iter().enumerate().map(|(place, id)| (format!("{FIELD}[{place}]"), id)).collect();
        let (billed, mut seen) = (Self { priced, logged }, BTreeSet::new());
        let twice = billed.all().find(|(_, id)| !seen.insert(*id)).map(|(path, _)| path.clone());
        twice.map_or(Ok(billed), |path| Err(Refusal::rule(path, "Is there twice.")))
    }

    fn all(&self) -> impl Iterator<Item = &AtPath<TimeEntryId>> {
        self.priced.iter().chain(&self.logged)
    }

    /// `read`, and them.
    pub(crate) fn read<'s>(&self, read: Read<'s>) -> Read<'s> {
        self.all().fold(read, |read, (_, id)| read.record(*id))
    }

    /// Their ids, in the order of the body.
    fn ids(&self) -> Vec<TimeEntryId> {
        self.all().map(|(_, id)| *id).collect()
    }

    /// Them, as they were found, which `change` depends on.
    pub(crate) fn found(&self, change: &mut Change, found: &store::Found) -> Result<Found, Error> {
        let mut one = |(path, id): &AtPath<TimeEntryId>| Ok((path.clone(), change.depend(found, path.clone(), (*id).into())?));
        let mut all = |ids: &[AtPath<TimeEntryId>]| ids.iter().map(&mut one).collect::<Result<Vec<_>, Error>>();
        Ok(Found { priced: all(&self.priced)?, logged: all(&self.logged)? })
    }
}

/// The time entries that an invoice is to bill.
#[derive(Debug)]
pub(crate) struct Found {
    priced: Vec<AtPath<Record<TimeEntry>>>,
    logged: Vec<AtPath<Record<TimeEntry>>>,
}

impl Found {
    fn all(&self) -> impl Iterator<Item = &AtPath<Record<TimeEntry>>> {
        self.priced.iter().chain(&self.logged)
    }

    /// What the first of them is in.
    pub(crate) fn currency(&self) -> Option<Currency> {
        self.all().next().map(|(_, entry)| entry.currency())
    }

    /// A line for each that has none yet, taxed by the firm's rate.
    pub(crate) fn lines(&self, tax: Option<Percent>) -> Result<Vec<LineItem>, Refusal> {
        Refusal::each(FIELD, &self.logged, |(_, entry)| LineItem::of_time(entry.id, entry, LineTax::by_default(tax)))
    }

    /// That `invoice` can bill them: they are the client's, of its project if it has one, and in its currency.
    pub(crate) fn check(&self, invoice: &Invoice) -> Result<(), Refusal> {
        if let Some((path, _)) = self.priced.iter().find(|(_, entry)| entry.reverses.is_some()) {
            return Err(Refusal::rule(path.clone(), "Takes back time, which is billed as it was charged; name it in time_entries."));
        }
        let is_priced = |line: &LineItem| self.priced.iter().any(|(_, entry)| line.time_entry == Some(entry.id));
        if let Some(place) = invoice.line_items.iter().position(|line| line.takes_back_time() && is_priced(line)) {
            return Err(Refusal::rule("quantity", "Time isn't billed as less than nothing.").of_item("line_items", place));
        }
        for (path, entry) in self.all() {
            let refused = |message: &str| Err(Refusal::rule(path.clone(), message));
            if entry.client != invoice.client {
                return refused("Is another client's.");
            }
            if invoice.project.is_some_and(|project| project != entry.project) {
                return refused("Is of another project.");
            }
            if entry.currency() != invoice.currency {
                return refused(&format!("Is in {}, the invoice in {}.", entry.currency(), invoice.currency));
            }
        }
        Ok(())
    }

    /// That `invoice` bills them from now on.
    pub(crate) fn bill(&self, change: &mut Change, invoice: InvoiceId) -> Result<(), Error> {
        self.change(change, |entry| entry.bill(invoice))
    }

    /// That no invoice bills them any more.
    fn release(&self, change: &mut Change) -> Result<(), Error> {
        self.change(change, TimeEntry::release)
    }

    fn change(&self, change: &mut Change, decide: impl Fn(&TimeEntry) -> Transition<TimeEntry>) -> Result<(), Error> {
        let decided = |(path, entry): &AtPath<Record<TimeEntry>>| decide(entry).map_err(|refusal| refusal.about(path.clone()));
        self.all().try_for_each(|billed| change.update(&billed.1, decided(billed)?).map(drop))
    }
}

/// `refusal` of an invoice's lines as the body names them: the first `said` are its own, each of the others is made of one of its
/// time entries.
pub(crate) fn in_body(refusal: Refusal, said: usize) -> Refusal {
    let place = refusal.field.as_deref().and_then(|field| field.strip_prefix("line_items[")?.split(']').next()?.parse::<usize>().ok());
    match place.and_then(|place| place.checked_sub(said)) {
        Some(place) => refusal.about(format!("{FIELD}[{place}]")),
        None => refusal,
    }
}

/// Time entries that go on an invoice, or off it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"time_entries": ["time_01kanar9g00000000000000007"]}))]
struct InvoiceTime {
    /// 1 to 40.
    #[schema(min_items = 1, max_items = 40)]
    time_entries: Vec<TimeEntryId>,
}

impl InvoiceTime {
    fn bill(self) -> Result<BilledEntries, Refusal> {
        if self.time_entries.is_empty() {
            return Err(Refusal::rule(FIELD, "One at least."));
        }
        BilledEntries::new(Vec::new(), self.time_entries)
    }
}

/// Put time entries on a draft: each makes a line, as it was logged.
///
/// They are taxed by the firm's rate. 409 once it is sent, and for time that is on another invoice, or isn't approved where
/// its project asks for that; 422 for time that there isn't, that is on it already, another client's, of another project,
/// in another currency or not to be billed; for time that takes back what was charged, where there is a discount; for more than
/// 40 at a time, and for more lines than 200.
#[post("/api/finance/invoices/{id}/add-time/")]
async fn add_time_to_invoice(
    cx: Cx,
    staff: Staff<may::WriteBilling>,
    Path(id): Path<InvoiceId>,
    Valid(body): Valid<InvoiceTime>,
) -> Result<Answer<InvoiceOut>, Problem> {
    let bill = body.bill()?;
    let found = bill.read(cx.read(&staff).record(id).record(staff.firm)).fetch().await?;
    let (before, firm, mut change) = (cx.target(&found, id)?, found.record(staff.firm)?, cx.change(&staff));
    let billed = bill.found(&mut change, &found)?;
    let added = before.add_time(billed.lines(firm.default_tax_rate)?, firm.time_zone.day(cx.now));
    let added = added.map_err(|refusal| match in_body(refusal, before.line_items.len()) {
        refusal if refusal.field.as_ref().is_some_and(|field| !field.starts_with(FIELD)) => refusal.about(FIELD),
        refusal => refusal,
    })?;
    billed.check(&before)?;
    billed.bill(&mut change, id)?;
    let invoice = change.update(&before, added)?;
    cx.commit(change, cx.ok(&invoice)).await
}

/// Take time entries off a draft, with their lines.
///
/// They can be billed again. 409 once it is sent, and for time of a client or project that is archived; 422 for time that isn't
/// on it, where what is left would come to less than nothing, and for time of so many projects (some fifteen) that one
/// transaction doesn't take it.
#[post("/api/finance/invoices/{id}/remove-time/")]
async fn remove_time_from_invoice(
    cx: Cx,
    staff: Staff<may::WriteBilling>,
    Path(id): Path<InvoiceId>,
    Valid(body): Valid<InvoiceTime>,
) -> Result<Answer<InvoiceOut>, Problem> {
    let bill = body.bill()?;
    let found = bill.read(cx.read(&staff).record(id).record(staff.firm)).fetch().await?;
    let (before, firm) = (cx.target(&found, id)?, found.record(staff.firm)?);
    let (removed, mut change) = (before.remove_time(&bill.ids(), firm.time_zone.day(cx.now))?, cx.change(&staff));
    bill.found(&mut change, &found)?.release(&mut change)?;
    let invoice = change.update(&before, removed)?;
    cx.commit(change, cx.ok(&invoice)).await
}
