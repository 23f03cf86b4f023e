use super::{Direction, Increment, Member, Project, Rounding, Status};
use crate::{Archive, Currency, Date, Id, SingleLine, Time, ids::UserId, rate::RateCard};
use proptest::prelude::*;

fn at(status: Status) -> Project {
    Project {
        client: Id::new(Time::default(), 1),
        contract: None,
        name: SingleLine::new("Audit").unwrap(),
        description: None,
        status,
        currency: Currency::USD,
        rates: RateCard::always("150".parse().unwrap()),
        budget_hours: "100".parse().ok(),
        budget_amount: None,
        rounding: Rounding::NONE,
        requires_approval: false,
        manager: None,
        members: Vec::new(),
        start_date: None,
        end_date: None,
    }
}

fn user(n: u128) -> UserId {
    Id::new(Time::default(), n)
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

#[test]
fn a_project_moves_as_its_work_does() {
    use Status::{Active, Cancelled, Completed, OnHold, Planned};
    for (from, allowed) in [
        (Planned, &[Active, Cancelled][..]),
        (Active, &[Planned, OnHold, Completed, Cancelled]),
        (OnHold, &[Active, Completed, Cancelled]),
        (Completed, &[Active]),
        (Cancelled, &[Active]),
    ] {
        for to in [Planned, Active, OnHold, Completed, Cancelled] {
            assert_eq!(at(from).move_to(to).is_ok(), allowed.contains(&to), "{from:?} → {to:?}");
        }
        let over = matches!(from, Completed | Cancelled);
        assert_eq!(at(from).edit(at(from)).is_err(), over, "{from:?}");
        assert_eq!(at(from).archive().is_ok(), over, "{from:?}");
        assert_eq!(at(from).takes_time().is_ok(), from == Active, "{from:?}");
    }
}

#[test]
fn a_person_has_their_own_rate_on_a_project_or_the_projects() {
    let rates = RateCard::always("200".parse().unwrap());
    let (project, _) = at(Status::Active).add_member(Member { user: user(1), rates }).unwrap();
    let today = day("2026-11-25");
    assert_eq!(project.rate(user(1), today), "200".parse().ok());
    assert_eq!(project.rate(user(2), today), "150".parse().ok());
    let (project, _) = project.add_member(Member { user: user(1), rates: RateCard::default() }).unwrap();
    assert_eq!((project.rate(user(1), today), project.members.len()), ("150".parse().ok(), 1));
    let (project, _) = project.remove_member(user(1)).unwrap();
    assert_eq!(project.remove_member(user(1)).unwrap_err().field.as_deref(), Some("user"));
}

#[test]
fn a_team_is_told_each_once() {
    let member = |n| Member { user: user(n), rates: RateCard::default() };
    let project = Project { manager: Some(user(2)), members: vec![member(1), member(2)], ..at(Status::Active) };
    assert_eq!(project.team(), [user(1), user(2)]);
}

#[test]
fn a_budget_is_used_left_and_forecast() {
    let project =
        Project { budget_amount: None, start_date: Some(day("2026-01-01")), end_date: Some(day("2026-04-10")), ..at(Status::Active) };
    let budget = project.budget(25 * 60 + 30, 382_500, day("2026-01-25"));
    assert_eq!(budget.used_hours.to_string(), "25.50");
    assert_eq!(budget.used_amount.to_decimal_string(), "3825.00");
    assert_eq!(budget.left_hours.map(|hours| hours.to_string()).as_deref(), Some("74.50"));
    assert_eq!(budget.left_amount, None);
    // 25 of 100 days.
    assert_eq!(budget.forecast_hours.map(|hours| hours.normalize().to_string()).as_deref(), Some("102"));
    assert_eq!(project.budget(0, 0, day("2025-12-31")).forecast_hours, None);
    assert_eq!(at(Status::Active).budget(60, 0, day("2026-01-25")).forecast_hours, None);
}

#[test]
fn time_is_rounded_as_the_project_says() {
    let rounding = |minutes, direction| Rounding { increment: Increment::new(minutes).unwrap(), direction };
    for (minutes, increment, up, nearest, down) in [
        (1, 15, 15, 0, 0),
        (8, 15, 15, 15, 0),
        (7, 15, 15, 0, 0),
        (15, 15, 15, 15, 15),
        (62, 6, 66, 60, 60),
        (2, 5, 5, 0, 0),
        (3, 5, 5, 5, 0),
    ] {
        assert_eq!(rounding(increment, Direction::Up).billed(minutes), up, "{minutes} up to {increment}");
        assert_eq!(rounding(increment, Direction::Nearest).billed(minutes), nearest, "{minutes} to {increment}");
        assert_eq!(rounding(increment, Direction::Down).billed(minutes), down, "{minutes} down to {increment}");
    }
    assert!(Increment::new(7).is_err());
}

proptest! {
    #[test]
    fn rounding_is_by_less_than_an_increment_and_the_same_both_ways(
        minutes in 0_i32..=1440,
        increment in prop::sample::select(Increment::ALL.to_vec()),
        direction in prop::sample::select(vec![Direction::Up, Direction::Nearest, Direction::Down]),
    ) {
        let rounding = Rounding { increment: Increment::new(increment).unwrap(), direction };
        let billed = rounding.billed(minutes);
        prop_assert!(billed % i32::from(increment) == 0 && (billed - minutes).abs() < i32::from(increment));
        prop_assert_eq!(rounding.billed(-minutes), -billed);
    }
}
