//! How an invoice reaches who is to pay it: where it is mailed, and the link in its mails, which shows it to whoever has it.
//!
//! A link works until it is revoked or the invoice is sent again, which gives another; no time ends it, since it shows no more
//! than the mail does that it came in.

use serde::{Deserialize, Serialize};

use super::{Event, Invoice, SentBy, Status};
use crate::{
    Refusal, Time, Transition,
    client::Client,
    contact::{Contact, Recipients},
    firm::Confirmed,
};

/// The link that shows an invoice to whoever has it: the last that it was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuestLink {
    /// Which of its links: 1 for the first.
    pub number: u32,
    /// Since when it works no more.
    pub revoked_at: Option<Time>,
}

impl GuestLink {
    /// The first of an invoice.
    pub(super) const FIRST: Self = Self { number: 1, revoked_at: None };
}

impl Invoice {
    /// Whom its mails go to; nobody, if no e-mail is known.
    pub fn billed(&self) -> Option<Recipients> {
        self.contact.billed(self.billing_email.as_ref(), &self.cc)
    }

    /// The number of its link that works, if one does.
    pub fn link_number(&self) -> Option<u32> {
        self.guest_link.filter(|link| link.revoked_at.is_none()).map(|link| link.number)
    }

    /// The invoice sent once more, by mail: to where the invoices of `client`, whose it is, go now, in its language of now, and with another link. What it
    /// says stays as it is.
    pub fn resend(&self, client: &Client, _: Confirmed) -> Transition<Self> {
        let last = match (self.status, self.guest_link) {
            (Status::Draft, _) | (_, None) => return Err(Refusal::state("The invoice isn't sent; send the draft.")),
            (Status::Void, _) => return Err(Refusal::state("The invoice is void.")),
            (Status::Sent | Status::Paid | Status::Uncollectible, Some(last)) => last,
        };
        let nowhere = || Refusal::rule("billing_email", "The client has neither that nor an e-mail to send it to.");
        let resent = Self {
            billing_email: Some(client.billed().ok_or_else(nowhere)?.to),
            cc: client.cc.clone(),
            contact: Contact { language: client.contact.language, ..self.contact.clone() },
            sent_by: Some(SentBy::Mail),
            guest_link: Some(GuestLink { number: last.number + 1, revoked_at: None }),
            ..self.clone()
        };
        Ok((resent, Event::Resent))
    }

    /// The invoice once its link works no more; sending it again gives another.
    pub fn revoke_link(&self, now: Time) -> Transition<Self> {
        let Some(link) = self.guest_link else { return Err(Refusal::state("The invoice isn't sent, and has no link.")) };
        if link.revoked_at.is_some() {
            return Err(Refusal::state("The link is revoked already."));
        }
        Ok((Self { guest_link: Some(GuestLink { revoked_at: Some(now), ..link }), ..self.clone() }, Event::LinkRevoked))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Email, Language, SingleLine, Why,
        contact::{Cc, Contact},
        invoice::{
            Link,
            Status::{Draft, Paid, Sent, Uncollectible, Void},
            lines::tests::line,
            tests::{at, draft, firm, now, sent},
        },
        payment_account::Terms,
    };

    fn email(name: &str) -> Option<Email> {
        Email::new(&format!("{name}@acme.example")).ok()
    }

    fn client(billing: Option<&str>) -> Client {
        let contact_name = SingleLine::new("Bo Ek").ok();
        let contact = Contact {
            company_name: SingleLine::new("Acme Group").unwrap(),
            contact_name,
            email: email("bo"),
            phone: None,
            language: Some(Language::De),
        };
        let cc = Cc::new(email("carl").into_iter().collect()).unwrap();
        Client { billing_email: billing.and_then(email), cc, ..Client::new(contact, None) }
    }

    #[test]
    fn it_is_sent_again_to_where_the_clients_invoices_go_by_then() {
        let confirmed = firm().confirmed().unwrap();
        let by_hand = draft(vec![line("1", "100", None)]).send(1, SentBy::Hand, &firm(), now()).unwrap().0;
        for (invoice, billing, to) in [(sent(), Some("billing"), "billing"), (by_hand, None, "bo")] {
            let (resent, event) = invoice.resend(&client(billing), confirmed).unwrap();
            assert_eq!((event, resent.sent_by, resent.link_number()), (Event::Resent, Some(SentBy::Mail), Some(2)));
            let recipients = resent.billed().unwrap();
            assert_eq!(recipients.language, Some(Language::De));
            assert_eq!((Some(recipients.to), recipients.cc), (email(to), email("carl").into_iter().collect()));
            // What it asks for, and of whom, stays.
            let contact = Contact { language: Some(Language::De), ..invoice.contact.clone() };
            assert_eq!((&resent.contact, resent.totals, resent.status), (&contact, invoice.totals, invoice.status));
        }
        let contact = Contact { email: None, ..client(None).contact };
        let refused = sent().resend(&Client { contact, ..client(None) }, confirmed).unwrap_err();
        assert_eq!(refused.field.as_deref(), Some("billing_email"));
        for (status, may) in [(Draft, false), (Sent, true), (Paid, true), (Void, false), (Uncollectible, true)] {
            let resent = at(status).resend(&client(None), confirmed);
            assert_eq!(resent.as_ref().err().map(|refusal| refusal.why), (!may).then_some(Why::State), "{status:?}");
        }
    }

    #[test]
    fn its_link_works_until_it_is_revoked_or_followed_by_another() {
        assert_eq!(at(Draft).link_number(), None);
        assert_eq!(at(Draft).revoke_link(now()).unwrap_err().why, Why::State);
        let (revoked, event) = sent().revoke_link(now()).unwrap();
        assert_eq!((sent().link_number(), event, revoked.link_number()), (Some(1), Event::LinkRevoked, None));
        assert_eq!(revoked.revoke_link(now()).unwrap_err().why, Why::State);
        let again = revoked.resend(&client(None), firm().confirmed().unwrap()).unwrap().0;
        assert_eq!(again.link_number(), Some(2));
        for status in [Paid, Void, Uncollectible] {
            assert_eq!(at(status).revoke_link(now()).unwrap().0.link_number(), None);
        }
    }

    #[test]
    fn the_pages_to_pay_that_a_link_led_to_are_closed_with_it() {
        let open = |invoice: &Invoice, link| {
            let Link::New(stored, checkout) = invoice.prepare_checkout(link, &Terms::own(), now()).unwrap() else { panic!("a new one") };
            let end = now() + chrono::TimeDelta::hours(24);
            stored.0.checkout_opened(checkout.attempt, &format!("cs_{}", checkout.attempt), "https://pay.example/", end).unwrap().0
        };
        let confirmed = firm().confirmed().unwrap();
        let guests = open(&sent(), Some(1));
        assert!(matches!(guests.prepare_checkout(Some(1), &Terms::own(), now()), Ok(Link::Open(_))));
        for changed in [guests.revoke_link(now()).unwrap().0, guests.resend(&client(None), confirmed).unwrap().0] {
            assert_eq!(changed.stale_sessions(), ["cs_1"]);
        }
        let portals = open(&sent(), None);
        for changed in [portals.revoke_link(now()).unwrap().0, portals.resend(&client(None), confirmed).unwrap().0] {
            assert_eq!(changed.stale_checkouts().count(), 0);
        }
        // From each page one comes back to where one came from: who comes from elsewhere gets another, and the last is good.
        let both = open(&portals, Some(1));
        assert_eq!(both.stale_sessions(), ["cs_1"]);
        // One that is being closed is given to nobody.
        assert!(matches!(both.prepare_checkout(Some(1), &Terms::own(), now()), Ok(Link::Open(_))));
        assert!(matches!(both.prepare_checkout(None, &Terms::own(), now()), Ok(Link::New(_, new)) if new.attempt == 3));
    }
}
