//! Firms' domains at SES: an identity each, of which there is one for all firms.
//!
//! Each is tagged as ours. One that isn't was made by somebody else with the same account, for whatever it is for: it is left alone.

use std::time::Duration;

use aws_sdk_sesv2::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    operation::get_email_identity::GetEmailIdentityOutput,
    types::{BehaviorOnMxFailure, DkimStatus, MailFromDomainStatus, Tag},
};
use domain::sender_domain::{DomainName, Seen};
use tokio::time::timeout;

/// By which an identity is known as ours; its value says of which installation.
const TAG: &str = "consultantpro";
/// How long the calls may take that go together.
const PATIENCE: Duration = Duration::from_secs(10);

/// SES couldn't be asked, or said no for now: ask again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("SES doesn't say how a domain stands: {reason}")]
pub struct IdentityError {
    reason: String,
}

/// The domains of an installation at SES.
#[derive(Debug, Clone)]
pub struct Identities {
    client: Client,
    installation: String,
}

impl Identities {
    /// Those of `installation`, whose configuration set is called so, through `client`.
    pub fn new(client: Client, installation: impl Into<String>) -> Self {
        Self { client, installation: installation.into() }
    }

    /// The same, through SES as the environment says it is reached; see [`crate::Mailer::from_env`].
    pub async fn from_env(installation: impl Into<String>) -> Self {
        Self::new(crate::mailer::client_from_env().await, installation)
    }

    /// How SES knows `domain`, which is to have the host `mail_from`. Takes 10 s at the most.
    pub async fn look(&self, domain: &DomainName, mail_from: &str) -> Result<Seen, IdentityError> {
        within(async { Ok(self.get(domain).await?.map_or(Seen::Unknown, |found| self.seen(&found, mail_from))) }).await
    }

    /// The same once it is set up there with that host, if it wasn't.
    pub async fn set_up(&self, domain: &DomainName, mail_from: &str) -> Result<Seen, IdentityError> {
        within(self.set_up_now(domain, mail_from)).await
    }

    /// Have SES forget `domain`, if it is ours.
    pub async fn tear_down(&self, domain: &DomainName) -> Result<(), IdentityError> {
        within(async {
            match self.get(domain).await? {
                Some(found) if self.is_ours(&found) => self.delete(domain).await,
                Some(_) | None => Ok(()),
            }
        })
        .await
    }

    async fn set_up_now(&self, domain: &DomainName, mail_from: &str) -> Result<Seen, IdentityError> {
        match self.get(domain).await? {
            Some(found) if !self.is_ours(&found) => return Ok(Seen::Refused),
            // SES looks for the keys of one that failed no more.
            Some(found) if has_failed(&found) => {
                self.delete(domain).await?;
                if !self.create(domain).await? {
                    return Ok(Seen::Refused);
                }
            }
            Some(_) => {}
            None if !self.create(domain).await? => return Ok(Seen::Refused),
            None => {}
        }
        let put = self.client.put_email_identity_mail_from_attributes().email_identity(domain.as_str()).mail_from_domain(mail_from);
        // Where the host isn't found any more, mails go out all the same, until that is noticed.
        put.behavior_on_mx_failure(BehaviorOnMxFailure::UseDefaultValue).send().await.map_err(unavailable)?;
        match self.get(domain).await?.map(|found| self.seen(&found, mail_from)) {
            Some(seen @ (Seen::Known { .. } | Seen::Refused)) => Ok(seen),
            // Not yet.
            Some(Seen::Foreign | Seen::Unknown) | None => Err(IdentityError { reason: "it doesn't know yet what it was told".to_owned() }),
        }
    }

    async fn get(&self, domain: &DomainName) -> Result<Option<GetEmailIdentityOutput>, IdentityError> {
        match self.client.get_email_identity().email_identity(domain.as_str()).send().await {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.code() == Some("NotFoundException") => Ok(None),
            Err(error) => Err(unavailable(error)),
        }
    }

    /// Whether SES took it.
    async fn create(&self, domain: &DomainName) -> Result<bool, IdentityError> {
        let tag = Tag::builder().key(TAG).value(&self.installation).build().map_err(|error| IdentityError { reason: error.to_string() })?;
        match self.client.create_email_identity().email_identity(domain.as_str()).tags(tag).send().await {
            Ok(_) => Ok(true),
            Err(error) if error.code() == Some("AlreadyExistsException") => Ok(true),
            Err(error) if error.code() == Some("BadRequestException") => Ok(false),
            Err(error) => Err(unavailable(error)),
        }
    }

    async fn delete(&self, domain: &DomainName) -> Result<(), IdentityError> {
        match self.client.delete_email_identity().email_identity(domain.as_str()).send().await {
            Ok(_) => Ok(()),
            Err(error) if error.code() == Some("NotFoundException") => Ok(()),
            Err(error) => Err(unavailable(error)),
        }
    }

    fn is_ours(&self, found: &GetEmailIdentityOutput) -> bool {
        found.tags().iter().any(|tag| tag.key() == TAG && tag.value() == self.installation)
    }

    fn seen(&self, found: &GetEmailIdentityOutput, mail_from: &str) -> Seen {
        if !self.is_ours(found) {
            return Seen::Refused;
        }
        let Some(host) = found.mail_from_attributes().filter(|host| host.mail_from_domain() == mail_from) else { return Seen::Foreign };
        let keys = found.dkim_attributes();
        Seen::Known {
            dkim_tokens: keys.map(|keys| keys.tokens().to_vec()).unwrap_or_default(),
            has_keys: keys.and_then(|keys| keys.status()) == Some(&DkimStatus::Success),
            has_mail_from: host.mail_from_domain_status() == &MailFromDomainStatus::Success,
        }
    }
}

fn has_failed(found: &GetEmailIdentityOutput) -> bool {
    found.dkim_attributes().and_then(|keys| keys.status()) == Some(&DkimStatus::Failed)
}

fn unavailable<E: ProvideErrorMetadata, R>(error: SdkError<E, R>) -> IdentityError {
    IdentityError { reason: error.code().unwrap_or("no answer").to_owned() }
}

async fn within<T>(asked: impl Future<Output = Result<T, IdentityError>>) -> Result<T, IdentityError> {
    timeout(PATIENCE, asked).await.unwrap_or_else(|_| Err(IdentityError { reason: "no answer in time".to_owned() }))
}
