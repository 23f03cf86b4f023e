//! What a firm's mails look like, with values that are examples: for who writes their texts. They are never sent.

use std::{fmt::Display, str::FromStr};

use domain::{
    Currency, Date, Email, Language, Money, Refusal, SingleLine,
    access::Rights,
    invoice::Method,
    mail_text::{Kind, Placeholder},
    offer::LineItem,
};

use crate::{
    Envelope, InvoiceLine, InvoiceMail, Letterhead, Link, Message, PaymentMail, Person, ProposalMail, Reference, ReminderMail, SendError,
    Sender, WelcomeMail, content::say, own::Begun,
};

/// Of whose mails, and for whom.
#[derive(Clone)]
pub struct Preview {
    /// The firm's.
    pub letterhead: Letterhead,
    /// What the firm sells in.
    pub currency: Currency,
    /// The language of whom they go to.
    pub language: Language,
    /// Who at the firm sends them.
    pub sender: Option<Person>,
    /// Where their links would lead: the web app.
    pub web_origin: String,
}

impl Preview {
    /// A mail of `kind` as somebody gets it.
    ///
    /// # Errors
    /// As if it were to be sent.
    pub fn message(&self, kind: Kind) -> Result<Message, SendError> {
        self.with(kind, &|mail| mail.message())?
    }

    /// What it has for each of its placeholders.
    ///
    /// # Errors
    /// As of [`Preview::message`].
    pub fn examples(&self, kind: Kind) -> Result<Vec<(Placeholder, String)>, SendError> {
        self.with(kind, &|mail| kind.placeholders().iter().map(|placeholder| (*placeholder, mail.value(*placeholder))).collect())
    }

    /// What `of` makes of such a mail.
    fn with<T>(&self, kind: Kind, of: &dyn Fn(&dyn Begun) -> T) -> Result<T, SendError> {
        self.sample(kind, of).map_err(|refusal| SendError::refused(refusal.to_string()))
    }

    fn sample<T>(&self, kind: Kind, of: &dyn Fn(&dyn Begun) -> T) -> Result<T, Refusal> {
        let (language, currency) = (self.language, self.currency);
        let amount = |minor| Money::from_minor("amount", minor, currency);
        let (envelope, client) = (self.envelope()?, say!(language, "Fabrikam Ltd", "Muster GmbH"));
        let title = say!(language, "Pricing review", "Überprüfung der Preise");
        let link = Link::guest_invoice(&self.web_origin, "example");
        let (issue_date, due_date): (Date, Date) = (parsed("2027-03-01")?, parsed("2027-03-31")?);
        Ok(match kind {
            Kind::Proposal => of(&ProposalMail {
                envelope,
                client: &client,
                number: "PRO-000042",
                version: 1,
                title: &title,
                line_items: &[LineItem {
                    description: SingleLine::new(&title).map_err(unfit)?,
                    quantity: parsed("1")?,
                    unit_price: parsed(&amount(950_000)?.to_decimal_string())?,
                    optional: false,
                    chosen: true,
                }],
                total: amount(950_000)?,
                valid_until: Some(due_date),
                terms: None,
            }),
            Kind::Invitation => of(&WelcomeMail {
                envelope,
                client_name: &client,
                rights: Rights::ALL,
                link: &Link::activation(&self.web_origin, "example"),
                expires_at: due_date.get().and_hms_opt(12, 0, 0).unwrap_or_default().and_utc(),
                is_replacement: false,
            }),
            Kind::Invoice => of(&InvoiceMail {
                envelope,
                client: &client,
                number: "INV-000042",
                issue_date,
                due_date,
                lines: &[InvoiceLine {
                    description: &title,
                    quantity: parsed("1")?,
                    unit_price: parsed(&amount(950_000)?.to_decimal_string())?,
                    tax_rate: None,
                    amount: amount(950_000)?,
                }],
                subtotal: amount(950_000)?,
                discount: amount(0)?,
                tax: amount(0)?,
                total: amount(950_000)?,
                due: amount(950_000)?,
                memo: None,
                link: &link,
            }),
            Kind::Reminder => of(&ReminderMail {
                envelope,
                client: &client,
                number: "INV-000042",
                due_date,
                days_overdue: 7,
                due: amount(950_000)?,
                step: 1,
                link: &link,
            }),
            Kind::Receipt => of(&PaymentMail {
                envelope,
                client: &client,
                invoice: "INV-000042",
                amount: amount(950_000)?,
                method: Method::BankTransfer,
                date: due_date,
                is_beyond: false,
                due: amount(0)?,
                credit: amount(0)?,
                link: &link,
            }),
        })
    }

    fn envelope(&self) -> Result<Envelope, Refusal> {
        let name = say!(self.language, "Ann Lee", "Erika Muster");
        let to = Email::new(&say!(self.language, "ann.lee@example.com", "erika.muster@example.com"));
        Ok(Envelope {
            to: to.map_err(unfit)?,
            to_name: Some(SingleLine::new(&name).map_err(unfit)?),
            language: self.language,
            cc: Vec::new(),
            from: Sender::Firm(self.letterhead.clone()),
            reply_to: self.sender.clone(),
            reference: Reference::new("preview", 1),
        })
    }
}

fn parsed<T: FromStr<Err: Display>>(text: &str) -> Result<T, Refusal> {
    text.parse().map_err(unfit)
}

fn unfit(error: impl Display) -> Refusal {
    Refusal::of_request(error.to_string())
}
