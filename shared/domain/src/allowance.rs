//! How many mails a firm may send in a day: few at first, since nobody knows it, and twice as many as arrived so far, up to the
//! most. A firm whose mails come back too often, or are called spam, is where it began: all firms share one sender's good name.

use crate::{
    mail::{BounceKind, Mail},
    suppression::Reason,
};

/// How often mails may come back for good and be called spam, as parts of all; below it counts how many.
const BOUNCED: (u64, u64) = (20, 5);
const COMPLAINED: (u64, u64) = (1000, 1);

/// How many mails firms may send in a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// At first, and while too many come back.
    pub first: u64,
    /// At the most.
    pub most: u64,
}

/// What became of a firm's mails so far: how many of each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Standing {
    /// Were delivered.
    pub delivered: u64,
    /// Came back for good.
    pub bounced: u64,
    /// Were called spam.
    pub complained: u64,
}

impl Standing {
    /// What a mail adds that was `before` and is `after`.
    pub fn gained(before: &Mail, after: &Mail) -> Self {
        let is_gone = |mail: &Mail| mail.bounce.is_some_and(|bounce| bounce.kind == BounceKind::Permanent);
        let newly = |is: fn(&Mail) -> bool| u64::from(!is(before) && is(after));
        Self {
            delivered: newly(|mail| mail.delivered_at.is_some()),
            bounced: u64::from(!is_gone(before) && is_gone(after)),
            complained: newly(|mail| mail.complained_at.is_some()),
        }
    }

    /// What a copy adds that came back for good or was called spam, for `reason`.
    pub fn of_copy(reason: Reason) -> Self {
        match reason {
            Reason::Bounce => Self { bounced: 1, ..Self::default() },
            Reason::Complaint => Self { complained: 1, ..Self::default() },
        }
    }

    /// How many mails may be sent in a day.
    pub fn allowance(self, limits: Limits) -> u64 {
        let Self { delivered, bounced, complained } = self;
        let is_few = |count: u64, (part, few): (u64, u64)| count <= few.max((delivered + bounced) / part);
        if is_few(bounced, BOUNCED) && is_few(complained, COMPLAINED) {
            delivered.saturating_mul(2).min(limits.most).max(limits.first)
        } else {
            limits.first
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_is_allowed_the_more_arrives_and_little_where_too_much_comes_back() {
        let limits = Limits { first: 100, most: 5_000 };
        for (delivered, bounced, complained, allowance) in [
            (0, 0, 0, 100),
            (50, 5, 1, 100),
            (60, 0, 0, 120),
            (60, 6, 0, 100),
            (1_000, 50, 1, 2_000),
            (1_000, 60, 0, 100),
            (1_000, 0, 2, 100),
            (2_000, 0, 2, 4_000),
            (9_000, 0, 0, 5_000),
            (u64::MAX / 2, 0, 0, 5_000),
        ] {
            let standing = Standing { delivered, bounced, complained };
            assert_eq!(standing.allowance(limits), allowance, "{standing:?}");
        }
        // Whoever sets the first above the most means the first.
        assert_eq!(Standing::default().allowance(Limits { first: 7, most: 0 }), 7);
    }
}
