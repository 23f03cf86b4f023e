//! What can be done about a session, beside the API.

use std::str::FromStr;

use super::books::No;

/// What the payer, the firm or a bank does about a session; the last part of a button's path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Pay by card: the money is there at once.
    Pay,
    /// Pay by bank: the money is on its way.
    PayLater,
    /// The money arrives that was on its way.
    Arrive,
    /// The money that was on its way won't come.
    Bounce,
    /// Nobody paid in time.
    Expire,
    /// Pay back what is left of the payment, or so many of the currency's smallest units.
    Refund(Option<i64>),
    /// The payer's bank wants the money back.
    Dispute,
    /// And doesn't get it.
    Win,
    /// And gets it.
    Lose,
}

impl FromStr for Action {
    type Err = No;

    fn from_str(name: &str) -> Result<Self, No> {
        Ok(match name {
            "pay" => Self::Pay,
            "pay-later" => Self::PayLater,
            "arrive" => Self::Arrive,
            "bounce" => Self::Bounce,
            "expire" => Self::Expire,
            "refund" => Self::Refund(None),
            "dispute" => Self::Dispute,
            "win" => Self::Win,
            "lose" => Self::Lose,
            other => return Err(No::missing("button", other)),
        })
    }
}
