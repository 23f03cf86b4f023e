//! What can go wrong between a handler and the table, apart from any transport.

use std::borrow::Cow;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use domain::Refusal;

use crate::Reply;

/// Why a read or a write gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such record, or it is another firm's.
    #[error("no such {0}")]
    NotFound(&'static str),
    /// The body names a record that isn't there; nothing was written.
    #[error("{field} names no {kind}")]
    NoSuch {
        /// The field that names it, as the caller does.
        field: Cow<'static, str>,
        /// What it should be.
        kind: &'static str,
    },
    /// The list has no such cursor.
    #[error(transparent)]
    NotACursor(#[from] crate::NotACursor),
    /// A rule says no; nothing was written.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A field is longer than can be kept with its history; nothing was written.
    #[error("{field} takes {bytes} bytes, and with the others at most {most} are kept")]
    TooLong {
        /// The largest field of those that were written, as it is stored.
        field: String,
        /// How many bytes it takes.
        bytes: usize,
        /// How many all that are written may take together.
        most: usize,
    },
    /// Another record holds this value; nothing was written.
    #[error("{refusal} ({holder})")]
    Taken {
        /// What to say of it.
        refusal: Refusal,
        /// The id of the one that holds it.
        holder: String,
    },
    /// Something else changed what this write was decided on, or the table has too much to do; nothing was written. Wait
    /// a little, read again, and decide again.
    #[error("lost a race")]
    Lost,
    /// The event of Stripe's was applied before; nothing was written.
    #[error("applied before")]
    Seen,
    /// Who acts isn't let in any more, or may do something else by now; nothing was written.
    #[error("not let in any more")]
    Revoked,
    /// This request was done before; here is what it was answered.
    #[error("done before")]
    Replayed(Reply),
    /// The idempotency key was used for another request.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// The table didn't answer, or has too much to do for long. A write may or may not have happened.
    #[error("the table is unavailable: {0}")]
    Unavailable(String),
    /// A fault of ours: an item that can't be read, or a request that DynamoDB doesn't take.
    #[error("{0}")]
    Internal(String),
}

impl Error {
    /// Whether it comes of the same write each time, however often it is tried: of what happens by itself, which reads anew.
    pub fn is_final(&self) -> bool {
        match self {
            Self::Lost | Self::Unavailable(_) | Self::Internal(_) => false,
            Self::NotFound(_)
            | Self::NoSuch { .. }
            | Self::NotACursor(_)
            | Self::Refused(_)
            | Self::TooLong { .. }
            | Self::Taken { .. }
            | Self::Seen
            | Self::Revoked
            | Self::Replayed(_)
            | Self::KeyReused => true,
        }
    }

    pub(crate) fn internal(error: impl std::fmt::Display) -> Self {
        Self::Internal(error.to_string())
    }
}

impl<E> From<SdkError<E>> for Error
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    fn from(error: SdkError<E>) -> Self {
        let text = aws_sdk_dynamodb::error::DisplayErrorContext(&error).to_string();
        if matches!(error, SdkError::TimeoutError(_) | SdkError::DispatchFailure(_) | SdkError::ResponseError(_)) {
            return Self::Unavailable(text);
        }
        let SdkError::ServiceError(service) = &error else { return Self::Internal(text) };
        match service.err().code() {
            Some("TransactionConflictException" | "TransactionInProgressException") => Self::Lost,
            Some("ThrottlingException" | "ProvisionedThroughputExceededException" | "RequestLimitExceeded") => Self::Unavailable(text),
            _ if service.raw().status().is_server_error() => Self::Unavailable(text),
            _ => Self::Internal(text),
        }
    }
}
