//! What people do to an invoice: write the draft, send it, take it back, give it up, archive it.

use super::{Event, GuestLink, Invoice, LineItem, SentBy, Status, lines};
use crate::{Archive, Date, MultiLine, Refusal, Time, Transition, firm::Firm, ids::TimeEntryId};

/// How many days back an invoice can be dated, and how many days after its date it can be due.
const MOST_DAYS: i64 = 3 * 366;

impl Invoice {
    /// The draft with what its lines come to, if these and its days are within reason on `today`, the firm's.
    pub fn checked(self, today: Date) -> Result<Self, Refusal> {
        self.checked_since(None, today)
    }

    /// The same of a draft that was `before`: days that stay as they are needn't be so any more, where the firm is now.
    fn checked_since(self, before: Option<&Self>, today: Date) -> Result<Self, Refusal> {
        lines::check(&self.line_items)?;
        if self.discount.is_some() && self.line_items.iter().any(LineItem::takes_back_time) {
            return Err(Refusal::rule("discount", "Not where time is taken back, which comes to what was charged."));
        }
        let draft = self.totalled()?;
        let has_days_of = |before: &Self| (before.issue_date, before.due_date) == (draft.issue_date, draft.due_date);
        if !before.is_some_and(has_days_of) {
            draft.dated_within_reason(today)?;
        }
        Ok(draft)
    }

    fn totalled(self) -> Result<Self, Refusal> {
        let (totals, taxes) = super::Totals::of(&self.line_items, self.discount, self.currency)?;
        Ok(Self { totals, taxes, ..self })
    }

    fn dated_within_reason(&self, today: Date) -> Result<(), Refusal> {
        if let Some(issued) = self.issue_date {
            issued.not_after("issue_date", today)?;
            if issued < today.plus_days(-MOST_DAYS) {
                return Err(Refusal::rule("issue_date", "Is more than three years back."));
            }
        }
        due_within_reason(self.issue_date.unwrap_or(today), self.due_date)
    }

    /// The draft with other fields, but for the time entries that it bills; or what was sent with other notes, which the client
    /// isn't told.
    pub fn edit(&self, edited: Self, today: Date) -> Transition<Self> {
        let with_its_notes = Self { notes: edited.notes.clone(), ..self.clone() };
        if self.status != Status::Draft && edited == with_its_notes {
            return Ok((edited, Event::Updated));
        }
        self.draft()?;
        let entries = |invoice: &Self| {
            let mut entries: Vec<_> = invoice.time_entries().collect();
            entries.sort();
            entries
        };
        if entries(self) != entries(&edited) {
            return Err(Refusal::rule("line_items", "The same time entries as before; add-time and remove-time change them."));
        }
        self.keeps_what_takes_back_time(&edited)?;
        Ok((edited.checked_since(Some(self), today)?, Event::Updated))
    }

    /// The draft with these lines too, each of which bills a time entry.
    pub fn add_time(&self, lines: Vec<LineItem>, today: Date) -> Transition<Self> {
        self.draft()?;
        let is_new = |line: &LineItem| match line.time_entry {
            Some(entry) if self.time_entries().any(|billed| billed == entry) => {
                Err(Refusal::rule("time_entries", "Is on the invoice already."))
            }
            Some(_) | None => Ok(()),
        };
        Refusal::each("time_entries", &lines, is_new)?;
        let line_items = self.line_items.iter().cloned().chain(lines).collect();
        Ok((Self { line_items, ..self.clone() }.checked_since(Some(self), today)?, Event::Updated))
    }

    /// The draft without the lines that bill these time entries.
    pub fn remove_time(&self, entries: &[TimeEntryId], today: Date) -> Transition<Self> {
        self.draft()?;
        let is_on_it = |entry: &TimeEntryId| match self.time_entries().any(|billed| billed == *entry) {
            true => Ok(()),
            false => Err(Refusal::rule("time_entries", "Isn't on the invoice.")),
        };
        Refusal::each("time_entries", entries, is_on_it)?;
        let stays = |line: &&LineItem| line.time_entry.is_none_or(|entry| !entries.contains(&entry));
        let line_items = self.line_items.iter().filter(stays).cloned().collect();
        Ok((Self { line_items, ..self.clone() }.checked_since(Some(self), today)?, Event::Updated))
    }

    /// The invoice once it is out as `number`, `by` mail or by hand and by the terms of `firm`; paid already if it comes to
    /// nothing.
    pub fn send(&self, number: u64, by: SentBy, firm: &Firm, now: Time) -> Transition<Self> {
        match self.status {
            Status::Draft => {}
            Status::Sent | Status::Paid | Status::Uncollectible => return Err(Refusal::state("The invoice was sent already.")),
            Status::Void => return Err(Refusal::state("The invoice is void.")),
        }
        firm.confirmed()?;
        if self.line_items.is_empty() {
            return Err(Refusal::rule("line_items", "At least one line is needed."));
        }
        if by == SentBy::Mail && self.billed().is_none() {
            return Err(Refusal::rule("email", "The invoice has none to send it to; set it, or say that it is sent by hand."));
        }
        let issued = self.issue_date.unwrap_or(firm.time_zone.day(now));
        let due = self.due_date.unwrap_or(issued.plus_days(firm.payment_terms_days.into()));
        due_within_reason(issued, Some(due))?;
        let mut reminders = firm.reminder_days.clone();
        reminders.sort_unstable();
        let sent = Self {
            number: Some(number),
            issue_date: Some(issued),
            due_date: Some(due),
            status: Status::Sent,
            sent_at: Some(now),
            sent_by: Some(by),
            guest_link: Some(GuestLink::FIRST),
            seller: Some(firm.party()),
            reminders,
            time_zone: Some(firm.time_zone),
            ..self.clone()
        };
        // What should have been reminded of before it was sent is not.
        Ok((Self { reminded: sent.reminders_until(now), ..sent }.standing(), Event::Sent))
    }

    /// The invoice taken back as if it had never been sent; it keeps its number.
    pub fn void(&self, reason: Option<MultiLine<2000>>) -> Transition<Self> {
        match self.status {
            Status::Sent | Status::Uncollectible => {}
            // What comes to nothing is paid as it is sent.
            Status::Paid if self.totals.total.is_zero() && self.line_notes.is_empty() => {}
            Status::Draft => return Err(Refusal::state("The invoice isn't sent; delete the draft.")),
            Status::Paid if self.amount_paid.is_zero() => return Err(Refusal::state("The invoice is credited already.")),
            Status::Paid => return Err(Refusal::state("The invoice is paid; issue a credit note.")),
            Status::Void => return Err(Refusal::state("The invoice is void already.")),
        }
        if self.pending_checkout().is_some() {
            return Err(Refusal::state("A payment is on its way; wait until it arrives or fails, or issue a credit note."));
        }
        if !self.time_reversed.is_empty() {
            return Err(Refusal::state("Other time takes back some of what it bills; delete that time first, once no invoice has it."));
        }
        if !self.amount_paid.is_zero() || !self.line_notes.is_empty() {
            return Err(Refusal::state("Some of the invoice is paid or credited; issue a credit note."));
        }
        Ok((Self { status: Status::Void, reason, ..self.clone() }, Event::Voided))
    }

    /// The invoice once nobody expects any more that it is paid.
    pub fn mark_uncollectible(&self, reason: Option<MultiLine<2000>>) -> Transition<Self> {
        match self.status {
            Status::Sent => Ok((Self { status: Status::Uncollectible, written_off: true, reason, ..self.clone() }, Event::WrittenOff)),
            Status::Draft => Err(Refusal::state("The invoice isn't sent.")),
            Status::Paid | Status::Void | Status::Uncollectible => {
                Err(Refusal::state(format!("The invoice is {} already.", self.status.as_str())))
            }
        }
    }

    /// The invoice, which was given up by mistake, once it is expected again that it is paid. What should have been reminded of
    /// meanwhile is not.
    pub fn reverse_write_off(&self, now: Time) -> Transition<Self> {
        match self.status {
            Status::Uncollectible => {
                let reopened = Self { status: Status::Sent, written_off: false, reason: None, ..self.clone() };
                Ok((Self { reminded: reopened.reminders_until(now).max(self.reminded), ..reopened }, Event::WriteOffReversed))
            }
            // It stays paid, and isn't given up again when what paid it is gone.
            Status::Paid if self.written_off => Ok((Self { written_off: false, reason: None, ..self.clone() }, Event::WriteOffReversed)),
            Status::Draft | Status::Sent | Status::Paid | Status::Void => {
                Err(Refusal::state(format!("The invoice is {}; it wasn't given up.", self.status.as_str())))
            }
        }
    }

    fn draft(&self) -> Result<(), Refusal> {
        match self.status {
            Status::Draft => Ok(()),
            Status::Sent | Status::Paid | Status::Void | Status::Uncollectible => {
                Err(Refusal::state("The invoice was sent and can't be changed any more, but for its notes; issue a credit note."))
            }
        }
    }
}

fn due_within_reason(issued: Date, due: Option<Date>) -> Result<(), Refusal> {
    match due {
        Some(due) if due < issued => Err(Refusal::rule("due_date", "Is before the day on the invoice.")),
        Some(due) if due > issued.plus_days(MOST_DAYS) => Err(Refusal::rule("due_date", "Is more than three years away.")),
        Some(_) | None => Ok(()),
    }
}

impl Archive for Invoice {
    /// How it goes away: a draft is deleted, one that is over is archived.
    fn archive(&self) -> Result<Event, Refusal> {
        match self.status {
            Status::Draft => Ok(Event::Deleted),
            Status::Paid | Status::Void | Status::Uncollectible => Ok(Event::Archived),
            Status::Sent => Err(Refusal::state(
                "The invoice is out: wait until it is paid, issue a credit note of what is left, or mark it as uncollectible.",
            )),
        }
    }

    fn restore(&self) -> Event {
        Event::Restored
    }
}
