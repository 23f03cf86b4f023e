//! `/api/auth/firm/sender-domain/`: the domain that the firm's mails come from, once it has shown that it is its own.
//!
//! Nothing is asked of the mail service here: that follows from what is written down (`outbox`), and how the domain stands is looked at
//! as time goes by (`schedule`).

use api::{Answer, App, Cx, Problem, Routes, Staff, Valid, delete, get, may, post, put, routes};
use axum::{Extension, extract::State};
use chrono::{DateTime, Utc};
use domain::{
    Email, Refusal,
    firm::Firm,
    ids::SenderDomainId,
    sender_domain::{Checks, DomainName, Event, SenderDomain, Status, Taken},
};
use serde::{Deserialize, Serialize};
use store::{Found, Record};
use utoipa::ToSchema;

use crate::reauthentication::proven_for;

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default().routes(routes!(show_sender_domain, claim_sender_domain, remove_sender_domain)).routes(routes!(check_sender_domain))
}

/// What `auth` knows of how mails are sent.
#[derive(Debug, Clone)]
pub struct Sending {
    /// The address that mails come from, unless they come from a firm's own.
    pub sender: Email,
    /// The region in which the mail service is, which its hosts are called by.
    pub region: String,
}

/// The domain that the firm's mails come from.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SenderDomain)]
struct SenderDomainOut {
    /// The domain, in ASCII; none if the firm has none.
    domain: Option<String>,
    /// How it stands; none if the firm has none.
    status: Option<Status>,
    /// Why mails don't come from it, in words, if it failed; of a verified one, that something is missing.
    reason: Option<String>,
    /// The address that mails come from once it is verified. Until then they come from ours, in the firm's name.
    address: Option<String>,
    /// What its DNS is to say. The first come as soon as they are known, within seconds.
    records: Vec<DnsRecord>,
    claimed_at: Option<DateTime<Utc>>,
    /// When it was looked at last.
    checked_at: Option<DateTime<Utc>>,
    /// When it is looked at next, within five minutes.
    next_check_at: Option<DateTime<Utc>>,
    /// Since when mails come from it.
    verified_at: Option<DateTime<Utc>>,
}

/// A record that the domain's DNS is to have.
#[derive(Debug, Serialize, ToSchema)]
struct DnsRecord {
    r#type: DnsType,
    /// The whole of its name.
    name: String,
    value: String,
    /// Of an MX record.
    priority: Option<u16>,
    /// Whether it was found; none of what isn't looked for: that is recommended.
    status: Option<DnsStatus>,
}

/// The type of a DNS record.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
enum DnsType {
    Cname,
    Mx,
    Txt,
}

/// Whether a DNS record was found.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum DnsStatus {
    Found,
    Missing,
}

/// The domain that mails are to come from.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"domain": "northwind.example"}))]
struct NewSenderDomain {
    /// One that can be registered, or one below such; neither ours nor one where everybody has addresses.
    #[schema(value_type = String, max_length = 200)]
    domain: DomainName,
}

impl Sending {
    /// What the DNS of `domain` is to say.
    fn records(&self, domain: &SenderDomain) -> Vec<DnsRecord> {
        let found = |is_found: bool| Some(if is_found { DnsStatus::Found } else { DnsStatus::Missing });
        let record = |r#type, name: String, value: String, status| DnsRecord { r#type, name, value, priority: None, status };
        let keys = domain.dkim_tokens.iter().map(|token| {
            let (name, value) = (format!("{token}._domainkey.{}", domain.domain), format!("{token}.dkim.amazonses.com"));
            record(DnsType::Cname, name, value, found(domain.has_keys))
        });
        let host = format!("feedback-smtp.{}.amazonses.com", self.region);
        let back = DnsRecord { priority: Some(10), ..record(DnsType::Mx, domain.mail_from(), host, found(domain.has_mail_from)) };
        let spf = record(DnsType::Txt, domain.mail_from(), "v=spf1 include:amazonses.com ~all".to_owned(), None);
        let dmarc = record(DnsType::Txt, format!("_dmarc.{}", domain.domain), "v=DMARC1; p=none;".to_owned(), None);
        keys.chain([back, spf, dmarc]).collect()
    }

    /// How `domain` is shown, which is looked at as `checks` say.
    fn shown(&self, domain: &SenderDomain, checks: &Checks) -> SenderDomainOut {
        if domain.status == Status::Removed {
            return SenderDomainOut::none();
        }
        let missing =
            domain.missing_since.map(|_| "Some of the DNS records are missing; after three days of that, mails come from our address.");
        SenderDomainOut {
            domain: Some(domain.domain.to_string()),
            status: Some(domain.status),
            reason: domain.failure.map(|failure| failure.in_words()).or(missing).map(str::to_owned),
            address: domain.future_address(&self.sender).map(|address| address.to_string()),
            records: self.records(domain),
            claimed_at: Some(domain.claimed_at),
            checked_at: checks.last,
            next_check_at: checks.next,
            verified_at: domain.verified_at,
        }
    }

    fn answer(&self, cx: &Cx, domain: &Record<SenderDomain>, checks: &Checks) -> Result<Answer<SenderDomainOut>, Problem> {
        Ok(cx.json(&self.shown(domain, checks))?.version(domain.version))
    }
}

impl SenderDomainOut {
    /// Of a firm that has none.
    fn none() -> Self {
        Self {
            domain: None,
            status: None,
            reason: None,
            address: None,
            records: Vec::new(),
            claimed_at: None,
            checked_at: None,
            next_check_at: None,
            verified_at: None,
        }
    }
}

/// Show the domain that mails come from.
///
/// With the records that its DNS is to have, and whether they were found. It is looked at more and more seldom for three days, and daily
/// once it is verified.
#[get("/api/auth/firm/sender-domain/")]
async fn show_sender_domain(
    cx: Cx,
    Extension(sending): Extension<Sending>,
    staff: Staff<may::ReadFirm>,
) -> Result<Answer<SenderDomainOut>, Problem> {
    let id = SenderDomainId::of_firm(staff.firm);
    let found = cx.store.read(staff.firm).record(id).domain_checks().eventually().fetch().await?;
    match found.maybe(id)? {
        Some(domain) => sending.answer(&cx, &domain, &found.domain_checks()?),
        None => cx.json(&SenderDomainOut::none()),
    }
}

/// Say which domain mails are to come from.
///
/// They do once its DNS says so; the records to publish are in the answer within seconds. Said of another domain, it takes the place of
/// the one before; said again of one that failed, it begins anew, with other records. By who proved within ten minutes who they are (403,
/// `reauthentication-required`). 422 for what is no domain of a firm's; 409 if another firm's mails come from it, or if another said so
/// less than a day ago.
#[put("/api/auth/firm/sender-domain/")]
async fn claim_sender_domain(
    cx: Cx,
    State(app): State<App>,
    Extension(sending): Extension<Sending>,
    staff: Staff<may::ManageFirm>,
    Valid(NewSenderDomain { domain }): Valid<NewSenderDomain>,
) -> Result<Answer<SenderDomainOut>, Problem> {
    proven_for(&cx, &staff, true)?;
    let id = SenderDomainId::of_firm(staff.firm);
    let found = cx.read(&staff).record(staff.firm).record(id).domain_checks().domain_hold(&domain).fetch().await?;
    let (firm, last): (Record<Firm>, Option<Record<SenderDomain>>) = (found.record(staff.firm)?, found.maybe(id)?);
    firm.confirmed()?;
    Taken::new(&sending.sender, &app.web_origin).allow(&domain)?;
    let (hold, checks) = (found.domain_hold(&domain)?, found.domain_checks()?);
    hold.map_or(Ok(()), |hold| hold.yields_to(staff.firm, cx.now))?;
    let label = format!("cp{:016x}", rand::random::<u64>());
    let mut change = cx.change(&staff);
    let claimed = match &last {
        None => change.create(id, SenderDomain::claimed(domain.clone(), label, cx.now).held(hold.as_ref(), staff.firm), Event::Claimed)?,
        Some(last) => {
            cx.matches(last)?;
            let Some((claimed, event)) = last.claim(domain.clone(), label, cx.now) else { return sending.answer(&cx, last, &checks) };
            if last.domain != domain && last.is_held() {
                let before = cx.store.read(staff.firm).domain_hold(&last.domain).fetch().await?.domain_hold(&last.domain)?;
                change.release_domain(&last.domain, before.as_ref())?;
            }
            change.update(last, (claimed.held(hold.as_ref(), staff.firm), event))?
        }
    };
    change.hold_domain(&domain, hold.as_ref(), &claimed.hold(staff.firm))?;
    let next = Checks { last: None, next: claimed.next_check(cx.now) };
    change.set_domain_checks(&checks, &next)?;
    cx.commit(change, sending.answer(&cx, &claimed, &next)).await
}

/// Have the domain looked at now.
///
/// What comes of it is shown within seconds. 409 if it was looked at less than a minute ago, and if there is none to look at.
#[post("/api/auth/firm/sender-domain/check/", 200)]
async fn check_sender_domain(
    cx: Cx,
    Extension(sending): Extension<Sending>,
    staff: Staff<may::ManageFirm>,
) -> Result<Answer<SenderDomainOut>, Problem> {
    let found = cx.read(&staff).record(SenderDomainId::of_firm(staff.firm)).domain_checks().fetch().await?;
    let (before, checks) = (known(&cx, &staff, &found)?, found.domain_checks()?);
    let mut change = cx.change(&staff);
    let domain = change.update(&before, before.request_check(&checks, cx.now)?)?;
    cx.commit(change, sending.answer(&cx, &domain, &checks)).await
}

/// Take the domain away.
///
/// Mails come from our address again, in the firm's name, and others may claim the domain. The firm's owners are told by mail. By who
/// proved within ten minutes who they are (403, `reauthentication-required`). 409 if there is none.
#[delete("/api/auth/firm/sender-domain/", 204)]
async fn remove_sender_domain(cx: Cx, staff: Staff<may::ManageFirm>) -> Result<Answer<()>, Problem> {
    proven_for(&cx, &staff, true)?;
    let found = cx.read(&staff).record(SenderDomainId::of_firm(staff.firm)).domain_checks().fetch().await?;
    let (before, checks) = (known(&cx, &staff, &found)?, found.domain_checks()?);
    let removed = before.remove()?;
    let hold = cx.store.read(staff.firm).domain_hold(&before.domain).fetch().await?.domain_hold(&before.domain)?;
    let mut change = cx.change(&staff);
    change.update(&before, removed)?;
    change.release_domain(&before.domain, hold.as_ref())?;
    change.set_domain_checks(&checks, &Checks { next: None, ..checks })?;
    cx.commit(change, Ok(Answer::no_content())).await
}

/// The firm's domain, as it was `found`.
fn known(cx: &Cx, staff: &Staff<may::ManageFirm>, found: &Found) -> Result<Record<SenderDomain>, Problem> {
    let known = found.maybe(SenderDomainId::of_firm(staff.firm))?.ok_or_else(|| Refusal::state("The firm has no domain."))?;
    cx.matches(&known)?;
    Ok(known)
}
