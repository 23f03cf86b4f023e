//! The mail that reminds a client of an invoice. It grows firmer by the step, never unfriendly; and it doesn't say how
//! many came before it, since steps that were missed are made up for by one mail.

use std::cmp::Ordering;

use domain::{
    Date, Language, Money,
    mail_text::{Kind, Placeholder},
};

use crate::{
    Envelope, Link, Message, Purpose, SendError,
    content::{Block, Content, Table, say},
    format,
    invoice::{page, sent_invoices},
    own::{Begun, OwnWords},
    sums::Sum,
};

/// What a client still has to pay.
#[derive(Clone)]
pub struct ReminderMail<'a> {
    /// To the client's contact, from the firm.
    pub envelope: Envelope,
    /// The company that it is of.
    pub client: &'a str,
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
        let (language, number, short) = (self.envelope.language, self.number, self.envelope.short_firm());
        let (when, day, due) = (self.when(), format::day(language, self.due_date), format::amount(language, self.due));
        let whom = self.envelope.whom();
        let (subject, opening) =
            ours(language, (self.days_overdue > 0, self.step), [&short, self.envelope.firm_name(), number, &when, &whom]);
        let own = OwnWords::of(&self.envelope, Kind::Reminder, &self.values());
        let sums = vec![
            Sum::of(say!(language, "Due on", "Fällig am"), day.clone()),
            Sum::main(say!(language, "Amount due", "Offener Betrag"), due.clone()),
        ];
        let mut body = vec![Block::Table(Table { sums, ..Table::default() })];
        body.extend(page(&self.envelope, say!(language, "View and pay", "Ansehen und bezahlen"), self.link));
        let content = Content {
            subject,
            preheader: say!(language, "{due}, due on {day}", "{due}, fällig am {day}"),
            heading: say!(language, "Invoice {number} {when}", "Rechnung {number} {when}"),
            opening,
            body,
            why: sent_invoices(&self.envelope),
        };
        Message::in_own_words(&self.envelope, Purpose::Reminder, &content, &own)
    }

    /// How late it is, after the invoice's number.
    fn when(&self) -> String {
        let language = self.envelope.language;
        let days = format::days(language, self.days_overdue.unsigned_abs());
        match self.days_overdue.cmp(&0) {
            Ordering::Less => say!(language, "is due in {days}", "ist in {days} fällig"),
            Ordering::Equal => say!(language, "is due today", "ist heute fällig"),
            Ordering::Greater => say!(language, "is {days} overdue", "ist seit {days} überfällig"),
        }
    }
}

impl Begun for ReminderMail<'_> {
    fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    fn values(&self) -> Vec<(Placeholder, String)> {
        let language = self.envelope.language;
        vec![
            (Placeholder::Client, self.client.to_owned()),
            (Placeholder::Number, self.number.to_owned()),
            (Placeholder::AmountDue, format::amount(language, self.due)),
            (Placeholder::DueDate, format::day(language, self.due_date)),
            (Placeholder::HowLate, self.when()),
        ]
    }

    fn message(&self) -> Result<Message, SendError> {
        ReminderMail::message(self)
    }
}

/// Our subject and opening, at a step of the firm's that is past the invoice's last day, or isn't; `when` says how late it is, and `whom`
/// whom to ask.
pub(crate) fn ours(language: Language, step: (bool, u8), [short, firm, number, when, whom]: [&str; 5]) -> (String, Vec<String>) {
    let subject =
        say!(language, "Reminder from {short}: invoice {number} {when}", "Zahlungserinnerung von {short}: Rechnung {number} {when}");
    (subject, vec![matter(language, step, [firm, number, when]), request(language, step, whom)])
}

/// What is the matter.
fn matter(language: Language, step: (bool, u8), [firm, number, when]: [&str; 3]) -> String {
    match step {
        (false, _) => say!(
            language,
            "This is just to let you know that invoice {number} from {firm} {when}.",
            "Nur zur Erinnerung: Die Rechnung {number} von {firm} {when}."
        ),
        (true, 0 | 1) => say!(
            language,
            "Invoice {number} from {firm} {when}. Perhaps it was overlooked, which happens easily.",
            "Die Rechnung {number} von {firm} {when}. Vielleicht wurde sie übersehen, das geschieht leicht."
        ),
        (true, 2) => say!(
            language,
            "Invoice {number} from {firm} {when}, and we haven't had the payment yet.",
            "Die Rechnung {number} von {firm} {when}, und wir haben die Zahlung noch nicht erhalten."
        ),
        (true, _) => say!(
            language,
            "Invoice {number} from {firm} {when}, and it is still unpaid.",
            "Die Rechnung {number} von {firm} {when} und noch immer nicht bezahlt."
        ),
    }
}

/// What is asked for.
fn request(language: Language, step: (bool, u8), whom: &str) -> String {
    match step {
        (false, _) => say!(
            language,
            "If the payment is on its way, thank you: there is nothing else to do.",
            "Falls die Zahlung unterwegs ist, vielen Dank: Sie brauchen nichts weiter zu tun."
        ),
        (true, 0 | 1) => say!(
            language,
            "Would you have a look? If you have paid it by now, thank you: there is nothing else to do.",
            "Würden Sie bitte nachsehen? Falls Sie inzwischen bezahlt haben, vielen Dank: Sie brauchen nichts weiter zu tun."
        ),
        (true, 2) => say!(
            language,
            "Please pay it in the next few days. If you have paid it by now, thank you: there is nothing else to do.",
            "Bitte bezahlen Sie sie in den nächsten Tagen. Falls Sie inzwischen bezahlt haben, vielen Dank: Sie brauchen nichts weiter zu tun."
        ),
        (true, _) => say!(
            language,
            "Please pay it now, or tell {whom} what stands in the way, and when to expect the payment. If you have paid it by now, thank you: there is nothing else to do.",
            "Bitte bezahlen Sie sie jetzt, oder teilen Sie {whom} mit, was dem entgegensteht und wann mit der Zahlung zu rechnen ist. Falls Sie inzwischen bezahlt haben, vielen Dank: Sie brauchen nichts weiter zu tun."
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{check, day, envelope, evil_envelope, invoice_link, usd};

    fn mail(days_overdue: i64, step: u8) -> ReminderMail<'static> {
        ReminderMail {
            envelope: envelope(),
            client: "Fabrikam GmbH",
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
        check!("reminder", mail(1, 1));
    }

    #[test]
    fn later_reminders_are_firmer() {
        check!("reminder_second", mail(7, 2));
        check!("reminder_third", mail(14, 3));
    }

    #[test]
    fn a_bare_reminder_before_the_day() {
        let bare = Envelope { to_name: None, reply_to: None, ..envelope() };
        check!("reminder_bare", ReminderMail { envelope: bare, ..mail(-3, 1) });
    }

    #[test]
    fn once_its_link_is_revoked_it_leads_to_the_portal() {
        let link = Link::portal_invoice("https://app.consultantpro.example", "inv_01JD9Q8R7S6T5V4W3X2Y1Z0ABC");
        check!("reminder_portal", ReminderMail { link: &link, ..mail(1, 1) });
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
        check!("reminder_hostile", mail);
    }
}
