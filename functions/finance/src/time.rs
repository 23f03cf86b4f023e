//! The time that an invoice bills. An entry changes in the transaction in which its invoice does, so it is on one at most.

use api::{Answer, App, Cx, Path, Problem, Routes, Staff, Valid, may, post, routes};
use domain::{
    Currency, Percent, Refusal,
    ids::{InvoiceId, TimeEntryId},
    invoice::{Invoice, LineItem, LineTax},
    time_entry::TimeEntry,
};
use serde::Deserialize;
use store::{Change, Error, Read, Record};
use utoipa::ToSchema;

use crate::invoice_shape::InvoiceOut;

/// Most time entries that one request puts on an invoice or takes off: each is two actions of the transaction, which can
/// have a hundred.
const MOST_ENTRIES: usize = 40;
/// How many of them may take back time that is on other invoices: each of those is looked at by one action more.
const MOST_TAKEN_BACK: usize = 12;
/// The field that names time entries.
const FIELD: &str = "time_entries";

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default().routes(routes!(add_time_to_invoice)).routes(routes!(remove_time_from_invoice))
}

/// Which time entries an invoice is to bill.
#[derive(Debug)]
pub(crate) struct BilledEntries {
    /// Those that lines bill at prices of their own.
    priced: Vec<TimeEntryId>,
    /// Those that make a line each, as they were logged.
    logged: Vec<TimeEntryId>,
}

impl BilledEntries {
    /// These time entries, none of them twice.
    pub(crate) fn new(priced: Vec<TimeEntryId>, logged: Vec<TimeEntryId>) -> Result<Self, Refusal> {
        let bill = Self { priced, logged };
        let ids: Vec<_> = bill.ids().collect();
        if ids.len() > MOST_ENTRIES {
            return Err(Refusal::rule(FIELD, format!("At most {MOST_ENTRIES} at a time; add the others later.")));
        }
        if ids.iter().enumerate().any(|(place, id)| ids.iter().take(place).any(|before| before == id)) {
            return Err(Refusal::rule(FIELD, "A time entry is there twice."));
        }
        Ok(bill)
    }

    fn ids(&self) -> impl Iterator<Item = TimeEntryId> + '_ {
        self.priced.iter().chain(&self.logged).copied()
    }

    /// `read`, and them.
    pub(crate) fn read<'s>(&self, read: Read<'s>) -> Read<'s> {
        self.ids().fold(read, Read::record)
    }

    /// Them, as they were found.
    pub(crate) fn found(&self, found: &store::Found) -> Result<Found, Error> {
        let all = |field: &'static str, ids: &[TimeEntryId]| {
            ids.iter().map(|id| found.to_change(field, (*id).into())).collect::<Result<Vec<_>, _>>()
        };
        Ok(Found { priced: all("line_items", &self.priced)?, logged: all(FIELD, &self.logged)? })
    }
}

/// The time entries that an invoice is to bill.
#[derive(Debug)]
pub(crate) struct Found {
    priced: Vec<Record<TimeEntry>>,
    logged: Vec<Record<TimeEntry>>,
}

impl Found {
    fn all(&self) -> impl Iterator<Item = (&'static str, &Record<TimeEntry>)> {
        let priced = self.priced.iter().map(|entry| ("line_items", entry));
        priced.chain(self.logged.iter().map(|entry| (FIELD, entry)))
    }

    /// What the first of them is in.
    pub(crate) fn currency(&self) -> Option<Currency> {
        self.all().next().map(|(_, entry)| entry.currency())
    }

    /// A line for each that has none yet, taxed by the firm's rate.
    pub(crate) fn lines(&self, tax: Option<Percent>) -> Result<Vec<LineItem>, Refusal> {
        self.logged.iter().map(|entry| LineItem::of_time(entry.id, entry, LineTax::by_default(tax))).collect()
    }

    /// That `invoice` can bill them: they are the client's, of its project if it has one, and in its currency.
    pub(crate) fn check(&self, invoice: &Invoice) -> Result<(), Refusal> {
        for (field, entry) in self.all() {
            let refused = |message: String| Err(Refusal::rule(field, message));
            if entry.client != invoice.client {
                return refused(format!("{} is another client's.", entry.id));
            }
            if invoice.project.is_some_and(|project| project != entry.project) {
                return refused(format!("{} is of another project.", entry.id));
            }
            if entry.currency() != invoice.currency {
                return refused(format!("{} is in {}, the invoice in {}.", entry.id, entry.currency(), invoice.currency));
            }
        }
        Ok(())
    }

    /// That `invoice` bills them from now on. What takes back other time goes on an invoice only if that is on one, or goes on
    /// this one.
    pub(crate) fn bill(&self, change: &mut Change, invoice: InvoiceId) -> Result<(), Error> {
        let own = |id: &TimeEntryId| self.all().any(|(_, entry)| entry.id == *id);
        let elsewhere: Vec<_> = self.all().filter_map(|(_, entry)| entry.reverses).filter(|id| !own(id)).collect();
        if elsewhere.len() > MOST_TAKEN_BACK {
            return Err(Refusal::rule(FIELD, format!("At most {MOST_TAKEN_BACK} that take back other time; add the others later.")).into());
        }
        elsewhere.into_iter().try_for_each(|entry| change.depend_on_billed(FIELD, entry))?;
        self.all().try_for_each(|(_, entry)| change.update(entry, entry.bill(invoice)?).map(drop))
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
/// in another currency or not to be billed; for time that takes back what is on no invoice (and for more than 12 that take back
/// other time); for more than 40 at a time, and for more lines than 200.
#[post("/api/finance/invoices/{id}/add-time/")]
async fn add_time_to_invoice(
    cx: Cx,
    staff: Staff<may::WriteBilling>,
    Path(id): Path<InvoiceId>,
    Valid(body): Valid<InvoiceTime>,
) -> Result<Answer<InvoiceOut>, Problem> {
    let bill = body.bill()?;
    let found = bill.read(cx.read(&staff).record(id).record(staff.firm)).fetch().await?;
    let (before, firm, billed) = (cx.target(&found, id)?, found.record(staff.firm)?, bill.found(&found)?);
    let added = before.add_time(billed.lines(firm.default_tax_rate)?, firm.time_zone.day(cx.now))?;
    billed.check(&before)?;
    let mut change = cx.change(&staff);
    billed.bill(&mut change, id)?;
    let invoice = change.update(&before, added)?;
    cx.commit(change, cx.ok(&invoice)).await
}

/// Take time entries off a draft, with their lines.
///
/// They can be billed again. 409 once it is sent, and for time that other time takes back; 422 for time that isn't on it,
/// and where what is left would come to less than nothing. 409 of a client or project that is archived, and
/// for time of so many projects (some fifteen) that one transaction doesn't take it.
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
    let removed = before.remove_time(&bill.logged, firm.time_zone.day(cx.now))?;
    let mut change = cx.change(&staff);
    for entry in bill.found(&found)?.logged {
        change.update(&entry, entry.release()?)?;
    }
    let invoice = change.update(&before, removed)?;
    cx.commit(change, cx.ok(&invoice)).await
}
