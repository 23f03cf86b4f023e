//! `/api/auth/notification-settings/`: what whoever is signed in hears of, in the firm or at the client that they are signed in to.

use api::{Answer, App, Caller, Cx, Patch, Problem, Routes, Valid, get, patch, routes};
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

/// How somebody hears of each kind of thing; null where that concerns nobody at a client, and they are that.
#[derive(Debug, Serialize, ToSchema)]
struct NotificationSettings {
    /// A proposal was accepted.
    accepted: Option<Delivery>,
    /// A proposal was rejected.
    rejected: Option<Delivery>,
    /// An invoice was paid, or some of it.
    paid: Option<Delivery>,
    /// A payment failed, or was taken back.
    failed: Option<Delivery>,
    /// A mail didn't arrive.
    bounced: Option<Delivery>,
    /// The other side wrote a comment.
    commented: Option<Delivery>,
    /// They were given a task.
    assigned: Option<Delivery>,
    /// The day came by which a task is to be done; an invoice is overdue, or at a client to be paid.
    due: Option<Delivery>,
}

impl NotificationSettings {
    /// Of who may choose of `kinds`.
    fn answer(choices: &Choices, kinds: &[Kind], version: u64) -> Result<Answer<Self>, Problem> {
        let of = |kind| kinds.contains(&kind).then(|| choices.of(kind));
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

/// Changes to what somebody hears of: what is absent stays, what is null is as for who chooses nothing.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"commented": "digest", "paid": "off"}))]
struct NotificationSettingsPatch {
    accepted: Patch<Delivery>,
    rejected: Patch<Delivery>,
    paid: Patch<Delivery>,
    failed: Patch<Delivery>,
    bounced: Patch<Delivery>,
    commented: Patch<Delivery>,
    assigned: Patch<Delivery>,
    due: Patch<Delivery>,
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
        changes.into_iter().try_fold(before.clone(), |choices, (kind, change)| match change {
            Patch::To(_) if !kinds.contains(&kind) => Err(Refusal::rule(kind.as_str(), "Concerns nobody at a client.")),
            Patch::To(delivery) => Ok(choices.with(kind, delivery)),
            Patch::Clear => Ok(choices.with(kind, kind.usual())),
            Patch::Absent => Ok(choices),
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
/// once, but of what is `due` in the digest, and does again by null. 422 for a kind that concerns nobody at a client, to whoever is that.
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
