use chrono::TimeDelta;
use proptest::prelude::*;

use super::*;
use crate::ids::InvoiceId;

fn at(seconds: i64) -> Time {
    Time::from_timestamp_millis(1_763_800_000_000).unwrap() + TimeDelta::seconds(seconds)
}

fn mail() -> Mail {
    let (record, event) = (Topic::Invoice(InvoiceId::new(at(0), 1)), (2, "invoice.sent".to_owned()));
    let mail = Mail::sent(record, event, None, Purpose::Invoice, Email::new("ann@acme.example").unwrap(), at(0));
    Mail { is_handed_over: true, ..mail }
}

fn bounced(kind: BounceKind, reason: BounceReason) -> News {
    News::Bounced(Bounce { kind, reason, at: at(5) })
}

fn after(news: &[News]) -> Mail {
    news.iter().fold(mail(), |mail, news| mail.hear(*news).map_or(mail, |(heard, _)| heard))
}

#[test]
fn how_a_mail_stands_follows_from_what_was_told_of_it() {
    use BounceKind::{Permanent, Transient, Undetermined};
    let delivered = News::Delivered(at(1));
    let delayed = News::Delayed(Delay { at: at(1), reason: DelayReason::MailboxFull });
    for (news, status) in [
        (vec![], Status::Sent),
        (vec![News::Sent], Status::Sent),
        (vec![delayed], Status::Delayed),
        (vec![delayed, delivered], Status::Delivered),
        (vec![bounced(Permanent, BounceReason::General)], Status::Bounced),
        (vec![delivered, bounced(Permanent, BounceReason::General)], Status::Bounced),
        (vec![delivered, bounced(Transient, BounceReason::MailboxFull)], Status::Bounced),
        (vec![bounced(Transient, BounceReason::General)], Status::Bounced),
        // Somebody is out of the office.
        (vec![delivered, bounced(Transient, BounceReason::General)], Status::Delivered),
        (vec![delivered, bounced(Undetermined, BounceReason::General)], Status::Delivered),
        (vec![News::Rejected(at(1))], Status::Rejected),
        (vec![delivered, News::Complained(at(2))], Status::Complained),
        (vec![delivered, bounced(Permanent, BounceReason::NoEmail), News::Complained(at(2))], Status::Complained),
    ] {
        let mail = after(&news);
        assert_eq!(mail.status(), status, "{news:?}");
        assert_eq!(mail.failure().is_some(), status.is_failed(), "{news:?}");
    }
}

#[test]
fn what_is_no_news_is_no_event() {
    let delivered = News::Delivered(at(1));
    let (heard, event) = mail().hear(delivered).unwrap();
    assert_eq!((event, heard.hear(delivered), heard.hear(News::Sent)), (Event::Delivered, None, None));
    // The earlier of two counts, and the worse.
    assert_eq!(heard.hear(News::Delivered(at(2))), None);
    let worse = after(&[bounced(BounceKind::Permanent, BounceReason::NoEmail)]);
    assert_eq!(worse.hear(bounced(BounceKind::Transient, BounceReason::MailboxFull)), None);
}

#[test]
fn who_sent_it_and_the_mail_service_tell_of_the_same_mail_whoever_is_faster() {
    let typed = Email::new("info@müller.example").unwrap();
    let ours = Mail { to: typed.clone(), ..mail() };
    let told = Mail { to: Email::new(typed.as_str()).unwrap(), sent_at: at(-1), is_handed_over: false, ..mail() };
    let (told, event) = told.handed_over(ours.clone()).unwrap();
    assert_eq!((&told, told.to.typed(), event), (&ours, "info@müller.example", Event::HandedOver));
    assert_eq!(told.handed_over(ours), None);
}

fn any_news() -> impl Strategy<Value = News> {
    let time = (0_i64..4).prop_map(at);
    let bounce = (0..BounceKind::ALL.len(), 0..BounceReason::ALL.len(), time.clone());
    let delay = (0..DelayReason::ALL.len(), time.clone());
    prop_oneof![
        Just(News::Sent),
        time.clone().prop_map(News::Delivered),
        time.clone().prop_map(News::Complained),
        time.prop_map(News::Rejected),
        bounce.prop_map(|(kind, reason, at)| News::Bounced(Bounce { kind: BounceKind::ALL[kind], reason: BounceReason::ALL[reason], at })),
        delay.prop_map(|(reason, at)| News::Delayed(Delay { at, reason: DelayReason::ALL[reason] })),
    ]
}

proptest! {
    #[test]
    fn the_same_news_in_another_order_and_twice_make_the_same_mail(
        (news, shuffled) in prop::collection::vec(any_news(), 0..8).prop_flat_map(|news| (Just(news.clone()), Just(news).prop_shuffle())),
    ) {
        let twice: Vec<News> = shuffled.iter().chain(&news).copied().collect();
        prop_assert_eq!(after(&news), after(&shuffled));
        prop_assert_eq!(after(&news), after(&twice));
    }
}
