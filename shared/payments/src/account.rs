//! Firms' own accounts at Stripe, and the pages on which they are set up.

use std::collections::{BTreeMap, HashMap};

use chrono::DateTime;
use domain::{
    Time,
    payment_account::{AccountId, PaymentMethod, Requirements, Standing},
};
use miniserde::Deserialize;
use serde::Serialize;
use stripe_client_core::{IdempotencyKey, RequestBuilder, RequestStrategy, StripeMethod};

use crate::{PaymentError, Payments};

/// What an account must be able to do to be paid so, by Stripe's names of its capabilities.
const CAPABILITIES: [(PaymentMethod, &str); PaymentMethod::ALL.len()] = [
    (PaymentMethod::Card, "card_payments"),
    (PaymentMethod::Link, "link_payments"),
    (PaymentMethod::SepaDebit, "sepa_debit_payments"),
    (PaymentMethod::UsBankAccount, "us_bank_account_ach_payments"),
    (PaymentMethod::AcssDebit, "acss_debit_payments"),
    (PaymentMethod::BacsDebit, "bacs_debit_payments"),
    (PaymentMethod::AuBecsDebit, "au_becs_debit_payments"),
    (PaymentMethod::Ideal, "ideal_payments"),
    (PaymentMethod::Bancontact, "bancontact_payments"),
    (PaymentMethod::Eps, "eps_payments"),
    (PaymentMethod::P24, "p24_payments"),
];

/// An account to be made.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// Names it: asked twice with one key, Stripe makes one.
    pub key: String,
    /// Where its holder is, ISO 3166-1 alpha-2, if that is known; they are asked otherwise.
    pub country: Option<String>,
    /// What we call whose it is.
    pub firm: String,
}

/// A page of Stripe's on which an account is set up, once and for some minutes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Onboarding {
    /// Where it is. Whoever has it sets up the account.
    pub url: String,
    /// Until when it can be opened.
    pub expires_at: Time,
}

#[derive(Serialize)]
struct Creation<'a> {
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<&'a str>,
    metadata: BTreeMap<&'static str, &'a str>,
}

#[derive(Serialize)]
struct LinkOrder<'a> {
    account: &'a str,
    r#type: &'static str,
    refresh_url: &'a str,
    return_url: &'a str,
    collection_options: Collected,
}

#[derive(Serialize)]
struct Collected {
    fields: &'static str,
}

#[derive(Deserialize)]
struct Created {
    id: String,
}

#[derive(Deserialize)]
struct AccountLink {
    url: String,
    expires_at: i64,
}

#[derive(Deserialize)]
struct Account {
    charges_enabled: Option<bool>,
    payouts_enabled: Option<bool>,
    details_submitted: Option<bool>,
    capabilities: Option<HashMap<String, String>>,
    requirements: Option<Asked>,
}

#[derive(Deserialize)]
struct Asked {
    currently_due: Option<Vec<String>>,
    past_due: Option<Vec<String>>,
    eventually_due: Option<Vec<String>>,
    pending_verification: Option<Vec<String>>,
    current_deadline: Option<i64>,
    disabled_reason: Option<String>,
}

impl Payments {
    /// Make the account `new` (Standard: its holder has Stripe's Dashboard, and deals with Stripe themselves), or find again the
    /// one that its key made.
    pub async fn create_account(&self, new: &NewAccount) -> Result<AccountId, PaymentError> {
        let NewAccount { key, country, firm } = new;
        let key = IdempotencyKey::new(key).map_err(|error| PaymentError::Refused(error.to_string()))?;
        let form = Creation { r#type: "standard", country: country.as_deref(), metadata: BTreeMap::from([("firm", firm.as_str())]) };
        let strategy = || RequestStrategy::Idempotent(key.clone());
        let request = || RequestBuilder::new(StripeMethod::Post, "/accounts").form(&form).customize().request_strategy(strategy());
        let created: Created = self.send(request).await?;
        created.id.parse().map_err(|_| PaymentError::Unavailable(format!("{} is no account", created.id)))
    }

    /// A new page on which `account` is set up, from which its holder comes back to `return_url`, and to `refresh_url` where the page
    /// is used or over.
    pub async fn onboarding(&self, account: &AccountId, refresh_url: &str, return_url: &str) -> Result<Onboarding, PaymentError> {
        let collection_options = Collected { fields: "eventually_due" };
        let form = LinkOrder { account, r#type: "account_onboarding", refresh_url, return_url, collection_options };
        // Several are as good as one: no key.
        let link: AccountLink = self.send(|| RequestBuilder::new(StripeMethod::Post, "/account_links").form(&form).customize()).await?;
        let expires_at = DateTime::from_timestamp(link.expires_at, 0);
        let expires_at = expires_at.ok_or_else(|| PaymentError::Unavailable("a page that ends at no time".to_owned()))?;
        Ok(Onboarding { url: link.url, expires_at })
    }

    /// How `account` stands now; [`PaymentError::AccountLost`] if it isn't connected any more.
    pub async fn account(&self, account: &AccountId) -> Result<Standing, PaymentError> {
        let path = format!("/accounts/{account}");
        let found: Account = self.get(None, || RequestBuilder::new(StripeMethod::Get, path.as_str())).await?;
        Ok(standing(found))
    }
}

fn standing(account: Account) -> Standing {
    let Account { charges_enabled, payouts_enabled, details_submitted, capabilities, requirements } = account;
    let is_active = |name: &str| capabilities.as_ref().and_then(|all| all.get(name)).is_some_and(|state| state == "active");
    let asked = requirements.map_or_else(Requirements::default, |asked| Requirements {
        currently_due: asked.currently_due.unwrap_or_default(),
        past_due: asked.past_due.unwrap_or_default(),
        eventually_due: asked.eventually_due.unwrap_or_default(),
        pending_verification: asked.pending_verification.unwrap_or_default(),
        due_at: asked.current_deadline.and_then(|at| DateTime::from_timestamp(at, 0)),
        disabled_reason: asked.disabled_reason,
    });
    Standing {
        charges_enabled: charges_enabled.unwrap_or_default(),
        payouts_enabled: payouts_enabled.unwrap_or_default(),
        details_submitted: details_submitted.unwrap_or_default(),
        requirements: asked.bounded(),
        methods: CAPABILITIES.into_iter().filter(|(_, name)| is_active(name)).map(|(method, _)| method).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_stands_as_stripe_says() {
        let json = r#"{"id": "acct_1", "object": "account", "charges_enabled": true, "payouts_enabled": false, "details_submitted": true,
            "capabilities": {"card_payments": "active", "sepa_debit_payments": "pending", "transfers": "active"},
            "requirements": {"alternatives": [], "currently_due": ["external_account"], "current_deadline": 1790000000,
                "disabled_reason": null, "errors": [], "eventually_due": ["external_account"], "past_due": [], "pending_verification": null}}"#;
        let stands = standing(miniserde::json::from_str(json).unwrap());
        assert_eq!((stands.charges_enabled, stands.payouts_enabled, stands.methods), (true, false, vec![PaymentMethod::Card]));
        assert_eq!(stands.requirements.currently_due, ["external_account"]);
        assert_eq!(stands.requirements.due_at.map(|at| at.timestamp()), Some(1_790_000_000));
        assert_eq!(standing(miniserde::json::from_str(r#"{"id": "acct_1"}"#).unwrap()), Standing::default());
    }

    #[test]
    fn each_way_to_pay_has_its_capability() {
        let of = |method: PaymentMethod| CAPABILITIES.iter().filter(|(known, _)| *known == method).count();
        assert!(PaymentMethod::ALL.into_iter().all(|method| of(method) == 1));
    }
}
