//! Handing mails to SES.
//!
//! Invariants: all mail comes from one address, in the firm's name, but for that of firms whose own domain is verified; one mail has one
//! recipient, who is addressed, and those who get a copy, whom that one sees; it has tags by which what SES tells of it is known to be of
//! it. Deliberately absent: recognising what was sent before, which is the caller's to do, since SES offers no idempotency token.

use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_sdk_sesv2::{
    Client,
    error::BuildError,
    types::{Body, Content, Destination, EmailContent, Message as Simple, MessageHeader, MessageTag},
};
use domain::Email;

use crate::{Envelope, Identities, Message, Person, SendError, Tags, header};

/// SES, the address that all mail comes from, and the configuration set by which SES tells what becomes of it.
#[derive(Debug, Clone)]
pub struct Mailer {
    client: Client,
    from: Email,
    configuration_set: String,
}

/// A mail that SES took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handed {
    /// By which SES knows it.
    pub id: String,
    /// Whether SES refused to send it from the firm's own address, so that it comes from ours.
    pub own_was_refused: bool,
}

impl Mailer {
    /// Mail from the address `from`, by `configuration_set`, through `client`, whose configuration says how long an answer
    /// may take and how often a request is made again.
    pub fn new(client: Client, from: Email, configuration_set: impl Into<String>) -> Self {
        Self { client, from, configuration_set: configuration_set.into() }
    }

    /// The same, through SES as the environment says it is reached. An attempt that isn't answered within 4 s is made
    /// again, twice at the most; the whole takes 10 s at the most.
    pub async fn from_env(from: Email, configuration_set: impl Into<String>) -> Self {
        Self::new(client_from_env().await, from, configuration_set)
    }

    /// The address that mail comes from, unless it comes from a firm's own.
    pub fn from(&self) -> &Email {
        &self.from
    }

    /// The domains of the installation, at the same SES.
    pub fn identities(&self) -> Identities {
        Identities::new(self.client.clone(), &self.configuration_set)
    }

    /// Sends `message`, tagged with `tags`: from the firm's own address, if it has one, and from ours if SES doesn't know that as its
    /// own any more.
    pub async fn send(&self, message: &Message, tags: &Tags) -> Result<Handed, SendError> {
        let Envelope { from, language, .. } = &message.envelope;
        let sent = self.send_from(header::sender(from, *language, &self.from), message, tags).await;
        let unverified = from.address().is_some() && sent.as_ref().is_err_and(SendError::is_of_sender);
        if !unverified {
            return Ok(Handed { id: sent?, own_was_refused: false });
        }
        let id = self.send_from(header::from_ours(from, *language, &self.from), message, tags).await?;
        Ok(Handed { id, own_was_refused: true })
    }

    async fn send_from(&self, from: String, message: &Message, tags: &Tags) -> Result<String, SendError> {
        let envelope = &message.envelope;
        let unbuildable = |error: BuildError| SendError::refused(error.to_string());
        let to = header::mailbox(envelope.to_name.as_deref(), &envelope.to);
        let copies =
            Some(envelope.cc.iter().map(|copy| header::mailbox(None, copy)).collect()).filter(|copies: &Vec<_>| !copies.is_empty());
        let answers = envelope.reply_to.as_ref().map(|Person { name, email }| vec![header::mailbox(Some(name), email)]);
        let tags = tags.of_mail(message.purpose).into_iter().map(|(name, value)| MessageTag::builder().name(name).value(value).build());
        let tags = tags.collect::<Result<Vec<_>, _>>().map_err(unbuildable)?;
        let sent = self
            .client
            .send_email()
            .from_email_address(from)
            .destination(Destination::builder().to_addresses(to).set_cc_addresses(copies).build())
            .set_reply_to_addresses(answers)
            .content(EmailContent::builder().simple(simple(message).map_err(unbuildable)?).build())
            .set_email_tags(Some(tags))
            .configuration_set_name(&self.configuration_set)
            .send()
            .await?;
        // An answer without an id still says that the mail is on its way: sending it again would be worse.
        Ok(sent.message_id.unwrap_or_default())
    }
}

/// SES as the environment says it is reached. An attempt that isn't answered within 4 s is made again; the whole takes 10 s at the
/// most.
pub(crate) async fn client_from_env() -> Client {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(1))
        .operation_attempt_timeout(Duration::from_secs(4))
        .operation_timeout(Duration::from_secs(10))
        .build();
    Client::new(&aws_config::from_env().timeout_config(timeouts).load().await)
}

fn simple(message: &Message) -> Result<Simple, BuildError> {
    let content = |text: &str| Content::builder().data(text).charset("UTF-8").build();
    let body = Body::builder().html(content(&message.html)?).text(content(&message.text)?).build();
    let reference = MessageHeader::builder().name("X-Entity-Ref-ID").value(message.envelope.reference.as_str()).build()?;
    Ok(Simple::builder().subject(content(message.subject.as_str())?).body(body).headers(reference).build())
}

#[cfg(test)]
mod tests;
