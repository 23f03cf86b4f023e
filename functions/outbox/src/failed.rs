//! Why an effect wasn't done, whether trying again can help, and how the firm is told.

use domain::{Email, Time};
use mail::{IdentityError, SendError};
use queue::NotTaken;
use secrets::SecretError;
use store::{Error, Race};

/// What a firm is told that can do nothing about it.
const OURS: &str = "Something went wrong on our side.";

/// Why an effect wasn't done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failed {
    #[error(transparent)]
    Store(#[from] Error),
    #[error("{error}")]
    Mail {
        error: SendError,
        /// Where it should have gone, if it came so far.
        to: Option<Email>,
    },
    #[error("mail to the address is suppressed")]
    Suppressed {
        /// Where it should have gone.
        to: Email,
        /// Why none goes there, in words for the firm.
        why: String,
    },
    #[error("the firm sent {allowance} mails today, as many as it may")]
    OverAllowance {
        /// Where it should have gone.
        to: Email,
        /// How many mails the firm may send in a day.
        allowance: u64,
        /// When its next day begins.
        until: Time,
    },
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(transparent)]
    Queue(#[from] NotTaken),
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// A later version knows it, which is on its way perhaps.
    #[error("{0} is no event that this version knows")]
    Unknown(String),
    /// It can't ever be done: why, in words for the firm.
    #[error("{0}")]
    Never(&'static str),
    /// The attempts ended, one after the other, without anybody knowing how: whoever made them crashed.
    #[error("no attempt came to an end")]
    Unfinished,
    /// It is being seen to, or will be tried again; what there is to note is noted.
    #[error("to be delivered again")]
    Again,
}

impl From<SendError> for Failed {
    fn from(error: SendError) -> Self {
        Self::Mail { error, to: None }
    }
}

impl Race for Failed {
    fn is_lost(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_lost())
    }
}

impl Failed {
    /// Whether trying again can't help.
    pub(crate) fn is_final(&self) -> bool {
        match self {
            Self::Store(error) => error.is_final(),
            Self::Mail { error, .. } => matches!(error, SendError::Refused { .. }),
            Self::Suppressed { .. } | Self::OverAllowance { .. } | Self::Never(_) | Self::Unfinished => true,
            Self::Secret(_) | Self::Queue(_) | Self::Identity(_) | Self::Unknown(_) | Self::Again => false,
        }
    }

    /// Where the mail should have gone.
    pub(crate) fn to(&self) -> Option<Email> {
        match self {
            Self::Mail { to, .. } => to.clone(),
            Self::Suppressed { to, .. } | Self::OverAllowance { to, .. } => Some(to.clone()),
            Self::Store(_)
            | Self::Secret(_)
            | Self::Queue(_)
            | Self::Identity(_)
            | Self::Unknown(_)
            | Self::Never(_)
            | Self::Unfinished
            | Self::Again => None,
        }
    }

    /// Whether it is for the address, and another may do.
    pub(crate) fn is_of_address(&self) -> bool {
        matches!(self, Self::Mail { .. } | Self::Suppressed { .. })
    }

    /// When it is to be tried again by itself.
    pub(crate) fn retry_at(&self) -> Option<Time> {
        if let Self::OverAllowance { until, .. } = self { Some(*until) } else { None }
    }

    /// Why, in words for the firm.
    pub(crate) fn in_words(&self) -> String {
        match self {
            Self::Store(Error::NotFound(kind)) => format!("The {} isn't there any more.", kind.to_lowercase().replace('_', " ")),
            Self::Store(Error::Refused(refusal) | Error::Taken { refusal, .. }) => refusal.message.clone(),
            Self::Mail { error, .. } => error.in_words().to_owned(),
            Self::Suppressed { why, .. } => format!("Mail to this address is suppressed. {why}"),
            Self::OverAllowance { allowance, .. } => {
                format!("The firm may send {allowance} mails a day, and has sent as many today. It is tried again tomorrow.")
            }
            Self::Never(why) => (*why).to_owned(),
            Self::Store(_) | Self::Secret(_) | Self::Queue(_) | Self::Identity(_) | Self::Unknown(_) | Self::Unfinished | Self::Again => {
                OURS.to_owned()
            }
        }
    }
}
