//! What happens to an invoice by itself while something is due: it is marked as overdue, and the client is reminded; and that
//! somebody reminds the client now.
//!
//! The client is reminded in steps, on days that the firm said, each firmer than the one before. Who reminds by hand takes the
//! next step ahead of its day, so that no other mail follows soon; once there is none left, it is like the last one again. While
//! reminders are paused, for the invoice or for its client, the steps whose day comes are passed over and not made up for.

use chrono::TimeDelta;

use super::{Event, Invoice, Status};
use crate::{
    Date, Refusal, Time, Transition,
    firm::Confirmed,
    timer::{Timer, TimerKind},
};

/// How long nobody is reminded again by hand.
const PAUSE: TimeDelta = TimeDelta::days(1);

impl Invoice {
    /// What is to happen to it by itself, and when.
    pub fn timers(&self) -> Vec<Timer> {
        let (Status::Sent, Some(last)) = (self.status, self.due_date) else { return Vec::new() };
        let overdue = self.overdue_at.is_none().then(|| Timer { at: last.next().begins_everywhere(), kind: TimerKind::InvoiceOverdue });
        let reminder = self.next_step().map(|days| Timer { at: self.reminds_at(last, days), kind: TimerKind::InvoiceReminder });
        overdue.into_iter().chain(reminder).collect()
    }

    /// The day on which the client is reminded next, while something is due and no money is on its way; none where there is no
    /// e-mail to remind, and while that is paused for the invoice.
    pub fn next_reminder(&self) -> Option<Date> {
        self.due_date.zip(self.next_step()).map(|(last, days)| last.plus_days(days.into()))
    }

    /// How many days after the last one to pay that is.
    fn next_step(&self) -> Option<i16> {
        self.reminders.get(usize::from(self.reminded)).copied().filter(|_| self.awaits_payment() && !self.reminders_paused)
    }

    /// Whether the client is to be reminded of it: somebody can be, something is due, and no money is on its way.
    fn awaits_payment(&self) -> bool {
        self.status == Status::Sent && self.billed().is_some() && self.pending_checkout().is_none()
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
        let reminded = self.steps_come(now)?;
        Some((Self { reminded, reminded_at: Some(now), ..self.clone() }, Event::Reminded))
    }

    /// The invoice of a client that isn't reminded by itself, once such days are over. Nothing if there are none.
    pub fn pass_over_reminder(&self, now: Time) -> Option<(Self, Event)> {
        let reminded = self.steps_come(now)?;
        Some((Self { reminded, ..self.clone() }, Event::ReminderPassedOver))
    }

    /// How many steps are over or have come, if there is one among them that wasn't taken.
    fn steps_come(&self, now: Time) -> Option<u8> {
        self.next_step()?;
        Some(self.reminders_until(now)).filter(|come| *come > self.reminded)
    }

    /// The invoice once the client is reminded because somebody says so, be it paused or not: the next step, ahead of its day.
    pub fn remind_now(&self, _: Confirmed, now: Time) -> Transition<Self> {
        match self.status {
            Status::Sent => {}
            Status::Draft => return Err(Refusal::state("The invoice isn't sent.")),
            Status::Paid | Status::Void | Status::Uncollectible => {
                return Err(Refusal::state(format!("The invoice is {}.", self.status.as_str())));
            }
        }
        if self.pending_checkout().is_some() {
            return Err(Refusal::state("A payment is on its way; wait until it arrives or fails."));
        }
        if self.billed().is_none() {
            return Err(Refusal::rule("billing_email", "The invoice has neither that nor an e-mail to remind; send it again."));
        }
        if self.reminded_at.is_some_and(|last| now - last < PAUSE) {
            return Err(Refusal::state("The client was reminded less than a day ago."));
        }
        let steps = u8::try_from(self.reminders.len()).unwrap_or(u8::MAX);
        let reminded = self.reminders_until(now).max(self.reminded.saturating_add(1)).min(steps);
        Ok((Self { reminded, reminded_at: Some(now), ..self.clone() }, Event::Reminded))
    }

    /// The invoice of which the client isn't reminded by itself for now.
    pub fn pause_reminders(&self) -> Transition<Self> {
        if self.status == Status::Void {
            return Err(Refusal::state("The invoice is void."));
        }
        if self.reminders_paused {
            return Err(Refusal::state("Its reminders are paused already."));
        }
        Ok((Self { reminders_paused: true, ..self.clone() }, Event::RemindersPaused))
    }

    /// The invoice of which the client is reminded by itself again, from the next step on whose day hasn't come.
    pub fn resume_reminders(&self, now: Time) -> Transition<Self> {
        if !self.reminders_paused {
            return Err(Refusal::state("Its reminders aren't paused."));
        }
        let resumed = Self { reminders_paused: false, ..self.clone() };
        Ok((Self { reminded: resumed.reminders_until(now).max(self.reminded), ..resumed }, Event::RemindersResumed))
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

    /// One whose reminders are due a day, a week and two weeks after the 22nd of December, and when each is.
    fn in_steps() -> (Invoice, [Time; 3]) {
        (sent(), ["2026-12-23T12:00:00Z", "2026-12-29T12:00:00Z", "2027-01-05T12:00:00Z"].map(|at| at.parse().unwrap()))
    }

    #[test]
    fn who_reminds_by_hand_takes_the_next_step_ahead_of_its_day_and_once_a_day_at_most() {
        let (confirmed, (invoice, [first, second, third])) = (firm().confirmed().unwrap(), in_steps());
        let hour = TimeDelta::hours(1);
        let (reminded, event) = invoice.remind_now(confirmed, first - hour).unwrap();
        assert_eq!((event, reminded.reminded, reminded.reminded_at), (Event::Reminded, 1, Some(first - hour)));
        assert!(reminded.remind(first).is_none() && reminded.remind(second).is_some(), "the first step was taken");
        assert_eq!(reminded.remind_now(confirmed, first + hour * 22).unwrap_err().why, crate::Why::State);
        assert_eq!(reminded.remind_now(confirmed, first + hour * 23).unwrap().0.reminded, 2);
        // A step whose day has come is not made up for besides.
        assert_eq!(invoice.remind_now(confirmed, second).unwrap().0.reminded, 2);
        let last = invoice.remind(third).unwrap().0;
        let more = last.remind_now(confirmed, third + TimeDelta::days(9)).unwrap().0;
        assert_eq!((more.reminded, more.next_reminder()), (3, None));
        let unasked = Invoice { reminders: Vec::new(), ..sent() };
        assert_eq!(unasked.remind_now(confirmed, now()).unwrap().0.reminded, 0);
    }

    #[test]
    fn who_owes_nothing_or_can_not_be_reached_is_not_reminded_by_hand() {
        let confirmed = firm().confirmed().unwrap();
        for status in [Draft, Paid, Void, Uncollectible] {
            assert_eq!(at(status).remind_now(confirmed, now()).unwrap_err().why, crate::Why::State, "{status:?}");
        }
        let mut nowhere = sent();
        nowhere.contact.email = None;
        assert_eq!(nowhere.remind_now(confirmed, now()).unwrap_err().field.as_deref(), Some("billing_email"));
        nowhere.billing_email = crate::Email::new("billing@acme.example").ok();
        assert!(nowhere.remind_now(confirmed, now()).is_ok() && nowhere.next_reminder().is_some());
    }

    #[test]
    fn while_reminders_are_paused_steps_are_passed_over_and_not_made_up_for() {
        let (invoice, [first, second, third]) = in_steps();
        let (paused, event) = invoice.pause_reminders().unwrap();
        assert_eq!((event, paused.next_reminder(), paused.remind(second)), (Event::RemindersPaused, None, None));
        assert!(paused.timers().iter().all(|timer| timer.kind != TimerKind::InvoiceReminder));
        assert_eq!(paused.remind_now(firm().confirmed().unwrap(), first).unwrap().0.reminded, 1, "by hand it goes on");
        let (resumed, event) = paused.resume_reminders(second).unwrap();
        assert_eq!((event, resumed.reminded, resumed.remind(second)), (Event::RemindersResumed, 2, None));
        assert_eq!(resumed.remind(third).unwrap().0.reminded, 3);
        assert_eq!(paused.pause_reminders().unwrap_err().why, crate::Why::State);
        assert_eq!(resumed.resume_reminders(third).unwrap_err().why, crate::Why::State);
        for (status, may) in [(Draft, true), (Paid, true), (Void, false), (Uncollectible, true)] {
            assert_eq!(at(status).pause_reminders().is_ok(), may, "{status:?}");
        }

        // Of a client that isn't reminded, each step is passed over on its day.
        assert!(invoice.pass_over_reminder(first - TimeDelta::hours(1)).is_none());
        let (passed, event) = invoice.pass_over_reminder(first).unwrap();
        assert_eq!((event, passed.reminded, passed.reminded_at), (Event::ReminderPassedOver, 1, None));
        assert!(passed.remind(first).is_none() && passed.remind(second).is_some());
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
