//! Tax on what is charged, as EN 16931 has it: the lines of one category and rate are summed, then the tax on that sum is rounded
//! once, half away from zero, to the currency's minor unit (BR-CO-17). What a line says of its own tax is for information.

use serde::{Deserialize, Serialize};

use crate::{Currency, Money, Percent, Refusal, SingleLine};

/// What kind of tax is on something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum TaxCategory {
    /// Tax at a rate of more than nothing.
    Standard,
    /// Tax at a rate of nothing.
    Zero,
    /// Exempt, for a reason.
    Exempt,
    /// The buyer accounts for the tax.
    ReverseCharge,
    /// No tax applies.
    OutsideScope,
}

/// The tax on a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineTax {
    /// Its kind.
    pub category: TaxCategory,
    /// In percent; nothing, unless it is [`TaxCategory::Standard`].
    pub rate: Percent,
    /// Why there is none, in place of the usual words.
    pub reason: Option<SingleLine<200>>,
}

/// What a body says of the tax on a line.
#[derive(Debug, Clone, Default)]
pub struct SaidTax {
    /// Its kind.
    pub category: Option<TaxCategory>,
    /// In percent.
    pub rate: Option<Percent>,
    /// Why there is none.
    pub reason: Option<SingleLine<200>>,
}

/// The field that lines are called by.
const FIELD: &str = "line_items";

impl LineTax {
    /// Tax at `default`, the firm's rate: at a rate of nothing if that is 0, and out of its scope if there is none.
    pub fn by_default(default: Option<Percent>) -> Self {
        match default {
            Some(rate) => Self::at(rate),
            None => Self { category: TaxCategory::OutsideScope, rate: Percent::ZERO, reason: None },
        }
    }

    fn at(rate: Percent) -> Self {
        let category = if rate == Percent::ZERO { TaxCategory::Zero } else { TaxCategory::Standard };
        Self { category, rate, reason: None }
    }

    /// The tax that is `said`, where `default` is the firm's rate.
    pub fn of(said: SaidTax, default: Option<Percent>) -> Result<Self, Refusal> {
        let refused = |message: &str| Err(Refusal::rule("tax_rate", message));
        let tax = match (said.category, said.rate) {
            (None, None) => Self::by_default(default),
            (None, Some(rate)) => Self::at(rate),
            (Some(TaxCategory::Standard), rate) => match rate.or(default).filter(|rate| *rate != Percent::ZERO) {
                Some(rate) => Self::at(rate),
                None => return refused("Is more than 0 where the tax_category is standard."),
            },
            (Some(_), Some(rate)) if rate != Percent::ZERO => return refused("Is more than 0 only where the tax_category is standard."),
            (Some(category), _) => Self { category, rate: Percent::ZERO, reason: None },
        };
        if said.reason.is_some() && tax.category == TaxCategory::Standard {
            return Err(Refusal::rule("tax_reason", "Standard tax has none."));
        }
        Ok(Self { reason: said.reason, ..tax })
    }

    /// Whether it is summed up with `other`.
    fn sums_with(&self, other: &Self) -> bool {
        self.category == other.category && self.rate == other.rate
    }

    /// The tax on `base`, rounded.
    pub fn on(&self, base: Money) -> Result<Money, Refusal> {
        base.percent(FIELD, self.rate)
    }

    /// What it is called on an invoice.
    pub fn name(&self) -> String {
        match self.category {
            TaxCategory::Standard => format!("Tax {}%", self.rate.get()),
            TaxCategory::Zero => "Zero-rated".to_owned(),
            TaxCategory::Exempt => "Exempt from tax".to_owned(),
            TaxCategory::ReverseCharge => "Reverse charge".to_owned(),
            TaxCategory::OutsideScope => "Outside the scope of tax".to_owned(),
        }
    }

    /// Why there is none, in its own words or the usual ones; nothing where no reason is needed.
    pub fn reason(&self) -> Option<String> {
        let usual = match self.category {
            TaxCategory::Standard | TaxCategory::Zero | TaxCategory::OutsideScope => None,
            TaxCategory::Exempt => Some("This supply is exempt from tax."),
            TaxCategory::ReverseCharge => Some("Reverse charge: the customer accounts for the tax."),
        };
        self.reason.as_ref().map(ToString::to_string).or(usual.map(str::to_owned))
    }
}

/// The tax of one category and rate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tax {
    /// Which.
    pub of: LineTax,
    /// What its lines come to, discounts taken off.
    pub base: Money,
    /// The tax on that.
    pub amount: Money,
}

/// The taxes on lines, of which each is taxed so and comes to so much after discounts; in the order of the lines.
pub(crate) fn taxes<'t>(lines: impl Iterator<Item = (&'t LineTax, Money)>, currency: Currency) -> Result<Vec<Tax>, Refusal> {
    let mut taxes: Vec<Tax> = Vec::new();
    for (place, (of, net)) in lines.enumerate() {
        match taxes.iter_mut().find(|tax| tax.of.sums_with(of)) {
            Some(tax) => {
                tax.base = tax.base.plus(FIELD, net)?;
                if tax.of.reason() != of.reason() {
                    let refusal = Refusal::rule("tax_reason", "Isn't that of the other lines of its tax_category and tax_rate.");
                    return Err(refusal.of_item(FIELD, place));
                }
            }
            None => taxes.push(Tax { of: of.clone(), base: net, amount: Money::zero(currency) }),
        }
    }
    for tax in &mut taxes {
        tax.amount = tax.of.on(tax.base)?;
    }
    Ok(taxes)
}

impl Tax {
    /// The one of `taxes` that is of the same category and rate.
    pub fn among<'t>(&self, taxes: &'t [Self]) -> Option<&'t Self> {
        taxes.iter().find(|tax| tax.of.sums_with(&self.of))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invoice::tests::usd;

    fn said(category: Option<TaxCategory>, rate: Option<&str>, reason: Option<&str>) -> SaidTax {
        SaidTax { category, rate: rate.map(|rate| rate.parse().unwrap()), reason: reason.map(|reason| SingleLine::new(reason).unwrap()) }
    }

    #[test]
    fn a_rate_says_its_category_and_only_standard_tax_has_one() {
        use TaxCategory::{Exempt, OutsideScope, ReverseCharge, Standard, Zero};
        let nineteen = "19".parse().ok();
        for (category, rate, default, is) in [
            (None, None, None, Some((OutsideScope, "0"))),
            (None, None, nineteen, Some((Standard, "19"))),
            (None, None, Some(Percent::ZERO), Some((Zero, "0"))),
            (None, Some("7"), nineteen, Some((Standard, "7"))),
            (None, Some("0"), nineteen, Some((Zero, "0"))),
            (Some(Standard), None, nineteen, Some((Standard, "19"))),
            (Some(Standard), None, None, None),
            (Some(Standard), Some("0"), nineteen, None),
            (Some(ReverseCharge), None, nineteen, Some((ReverseCharge, "0"))),
            (Some(Exempt), Some("0"), None, Some((Exempt, "0"))),
            (Some(Exempt), Some("1"), None, None),
            (Some(Zero), Some("19"), None, None),
        ] {
            let tax = LineTax::of(said(category, rate, None), default).ok();
            assert_eq!(
                tax.map(|tax| (tax.category, tax.rate)),
                is.map(|(category, rate)| (category, rate.parse().unwrap())),
                "{category:?} {rate:?}"
            );
        }
        assert!(LineTax::of(said(None, Some("19"), Some("x")), None).is_err());
    }

    #[test]
    fn what_is_not_taxed_says_why() {
        let of = |category, reason| LineTax::of(said(Some(category), None, reason), None).unwrap();
        let lines = [of(TaxCategory::Exempt, None), of(TaxCategory::ReverseCharge, None), of(TaxCategory::Exempt, None)];
        let taxes_of = |lines: &[LineTax]| taxes(lines.iter().map(|line| (line, usd(100))), Currency::USD);
        let all = taxes_of(&lines).unwrap();
        assert_eq!(all.iter().map(|tax| (tax.base.minor(), tax.amount.minor())).collect::<Vec<_>>(), [(200, 0), (100, 0)]);
        assert!(all.iter().all(|tax| tax.of.reason().is_some()));
        let other = of(TaxCategory::Exempt, Some("Training, section 4"));
        assert_eq!(other.reason().as_deref(), Some("Training, section 4"));
        assert_eq!(taxes_of(&[lines[0].clone(), other]).unwrap_err().field.as_deref(), Some("line_items[1].tax_reason"));
    }
}
