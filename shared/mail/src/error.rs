//! Why a mail wasn't sent, and whether to try again.
//!
//! Only SES's error code is kept: its text names the recipient, who has no business in a log.

use aws_sdk_sesv2::{
    error::{ProvideErrorMetadata, SdkError},
    operation::send_email::SendEmailError,
};

/// What SES says of a sender, or in its sandbox of a recipient, that nobody has shown to be theirs.
const UNVERIFIED: &str = "MessageRejected: not verified";

/// Why a mail wasn't sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// It will never be: the mail, the sender or the account is at fault. Put it aside for a person to look at.
    #[error("the mail was refused: {reason}")]
    Refused {
        /// SES's error code, or what is wrong in words.
        reason: String,
    },
    /// Not now: too much at once, SES has a fault, or there was no answer. Try again. It may have been sent all the
    /// same, since SES can't be told that two requests are one; both mails then carry the same reference.
    #[error("the mail can't be sent now: {reason}")]
    Unavailable {
        /// SES's error code, or what is wrong in words.
        reason: String,
    },
}

impl SendError {
    pub(crate) fn refused(reason: impl Into<String>) -> Self {
        Self::Refused { reason: reason.into() }
    }

    /// Whether it may be because of the address that it was to come from.
    pub(crate) fn is_of_sender(&self) -> bool {
        matches!(self, Self::Refused { reason } if matches!(reason.as_str(), UNVERIFIED | "MailFromDomainNotVerifiedException"))
    }

    /// Why, in words for the firm whose mail it is.
    pub fn in_words(&self) -> &'static str {
        match self {
            Self::Unavailable { .. } => "The mail service did not take the mail.",
            Self::Refused { reason } => match reason.as_str() {
                "MessageRejected" | UNVERIFIED => "The mail service refuses to send mail to this address.",
                "BadRequestException" | "ValidationException" => "The mail service can't send to this address.",
                code if is_about_us(code) => "The mail service doesn't let us send mail. It is ours to mend.",
                _ => "The mail could not be written. It is ours to mend.",
            },
        }
    }

    fn unavailable(reason: impl Into<String>) -> Self {
        Self::Unavailable { reason: reason.into() }
    }
}

impl From<SdkError<SendEmailError>> for SendError {
    fn from(error: SdkError<SendEmailError>) -> Self {
        match &error {
            SdkError::ConstructionFailure(_) => Self::refused("the request can't be built"),
            SdkError::TimeoutError(_) => Self::unavailable("no answer in time"),
            SdkError::DispatchFailure(_) => Self::unavailable("no connection"),
            SdkError::ServiceError(service) => match service.err().code() {
                Some("MessageRejected") if service.err().message().is_some_and(|text| text.contains("is not verified")) => {
                    Self::refused(UNVERIFIED)
                }
                Some(code) if never_works(code) => Self::refused(code),
                Some(code) => Self::unavailable(code),
                None => Self::unavailable(format!("status {}", service.raw().status().as_u16())),
            },
            // An answer that can't be read, and what later versions of the SDK may bring.
            SdkError::ResponseError(_) | _ => Self::unavailable("no readable answer"),
        }
    }
}

/// Whether SES means never by `code`. All else is tried again, an unknown code and a missing permission too: trying in
/// vain costs little, giving up too early costs a mail.
fn never_works(code: &str) -> bool {
    matches!(code, "BadRequestException" | "MessageRejected" | "ValidationException") || is_about_us(code)
}

/// Whether `code` is about our account and our sender, not about the mail.
fn is_about_us(code: &str) -> bool {
    matches!(code, "AccountSuspendedException" | "MailFromDomainNotVerifiedException" | "NotFoundException")
}
