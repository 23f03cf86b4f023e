//! What SES tells of mails, as EventBridge brings it. Only what is needed of an event is read.

use std::collections::BTreeMap;

use chrono::DateTime;
use domain::{
    Email, Time,
    ids::{FirmId, MailId},
    mail::{Bounce, BounceKind, BounceReason, Delay, DelayReason, Mail, News},
};
use serde::Deserialize;

use crate::Tags;

/// What came is no event of SES's about a mail of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It doesn't say what such an event says.
    #[error("not an event that can be read: {0}")]
    Form(String),
    /// It is of a mail that isn't ours.
    #[error("is of a mail without a tag {0} of ours")]
    Untagged(&'static str),
}

impl Unreadable {
    /// What is wrong with the form, without what stands there: that may be somebody's address.
    fn form(error: &serde_json::Error) -> Self {
        Self::Form(format!("{:?} error at line {}, column {}", error.classify(), error.line(), error.column()))
    }
}

/// Something happened to a mail.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// The same however often the event comes.
    pub id: String,
    /// The firm whose mail it is.
    pub firm: FirmId,
    /// The mail's id.
    pub mail_id: MailId,
    /// The mail as far as SES knows it, before anything was told of it.
    pub mail: Mail,
    /// What happened.
    pub news: News,
    /// Whether it happened to whom the mail is for, and not just to who gets a copy. Hosts name whom they like as the one to whom it
    /// happened: where that is nobody to whom it went, it is the mail's.
    pub is_of_the_addressee: bool,
    /// To whose copies it happened.
    pub copies: Vec<Email>,
}

#[derive(Deserialize)]
struct Envelope {
    id: String,
    #[serde(rename = "detail-type")]
    kind: String,
    time: DateTime<chrono::Utc>,
    detail: Detail,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Detail {
    mail: Sent,
    delivery: Option<Told>,
    delivery_delay: Option<Told>,
    bounce: Option<Told>,
    complaint: Option<Told>,
}

/// The mail, as SES describes it.
#[derive(Deserialize)]
struct Sent {
    timestamp: DateTime<chrono::Utc>,
    destination: Vec<String>,
    #[serde(default)]
    tags: BTreeMap<String, Vec<String>>,
}

/// What an event says of what happened, of whichever kind.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    timestamp: Option<DateTime<chrono::Utc>>,
    bounce_type: Option<String>,
    bounce_sub_type: Option<String>,
    delay_type: Option<String>,
    complaint_feedback_type: Option<String>,
    #[serde(default)]
    recipients: Vec<String>,
    #[serde(default, alias = "delayedRecipients", alias = "complainedRecipients")]
    bounced_recipients: Vec<Recipient>,
}

/// One of those to whom it happened.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Recipient {
    email_address: String,
}

impl Told {
    /// To whom it happened; none for what is no address.
    fn recipients(&self) -> impl Iterator<Item = Option<Email>> {
        let each = self.bounced_recipients.iter().map(|recipient| &recipient.email_address).chain(&self.recipients);
        each.map(|recipient| Email::new(address(recipient)).ok())
    }
}

/// The event that `body` tells of.
pub fn parse(body: &str) -> Result<Event, Unreadable> {
    let envelope: Envelope = serde_json::from_str(body).map_err(|error| Unreadable::form(&error))?;
    let Envelope { id, kind, time, detail } = envelope;
    let (tags, purpose) = Tags::read(&detail.mail.tags).map_err(Unreadable::Untagged)?;
    let to = detail.mail.destination.first().map(|to| address(to)).and_then(|to| Email::new(to).ok());
    let to = to.ok_or_else(|| Unreadable::Form("it names no address".to_owned()))?;
    let mail = Mail::sent(tags.record, (tags.sequence, tags.event), tags.about, purpose, to, detail.mail.timestamp);
    let news = news(&kind, time, &detail).ok_or_else(|| Unreadable::Form(format!("it doesn't say what “{kind}” does")))?;
    let told = [&detail.delivery, &detail.delivery_delay, &detail.bounce, &detail.complaint].into_iter().flatten();
    let named: Vec<_> = told.flat_map(Told::recipients).collect();
    let copied: Vec<_> = detail.mail.destination.iter().skip(1).filter_map(|copy| Email::new(address(copy)).ok()).collect();
    let is_copy = |recipient: &Option<Email>| recipient.as_ref().is_some_and(|recipient| copied.contains(recipient));
    let is_of_the_addressee = named.is_empty() || !named.iter().all(is_copy);
    let copies = named.into_iter().filter(is_copy).flatten().collect();
    Ok(Event { id, firm: tags.firm, mail_id: tags.mail, mail, news, is_of_the_addressee, copies })
}

/// What an event of `kind` tells, which came at `time`; none if it doesn't say that.
fn news(kind: &str, time: Time, detail: &Detail) -> Option<News> {
    let at = |told: &Told| told.timestamp.unwrap_or(time);
    Some(match kind {
        "Email Sent" => News::Sent,
        "Email Delivered" => News::Delivered(at(detail.delivery.as_ref()?)),
        "Email Delivery Delayed" => {
            let told = detail.delivery_delay.as_ref()?;
            News::Delayed(Delay { at: at(told), reason: delay_reason(told.delay_type.as_deref()?) })
        }
        "Email Bounced" => {
            let told = detail.bounce.as_ref()?;
            let kind = bounce_kind(told.bounce_type.as_deref()?);
            News::Bounced(Bounce { kind, reason: bounce_reason(told.bounce_sub_type.as_deref().unwrap_or_default()), at: at(told) })
        }
        "Email Complaint Received" => {
            let told = detail.complaint.as_ref()?;
            // The opposite is told in the same way: that a mail is none that was taken for it.
            if told.complaint_feedback_type.as_deref() == Some("not-spam") { News::Sent } else { News::Complained(at(told)) }
        }
        "Email Rejected" => News::Rejected(time),
        _ => return None,
    })
}

fn bounce_kind(kind: &str) -> BounceKind {
    match kind {
        "Permanent" => BounceKind::Permanent,
        "Transient" => BounceKind::Transient,
        _ => BounceKind::Undetermined,
    }
}

fn bounce_reason(sub_type: &str) -> BounceReason {
    match sub_type {
        "NoEmail" => BounceReason::NoEmail,
        "Suppressed" | "OnAccountSuppressionList" => BounceReason::Suppressed,
        "UnsubscribedRecipient" => BounceReason::Unsubscribed,
        "MailboxFull" => BounceReason::MailboxFull,
        "MessageTooLarge" => BounceReason::MessageTooLarge,
        "ContentRejected" => BounceReason::ContentRejected,
        "AttachmentRejected" => BounceReason::AttachmentRejected,
        "CustomTimeoutExceeded" => BounceReason::TimedOut,
        _ => BounceReason::General,
    }
}

fn delay_reason(kind: &str) -> DelayReason {
    match kind {
        "MailboxFull" => DelayReason::MailboxFull,
        "SpamDetected" => DelayReason::SpamDetected,
        "RecipientServerError" | "TransientCommunicationFailure" => DelayReason::HostUnavailable,
        "InternalFailure" | "IPFailure" | "BYOIPHostNameLookupUnavailable" | "SendingDeferral" => DelayReason::ServiceUnavailable,
        _ => DelayReason::General,
    }
}

/// The address in `Name <address>`.
fn address(text: &str) -> &str {
    text.rsplit_once('<').map_or(text, |(_, address)| address.trim_end_matches('>'))
}

#[cfg(test)]
mod tests;
