//! What SES tells of mails, in the form in which EventBridge brings it.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

use crate::template::{ACCOUNT, REGION};

/// The domain of SES's mailbox simulator.
const SIMULATOR: &str = "simulator.amazonses.com";

/// A mail that was taken.
#[derive(Debug, Clone)]
pub struct Sent {
    /// SES's id of it.
    pub message_id: String,
    /// The address that it goes to.
    pub to: String,
    /// Those that get a copy.
    cc: Vec<String>,
    source: String,
    subject: Value,
    tags: Map<String, Value>,
    at: DateTime<Utc>,
}

/// What SES tells of a mail, in its own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// It was taken.
    Sent,
    /// The host of its address took it.
    Delivered,
    /// It isn't taken at once: the `delayType`.
    Delayed(&'static str),
    /// It came back: the `bounceType` and `bounceSubType`.
    Bounced(&'static str, &'static str),
    /// It was complained of: the `complaintFeedbackType`.
    Complained(&'static str),
    /// It has a virus.
    Rejected,
}

impl Sent {
    /// The mail that the request `asked` hands in, which was answered with `answered` at `at`.
    pub fn of(asked: &Value, answered: &Value, at: DateTime<Utc>) -> Option<Self> {
        let text = |value: &Value, pointer: &str| value.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        let address = |text: String| text.rsplit_once('<').map_or(text.clone(), |(_, address)| address.trim_end_matches('>').to_owned());
        let mut tags = Map::new();
        let set = text(asked, "/ConfigurationSetName");
        tags.extend(set.map(|set| ("ses:configuration-set".to_owned(), json!([set]))));
        for tag in asked.get("EmailTags").and_then(Value::as_array).into_iter().flatten() {
            tags.insert(text(tag, "/Name")?, json!([text(tag, "/Value")?]));
        }
        Some(Self {
            message_id: text(answered, "/MessageId")?,
            to: address(text(asked, "/Destination/ToAddresses/0")?),
            cc: asked
                .pointer("/Destination/CcAddresses")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(|copy| copy.as_str().map(|copy| address(copy.to_owned())))
                .collect(),
            source: text(asked, "/FromEmailAddress")?,
            subject: asked.pointer("/Content/Simple/Subject/Data").cloned().unwrap_or_default(),
            tags,
            at,
        })
    }

    /// What SES tells of it, in this order: by what its address is called, if it is one of the mailbox simulator's.
    pub fn outcome(&self) -> Vec<Told> {
        outcome(&self.to)
    }

    /// The same of each copy, beside its address.
    pub fn outcome_of_copies(&self) -> impl Iterator<Item = (&str, Told)> {
        let told = |copy: &str| outcome(copy).into_iter().filter(|told| *told != Told::Sent);
        self.cc.iter().flat_map(move |copy| told(copy).map(move |told| (copy.as_str(), told)))
    }

    /// The event that tells `told` at `at`.
    pub fn event(&self, told: &Told, at: DateTime<Utc>) -> Value {
        self.event_of(&self.to, told, at)
    }

    /// The same of what became of what went to `to`.
    pub fn event_of(&self, to: &str, told: &Told, at: DateTime<Utc>) -> Value {
        let time = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Millis, true);
        let at = time(at);
        let feedback = format!("{}-feedback", self.message_id);
        let (detail_type, event_type, name, what) = match told {
            Told::Sent => ("Email Sent", "Send", "send", json!({})),
            Told::Delivered => {
                let delivery = json!({
                    "timestamp": at, "processingTimeMillis": 546, "recipients": [to], "smtpResponse": "250 2.6.0 Message received",
                    "remoteMtaIp": "127.0.0.1", "reportingMTA": "local.smtp-out.amazonses.com",
                });
                ("Email Delivered", "Delivery", "delivery", delivery)
            }
            Told::Delayed(kind) => {
                let delayed = json!([{"emailAddress": to, "status": "4.4.1", "diagnosticCode": "smtp; 421 4.4.1 Unable to connect"}]);
                let delay = json!({"timestamp": at, "delayType": kind, "expirationTime": at, "delayedRecipients": delayed});
                ("Email Delivery Delayed", "DeliveryDelay", "deliveryDelay", delay)
            }
            Told::Bounced(kind, sub_type) => {
                let bounced =
                    json!([{"emailAddress": to, "action": "failed", "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 user unknown"}]);
                let bounce = json!({
                    "feedbackId": feedback, "bounceType": kind, "bounceSubType": sub_type, "bouncedRecipients": bounced,
                    "timestamp": at, "reportingMTA": "dsn; local.smtp-out.amazonses.com",
                });
                ("Email Bounced", "Bounce", "bounce", bounce)
            }
            Told::Complained(kind) => {
                let complaint = json!({
                    "feedbackId": feedback, "complaintSubType": null, "complainedRecipients": [{"emailAddress": to}], "timestamp": at,
                    "userAgent": "Amazon SES Mailbox Simulator", "complaintFeedbackType": kind, "arrivalDate": at,
                });
                ("Email Complaint Received", "Complaint", "complaint", complaint)
            }
            Told::Rejected => ("Email Rejected", "Reject", "reject", json!({"reason": "Bad content"})),
        };
        let destination: Vec<&String> = [&self.to].into_iter().chain(&self.cc).collect();
        let mail = json!({
            "timestamp": time(self.at), "source": self.source, "sendingAccountId": ACCOUNT, "messageId": self.message_id,
            "destination": destination, "headersTruncated": false, "headers": [],
            "commonHeaders": {"from": [self.source], "to": [self.to], "cc": self.cc, "messageId": self.message_id, "subject": self.subject},
            "tags": self.tags,
        });
        json!({
            "version": "0",
            "id": format!("{}-{}-{to}", self.message_id, event_type.to_lowercase()),
            "detail-type": detail_type,
            "source": "aws.ses",
            "account": ACCOUNT,
            "time": at,
            "region": REGION,
            "resources": [],
            "detail": {"eventType": event_type, "mail": mail, name: what},
        })
    }
}

/// What becomes of what goes to `to`.
fn outcome(to: &str) -> Vec<Told> {
    let name = match to.rsplit_once('@') {
        // A label is no part of the name: bounce+north@…
        Some((local, SIMULATOR)) => local.split('+').next().unwrap_or_default(),
        _ => "success",
    };
    match name {
        "bounce" => vec![Told::Sent, Told::Bounced("Permanent", "General")],
        "suppressionlist" => vec![Told::Sent, Told::Bounced("Permanent", "Suppressed")],
        "complaint" => vec![Told::Sent, Told::Delivered, Told::Complained("abuse")],
        // The answer of a machine counts as a mail that came back for now.
        "ooto" => vec![Told::Sent, Told::Delivered, Told::Bounced("Transient", "General")],
        _ => vec![Told::Sent, Told::Delivered],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::Template;

    fn sent(to: &str) -> Sent {
        let asked = json!({
            "FromEmailAddress": "\"North via ConsultantPro\" <no-reply@consultantpro.example>",
            "Destination": {"ToAddresses": [format!("\"Ann Lee\" <{to}>")]},
            "Content": {"Simple": {"Subject": {"Data": "Invoice INV-000001"}}},
            "ConfigurationSetName": "consultantpro-local",
            "EmailTags": [{"Name": "purpose", "Value": "invoice"}],
        });
        Sent::of(&asked, &json!({"MessageId": "m1"}), DateTime::UNIX_EPOCH).unwrap()
    }

    #[test]
    fn the_simulators_addresses_behave_as_at_ses_and_every_other_mail_is_delivered() {
        for (to, told) in [
            ("success@simulator.amazonses.com", vec![Told::Sent, Told::Delivered]),
            ("ann@acme.example", vec![Told::Sent, Told::Delivered]),
            ("bounce@acme.example", vec![Told::Sent, Told::Delivered]),
            ("bounce@simulator.amazonses.com", vec![Told::Sent, Told::Bounced("Permanent", "General")]),
            ("bounce+north@simulator.amazonses.com", vec![Told::Sent, Told::Bounced("Permanent", "General")]),
            ("suppressionlist@simulator.amazonses.com", vec![Told::Sent, Told::Bounced("Permanent", "Suppressed")]),
            ("complaint@simulator.amazonses.com", vec![Told::Sent, Told::Delivered, Told::Complained("abuse")]),
            ("ooto@simulator.amazonses.com", vec![Told::Sent, Told::Delivered, Told::Bounced("Transient", "General")]),
        ] {
            assert_eq!(sent(to).outcome(), told, "{to}");
        }
    }

    #[test]
    fn the_templates_rule_takes_all_that_is_told_of_our_mails_and_nothing_else() {
        let template = Template::load().unwrap();
        let rule = &template.rules[0];
        assert_eq!((template.rules.len(), rule.queues.as_slice()), (1, &["consultantpro-mail-events-local".to_owned()][..]));
        let all = [
            Told::Sent,
            Told::Delivered,
            Told::Delayed("MailboxFull"),
            Told::Bounced("Permanent", "General"),
            Told::Complained("abuse"),
            Told::Rejected,
        ];
        for told in all {
            let event = sent("ann@acme.example").event(&told, DateTime::UNIX_EPOCH);
            assert!(rule.matches(&event), "{told:?}");
            let with = |pointer: &str, value: Value| {
                let mut other = event.clone();
                *other.pointer_mut(pointer).unwrap() = value;
                other
            };
            assert!(!rule.matches(&with("/source", json!("aws.s3"))));
            assert!(!rule.matches(&with("/detail-type", json!("Email Opened"))));
            assert!(!rule.matches(&with("/detail/mail/tags/ses:configuration-set", json!(["another"]))));
        }
    }
}
