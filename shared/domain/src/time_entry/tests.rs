use super::{Event, Status, TimeEntry, day, minutes, rate};
use crate::{
    Currency, Date, Id, Money, MultiLine, Price, SingleLine, Time, TimeZone,
    firm::Firm,
    ids::InvoiceId,
    project::{self, Direction, Increment, Member, Project, Rounding},
    rate::RateCard,
    task::{self, Task},
    tax::LineTax,
};
use proptest::prelude::*;

fn now() -> Time {
    "2026-11-25T12:00:00Z".parse().unwrap()
}

fn entry(minutes: i32, rate: &str) -> TimeEntry {
    let rate = Money::new("hourly_rate", rate.parse().unwrap(), Currency::USD).unwrap();
    TimeEntry {
        project: Id::new(now(), 1),
        client: Id::new(now(), 2),
        task: None,
        user: Id::new(now(), 3),
        date: "2026-11-24".parse().unwrap(),
        minutes,
        rounding: Rounding::NONE,
        billable: true,
        hourly_rate: Some(rate),
        billed_amount: Money::zero(Currency::USD),
        description: None,
        needs_approval: false,
        progress: Status::Open,
        rejection: None,
        invoice: None,
        reverses: None,
        reversed_by: None,
    }
    .priced(Currency::USD)
    .unwrap()
}

#[test]
fn the_rate_that_is_closest_to_the_work_holds() {
    let date: Date = "2026-11-24".parse().unwrap();
    let price = |text: &str| text.parse::<Price>().unwrap();
    let firm = |rates: RateCard, currency| {
        let firm = Firm::new(SingleLine::new("North").unwrap(), currency, TimeZone::UTC);
        Firm { hourly_rates: rates, ..firm }
    };
    let firm_of = |currency| firm(RateCard::always(price("100")), currency);
    let member = |rates| Member { user: Id::new(now(), 3), rates };
    let project = |rates, members| Project {
        client: Id::new(now(), 2),
        contract: None,
        name: SingleLine::new("Study").unwrap(),
        description: None,
        status: project::Status::Active,
        currency: Currency::USD,
        rates,
        budget_hours: None,
        budget_amount: None,
        rounding: Rounding::NONE,
        requires_approval: false,
        manager: None,
        members,
        start_date: None,
        end_date: None,
    };
    let task = |hourly_rate| Task {
        project: Id::new(now(), 1),
        client: Id::new(now(), 2),
        title: SingleLine::new("Interviews").unwrap(),
        description: None,
        status: task::Status::Todo,
        assignee: None,
        due_date: None,
        estimate_hours: None,
        position: 1,
        hourly_rate,
        currency: Currency::USD,
        time_zone: None,
        came_due: None,
    };
    let (none, own) = (RateCard::default(), RateCard::always(price("200")));
    let personal = vec![member(RateCard::always(price("300")))];
    let user = Id::new(now(), 3);
    for (task, project, firm, expected) in [
        (Some(task(Some(price("400")))), project(own.clone(), personal.clone()), firm_of(Currency::USD), Some("400")),
        (Some(task(None)), project(own.clone(), personal), firm_of(Currency::USD), Some("300")),
        (None, project(own, vec![member(none.clone())]), firm_of(Currency::USD), Some("200")),
        (None, project(none.clone(), vec![]), firm_of(Currency::USD), Some("100")),
        (None, project(none.clone(), vec![]), firm_of("EUR".parse().unwrap()), None),
        (None, project(none.clone(), vec![]), firm(none, Currency::USD), None),
    ] {
        assert_eq!(rate(task.as_ref(), &project, &firm, user, date), expected.map(price));
    }
}

fn invoice() -> InvoiceId {
    Id::new(now(), 7)
}

fn untaxed() -> LineTax {
    LineTax::by_default(None)
}

fn reason() -> MultiLine<1000> {
    MultiLine::new("Wrong project").unwrap()
}

/// An entry at each status.
fn at(status: Status) -> TimeEntry {
    match status {
        Status::Invoiced => TimeEntry { invoice: Some(invoice()), ..entry(60, "100") },
        Status::Open | Status::Submitted | Status::Approved => TimeEntry { progress: status, ..entry(60, "100") },
    }
}

#[test]
fn every_state_allows_what_it_should_and_nothing_else() {
    use Status::{Approved, Invoiced, Open, Submitted};
    // edit, delete, submit, approve, reject, bill, release, reverse
    for (status, allowed) in [
        (Open, [true, true, true, false, false, true, false, false]),
        (Submitted, [true, true, false, true, true, true, false, false]),
        (Approved, [false, false, false, false, true, true, false, false]),
        (Invoiced, [false, false, false, false, false, false, true, true]),
    ] {
        let entry = at(status);
        let did = [
            entry.edit(entry.clone()).is_ok(),
            entry.delete().is_ok(),
            entry.submit().is_ok(),
            entry.approve().is_ok(),
            entry.reject(reason()).is_ok(),
            entry.bill(invoice()).is_ok(),
            entry.release().is_ok(),
            entry.reverse(Id::new(now(), 8), Id::new(now(), 9), untaxed()).is_ok(),
        ];
        assert_eq!(did, allowed, "{status:?}");
    }
}

#[test]
fn where_the_project_asks_for_it_only_approved_time_is_billed() {
    for (status, billed) in [(Status::Open, false), (Status::Submitted, false), (Status::Approved, true)] {
        let entry = TimeEntry { needs_approval: true, ..at(status) };
        assert_eq!(entry.bill(invoice()).is_ok(), billed, "{status:?}");
    }
    let free = TimeEntry { billable: false, ..at(Status::Open) };
    assert_eq!(free.bill(invoice()).unwrap_err().field.as_deref(), Some("time_entries"));
}

#[test]
fn what_is_released_stands_where_it_stood() {
    let (billed, _) = at(Status::Approved).bill(invoice()).unwrap();
    assert_eq!(billed.status(), Status::Invoiced);
    assert_eq!(billed.release().unwrap().0, at(Status::Approved));
}

#[test]
fn a_reversal_takes_back_all_of_it_once_and_can_be_billed() {
    let (id, reversal) = (Id::new(now(), 8), Id::new(now(), 9));
    let ((reversed, _), back) = at(Status::Invoiced).reverse(id, reversal, untaxed()).unwrap();
    let total = |name: usize| reversed.sums()[name].1 + back.sums()[name].1;
    assert_eq!((total(0), total(1)), (0, 0));
    assert_eq!(
        (
            back.reverses.as_ref().map(|charged| charged.entry),
            reversed.reversed_by,
            back.billed_units().unwrap().get().to_string().as_str()
        ),
        (Some(id), Some(reversal), "-1")
    );
    assert!(reversed.reverse(id, reversal, untaxed()).is_err());
    assert!(back.edit(back.clone()).is_err() && back.reject(reason()).is_err());
    let (billed, _) = back.bill(invoice()).unwrap();
    assert!(billed.reverse(id, reversal, untaxed()).is_err());
}

#[test]
fn what_takes_back_other_time_can_be_deleted_as_long_as_no_invoice_has_it() {
    let (id, reversal) = (Id::new(now(), 8), Id::new(now(), 9));
    let ((reversed, _), back) = at(Status::Invoiced).reverse(id, reversal, untaxed()).unwrap();
    assert_eq!(back.delete(), Ok(Event::Deleted));
    assert_eq!(reversed.reinstate(reversal).unwrap(), (at(Status::Invoiced), Event::Reinstated));
    assert!(reversed.reinstate(id).is_err() && at(Status::Invoiced).reinstate(reversal).is_err());
    assert!(back.bill(invoice()).unwrap().0.delete().is_err());
}

#[test]
fn hours_are_a_minute_to_a_day() {
    for (hours, good) in [
        ("2.5", Some(150)),
        ("0.33", Some(20)),
        ("24", Some(1440)),
        ("0.0084", Some(1)),
        ("0.0083", None),
        ("0", None),
        ("24.0001", None),
        ("1000000000000", None),
    ] {
        assert_eq!(minutes(hours.parse().unwrap()).ok(), good, "{hours}");
    }
}

#[test]
fn days_are_within_reason() {
    for (text, good) in [("2026-11-24", true), ("2026-11-25", true), ("2026-11-26", false), ("2024-01-01", true), ("2023-11-01", false)] {
        assert_eq!(day(text.parse().unwrap(), "2026-11-25".parse().unwrap()).is_ok(), good, "{text}");
    }
}

#[test]
fn what_is_billed_is_rounded_and_what_was_worked_is_not() {
    let quarters = Rounding { increment: Increment::new(15).unwrap(), direction: Direction::Up };
    let entry = TimeEntry { rounding: quarters, ..entry(62, "200") }.priced(Currency::USD).unwrap();
    assert_eq!((entry.minutes, entry.billed_minutes(), entry.billed_amount.to_decimal_string().as_str()), (62, 75, "250.00"));
    let free = TimeEntry { billable: false, hourly_rate: None, ..entry.clone() }.priced(Currency::USD).unwrap();
    assert_eq!((free.billed_minutes(), free.billed_amount.is_zero()), (0, true));
    assert_eq!(TimeEntry { hourly_rate: None, ..entry }.priced(Currency::USD).unwrap_err().field.as_deref(), Some("hourly_rate"));
    assert_eq!(self::entry(150, "200").billed_amount.to_decimal_string(), "500.00");
    assert_eq!(self::entry(20, "100").billed_amount.to_decimal_string(), "33.33");
}

proptest! {
    #[test]
    fn what_is_taken_back_is_what_was_billed(minutes in 1_i32..=1440, cents in 0_i64..1_000_000) {
        let billed = TimeEntry { invoice: Some(invoice()), ..entry(minutes, &format!("{}.{:02}", cents / 100, cents % 100)) };
        let (_, back) = billed.reverse(Id::new(now(), 8), Id::new(now(), 9), untaxed()).unwrap();
        prop_assert_eq!(back.clone().priced(Currency::USD).unwrap(), back.clone());
        prop_assert!(billed.billed_amount.plus("amount", back.billed_amount).unwrap().is_zero());
    }
}
