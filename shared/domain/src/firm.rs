//! Firms: the tenants.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::{
    BrandColor, Currency, Language, Percent, Refusal, SingleLine, Time, TimeZone, Transition,
    address::{Address, Party, VatId},
    ids::{FirmId, LoginId, UserId},
    rate::RateCard,
    session::Principal,
};

/// The longest that a firm can wait for its money, in days.
const MOST_TERMS: u16 = 365;
/// How often a client can be reminded of an invoice.
const MOST_REMINDERS: usize = 10;

crate::events! {
    Firm {
        /// Signed up.
        Registered = "firm.registered" is Creation,
        /// Its founder confirmed their e-mail: from now on it reaches others.
        Confirmed = "firm.confirmed" is Change,
        /// Its founder didn't, and a week is over: nobody comes in any more.
        Closed = "firm.closed" is Change,
        /// Its settings were changed.
        Updated = "firm.updated" is Edit,
    }
}

/// Whose what belongs to no firm is: logins. No firm has this id.
pub const INSTALLATION: FirmId = FirmId::nil();

/// How long a firm waits for its founder to confirm their e-mail.
const WAITS: TimeDelta = TimeDelta::days(7);

/// That a firm's founder hasn't confirmed their e-mail. It can be set up and looked at, but nothing leaves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unconfirmed {
    /// Who founded it.
    pub founder: UserId,
    /// What they sign in with.
    pub login: LoginId,
    /// When it is closed unless they confirm it.
    pub until: Time,
}

/// That a firm's founder has confirmed their e-mail ([`Firm::confirmed`]): what reaches others can't be done without.
#[derive(Debug, Clone, Copy)]
pub struct Confirmed(());

/// A consulting firm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Firm {
    /// What it is called, in its mails too.
    pub name: SingleLine<200>,
    /// The default currency of what it sells.
    pub currency: Currency,
    /// Where its days begin and end.
    pub time_zone: TimeZone,
    /// The language of its mails to whom no other is known of.
    #[serde(default)]
    pub language: Language,
    /// The colour in which its mails show it; ours, if none.
    #[serde(default)]
    pub brand_color: Option<BrandColor>,
    /// What an hour of its people costs, where neither project nor person says otherwise.
    #[serde(default)]
    pub hourly_rates: RateCard,
    /// How many days its clients have to pay, unless an invoice says otherwise.
    #[serde(default = "month")]
    pub payment_terms_days: u16,
    /// How many days after the last one to pay its clients are reminded, each time; before it, where that is less than
    /// none.
    #[serde(default = "weekly")]
    pub reminder_days: Vec<i16>,
    /// The tax on what it charges, unless a line says otherwise.
    #[serde(default)]
    pub default_tax_rate: Option<Percent>,
    /// Where it is.
    #[serde(default)]
    pub address: Option<Address>,
    /// The number under which its tax office knows it.
    #[serde(default)]
    pub tax_number: Option<SingleLine<40>>,
    /// The number under which it pays value added tax.
    #[serde(default)]
    pub vat_id: Option<VatId>,
    /// Whether its people need a second factor to sign in.
    #[serde(default)]
    pub requires_mfa: bool,
    /// That its founder hasn't confirmed their e-mail, as long as they haven't.
    pub unconfirmed: Option<Unconfirmed>,
    /// When it was closed, because they didn't.
    pub closed_at: Option<Time>,
}

fn month() -> u16 {
    30
}

fn weekly() -> Vec<i16> {
    vec![1, 7, 14]
}

impl Firm {
    /// A firm that `founder` signs up at `now`, who signs in with `login`.
    pub fn founded(name: SingleLine<200>, currency: Currency, time_zone: TimeZone, (founder, login): (UserId, LoginId), now: Time) -> Self {
        Self { unconfirmed: Some(Unconfirmed { founder, login, until: now + WAITS }), ..Self::new(name, currency, time_zone) }
    }

    /// A firm that has nothing but these, and is confirmed: of who has shown before that their e-mail is theirs.
    pub fn new(name: SingleLine<200>, currency: Currency, time_zone: TimeZone) -> Self {
        let (payment_terms_days, reminder_days) = (month(), weekly());
        Self {
            name,
            currency,
            time_zone,
            language: Language::default(),
            brand_color: None,
            hourly_rates: RateCard::default(),
            payment_terms_days,
            reminder_days,
            default_tax_rate: None,
            address: None,
            tax_number: None,
            vat_id: None,
            requires_mfa: false,
            unconfirmed: None,
            closed_at: None,
        }
    }

    /// Whether `principal` needs a second factor to sign in to it. Of its clients' people none is asked.
    pub fn asks_second_factor_of(&self, principal: Principal) -> bool {
        match principal {
            Principal::Staff { .. } => self.requires_mfa,
            Principal::Portal { .. } => false,
        }
    }

    /// That something may leave it: mails to others than its founder, what is offered, asked for and sold.
    pub fn confirmed(&self) -> Result<Confirmed, Refusal> {
        if self.unconfirmed.is_some() { Err(Refusal::unconfirmed()) } else { Ok(Confirmed(())) }
    }

    /// Its founder confirmed their e-mail.
    pub fn confirm(&self) -> Transition<Self> {
        match (self.closed_at, self.unconfirmed) {
            (Some(_), _) => Err(Refusal::state("The firm was closed, since nobody had confirmed the e-mail for a week; sign up again.")),
            (None, None) => Err(Refusal::state("The e-mail is confirmed already.")),
            (None, Some(_)) => Ok((Self { unconfirmed: None, ..self.clone() }, Event::Confirmed)),
        }
    }

    /// Nobody confirmed it until now, when it is too late; nothing, if that isn't so.
    pub fn close(&self, now: Time) -> Option<(Self, Event)> {
        let is_late = self.closed_at.is_none() && self.unconfirmed.is_some_and(|unconfirmed| unconfirmed.until <= now);
        is_late.then(|| (Self { closed_at: Some(now), ..self.clone() }, Event::Closed))
    }

    /// What invoices call it.
    pub fn party(&self) -> Party {
        let Self { name, address, tax_number, vat_id, .. } = self.clone();
        Party { name, address, tax_number, vat_id }
    }

    /// The firm with other settings.
    pub fn edit(&self, edited: Self) -> Transition<Self> {
        if edited.payment_terms_days > MOST_TERMS {
            return Err(Refusal::rule("payment_terms_days", format!("At most {MOST_TERMS}.")));
        }
        let ascending = edited.reminder_days.windows(2).all(|pair| matches!(pair, [a, b] if a < b));
        let within = edited.reminder_days.iter().all(|day| (-30..=180).contains(day));
        if !ascending || !within || edited.reminder_days.len() > MOST_REMINDERS {
            let rule = format!("At most {MOST_REMINDERS} days from -30 to 180, each later than the one before.");
            return Err(Refusal::rule("reminder_days", rule));
        }
        edited.hourly_rates.fit("hourly_rates", edited.currency)?;
        Ok((edited, Event::Updated))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) const CONFIRMED: Confirmed = Confirmed(());

    #[test]
    fn settings_are_within_reason() {
        let firm = Firm::new(SingleLine::new("North").unwrap(), Currency::USD, TimeZone::UTC);
        for (days, good) in
            [(vec![], true), (vec![-7, 1, 30], true), (vec![1, 1], false), (vec![7, 1], false), (vec![181], false), (vec![-31], false)]
        {
            assert_eq!(firm.edit(Firm { reminder_days: days.clone(), ..firm.clone() }).is_ok(), good, "{days:?}");
        }
        let refused = |edited: Firm| firm.edit(edited).unwrap_err().field.unwrap();
        assert_eq!(refused(Firm { payment_terms_days: 366, ..firm.clone() }), "payment_terms_days");
        let hourly_rates = RateCard::always("150.005".parse().unwrap());
        assert_eq!(refused(Firm { hourly_rates, ..firm.clone() }), "hourly_rates");
    }

    #[test]
    fn a_firm_reaches_others_once_its_founder_has_confirmed_and_is_closed_after_a_week_if_they_have_not() {
        let (now, name) = (Time::default(), SingleLine::new("North").unwrap());
        let founded = Firm::founded(name, Currency::USD, TimeZone::UTC, (UserId::new(now, 1), LoginId::new(now, 2)), now);
        assert_eq!(founded.confirmed().unwrap_err(), Refusal::unconfirmed());
        let (confirmed, _) = founded.confirm().unwrap();
        assert!(confirmed.confirmed().is_ok() && confirmed.confirm().is_err() && confirmed.close(now + WAITS).is_none());
        assert!(founded.close(now + WAITS - TimeDelta::milliseconds(1)).is_none());
        let (closed, _) = founded.close(now + WAITS).unwrap();
        assert!(closed.confirmed().is_err() && closed.confirm().is_err() && closed.close(now + WAITS).is_none());
    }

    #[test]
    fn a_firm_from_before_there_were_terms_has_the_usual_ones() {
        let firm: Firm = serde_json::from_str(r#"{"name": "North", "currency": "USD", "time_zone": "UTC"}"#).unwrap();
        assert_eq!(firm, Firm::new(SingleLine::new("North").unwrap(), Currency::USD, TimeZone::UTC));
    }
}
