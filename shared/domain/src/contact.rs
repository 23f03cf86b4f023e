//! Whom the firm talks to at a company: what a lead, a prospect, a proposal and a client have in common.

use std::ops::Deref;

use serde::{Deserialize, Deserializer, Serialize, de};

use crate::{Email, Language, SingleLine};

/// Most addresses that get a copy.
pub const MOST_COPIES: usize = 5;

/// A company, and how to reach somebody there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// The company's name.
    pub company_name: SingleLine<200>,
    /// Who is to be addressed there.
    pub contact_name: Option<SingleLine<200>>,
    /// Where mail goes.
    pub email: Option<Email>,
    /// A telephone number, as people write it.
    pub phone: Option<SingleLine<40>>,
    /// The language in which they are written to, if it isn't the firm's.
    #[serde(default)]
    pub language: Option<Language>,
}

/// Who else gets what is mailed about money: at most [`MOST_COPIES`] addresses, none of them twice.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Cc(Vec<Email>);

impl Cc {
    /// These addresses.
    pub fn new(addresses: Vec<Email>) -> Result<Self, &'static str> {
        if addresses.len() > MOST_COPIES {
            return Err("At most five addresses.");
        }
        let is_twice = |(place, email): (usize, &Email)| addresses.iter().take(place).any(|before| before == email);
        if addresses.iter().enumerate().any(is_twice) { Err("Has an address twice.") } else { Ok(Self(addresses)) }
    }
}

impl Deref for Cc {
    type Target = [Email];

    fn deref(&self) -> &[Email] {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Cc {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(Vec::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

/// Whom a mail goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipients {
    /// Where it goes.
    pub to: Email,
    /// Who is addressed, if that is known.
    pub name: Option<SingleLine<200>>,
    /// Who gets a copy.
    pub cc: Vec<Email>,
    /// The language in which they are written to, if it isn't the firm's.
    pub language: Option<Language>,
}

impl Contact {
    /// Whom what is for the contact goes to; nobody, if no e-mail is known.
    pub fn recipients(&self) -> Option<Recipients> {
        Some(Recipients { to: self.email.clone()?, name: self.contact_name.clone(), cc: Vec::new(), language: self.language })
    }

    /// Whom what is about money goes to: the address for that in place of the contact's, if there is one; and who gets a copy.
    /// Nobody, if no e-mail is known but those of copies.
    pub fn billed(&self, billing_email: Option<&Email>, cc: &Cc) -> Option<Recipients> {
        let of_contact = self.recipients();
        let recipients = match billing_email.filter(|billing| of_contact.as_ref().is_none_or(|contact| contact.to != **billing)) {
            // Who reads it there isn't known.
            Some(billing) => Recipients { to: billing.clone(), name: None, cc: Vec::new(), language: self.language },
            None => of_contact?,
        };
        let cc = cc.iter().filter(|copy| **copy != recipients.to).cloned().collect();
        Some(Recipients { cc, ..recipients })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn email(name: &str) -> Email {
        Email::new(&format!("{name}@acme.example")).unwrap()
    }

    #[test]
    fn five_others_get_a_copy_and_none_of_them_two() {
        let read = |text: &str| serde_json::from_str::<Cc>(text).map(|cc| cc.len()).map_err(|error| error.to_string());
        let of = |count: u8| serde_json::to_string(&(0..count).map(|n| format!("{n}@acme.example")).collect::<Vec<_>>()).unwrap();
        assert_eq!((read("[]"), read(&of(5))), (Ok(0), Ok(5)));
        assert!(read(&of(6)).unwrap_err().starts_with("At most five"));
        assert!(read(r#"["a@acme.example", "b@acme.example", " A@Acme.example"]"#).unwrap_err().starts_with("Has an address twice"));
        assert!(read(r#"["a"]"#).unwrap_err().starts_with("Not an e-mail"));
    }

    #[test]
    fn what_is_about_money_goes_to_the_address_for_that_else_to_the_contact() {
        let name = SingleLine::new("Ann Lee").ok();
        let contact = Contact {
            company_name: SingleLine::new("Acme Corp").unwrap(),
            contact_name: name.clone(),
            email: Some(email("ann")),
            phone: None,
            language: Some(Language::De),
        };
        let (nobody, cc) = (Cc::default(), Cc::new(vec![email("bo"), email("billing"), email("ann")]).unwrap());
        let copies = |names: &[&str]| names.iter().map(|name| email(name)).collect::<Vec<_>>();
        for (billing, copied, to, name, cc) in [
            (None, &nobody, "ann", &name, vec![]),
            (None, &cc, "ann", &name, copies(&["bo", "billing"])),
            (Some("ann"), &nobody, "ann", &name, vec![]),
            (Some("billing"), &cc, "billing", &None, copies(&["bo", "ann"])),
        ] {
            let expected = Recipients { to: email(to), name: name.clone(), cc, language: Some(Language::De) };
            assert_eq!(contact.billed(billing.map(email).as_ref(), copied), Some(expected));
        }
        let unknown = Contact { email: None, ..contact };
        assert_eq!(unknown.billed(None, &cc), None);
        assert_eq!(unknown.billed(Some(&email("billing")), &nobody).map(|recipients| recipients.to), Some(email("billing")));
    }
}
