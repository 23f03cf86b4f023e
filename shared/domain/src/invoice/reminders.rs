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
        let reminder = self.next_step().map(|days| Timer { at: self.reminds_at(last, days), kind: TimerKind::InvoiceReminder });
        overdue.into_iter().chain(reminder).collect()
    }

    /// The day on which the client is reminded next, while something is due and no money is on its way; none where there is no
    /// e-mail to remind.
    pub fn next_reminder(&self) -> Option<Date> {
        self.due_date.zip(self.next_step()).map(|(last, days)| last.plus_days(days.into()))
    }

    /// How many days after the last one to pay that is.
    fn next_step(&self) -> Option<i16> {
        self.reminders.get(usize::from(self.reminded)).copied().filter(|_| self.awaits_payment())
    }

    /// Whether the client is to be reminded of it: somebody can be, something is due, and no money is on its way.
    fn awaits_payment(&self) -> bool {
        self.status == Status::Sent && self.contact.email.is_some() && self.pending_checkout().is_none()
    }

    /// When the client is reminded `days` after the day `last`, which is the last one to pay: that it isn't over yet, at noon
    /// where the firm is; that it is, once that is so everywhere.
    fn reminds_at(&self, last: Date, days: i16) -> Time {
        let day = last.plus_days(days.into());
        self.time_zone.filter(|_| days <= 0).map_or(day.begins_everywhere(), |zone| zone.noon(day))
    }

    /// How many days ago at `now` the day `last`, which is the last one to pay, was over everywhere; if it isn't, how many days
    /// there still are where the firm is, as a negative number.
    pub fn days_overdue(&self, last: Date, now: Time) -> i64 {
        let late = last.days_until(Date::anywhere_on_earth(now));
        if late > 0 { late } else { self.time_zone.map_or(late, |zone| last.days_until(zone.day(now)).min(0)) }
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
        (self.awaits_payment() && reminded > self.reminded).then(|| (Self { reminded, ..self.clone() }, Event::Reminded))
    }

    /// How many of the days of reminding are over or have come at `now`.
    pub(super) fn reminders_until(&self, now: Time) -> u8 {
        let Some(last) = self.due_date else { return 0 };
        let come = self.reminders.iter().take_while(|days| self.reminds_at(last, **days) <= now).count();
        u8::try_from(come).unwrap_or(u8::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        firm::Firm,
        invoice::{
            SentBy,
            Status::{Draft, Paid, Uncollectible, Void},
            lines::tests::line,
            tests::{at, draft, firm, now, sent},
        },
    };

    #[test]
    fn who_has_time_yet_is_reminded_at_noon_of_the_firms_day_and_who_is_late_when_that_is_so_everywhere() {
        for (zone, noon) in
            [("Pacific/Auckland", "2026-12-09T23:00:00Z"), ("UTC", "2026-12-10T12:00:00Z"), ("Pacific/Pago_Pago", "2026-12-10T23:00:00Z")]
        {
            let firm = Firm { time_zone: serde_json::from_value(zone.into()).unwrap(), reminder_days: vec![1, 0], ..firm() };
            let last: Date = "2026-12-10".parse().unwrap();
            let sent = Invoice { due_date: Some(last), ..draft(vec![line("1", "1", None)]) }.send(1, SentBy::Mail, &firm, now()).unwrap().0;
            let reminds =
                |invoice: &Invoice| invoice.timers().into_iter().find(|timer| timer.kind == TimerKind::InvoiceReminder).unwrap().at;
            let (noon, over): (Time, Time) = (noon.parse().unwrap(), "2026-12-11T12:00:00Z".parse().unwrap());
            let moment = chrono::TimeDelta::milliseconds(1);
            assert_eq!((reminds(&sent), sent.days_overdue(last, noon)), (noon, 0), "{zone}");
            assert!(sent.remind(noon - moment).is_none(), "{zone}");
            let (reminded, _) = sent.remind(noon).unwrap();
            assert_eq!((reminds(&reminded), reminded.days_overdue(last, over)), (over, 1), "{zone}");
            assert_eq!(
                (reminded.days_overdue(last, over - moment), sent.days_overdue(last, noon - chrono::TimeDelta::days(3))),
                (0, -3),
                "{zone}"
            );
            assert!(reminded.remind(over - moment).is_none() && reminded.remind(over).is_some(), "{zone}");
        }
    }

    #[test]
    fn it_is_overdue_once_and_reminded_of_once_for_all_that_was_missed() {
        let invoice = sent();
        let timers = |invoice: &Invoice| invoice.timers().into_iter().map(|Timer { at, kind }| (at.to_string(), kind)).collect::<Vec<_>>();
        assert_eq!(
            timers(&invoice),
            [("2026-12-23 12:00:00 UTC".into(), TimerKind::InvoiceOverdue), ("2026-12-23 12:00:00 UTC".into(), TimerKind::InvoiceReminder)]
        );
        let before: Time = "2026-12-23T11:59:59Z".parse().unwrap();
        assert!(invoice.mark_overdue(before).is_none() && invoice.remind(before).is_none());
        let due: Time = "2026-12-23T12:00:00Z".parse().unwrap();
        let (overdue, event) = invoice.mark_overdue(due).unwrap();
        assert_eq!((event, overdue.state(), overdue.mark_overdue(due)), (Event::Overdue, "overdue", None));
        let (reminded, event) = overdue.remind(due).unwrap();
        assert_eq!((event, reminded.reminded), (Event::Reminded, 1));
        assert_eq!(timers(&reminded), [("2026-12-29 12:00:00 UTC".into(), TimerKind::InvoiceReminder)]);
        assert!(reminded.remind(due).is_none());
        let (caught_up, _) = overdue.remind("2027-02-01T00:00:00Z".parse().unwrap()).unwrap();
        assert_eq!((caught_up.reminded, timers(&caught_up)), (3, vec![]));
        for status in [Draft, Paid, Void, Uncollectible] {
            assert_eq!(at(status).timers(), []);
            assert!(at(status).mark_overdue(due).is_none() && at(status).remind(due).is_none());
        }
    }

    #[test]
    fn nobody_is_reminded_of_days_before_it_was_sent() {
        let [issue_date, due_date] = ["2026-10-01", "2026-11-10"].map(|day| day.parse().ok());
        let backdated =
            Invoice { issue_date, due_date, ..draft(vec![line("1", "1", None)]) }.send(1, SentBy::Mail, &firm(), now()).unwrap().0;
        assert_eq!(backdated.reminded, 2);
        assert!(backdated.is_overdue(Date::anywhere_on_earth(now())) && backdated.mark_overdue(now()).is_some());
    }
}
