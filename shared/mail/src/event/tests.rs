use domain::mail::{Purpose, Topic};
use serde_json::{Value, json};

use super::*;

/// An event as AWS documents it: of `kind`, with what it says of that below `name`.
fn event(kind: &str, name: &str, told: Value) -> Value {
    let mut event = json!({
        "version": "0",
        "id": "12a18625-3cad-0345-9a2b-3fb6ea26d6be",
        "detail-type": kind,
        "source": "aws.ses",
        "account": "012345678901",
        "time": "2026-11-22T08:26:42Z",
        "region": "eu-north-1",
        "resources": ["arn:aws:ses:eu-north-1:012345678901:configuration-set/consultantpro-prod"],
        "detail": {
            "eventType": kind,
            "mail": {
                "timestamp": "2026-11-22T08:26:40.123Z",
                "source": "\"North via ConsultantPro\" <no-reply@consultantpro.example>",
                "sourceArn": "arn:aws:ses:eu-north-1:012345678901:identity/consultantpro.example",
                "sendingAccountId": "012345678901",
                "messageId": "EXAMPLE7c191be45-e9aedb9a-02f9-4d12-a87d-dd0099a07f8a-000000",
                "destination": ["ann@acme.example"],
                "headersTruncated": false,
                "headers": [{"name": "Subject", "value": "Invoice INV-000001"}],
                "commonHeaders": {"subject": "Invoice INV-000001"},
                "tags": {
                    "ses:configuration-set": ["consultantpro-prod"],
                    "ses:source-ip": ["192.0.2.0"],
                    "firm": ["firm_01kanar9g00000000000000001"],
                    "mail": ["mail_01kanar9g00000000000000002"],
                    "record": ["inv_01kanar9g00000000000000003"],
                    "sequence": ["4"],
                    "event": ["invoice-payment_recorded"],
                    "about": ["pay_01kanar9g00000000000000005"],
                    "purpose": ["payment"],
                },
            },
        },
    });
    event["detail"][name] = told;
    event
}

fn told(kind: &str, name: &str, told: Value) -> News {
    parse(&event(kind, name, told).to_string()).unwrap().news
}

fn bounce(kind: &str, sub_type: &str) -> News {
    let told_of = json!({
        "feedbackId": "01000157c44f053b-61b59c11-9236-11e6-8f96-7be8aexample-000000", "bounceType": kind, "bounceSubType": sub_type,
        "bouncedRecipients": [{"emailAddress": "ann@acme.example", "action": "failed", "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 user unknown"}],
        "timestamp": "2026-11-22T08:26:42.669Z", "reportingMTA": "dsn; mta.example.com",
    });
    told("Email Bounced", "bounce", told_of)
}

#[test]
fn a_mail_is_known_by_its_tags() {
    let Event { id, firm, mail_id, mail, news, is_of_the_addressee, copies } =
        parse(&event("Email Sent", "send", json!({})).to_string()).unwrap();
    assert!(is_of_the_addressee && copies.is_empty());
    assert_eq!(id, "12a18625-3cad-0345-9a2b-3fb6ea26d6be");
    assert_eq!([firm.to_string(), mail_id.to_string()], ["firm_01kanar9g00000000000000001", "mail_01kanar9g00000000000000002"]);
    assert_eq!((mail.record, mail.sequence), (Topic::Invoice("inv_01kanar9g00000000000000003".parse().unwrap()), 4));
    assert_eq!((mail.event.as_str(), mail.about.as_deref()), ("invoice.payment_recorded", Some("pay_01kanar9g00000000000000005")));
    assert_eq!((mail.purpose, mail.to.as_str(), news), (Purpose::Payment, "ann@acme.example", News::Sent));
    assert_eq!(mail.sent_at, "2026-11-22T08:26:40.123Z".parse::<Time>().unwrap());
}

#[test]
fn each_kind_of_event_tells_what_happened_and_when() {
    let at = "2026-11-22T08:26:42.669Z".parse::<Time>().unwrap();
    let delivery = json!({"timestamp": at, "processingTimeMillis": 546, "recipients": ["ann@acme.example"], "smtpResponse": "250 ok"});
    assert_eq!(told("Email Delivered", "delivery", delivery), News::Delivered(at));
    for (delay_type, reason) in [
        ("MailboxFull", DelayReason::MailboxFull),
        ("SpamDetected", DelayReason::SpamDetected),
        ("TransientCommunicationFailure", DelayReason::HostUnavailable),
        ("SendingDeferral", DelayReason::ServiceUnavailable),
        ("General", DelayReason::General),
        ("Undetermined", DelayReason::General),
        ("WhateverComesNext", DelayReason::General),
    ] {
        let delay = json!({"delayType": delay_type, "delayedRecipients": [{"emailAddress": "ann@acme.example"}], "timestamp": at});
        assert_eq!(told("Email Delivery Delayed", "deliveryDelay", delay), News::Delayed(Delay { at, reason }));
    }
    for (kind, sub_type, expected) in [
        ("Permanent", "General", (BounceKind::Permanent, BounceReason::General)),
        ("Permanent", "NoEmail", (BounceKind::Permanent, BounceReason::NoEmail)),
        ("Permanent", "Suppressed", (BounceKind::Permanent, BounceReason::Suppressed)),
        ("Permanent", "OnAccountSuppressionList", (BounceKind::Permanent, BounceReason::Suppressed)),
        ("Permanent", "UnsubscribedRecipient", (BounceKind::Permanent, BounceReason::Unsubscribed)),
        ("Transient", "General", (BounceKind::Transient, BounceReason::General)),
        ("Transient", "MailboxFull", (BounceKind::Transient, BounceReason::MailboxFull)),
        ("Transient", "MessageTooLarge", (BounceKind::Transient, BounceReason::MessageTooLarge)),
        ("Transient", "CustomTimeoutExceeded", (BounceKind::Transient, BounceReason::TimedOut)),
        ("Transient", "ContentRejected", (BounceKind::Transient, BounceReason::ContentRejected)),
        ("Transient", "AttachmentRejected", (BounceKind::Transient, BounceReason::AttachmentRejected)),
        ("Undetermined", "Undetermined", (BounceKind::Undetermined, BounceReason::General)),
    ] {
        let (kind_of, reason) = expected;
        assert_eq!(bounce(kind, sub_type), News::Bounced(Bounce { kind: kind_of, reason, at }), "{kind} {sub_type}");
    }
    let complaint = |feedback: &str| json!({"complainedRecipients": [{"emailAddress": "ann@acme.example"}], "timestamp": at, "complaintSubType": null, "complaintFeedbackType": feedback});
    assert_eq!(told("Email Complaint Received", "complaint", complaint("abuse")), News::Complained(at));
    assert_eq!(told("Email Complaint Received", "complaint", complaint("not-spam")), News::Sent);
    let rejected = "2026-11-22T08:26:42Z".parse().unwrap();
    assert_eq!(told("Email Rejected", "reject", json!({"reason": "Bad content"})), News::Rejected(rejected));
}

#[test]
fn what_does_not_say_all_of_it_is_unreadable() {
    let good = event("Email Delivered", "delivery", json!({"timestamp": "2026-11-22T08:26:42.669Z"}));
    assert!(parse(&good.to_string()).is_ok());
    let without = |pointer: &str| {
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let mut event = good.clone();
        event.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(name).unwrap();
        parse(&event.to_string()).unwrap_err()
    };
    for pointer in ["/detail", "/detail-type", "/time", "/detail/mail", "/detail/mail/destination", "/detail/delivery"] {
        assert!(matches!(without(pointer), Unreadable::Form(_)), "{pointer}");
    }
    for tag in ["firm", "mail", "record", "sequence", "event", "purpose"] {
        assert_eq!(without(&format!("/detail/mail/tags/{tag}")), Unreadable::Untagged(tag));
    }
    for (pointer, bad) in [
        ("/detail/mail/tags/firm", json!(["inv_01kanar9g00000000000000003"])),
        ("/detail/mail/tags/record", json!(["lead_01kanar9g00000000000000003"])),
        ("/detail/mail/tags/purpose", json!(["spam"])),
        ("/detail/mail/destination", json!([])),
        ("/detail/mail/destination", json!(["nobody"])),
        ("/detail-type", json!("Email Opened")),
        ("/time", json!("yesterday")),
    ] {
        let mut event = good.clone();
        *event.pointer_mut(pointer).unwrap() = bad;
        assert!(parse(&event.to_string()).is_err(), "{pointer}");
    }
    for garbage in ["", "{}", "[]", "not json", "\u{0}"] {
        assert!(parse(garbage).is_err(), "{garbage}");
    }
}

#[test]
fn what_happens_to_a_copy_is_told_from_what_happens_to_the_mail() {
    let of = |copies: &[&str], addresses: &[&str]| {
        let recipients: Vec<_> = addresses.iter().map(|address| json!({"emailAddress": address})).collect();
        let mut event = event("Email Bounced", "bounce", json!({"bounceType": "Permanent", "bouncedRecipients": recipients}));
        event["detail"]["mail"]["destination"].as_array_mut().unwrap().extend(copies.iter().map(|copy| json!(copy)));
        let event = parse(&event.to_string()).unwrap();
        (event.is_of_the_addressee, event.copies.iter().map(|copy| copy.as_str().to_owned()).collect::<Vec<_>>())
    };
    let (ann, bo) = ("ann@acme.example", "bo@acme.example");
    for (copies, addresses, expected) in [
        (vec![bo], vec![ann], (true, vec![])),
        (vec![bo], vec!["Ann <ANN@acme.example>"], (true, vec![])),
        (vec![bo], vec![bo], (false, vec![bo])),
        (vec![bo], vec![ann, bo], (true, vec![bo])),
        (vec![bo], vec![], (true, vec![])),
        // Where it was forwarded, or whom somebody names to harm them, is nobody to whom it went.
        (vec![bo], vec!["victim@elsewhere.example"], (true, vec![])),
        (vec![], vec!["victim@elsewhere.example"], (true, vec![])),
        (vec![bo], vec![bo, "victim@elsewhere.example"], (true, vec![bo])),
        (vec![bo], vec!["no address"], (true, vec![])),
    ] {
        let expected = (expected.0, expected.1.into_iter().map(str::to_owned).collect());
        assert_eq!(of(&copies, &addresses), expected, "{copies:?} {addresses:?}");
    }
}
