//! A firm's own account at Stripe, to which goes what its clients pay online. A firm has one such record, whichever account it has.
//!
//! How the account stands is Stripe's to say; here it lies as Stripe said last. Whether something can be paid online, and in which
//! account, follows from it ([`Taking::terms`]).

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{
    Currency, Money, Percent, Refusal, Time, Transition,
    ids::{FirmId, PaymentAccountId},
    names::names,
};

mod account;
mod method;
mod standing;

pub use account::{AccountId, NoAccount};
pub use method::{PaymentMethod, PaymentMethods};
pub use standing::{Requirements, Standing};

crate::events! {
    PaymentAccount {
        /// The firm has an account at Stripe, which is to be set up there.
        Created = "payment_account.created" is Creation,
        /// It has another, after the one before was disconnected.
        Replaced = "payment_account.replaced" is Change,
        /// Somebody of the firm asked for a page of Stripe's on which it is set up.
        LinkRequested = "payment_account.link_requested" is Change,
        /// Stripe says something else of it, or asks for something else.
        Restated = "payment_account.restated" is Change,
        /// Clients can pay from now on.
        Enabled = "payment_account.enabled" is Change,
        /// Clients can't pay for now.
        Disabled = "payment_account.disabled" is Change,
        /// Other ways to pay are offered.
        Updated = "payment_account.updated" is Edit,
        /// The firm disconnected it here.
        Disconnected = "payment_account.disconnected" is Change,
        /// It was disconnected at Stripe: nothing is known of it any more.
        Deauthorized = "payment_account.deauthorized" is Change,
    }
}

names! {
    /// Whose account at Stripe clients pay into.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    #[cfg_attr(feature = "openapi", schema(as = PaymentsMode))]
    #[serde(rename_all = "snake_case")]
    pub enum Mode {
        /// Each firm's own, which it connects.
        Connect = "connect",
        /// The installation's, which is for one firm.
        Own = "own",
    }
}

/// What was meant to say how payments are taken doesn't.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} is no way to take payments")]
pub struct NoWay(String);

impl FromStr for Mode {
    type Err = NoWay;

    fn from_str(name: &str) -> Result<Self, NoWay> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == name).ok_or_else(|| NoWay(name.to_owned()))
    }
}

names! {
    /// Who disconnected an account.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    #[cfg_attr(feature = "openapi", schema(as = PaymentAccountEnd))]
    #[serde(rename_all = "snake_case")]
    pub enum EndedBy {
        /// The firm, here: what comes of payments that were made is still known.
        Firm = "firm",
        /// The firm or Stripe, there: nothing is known of it any more.
        Stripe = "stripe",
    }
}

/// That an account isn't connected any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// Who did it.
    pub by: EndedBy,
    /// Since when.
    pub at: Time,
}

/// A firm's account at Stripe.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PaymentAccount {
    /// Which of the firm's accounts it is, from 1.
    pub number: u32,
    /// What Stripe calls it.
    pub account: AccountId,
    /// Since when the firm has it.
    pub connected_at: Time,
    /// How it stands, as Stripe said last.
    pub standing: Standing,
    /// The ways to pay that the firm offers; none: all that the account has and that fit.
    #[serde(default)]
    pub payment_methods: Option<PaymentMethods>,
    /// That it isn't connected any more, if it isn't.
    pub ended: Option<Ended>,
}

/// What `stripe-events` finds in its queue of an account that isn't the firm's any more: nothing is to be paid there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeaveAccount {
    /// Whose it was.
    pub firm: FirmId,
    /// Which.
    pub leave_account: AccountId,
    /// Whether nothing more is heard of it: what is on its way there is nobody's to wait for.
    pub lost: bool,
}

impl PaymentAccountId {
    /// Under which `firm` has its own.
    pub fn of_firm(firm: FirmId) -> Self {
        Self::from_bytes(firm.to_bytes())
    }
}

impl PaymentAccount {
    /// Which number the account has that a firm with `last` connects, and `last`'s name if that is it.
    pub fn to_connect(last: Option<&Self>) -> (u32, Option<&AccountId>) {
        match last {
            None => (1, None),
            Some(last) if last.ended.is_some() => (last.number.saturating_add(1), None),
            Some(last) => (last.number, Some(&last.account)),
        }
    }

    /// The key under which Stripe is asked for account number `number` of `firm`, in `country`: asked twice, it makes one.
    pub fn creation_key(firm: FirmId, number: u32, country: Option<&str>) -> String {
        format!("account:{firm}:{number}:{}", country.unwrap_or("-"))
    }

    /// The firm's first account, made at `now`.
    pub fn created(account: AccountId, now: Time) -> Self {
        Self { number: 1, account, connected_at: now, standing: Standing::default(), payment_methods: None, ended: None }
    }

    /// The firm has `account`, in place of one that ended.
    pub fn replaced(&self, account: AccountId, now: Time) -> Transition<Self> {
        if self.ended.is_none() {
            return Err(Refusal::state("The firm has an account that is connected."));
        }
        Ok((Self { number: self.number.saturating_add(1), ..Self::created(account, now) }, Event::Replaced))
    }

    /// Somebody is given a page on which it is set up.
    pub fn link_requested(&self) -> Transition<Self> {
        self.connected()?;
        Ok((self.clone(), Event::LinkRequested))
    }

    /// `account` stands so, as Stripe says when it is asked; nothing, if that is no news or it isn't the firm's any more.
    pub fn restate(&self, account: &AccountId, standing: Standing) -> Option<(Self, Event)> {
        if self.account != *account || self.ended.is_some() || self.standing == standing {
            return None;
        }
        let event = match (self.standing.charges_enabled, standing.charges_enabled) {
            (false, true) => Event::Enabled,
            (true, false) => Event::Disabled,
            (true, true) | (false, false) => Event::Restated,
        };
        Some((Self { standing, ..self.clone() }, event))
    }

    /// The account with other ways to pay: each is one that it has.
    pub fn edit(&self, edited: Self) -> Transition<Self> {
        self.connected()?;
        let missing =
            edited.payment_methods.iter().flat_map(|methods| methods.iter()).find(|method| !self.standing.methods.contains(method));
        if let Some(missing) = missing.filter(|_| edited.payment_methods != self.payment_methods) {
            return Err(Refusal::rule("payment_methods", format!("The account at Stripe has no {} so far.", missing.as_str())));
        }
        Ok((edited, Event::Updated))
    }

    /// The firm disconnects it at `now`.
    pub fn disconnect(&self, now: Time) -> Transition<Self> {
        self.connected()?;
        Ok((Self { ended: Some(Ended { by: EndedBy::Firm, at: now }), ..self.clone() }, Event::Disconnected))
    }

    /// `account` was disconnected at Stripe; nothing, if that is known or it isn't the firm's any more.
    pub fn deauthorize(&self, account: &AccountId, now: Time) -> Option<(Self, Event)> {
        let is_known = self.ended.is_some_and(|ended| ended.by == EndedBy::Stripe);
        if self.account != *account || is_known {
            return None;
        }
        Some((Self { ended: Some(Ended { by: EndedBy::Stripe, at: now }), ..self.clone() }, Event::Deauthorized))
    }

    /// That it is connected.
    pub fn connected(&self) -> Result<(), Refusal> {
        if self.ended.is_none() { Ok(()) } else { Err(Refusal::state("The firm has no account at Stripe that is connected.")) }
    }

    /// That something in `currency` can be paid there now.
    fn takes(&self, currency: Currency) -> Result<(), Refusal> {
        let refused = |why: &str| Err(Refusal::unpayable(format!("The firm takes no payments online for now: {why}")));
        if self.ended.is_some() {
            return refused("its account at Stripe isn't connected any more.");
        }
        match (self.standing.charges_enabled, self.standing.details_submitted) {
            (false, false) => return refused("it hasn't finished setting them up at Stripe."),
            (false, true) => return refused("Stripe doesn't let its account take any."),
            (true, _) => {}
        }
        if self.payment_methods.as_ref().is_some_and(|methods| !methods.iter().any(|method| method.takes(currency))) {
            return refused(&format!("none of the ways to pay that it offers is for {currency}."));
        }
        Ok(())
    }
}

/// How payments are taken in this installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taking {
    /// Into whose account.
    pub mode: Mode,
    /// How much of a payment into a firm's own account is the installation's.
    pub fee: Percent,
}

/// How an invoice is paid online now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// In which account; the installation's, if in none.
    pub account: Option<AccountId>,
    /// In which ways alone, if the firm says.
    pub methods: Option<PaymentMethods>,
    pub(crate) fee: Percent,
}

impl Taking {
    /// Into each firm's own account, and nothing of it is kept.
    pub const CONNECT: Self = Self { mode: Mode::Connect, fee: Percent::ZERO };
    /// Into the installation's account.
    pub const OWN: Self = Self { mode: Mode::Own, fee: Percent::ZERO };

    /// What the environment says: `connect` or `own`, and a fee in percent.
    pub fn new(mode: &str, fee: &str) -> Result<Self, NoWay> {
        let percent = || serde_json::from_value(fee.into()).map_err(|_| NoWay(fee.to_owned()));
        Ok(Self { mode: mode.parse()?, fee: if fee.is_empty() { Percent::ZERO } else { percent()? } })
    }

    /// How something in `currency` is paid to the firm that has `account`; why it can't be, if it can't.
    pub fn terms(&self, account: Option<&PaymentAccount>, currency: Currency) -> Result<Terms, Refusal> {
        match (self.mode, account) {
            (Mode::Own, _) => Ok(Terms::own()),
            (Mode::Connect, None) => Err(Refusal::unpayable("The firm takes no payments online: it hasn't set them up.")),
            (Mode::Connect, Some(account)) => {
                account.takes(currency)?;
                Ok(Terms { account: Some(account.account.clone()), methods: account.payment_methods.clone(), fee: self.fee })
            }
        }
    }
}

impl Terms {
    /// In the installation's account.
    pub fn own() -> Self {
        Self { account: None, methods: None, fee: Percent::ZERO }
    }

    /// How much of `amount` is the installation's, if anything is: rounded down, so that it is never more than was said.
    pub fn fee_of(&self, amount: Money) -> Option<Money> {
        let share = rust_decimal::Decimal::from(amount.minor()) * self.fee.get() / rust_decimal::Decimal::ONE_HUNDRED;
        let minor = i64::try_from(share.trunc()).ok().filter(|minor| *minor > 0)?;
        Some(Money::sum_of(minor, amount.currency()))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn acct(name: &str) -> AccountId {
        format!("acct_{name}").parse().unwrap()
    }

    fn enabled() -> Standing {
        let methods = vec![PaymentMethod::Card, PaymentMethod::SepaDebit];
        Standing { charges_enabled: true, payouts_enabled: true, details_submitted: true, methods, ..Standing::default() }
    }

    fn connected() -> PaymentAccount {
        PaymentAccount::created(acct("1"), Time::default()).restate(&acct("1"), enabled()).unwrap().0
    }

    fn methods(of: &[PaymentMethod]) -> Option<PaymentMethods> {
        PaymentMethods::new(of.to_vec()).ok()
    }

    #[test]
    fn what_stripe_says_of_another_account_or_of_one_that_ended_is_no_news() {
        let account = connected();
        assert!(account.restate(&acct("2"), Standing::default()).is_none() && account.restate(&acct("1"), enabled()).is_none());
        let disabled = account.restate(&acct("1"), Standing { charges_enabled: false, ..enabled() }).unwrap();
        assert_eq!((disabled.1, disabled.0.restate(&acct("1"), enabled()).unwrap().1), (Event::Disabled, Event::Enabled));
        assert_eq!(account.restate(&acct("1"), Standing { payouts_enabled: false, ..enabled() }).unwrap().1, Event::Restated);
        let (ended, _) = account.disconnect(Time::default()).unwrap();
        assert!(ended.restate(&acct("1"), Standing::default()).is_none() && ended.disconnect(Time::default()).is_err());
        assert!(ended.deauthorize(&acct("2"), Time::default()).is_none());
        let (lost, event) = ended.deauthorize(&acct("1"), Time::default()).unwrap();
        assert_eq!((event, lost.deauthorize(&acct("1"), Time::default())), (Event::Deauthorized, None));
    }

    #[test]
    fn a_firm_has_one_account_until_that_ends() {
        let account = connected();
        assert_eq!(PaymentAccount::to_connect(None), (1, None));
        assert_eq!(PaymentAccount::to_connect(Some(&account)), (1, Some(&acct("1"))));
        assert!(account.replaced(acct("2"), Time::default()).is_err());
        let (ended, _) = account.deauthorize(&acct("1"), Time::default()).unwrap();
        assert_eq!(PaymentAccount::to_connect(Some(&ended)), (2, None));
        assert!(ended.link_requested().is_err());
        let (other, _) = ended.replaced(acct("2"), Time::default()).unwrap();
        assert_eq!((other.number, &other.account, other.standing.charges_enabled, other.ended), (2, &acct("2"), false, None));
    }

    #[test]
    fn it_takes_what_stripe_and_the_firm_let_it_take() {
        let account = connected();
        let of = |account: Option<&PaymentAccount>| Taking::CONNECT.terms(account, Currency::USD).map_err(|refusal| refusal.why);
        assert_eq!(of(Some(&account)).map(|terms| terms.account), Ok(Some(acct("1"))));
        let why = crate::Why::Unpayable;
        assert_eq!(of(None), Err(why));
        assert_eq!(of(Some(&PaymentAccount::created(acct("1"), Time::default()))), Err(why));
        assert_eq!(of(Some(&account.disconnect(Time::default()).unwrap().0)), Err(why));
        let debit = PaymentAccount { payment_methods: methods(&[PaymentMethod::SepaDebit]), ..account.clone() };
        assert_eq!(of(Some(&debit)), Err(why));
        assert!(Taking::CONNECT.terms(Some(&debit), "EUR".parse().unwrap()).is_ok());
        assert_eq!(Taking::OWN.terms(None, Currency::USD), Ok(Terms::own()));
    }

    #[test]
    fn only_ways_to_pay_that_the_account_has_are_offered() {
        let account = connected();
        let with = |of: &[PaymentMethod]| account.edit(PaymentAccount { payment_methods: methods(of), ..account.clone() });
        assert!(with(&[PaymentMethod::SepaDebit]).is_ok());
        assert_eq!(with(&[PaymentMethod::Card, PaymentMethod::BacsDebit]).unwrap_err().field.as_deref(), Some("payment_methods"));
        // What was chosen before Stripe took it away stays chosen.
        let chosen = with(&[PaymentMethod::SepaDebit]).unwrap().0;
        let without = PaymentAccount { standing: Standing { methods: vec![], ..enabled() }, ..chosen };
        assert!(without.edit(without.clone()).is_ok());
    }

    #[test]
    fn a_fee_is_never_more_than_was_said() {
        let of = |fee: &str, minor| {
            let terms = Terms { fee: Taking::new("connect", fee).unwrap().fee, ..Terms::own() };
            terms.fee_of(Money::sum_of(minor, Currency::USD)).map(Money::minor)
        };
        assert_eq!([of("", 12_345), of("0", 12_345), of("1.5", 12_345), of("1", 99), of("100", 1)], [None, None, Some(185), None, Some(1)]);
        assert!(Taking::new("connect", "101").is_err() && Taking::new("both", "").is_err() && Taking::new("own", "").is_ok());
    }
}
