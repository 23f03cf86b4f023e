//! Links in mails. They are built here from their parts, so none can be `javascript:` or go where a record says.

use std::fmt;

use domain::{Email, notification::About};

use crate::Subject;

/// Where a button leads. May hold a token that lets somebody in: never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Link {
    address: String,
    /// Whether the page there asks to sign in.
    needs_login: bool,
}

impl Link {
    /// Where somebody who is invited sets a password: `<origin>/activate?token=<token>`, at the web app's origin.
    pub fn activation(origin: &str, token: &str) -> Self {
        Self::with_token(origin, "activate", token)
    }

    /// Where somebody confirms an e-mail: `<origin>/confirm-email?token=<token>`.
    pub fn confirmation(origin: &str, token: &str) -> Self {
        Self::with_token(origin, "confirm-email", token)
    }

    /// Where somebody chooses another password: `<origin>/reset-password?token=<token>`.
    pub fn password_reset(origin: &str, token: &str) -> Self {
        Self::with_token(origin, "reset-password", token)
    }

    /// Where somebody confirms another e-mail: `<origin>/change-email?token=<token>`.
    pub fn email_change(origin: &str, token: &str) -> Self {
        Self::with_token(origin, "change-email", token)
    }

    /// Where somebody takes another e-mail back: `<origin>/restore-email?token=<token>`.
    pub fn email_restoration(origin: &str, token: &str) -> Self {
        Self::with_token(origin, "restore-email", token)
    }

    /// Where somebody takes a second factor back: `<origin>/remove-factor?token=<token>`.
    pub fn factor_removal(origin: &str, token: &str) -> Self {
        Self::with_token(origin, "remove-factor", token)
    }

    /// Where somebody asks for such a link: `<origin>/forgot-password`.
    pub fn forgotten_password(origin: &str) -> Self {
        Self::open(format!("{}/forgot-password", origin.trim_end_matches('/')))
    }

    /// Where whoever has the link looks at an invoice, and pays it: `<origin>/guest/invoices/<token>`.
    pub fn guest_invoice(origin: &str, token: &str) -> Self {
        Self { needs_login: false, ..Self::page(origin, &[("guest/invoices", &token)]) }
    }

    fn with_token(origin: &str, page: &str, token: &str) -> Self {
        Self::open(format!("{}/{page}?token={}", origin.trim_end_matches('/'), percent_encoded(token)))
    }

    /// One that nobody has to sign in for.
    fn open(address: String) -> Self {
        Self { address, needs_login: false }
    }

    /// Where who is signed in at a client looks at an invoice, and pays it: `<origin>/portal/invoices/<invoice>`.
    pub fn portal_invoice(origin: &str, invoice: impl fmt::Display) -> Self {
        Self::page(origin, &[("portal/invoices", &invoice)])
    }

    /// Where owners of a firm see to online payments: `<origin>/settings/payments`.
    pub fn payment_settings(origin: &str) -> Self {
        Self { address: format!("{}/settings/payments", origin.trim_end_matches('/')), needs_login: true }
    }

    /// Where owners of a firm see to what its mails look like and come from: `<origin>/settings/mails`.
    pub fn mail_settings(origin: &str) -> Self {
        Self { address: format!("{}/settings/mails", origin.trim_end_matches('/')), needs_login: true }
    }

    /// Where what a notification is about is looked at, by staff or at a client: `<origin>/projects/<project>/tasks/<task>`.
    pub fn about(origin: &str, about: About, is_portal: bool) -> Self {
        let page = about.page(is_portal);
        let page: Vec<_> = page.iter().map(|(name, id)| (*name, id as &dyn fmt::Display)).collect();
        Self::page(origin, &page)
    }

    /// Where somebody sees what they were told of: `<origin>/notifications`.
    pub fn notifications(origin: &str, is_portal: bool) -> Self {
        Self::own(origin, is_portal, "notifications")
    }

    /// Where they choose what they hear of: `<origin>/settings/notifications`.
    pub fn notification_settings(origin: &str, is_portal: bool) -> Self {
        Self::own(origin, is_portal, "settings/notifications")
    }

    /// The `page` that everybody has, of the firm or at a client.
    fn own(origin: &str, is_portal: bool, page: &str) -> Self {
        let portal = if is_portal { "/portal" } else { "" };
        Self { address: format!("{}{portal}/{page}", origin.trim_end_matches('/')), needs_login: true }
    }

    /// The page at `origin` that these records are on, each below the name of what it is.
    fn page(origin: &str, records: &[(&str, &dyn fmt::Display)]) -> Self {
        let origin = origin.trim_end_matches('/').to_owned();
        let address = records.iter().fold(origin, |page, (name, id)| format!("{page}/{name}/{}", percent_encoded(&id.to_string())));
        Self { address, needs_login: true }
    }

    /// An answer to `address`, about `subject`.
    pub fn answer(address: &Email, subject: &Subject) -> Self {
        let address = percent_encoded(address.as_str()).replace("%40", "@");
        Self::open(format!("mailto:{address}?subject={}", percent_encoded(subject.as_str())))
    }

    /// The link as text.
    pub fn as_str(&self) -> &str {
        &self.address
    }

    /// Whether the page there asks to sign in.
    pub(crate) fn needs_login(&self) -> bool {
        self.needs_login
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Link(…)")
    }
}

/// `text` with all but the unreserved characters of RFC 3986 as `%XX`.
fn percent_encoded(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut encoded, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_activation_link_keeps_a_token_as_it_is_and_lets_nothing_else_in() {
        for (origin, token, link) in [
            ("https://app.example", "eyJ-a_b.c~", "https://app.example/activate?token=eyJ-a_b.c~"),
            ("http://127.0.0.1:8000/", "t", "http://127.0.0.1:8000/activate?token=t"),
            ("https://app.example", "a&b=c#d\"> é", "https://app.example/activate?token=a%26b%3Dc%23d%22%3E%20%C3%A9"),
        ] {
            assert_eq!(Link::activation(origin, token).as_str(), link);
        }
    }

    #[test]
    fn a_record_has_one_page_whatever_its_id() {
        let app = "https://app.example";
        for (link, page) in [
            (Link::guest_invoice(app, "BAGZqr-_8"), "https://app.example/guest/invoices/BAGZqr-_8"),
            (Link::guest_invoice(app, "../x?y#z"), "https://app.example/guest/invoices/..%2Fx%3Fy%23z"),
            (Link::portal_invoice(app, "inv_01JD9Q8R7S"), "https://app.example/portal/invoices/inv_01JD9Q8R7S"),
            (Link::portal_invoice("http://127.0.0.1:8000/", "../x?y#z"), "http://127.0.0.1:8000/portal/invoices/..%2Fx%3Fy%23z"),
            (Link::notifications(app, false), "https://app.example/notifications"),
            (Link::notification_settings("http://127.0.0.1:8000/", true), "http://127.0.0.1:8000/portal/settings/notifications"),
        ] {
            assert_eq!(link.as_str(), page);
        }
    }

    #[test]
    fn an_answer_goes_to_one_address_only() {
        let odd = Email::new("ann?cc=x&to=y@acme.example").unwrap();
        let link = Link::answer(&odd, &Subject::new("Yes & more"));
        assert_eq!(link.as_str(), "mailto:ann%3Fcc%3Dx%26to%3Dy@acme.example?subject=Yes%20%26%20more");
    }

    #[test]
    fn a_token_is_not_shown() {
        assert_eq!(format!("{:?}", Link::activation("https://app.example", "secret")), "Link(…)");
    }
}
