//! The mail that reminds a client of an invoice. It grows firmer by the step, never unfriendly; and it doesn't say how
//! many came before it, since steps that were missed are made up for by one mail.

use std::cmp::Ordering;

use askama::Template;
use domain::{Date, Money};

use crate::{Envelope, Link, Message, Purpose, SendError, Subject, format, sums::Sum};

/// What a client still has to pay.
#[derive(Clone)]
pub struct ReminderMail<'a> {
    /// To the client's contact, from the firm.
    pub envelope: Envelope,
    /// `INV-000042`.
    pub number: &'a str,
    /// The last day to pay it.
    pub due_date: Date,
    /// How many days ago that was; negative before it.
    pub days_overdue: i64,
    /// What is still to be paid of it.
    pub due: Money,
    /// Which of the firm's reminders this is: 1 for the first, from which on it grows firmer.
    pub step: u8,
    /// Where it is looked at and paid: [`Link::guest_invoice`], or [`Link::portal_invoice`].
    pub link: &'a Link,
}

impl ReminderMail<'_> {
    /// The mail, ready to be sent.
    pub fn message(&self) -> Result<Message, SendError> {
        let subject = Subject::new(&format!("Reminder from {}: invoice {} {}", self.envelope.short_firm(), self.number, self.when()));
        let sums = [Sum::main("Amount due", self.due)];
        let html = Html { mail: self, subject: &subject, sums: &sums };
        let text = Text { mail: self, sums: &sums };
        Message::written(&self.envelope, Purpose::Reminder, subject.clone(), &html, &text)
    }

    /// How late it is, after the invoice's number.
    fn when(&self) -> String {
        let days = format::days(self.days_overdue.unsigned_abs());
        match self.days_overdue.cmp(&0) {
            Ordering::Less => format!("is due in {days}"),
            Ordering::Equal => "is due today".to_owned(),
            Ordering::Greater => format!("is {days} overdue"),
        }
    }

    /// What is the matter.
    fn matter(&self) -> String {
        let (number, firm, when) = (self.number, &self.envelope.firm_name(), self.when());
        match (self.days_overdue > 0, self.step) {
            (false, _) => format!("This is just to let you know that invoice {number} from {firm} {when}."),
            (true, 0 | 1) => format!("Invoice {number} from {firm} {when}. Perhaps it was overlooked, which happens easily."),
            (true, 2) => format!("Invoice {number} from {firm} {when}, and we haven't had the payment yet."),
            (true, _) => format!("Invoice {number} from {firm} {when}, and it is still unpaid."),
        }
    }

    /// What is asked for.
    fn request(&self) -> String {
        let paid = "If you have paid it by now, thank you: there is nothing else to do.";
        match (self.days_overdue > 0, self.step) {
            (false, _) => "If the payment is on its way, thank you: there is nothing else to do.".to_owned(),
            (true, 0 | 1) => format!("Would you have a look? {paid}"),
            (true, 2) => format!("Please pay it in the next few days. {paid}"),
            (true, _) => {
                format!("Please pay it now, or tell {} what stands in the way, and when to expect the payment. {paid}", self.whom())
            }
        }
    }

    /// Who is to be told what stands in the way.
    fn whom(&self) -> String {
        match &self.envelope.reply_to {
            Some(person) => format!("{} (answer this mail)", person.name),
            None => self.envelope.firm_name().to_string(),
        }
    }

    fn last_day(&self) -> String {
        format::day(self.due_date)
    }

    fn shown_due(&self) -> String {
        format::amount(self.due)
    }
}

#[derive(Template)]
#[template(path = "reminder.html")]
struct Html<'a> {
    mail: &'a ReminderMail<'a>,
    subject: &'a Subject,
    sums: &'a [Sum],
}

#[derive(Template)]
#[template(path = "reminder.txt")]
struct Text<'a> {
    mail: &'a ReminderMail<'a>,
    sums: &'a [Sum],
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{check, day, envelope, evil_envelope, invoice_link, usd};

    fn mail(days_overdue: i64, step: u8) -> ReminderMail<'static> {
        ReminderMail {
            envelope: envelope(),
            number: "INV-000042",
            due_date: day("2026-12-01"),
            days_overdue,
            due: usd(458_401),
            step,
            link: invoice_link(),
        }
    }

    #[test]
    fn a_first_reminder_is_friendly() {
        check("reminder", &mail(1, 1).message().unwrap());
    }

    #[test]
    fn later_reminders_are_firmer() {
        check("reminder_second", &mail(7, 2).message().unwrap());
        check("reminder_third", &mail(14, 3).message().unwrap());
    }

    #[test]
    fn a_bare_reminder_before_the_day() {
        let bare = Envelope { to_name: None, reply_to: None, ..envelope() };
        check("reminder_bare", &ReminderMail { envelope: bare, ..mail(-3, 1) }.message().unwrap());
    }

    #[test]
    fn once_its_link_is_revoked_it_leads_to_the_portal() {
        let link = Link::portal_invoice("https://app.consultantpro.example", "inv_01JD9Q8R7S6T5V4W3X2Y1Z0ABC");
        check("reminder_portal", &ReminderMail { link: &link, ..mail(1, 1) }.message().unwrap());
    }

    #[test]
    fn how_late_it_is_is_said_in_days() {
        for (days, said) in [(-1, "is due in 1 day"), (0, "is due today"), (1, "is 1 day overdue"), (1000, "is 1,000 days overdue")] {
            assert_eq!(mail(days, 1).when(), said);
        }
        assert!(mail(i64::MIN, 1).message().is_ok());
    }

    #[test]
    fn a_hostile_reminder() {
        let most = usd(100_000_000_000_000);
        let mail = ReminderMail { envelope: evil_envelope(), number: "INV-1234567", due: most, ..mail(i64::MAX, u8::MAX) };
        check("reminder_hostile", &mail.message().unwrap());
    }
}
