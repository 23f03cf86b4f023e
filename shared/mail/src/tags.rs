//! Tags of mails, by which what SES tells of a mail is known to be of it: SES gives them back with each of its events.
//!
//! SES takes letters, digits, `_` and `-`, so the full stop in an event's name is a `-` here.

use std::collections::BTreeMap;

use domain::{
    ids::{FirmId, MailId},
    mail::{Purpose, Topic},
};

/// What the tags of a mail say beside its purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tags {
    /// Whose it is.
    pub firm: FirmId,
    /// Its id.
    pub mail: MailId,
    /// The record that it is about.
    pub record: Topic,
    /// Which event of that it follows, by its sequence.
    pub sequence: u64,
    /// What happened: `invoice.sent`.
    pub event: String,
    /// Which of several mails that follow the event.
    pub about: Option<String>,
}

mod name {
    pub(super) const FIRM: &str = "firm";
    pub(super) const MAIL: &str = "mail";
    pub(super) const RECORD: &str = "record";
    pub(super) const SEQUENCE: &str = "sequence";
    pub(super) const EVENT: &str = "event";
    pub(super) const ABOUT: &str = "about";
    pub(super) const PURPOSE: &str = "purpose";
}

impl Tags {
    /// The tags of a mail for `purpose`, by their names.
    pub fn of_mail(&self, purpose: Purpose) -> Vec<(&'static str, String)> {
        let Self { firm, mail, record, sequence, event, about } = self;
        let mut tags = vec![
            (name::FIRM, firm.to_string()),
            (name::MAIL, mail.to_string()),
            (name::RECORD, record.to_string()),
            (name::SEQUENCE, sequence.to_string()),
            (name::EVENT, event.replace('.', "-")),
            (name::PURPOSE, purpose.as_str().to_owned()),
        ];
        tags.extend(about.iter().map(|about| (name::ABOUT, about.clone())));
        tags
    }

    /// What `tags` say, as SES gives them back; the name of one that can't be read, if there is one.
    pub(crate) fn read(tags: &BTreeMap<String, Vec<String>>) -> Result<(Self, Purpose), &'static str> {
        let tag = |name| tags.get(name).and_then(|values| values.first()).map(String::as_str);
        let needed = |name: &'static str| tag(name).ok_or(name);
        let purpose = needed(name::PURPOSE)?;
        let purpose = Purpose::ALL.into_iter().find(|known| known.as_str() == purpose).ok_or(name::PURPOSE)?;
        let tags = Self {
            firm: needed(name::FIRM)?.parse().map_err(|_| name::FIRM)?,
            mail: needed(name::MAIL)?.parse().map_err(|_| name::MAIL)?,
            record: needed(name::RECORD)?.parse().map_err(|_| name::RECORD)?,
            sequence: needed(name::SEQUENCE)?.parse().map_err(|_| name::SEQUENCE)?,
            event: needed(name::EVENT)?.replacen('-', ".", 1),
            about: tag(name::ABOUT).map(str::to_owned),
        };
        Ok((tags, purpose))
    }
}

#[cfg(test)]
mod tests {
    use domain::{DomainEvent, Id, Time};

    use super::*;

    #[test]
    fn tags_read_back_as_they_were_written_and_have_only_what_ses_takes() {
        let now = Time::from_timestamp_millis(1_763_800_000_000).unwrap();
        for event in DomainEvent::all() {
            for about in [None, Some("pay_01kanar9g00000000000000007".to_owned())] {
                let record = Topic::Invoice(Id::new(now, 3));
                let tags =
                    Tags { firm: Id::new(now, 1), mail: Id::new(now, 2), record, sequence: 12, event: event.name().to_owned(), about };
                for purpose in Purpose::ALL {
                    let written = tags.of_mail(purpose);
                    let taken = |text: &str| text.len() <= 256 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b));
                    assert!(written.iter().all(|(name, value)| taken(name) && taken(value) && !value.is_empty()), "{written:?}");
                    let given_back = written.into_iter().map(|(name, value)| (name.to_owned(), vec![value])).collect();
                    assert_eq!(Tags::read(&given_back), Ok((tags.clone(), purpose)));
                }
            }
        }
        assert_eq!(Tags::read(&BTreeMap::new()), Err("purpose"));
    }
}
