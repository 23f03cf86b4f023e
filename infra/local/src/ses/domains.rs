//! Firms' domains as SES knows them, and what their DNS says, as far as it is SES's business.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{DefaultHasher, Hash, Hasher},
};

/// Where identities are made; below it each has its own place.
const IDENTITIES: &str = "/v2/email/identities";

/// Domains at SES, and DNS.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Domains {
    identities: BTreeMap<String, Identity>,
    /// The names of which DNS says what SES looks for.
    dns: BTreeSet<String>,
}

/// A domain at SES.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Identity {
    tags: Value,
    mail_from: Option<String>,
}

/// What SES answers: a status, the type of an error, and a body.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered {
    /// HTTP's.
    pub status: u16,
    /// `NotFoundException`, if it is one.
    pub error: Option<&'static str>,
    /// What it says.
    pub body: Value,
}

impl Answered {
    /// What SES says of a mail from an address that isn't verified.
    pub fn unverified() -> Self {
        let message = "Email address is not verified. The following identities failed the check.";
        Self { status: 400, error: Some("MessageRejected"), body: json!({ "message": message }) }
    }
}

impl IntoResponse for Answered {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or_default();
        match self.error {
            Some(error) => (status, [("x-amzn-errortype", error)], Json(self.body)).into_response(),
            None => (status, Json(self.body)).into_response(),
        }
    }
}

impl Domains {
    /// What SES answers to a call that is about domains; none if it is about something else.
    pub fn answer(&mut self, method: &str, path: &str, body: &[u8]) -> Option<Answered> {
        let rest = path.strip_prefix(IDENTITIES)?.trim_matches('/');
        let asked: Value = serde_json::from_slice(body).unwrap_or_default();
        let text = |name: &str| asked.get(name).and_then(Value::as_str).map(str::to_owned);
        let (domain, part) = rest.split_once('/').unwrap_or((rest, ""));
        Some(match (method, domain, part) {
            ("POST", "", "") => {
                let domain = text("EmailIdentity").unwrap_or_default();
                if self.identities.contains_key(&domain) {
                    return Some(refused(400, "AlreadyExistsException"));
                }
                let tags = asked.get("Tags").cloned().unwrap_or_else(|| json!([]));
                self.identities.insert(domain.clone(), Identity { tags, mail_from: None });
                done(self.shown(&domain))
            }
            ("GET", domain, "") if self.identities.contains_key(domain) => done(self.shown(domain)),
            ("DELETE", domain, "") if self.identities.remove(domain).is_some() => done(json!({})),
            ("PUT", domain, "mail-from") => match self.identities.get_mut(domain) {
                Some(identity) => {
                    identity.mail_from = text("MailFromDomain");
                    done(json!({}))
                }
                None => refused(404, "NotFoundException"),
            },
            _ => refused(404, "NotFoundException"),
        })
    }

    /// Publish what `domain` is asked for now; the names. None, if SES doesn't know it.
    pub fn publish(&mut self, domain: &str) -> Option<Vec<String>> {
        let identity = self.identities.get(domain)?;
        let names: Vec<String> = keys(domain).into_iter().map(|token| key_of(&token, domain)).chain(identity.mail_from.clone()).collect();
        self.dns.extend(names.iter().cloned());
        Some(names)
    }

    /// Take away all that the DNS of `domain` says; how much that was.
    pub fn withdraw(&mut self, domain: &str) -> usize {
        let before = self.dns.len();
        self.dns.retain(|name| !name.ends_with(&format!(".{domain}")));
        before - self.dns.len()
    }

    /// Have SES forget `domain`, as if somebody had deleted it there; with another's, know it as theirs.
    pub fn replace(&mut self, domain: &str, tags: Option<Value>) {
        self.identities.remove(domain);
        self.identities.extend(tags.map(|tags| (domain.to_owned(), Identity { tags, mail_from: None })));
    }

    /// Whether SES knows `domain`.
    pub fn knows(&self, domain: &str) -> bool {
        self.identities.contains_key(domain)
    }

    /// Whether SES sends from `address`: from what isn't at a firm's domain nobody asks here.
    pub fn sends_from(&self, address: &str) -> bool {
        let domain = address.rsplit('@').next().unwrap_or_default().trim_end_matches('>');
        self.has_keys(domain) && self.identities.contains_key(domain)
    }

    fn has_keys(&self, domain: &str) -> bool {
        keys(domain).iter().all(|token| self.dns.contains(&key_of(token, domain)))
    }

    fn shown(&self, domain: &str) -> Value {
        let Some(identity) = self.identities.get(domain) else { return Value::Null };
        let status = |is_found: bool| if is_found { "SUCCESS" } else { "PENDING" };
        let has_keys = self.has_keys(domain);
        let mut shown = json!({
            "IdentityType": "DOMAIN",
            "VerifiedForSendingStatus": has_keys,
            "DkimAttributes": { "SigningEnabled": true, "Status": status(has_keys), "Tokens": keys(domain) },
            "Tags": identity.tags,
        });
        if let (Some(host), Some(shown)) = (&identity.mail_from, shown.as_object_mut()) {
            let status = status(self.dns.contains(host));
            let attributes = json!({
                "MailFromDomain": host, "MailFromDomainStatus": status, "BehaviorOnMxFailure": "USE_DEFAULT_VALUE",
            });
            shown.insert("MailFromAttributes".to_owned(), attributes);
        }
        shown
    }
}

/// What SES calls the keys of `domain`: always the same, whoever asks.
fn keys(domain: &str) -> [String; 3] {
    [1, 2, 3].map(|number| {
        let mut hasher = DefaultHasher::new();
        (domain, number).hash(&mut hasher);
        format!("{:032x}", hasher.finish())
    })
}

fn key_of(token: &str, domain: &str) -> String {
    format!("{token}._domainkey.{domain}")
}

fn done(body: Value) -> Answered {
    Answered { status: 200, error: None, body }
}

fn refused(status: u16, error: &'static str) -> Answered {
    Answered { status, error: Some(error), body: json!({ "message": error }) }
}
