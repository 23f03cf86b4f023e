use super::*;

fn domain(name: &str) -> DomainName {
    DomainName::new(name).unwrap()
}

fn at(hours: i64) -> Time {
    Time::default() + TimeDelta::hours(hours)
}

fn claimed() -> SenderDomain {
    SenderDomain::claimed(domain("acme.com"), "cp1".to_owned(), at(0))
}

fn known(has_keys: bool, has_mail_from: bool) -> Seen {
    Seen::Known { dkim_tokens: vec!["a".to_owned(), "b".to_owned()], has_keys, has_mail_from }
}

fn pending() -> SenderDomain {
    claimed().checked(&known(false, false), at(0)).unwrap().0
}

fn verified() -> SenderDomain {
    pending().checked(&known(true, true), at(1)).unwrap().0
}

fn failed() -> SenderDomain {
    claimed().lose().unwrap().0
}

fn removed() -> SenderDomain {
    claimed().remove().unwrap().0
}

/// Every status by everything that can be seen, soon and late.
#[test]
fn what_is_seen_changes_a_domain_as_it_stands() {
    let all = [
        &Seen::Unknown,
        &Seen::Foreign,
        &Seen::Refused,
        &known(false, false),
        &known(true, false),
        &known(false, true),
        &known(true, true),
    ];
    let name = |changed: Option<(SenderDomain, Event)>| {
        changed.map_or("-".to_owned(), |(after, event)| {
            let why = after.failure.map_or(String::new(), |why| format!(" {}", why.as_str()));
            format!("{event:?}{why}")
        })
    };
    let of = |record: &SenderDomain, now: Time| all.map(|seen| name(record.checked(seen, now))).join(", ");
    let late = at(200);
    for (record, soon, then) in [
        (
            claimed(),
            "SetUpAgain, SetUpAgain, Failed refused, SetUp, SetUp, SetUp, Verified",
            "Failed unproven, Failed unproven, Failed refused, Failed unproven, Failed unproven, Failed unproven, Verified",
        ),
        (
            pending(),
            "SetUpAgain, SetUpAgain, Failed refused, -, Restated, Restated, Verified",
            "Failed unproven, Failed unproven, Failed refused, Failed unproven, Failed unproven, Failed unproven, Verified",
        ),
        (
            verified(),
            "SetUpAgain, SetUpAgain, Failed refused, Restated, Restated, Restated, -",
            "SetUpAgain, SetUpAgain, Failed refused, Restated, Restated, Restated, -",
        ),
        (failed(), "-, -, -, -, -, -, -", "-, -, -, -, -, -, -"),
        (removed(), "-, -, -, -, -, -, -", "-, -, -, -, -, -, -"),
    ] {
        assert_eq!((of(&record, at(2)).as_str(), of(&record, late).as_str()), (soon, then), "{:?}", record.status);
    }
    assert_eq!(Status::ALL.len(), 5);
}

#[test]
fn a_verified_one_may_miss_its_records_for_three_days() {
    let (missing, event) = verified().checked(&known(true, false), at(10)).unwrap();
    assert_eq!((event, missing.missing_since, missing.status), (Event::Restated, Some(at(10)), Status::Verified));
    assert!(missing.checked(&known(true, false), at(34)).is_none());
    let (back, event) = missing.checked(&known(true, true), at(58)).unwrap();
    assert_eq!((event, back.missing_since), (Event::Restated, None));
    assert!(missing.checked(&known(true, false), at(10) + MISSING - TimeDelta::seconds(1)).is_none());
    let (gone, event) = missing.checked(&known(true, false), at(10) + MISSING).unwrap();
    assert_eq!((event, gone.failure), (Event::Failed, Some(Failure::Gone)));
    // The same where the mail service doesn't know it any more.
    let (unknown, _) = verified().checked(&Seen::Unknown, at(10)).unwrap();
    assert_eq!(unknown.checked(&Seen::Unknown, at(10) + MISSING).unwrap().0.failure, Some(Failure::Gone));
}

#[test]
fn it_is_looked_at_less_and_less_often_until_three_days_are_over_and_then_daily() {
    let (mut now, mut checks) = (at(0), Vec::new());
    while let Some(next) = pending().next_check(now).filter(|next| *next <= at(0) + WAITS) {
        now = next;
        checks.push((now - at(0)).num_minutes());
    }
    assert_eq!(checks[..10], [1, 2, 5, 10, 20, 40, 80, 160, 320, 680]);
    assert_eq!((checks.len(), checks.last()), (21, Some(&(72 * 60))));
    assert_eq!(verified().next_check(at(5)), Some(at(29)));
    assert_eq!([failed(), removed()].map(|over| over.next_check(at(5))), [None, None]);
}

#[test]
fn a_domain_is_claimed_once_and_anew_where_it_is_over() {
    let label = || "cp2".to_owned();
    for active in [claimed(), pending(), verified()] {
        assert!(active.claim(domain("acme.com"), label(), at(9)).is_none());
        let (other, event) = active.claim(domain("beta.com"), label(), at(9)).unwrap();
        assert_eq!((other.status, event, other.mail_from()), (Status::Requested, Event::ClaimedAgain, "cp2.beta.com".to_owned()));
    }
    for over in [failed(), removed()] {
        let (anew, _) = over.claim(domain("acme.com"), label(), at(9)).unwrap();
        assert_eq!(anew, SenderDomain::claimed(domain("acme.com"), label(), at(9)));
    }
    assert!(removed().remove().is_err() && failed().remove().is_ok() && verified().remove().is_ok());
    assert!(failed().lose().is_none() && removed().lose().is_none() && verified().lose().is_some());
}

#[test]
fn others_may_claim_what_was_not_verified_for_a_day() {
    let [own, other] = [FirmId::new(at(0), 1), FirmId::new(at(0), 2)];
    let second = TimeDelta::seconds(1);
    for (hold, firm, now, may) in [
        (claimed().hold(own), own, at(0), true),
        (claimed().hold(own), other, at(0) + KEPT - second, false),
        (claimed().hold(own), other, at(0) + KEPT, true),
        (verified().hold(own), own, at(0), true),
        (verified().hold(own), other, at(9000), false),
        (failed().hold(own), other, at(0) + KEPT, true),
        (claimed().hold(own).released(), other, at(0), true),
        (removed().hold(own), other, at(0), true),
    ] {
        assert_eq!(hold.yields_to(firm, now).is_ok(), may, "{hold:?} {now}");
    }
    // Who takes it away and claims it again doesn't begin anew with keeping others from it; who takes it over does.
    let again = |firm: FirmId| {
        SenderDomain::claimed(domain("acme.com"), "cp2".to_owned(), at(23)).held(Some(&removed().hold(own)), firm).hold(firm)
    };
    assert_eq!((again(own).since, again(other).since), (at(0), at(23)));
}

#[test]
fn mails_come_from_it_while_it_is_verified() {
    let usual = Email::new("no-reply@ours.example").unwrap();
    assert_eq!(verified().address(&usual), Email::new("no-reply@acme.com").ok());
    let (missing, _) = verified().checked(&known(false, false), at(10)).unwrap();
    assert_eq!(missing.address(&usual), Email::new("no-reply@acme.com").ok());
    for not in [claimed(), pending(), failed(), removed()] {
        assert_eq!(not.address(&usual), None);
    }
}

#[test]
fn it_is_looked_at_on_demand_once_a_minute() {
    let ago = |seconds: i64| Checks { last: Some(at(5) - TimeDelta::seconds(seconds)), next: None };
    assert!(pending().request_check(&ago(59), at(5)).is_err() && failed().request_check(&Checks::default(), at(5)).is_err());
    let (asked, event) = pending().request_check(&ago(60), at(5)).unwrap();
    assert_eq!(event, Event::CheckRequested);
    assert!(asked.request_check(&ago(60), at(5)).is_err());
}
