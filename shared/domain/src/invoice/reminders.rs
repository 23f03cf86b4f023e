//! What happens to an invoice by itself while something is due: it is marked as overdue, and the client is reminded.

use super::{Event, Invoice, Status};
use crate::{
    Date, Time,
    timer::{Timer, TimerKind},
};

impl Invoice {
    /// What is to happen to it by itself, and when.
    pub fn timers(&self) -> Vec<Timer> {
        let (Status::Sent, Some(last)) = (self.status, self.due_date) else { return Vec::new() };
        let overdue = self.overdue_at.is_none().then(|| Timer { at: last.next().begins_everywhere(), kind: TimerKind::InvoiceOverdue });
        let reminder = self.next_reminder().map(|day| Timer { at: day.begins_everywhere(), kind: TimerKind::InvoiceReminder });
        overdue.into_iter().chain(reminder).collect()
    }

    /// The day on which the client is reminded next, while something is due and no money is on its way.
    pub fn next_reminder(&self) -> Option<Date> {
        if self.pending_checkout().is_some() {
            return None;
        }
        let (Status::Sent, Some(last)) = (self.status, self.due_date) else { return None };
        self.reminders.get(usize::from(self.reminded)).map(|days| last.plus_days((*days).into()))
    }

    /// The invoice marked as overdue; nothing if it isn't, or is marked.
    pub fn mark_overdue(&self, now: Time) -> Option<(Self, Event)> {
        let over = self.overdue_at.is_none() && self.is_overdue(Date::anywhere_on_earth(now));
        over.then(|| (Self { overdue_at: Some(now), ..self.clone() }, Event::Overdue))
    }

    /// The invoice once the client is reminded: once for all days on which that should have been done by now. Nothing if
    /// there are none.
    pub fn remind(&self, now: Time) -> Option<(Self, Event)> {
        let reminded = self.reminders_until(now);
        let waits = self.status == Status::Sent && self.pending_checkout().is_none();
        (waits && reminded > self.reminded).then(|| (Self { reminded, ..self.clone() }, Event::Reminded))
    }

    /// How many of the days of reminding are over or have come at `now`.
    pub(super) fn reminders_until(&self, now: Time) -> u8 {
        let Some(last) = self.due_date else { return 0 };
        let come = self.reminders.iter().take_while(|days| last.plus_days((**days).into()).begins_everywhere() <= now).count();
        u8::try_from(come).unwrap_or(u8::MAX)
    }
}
