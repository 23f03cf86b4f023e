//! What proposals may and may not do.

use super::*;
use Status::{Accepted, Approved, Cancelled, Draft, Expired, PendingApproval, Rejected, Sent, Superseded};

use crate::{Currency, Id, firm::tests::CONFIRMED, offer::tests::line};

fn at(status: Status) -> Proposal {
    let contact = Contact {
        company_name: SingleLine::new("Acme").unwrap(),
        contact_name: None,
        email: crate::Email::new("a@acme.example").ok(),
        phone: None,
        language: None,
    };
    let offer = Offer::of_lines(
        vec![line("2.5", "200", false, false), line("1", "99.99", true, true), line("1", "0.01", true, false)],
        Currency::USD,
    )
    .unwrap();
    Proposal { status, ..Proposal::new(1, Id::new(Time::default(), 1), contact, SingleLine::new("Audit").unwrap(), offer) }
}

fn ids() -> AcceptanceIds {
    AcceptanceIds { client: Id::new(Time::default(), 1), portal_user: None, engagement: Id::new(Time::default(), 1) }
}

#[test]
fn every_state_allows_what_it_should_and_nothing_else() {
    let (now, today) = (Time::default(), Date::anywhere_on_earth(Time::default()));
    let reason = MultiLine::new("Too dear").unwrap();
    // edit, submit, approve, send, accept (portal), accept (staff), reject, cancel, revise, remove
    for (status, allowed) in [
        (Draft, [true, true, false, true, false, true, false, false, false, true]),
        (PendingApproval, [true, false, true, false, false, false, false, true, false, false]),
        (Approved, [true, false, false, true, false, true, false, true, false, false]),
        (Sent, [false, false, false, false, true, true, true, true, true, false]),
        (Accepted, [false, false, false, false, false, false, false, false, false, true]),
        (Rejected, [false, false, false, false, false, false, false, false, true, true]),
        (Cancelled, [false, false, false, false, false, false, false, false, false, true]),
        (Superseded, [false, false, false, false, false, false, false, false, false, true]),
    ] {
        let proposal = at(status);
        let did = [
            proposal.edit(proposal.clone()).is_ok(),
            proposal.submit().is_ok(),
            proposal.approve().is_ok(),
            proposal.send(CONFIRMED, now, today).is_ok(),
            proposal.may_be_accepted(false, today).is_ok(),
            proposal.may_be_accepted(true, today).is_ok(),
            proposal.reject(reason.clone()).is_ok(),
            proposal.cancel(None).is_ok(),
            proposal.revise(an_id(), an_id()).is_ok(),
            proposal.archive().is_ok(),
        ];
        assert_eq!(did, allowed, "{status:?}");
    }
}

fn an_id() -> Id<Proposal> {
    Id::new(Time::default(), 1)
}

#[test]
fn it_can_be_accepted_on_its_last_day_and_not_after() {
    let last = Date::anywhere_on_earth(Time::default());
    let sent = Proposal { valid_until: Some(last), ..at(Sent) };
    assert!(sent.may_be_accepted(false, last).is_ok());
    let after = last.next();
    assert_eq!(sent.status_on(after), Expired);
    assert!(sent.may_be_accepted(true, after).is_err());
    for status in [Draft, Approved] {
        let unsent = Proposal { status, ..sent.clone() };
        assert!(unsent.may_be_accepted(true, last).is_ok() && unsent.may_be_accepted(true, after).is_err(), "{status:?}");
    }
}

#[test]
fn it_expires_by_itself_once_when_its_last_day_is_over_everywhere() {
    let last = Date::anywhere_on_earth(Time::default());
    let sent = Proposal { valid_until: Some(last), ..at(Sent) };
    let [timer] = sent.timers()[..] else { panic!("no timer") };
    assert_eq!(Date::anywhere_on_earth(timer.at), last.next());
    assert!(sent.expire(last).is_none());
    let (expired, event) = sent.expire(last.next()).unwrap();
    assert_eq!((expired.status, event, expired.timers().len()), (Expired, Event::Expired, 0));
    assert!(expired.expire(last.next()).is_none() && at(Sent).timers().is_empty());
}

#[test]
fn only_the_chosen_options_are_in_the_total() {
    let sent = at(Sent);
    assert_eq!(sent.total.to_decimal_string(), "599.99");
    let (accepted, _) = sent.accept(None, None, Some(&[2]), ids(), Time::default()).unwrap();
    assert_eq!(accepted.total.to_decimal_string(), "500.01");
    assert_eq!(sent.accept(None, None, None, ids(), Time::default()).unwrap().0.total, sent.total);
    for places in [&[0][..], &[3]] {
        let refusal = sent.accept(None, None, Some(places), ids(), Time::default()).unwrap_err();
        assert_eq!(refusal.field.as_deref(), Some("chosen_options[0]"));
    }
    let whole = Offer::of_total(sent.total);
    assert_eq!(whole.choosing(&[]).unwrap(), whole);
    let twice = sent.accept(None, None, Some(&[2, 2]), ids(), Time::default()).unwrap_err();
    assert_eq!(twice.field.as_deref(), Some("chosen_options[1]"));
}

#[test]
fn what_was_accepted_is_bound_by_its_digest() {
    let digest = |proposal: &Proposal| proposal.accept(None, None, None, ids(), Time::default()).unwrap().0.acceptance.unwrap().content;
    let sent = at(Sent);
    assert_eq!(digest(&sent), digest(&sent));
    assert_ne!(digest(&sent), digest(&Proposal { terms: MultiLine::new("30 days").ok(), ..sent.clone() }));
    assert_ne!(digest(&sent), digest(&Proposal { version: 2, ..sent.clone() }));
}

#[test]
fn a_revision_has_the_same_number_and_the_next_version() {
    let ((old, event), new) = at(Sent).revise(an_id(), an_id()).unwrap();
    assert_eq!((old.status, event), (Superseded, Event::Superseded));
    assert_eq!((new.number, new.version, new.status), (1, 2, Draft));
}
