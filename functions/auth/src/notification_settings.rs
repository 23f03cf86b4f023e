//! `/api/auth/notification-settings/`: what whoever is signed in hears of, in the firm or at the client that they are signed in to.

use api::{Answer, App, Caller, Cx, Problem, Routes, Set, Valid, get, patch, routes};
use domain::{
    Refusal,
    notification::{Choices, Delivery, Kind},
    session::Principal,
};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default().routes(routes!(show_notification_settings, update_notification_settings))
}

/// How somebody hears of each kind of thing; whoever is at a client, of what concerns nobody there: not at all.
#[derive(Debug, Serialize, ToSchema)]
struct NotificationSettings {
    /// A proposal was accepted.
    accepted: Delivery,
    /// A proposal was rejected.
    rejected: Delivery,
    /// An invoice was paid, or some of it.
    paid: Delivery,
    /// A payment failed, or was taken back.
    failed: Delivery,
    /// A mail didn't arrive.
    bounced: Delivery,
    /// The other side wrote a comment.
    commented: Delivery,
    /// They were given a task.
    assigned: Delivery,
    /// The day came by which a task is to be done; an invoice is overdue, or at a client to be paid.
    due: Delivery,
}

impl NotificationSettings {
    /// Of who may choose of `kinds`.
    fn answer(choices: &Choices, kinds: &[Kind], version: u64) -> Result<Answer<Self>, Problem> {
        let of = |kind| if kinds.contains(&kind) { choices.of(kind) } else { Delivery::Off };
        let settings = Self {
            accepted: of(Kind::Accepted),
            rejected: of(Kind::Rejected),
            paid: of(Kind::Paid),
            failed: of(Kind::Failed),
            bounced: of(Kind::Bounced),
            commented: of(Kind::Commented),
            assigned: of(Kind::Assigned),
            due: of(Kind::Due),
        };
        Ok(Answer::json(StatusCode::OK, &settings)?.version(version))
    }
}

/// Changes to what somebody hears of: what is absent stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"commented": "digest", "paid": "off"}))]
struct NotificationSettingsPatch {
    accepted: Set<Delivery>,
    rejected: Set<Delivery>,
    paid: Set<Delivery>,
    failed: Set<Delivery>,
    bounced: Set<Delivery>,
    commented: Set<Delivery>,
    assigned: Set<Delivery>,
    due: Set<Delivery>,
}

impl NotificationSettingsPatch {
    /// `before` with the changes, of which only those of `kinds` may be.
    fn over(self, before: &Choices, kinds: &[Kind]) -> Result<Choices, Refusal> {
        let Self { accepted, rejected, paid, failed, bounced, commented, assigned, due } = self;
        let changes = [
            (Kind::Accepted, accepted),
            (Kind::Rejected, rejected),
            (Kind::Paid, paid),
            (Kind::Failed, failed),
            (Kind::Bounced, bounced),
            (Kind::Commented, commented),
            (Kind::Assigned, assigned),
            (Kind::Due, due),
        ];
        changes.into_iter().try_fold(before.clone(), |choices, (kind, change)| match change.value() {
            Some(Delivery::Off) if !kinds.contains(&kind) => Ok(choices),
            Some(_) if !kinds.contains(&kind) => Err(Refusal::rule(kind.as_str(), "Concerns nobody at a client.")),
            Some(delivery) => Ok(choices.with(kind, delivery)),
            None => Ok(choices),
        })
    }
}

/// Show what one hears of.
///
/// Of whoever is signed in, in the firm or at the client that they are signed in to: `instant` is in the product and by mail within
/// minutes, with what else comes in these; `digest` in the product and in one mail at 8 in the morning, where the firm is; `off` is
/// neither. What one did oneself isn't told, nor what one may not see.
#[get("/api/auth/notification-settings/", tag = "auth")]
async fn show_notification_settings(cx: Cx, caller: Caller) -> Result<Answer<NotificationSettings>, Problem> {
    match caller.principal {
        Principal::Staff { user, .. } => {
            let user = cx.store.get(caller.firm, user).await?;
            NotificationSettings::answer(&user.notifications, &Kind::ALL, user.version)
        }
        Principal::Portal { user, .. } => {
            let user = cx.store.get(caller.firm, user).await?;
            NotificationSettings::answer(&user.notifications, &Kind::OF_PORTAL, user.version)
        }
    }
}

/// Choose what one hears of.
///
/// It holds for what happens from now on, and what is switched off also for what isn't mailed yet. Who chooses nothing hears of all at
/// once, but of what is `due` in the digest. 422 for a kind that concerns nobody at a client, unless it is `off`, to whoever is that.
#[patch("/api/auth/notification-settings/", tag = "auth")]
async fn update_notification_settings(
    cx: Cx,
    caller: Caller,
    Valid(body): Valid<NotificationSettingsPatch>,
) -> Result<Answer<NotificationSettings>, Problem> {
    match caller.principal {
        Principal::Staff { user, .. } => {
            let (mut change, before) = cx.edit(&caller, user).await?;
            let after = change.update(&before, before.choose(body.over(&before.notifications, &Kind::ALL)?))?;
            cx.commit(change, NotificationSettings::answer(&after.notifications, &Kind::ALL, after.version)).await
        }
        Principal::Portal { user, .. } => {
            let (mut change, before) = cx.edit(&caller, user).await?;
            let after = change.update(&before, before.choose(body.over(&before.notifications, &Kind::OF_PORTAL)?))?;
            cx.commit(change, NotificationSettings::answer(&after.notifications, &Kind::OF_PORTAL, after.version)).await
        }
    }
}
