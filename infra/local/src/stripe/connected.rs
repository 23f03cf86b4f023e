//! Accounts that are connected to ours: how they are set up, what they may do, and what is told of them.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    books::{Books, No},
    form, objects,
};

/// How long the page on which an account is set up can be opened, seconds.
const LINK_LIFE: i64 = 300;
/// What an account is asked for at first.
const ASKED: [&str; 4] = ["business_profile.url", "business_type", "external_account", "tos_acceptance.date"];
/// What it is able to do once it is set up.
pub(super) const CAPABILITIES: [&str; 4] = ["card_payments", "sepa_debit_payments", "us_bank_account_ach_payments", "link_payments"];

/// An account of somebody else's.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Connected {
    pub(super) id: String,
    pub(super) created: i64,
    pub(super) country: String,
    pub(super) metadata: Value,
    pub(super) details_submitted: bool,
    pub(super) charges_enabled: bool,
    pub(super) payouts_enabled: bool,
    pub(super) currently_due: Vec<String>,
    pub(super) past_due: Vec<String>,
    pub(super) due_at: Option<i64>,
    pub(super) disabled_reason: Option<String>,
    /// Whether it isn't connected any more.
    pub(super) revoked: bool,
}

/// A page on which an account is set up.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Link {
    pub(super) account: String,
    pub(super) expires_at: i64,
    pub(super) refresh_url: String,
    pub(super) return_url: String,
    pub(super) opened: bool,
}

/// What the holder of an account does, or Stripe; the last part of a button's path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// All that is asked for is told: it can be paid into.
    Complete,
    /// A document is missing: it can't be paid into until that is there.
    Restrict,
    /// Stripe doesn't want it.
    Reject,
    /// Its holder disconnects it.
    Deauthorize,
}

impl FromStr for Move {
    type Err = No;

    fn from_str(name: &str) -> Result<Self, No> {
        Ok(match name {
            "complete" => Self::Complete,
            "restrict" => Self::Restrict,
            "reject" => Self::Reject,
            "deauthorize" => Self::Deauthorize,
            other => return Err(No::missing("button", other)),
        })
    }
}

impl Books {
    /// The account `id`, if it is connected.
    pub(super) fn connected(&self, id: &str) -> Result<&Connected, No> {
        let connected = self.accounts.get(id).filter(|account| !account.revoked);
        connected.ok_or_else(|| No { status: 403, code: Some("account_invalid"), ..No::invalid(format!(
            "The provided key does not have access to account '{id}' (or that account does not exist). Application access may have been revoked."
        )) })
    }

    /// That the account `id` can be paid into.
    pub(super) fn charges(&self, id: &str) -> Result<(), No> {
        if self.connected(id)?.charges_enabled { Ok(()) } else { Err(No::invalid("Your account cannot currently make charges.")) }
    }

    /// Makes the account that `form` orders.
    pub(super) fn create_account(&mut self, form: &Value, now: i64) -> Result<Connected, No> {
        if form::text(form, "/type").as_deref() != Some("standard") {
            return Err(No::invalid("The stand-in knows standard accounts only."));
        }
        let id = self.id("acct").replace("acct_", "acct_1");
        let account = Connected {
            id: id.clone(),
            created: now,
            country: form::text(form, "/country").unwrap_or_else(|| "US".to_owned()),
            metadata: json!(form::texts(form, "/metadata")),
            details_submitted: false,
            charges_enabled: false,
            payouts_enabled: false,
            currently_due: ASKED.map(str::to_owned).into(),
            past_due: ASKED.map(str::to_owned).into(),
            due_at: None,
            disabled_reason: Some("requirements.past_due".to_owned()),
            revoked: false,
        };
        self.accounts.insert(id, account.clone());
        Ok(account)
    }

    /// Makes the page to set up an account that `form` orders; its name.
    pub(super) fn create_link(&mut self, form: &Value, now: i64) -> Result<(String, Link), No> {
        let needed = |path: &str| form::text(form, path).ok_or_else(|| No::invalid(format!("Missing required param: {path}.")));
        let account = needed("/account")?;
        self.connected(&account)?;
        if needed("/type")? != "account_onboarding" {
            return Err(No::invalid("The stand-in knows account_onboarding only."));
        }
        let (refresh_url, return_url) = (needed("/refresh_url")?, needed("/return_url")?);
        let link = Link { account, expires_at: now + LINK_LIFE, refresh_url, return_url, opened: false };
        let id = self.id("link");
        self.links.insert(id.clone(), link.clone());
        Ok((id, link))
    }

    /// The page `id` is opened, which can be done once; where to go instead, if it was or is over.
    pub(super) fn open_link(&mut self, id: &str, now: i64) -> Result<Result<Link, String>, No> {
        let link = self.links.get_mut(id).ok_or_else(|| No::missing("account_link", id))?;
        if link.opened || link.expires_at <= now {
            return Ok(Err(link.refresh_url.clone()));
        }
        link.opened = true;
        Ok(Ok(link.clone()))
    }

    /// Does `step` about the account `id`, and tells of it.
    pub(super) fn step(&mut self, id: &str, step: Move, now: i64) -> Result<(), No> {
        self.connected(id)?;
        let Some(account) = self.accounts.get_mut(id) else { return Err(No::missing("account", id)) };
        let enabled = step == Move::Complete;
        let documents: Vec<String> = (step == Move::Restrict).then(|| "individual.verification.document".to_owned()).into_iter().collect();
        *account = Connected {
            details_submitted: true,
            charges_enabled: enabled,
            payouts_enabled: enabled,
            currently_due: documents.clone(),
            past_due: documents,
            due_at: (step == Move::Restrict).then_some(now),
            disabled_reason: match step {
                Move::Complete | Move::Deauthorize => None,
                Move::Restrict => Some("requirements.past_due".to_owned()),
                Move::Reject => Some("rejected.fraud".to_owned()),
            },
            ..account.clone()
        };
        if step == Move::Deauthorize {
            let application = json!({ "id": "ca_local", "object": "application", "name": "ConsultantPro" });
            self.emit(Some(id), "account.application.deauthorized", application, now);
            if let Some(account) = self.accounts.get_mut(id) {
                account.revoked = true;
            }
            return Ok(());
        }
        let shown = objects::account(self.connected(id)?);
        self.emit(Some(id), "account.updated", shown, now);
        Ok(())
    }
}
