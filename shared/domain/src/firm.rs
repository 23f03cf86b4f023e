//! Firms: the tenants.

use serde::{Deserialize, Serialize};

use crate::{
    Currency, Percent, Refusal, SingleLine, TimeZone, Transition,
    address::{Address, Party, VatId},
    rate::RateCard,
};

/// The longest that a firm can wait for its money, in days.
const MOST_TERMS: u16 = 365;
/// How often a client can be reminded of an invoice.
const MOST_REMINDERS: usize = 10;

crate::events! {
    Firm {
        /// Signed up.
        Registered = "firm.registered" is Creation,
        /// Its settings were changed.
        Updated = "firm.updated" is Edit,
    }
}

/// A consulting firm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Firm {
    /// What it is called, in its mails too.
    pub name: SingleLine<200>,
    /// The default currency of what it sells.
    pub currency: Currency,
    /// Where its days begin and end.
    pub time_zone: TimeZone,
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
}

fn month() -> u16 {
    30
}

fn weekly() -> Vec<i16> {
    vec![1, 7, 14]
}

impl Firm {
    /// A firm that has just signed up.
    pub fn new(name: SingleLine<200>, currency: Currency, time_zone: TimeZone) -> Self {
        let (payment_terms_days, reminder_days) = (month(), weekly());
        Self {
            name,
            currency,
            time_zone,
            hourly_rates: RateCard::default(),
            payment_terms_days,
            reminder_days,
            default_tax_rate: None,
            address: None,
            tax_number: None,
            vat_id: None,
        }
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
mod tests {
    use super::*;

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
    fn a_firm_from_before_there_were_terms_has_the_usual_ones() {
        let firm: Firm = serde_json::from_str(r#"{"name": "North", "currency": "USD", "time_zone": "UTC"}"#).unwrap();
        assert_eq!(firm, Firm::new(SingleLine::new("North").unwrap(), Currency::USD, TimeZone::UTC));
    }
}
