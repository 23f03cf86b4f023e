//! `/api/auth/firm/payments/`: the account at Stripe to which goes what the firm's clients pay online.
//!
//! Stripe is asked for an account with a key that follows from the firm, so that it makes one however often and at once it is asked;
//! the account is written down before a page to set it up is asked for, in the transaction that looks who asks. So whatever gets lost
//! on the way, the next call goes on with the same account, and nobody who may not have it is given a page. Deliberately absent: how the
//! account stands, which Stripe tells (`stripe-events`).

use std::sync::Arc;

use api::{Answer, App, Body, Cx, Patch, Problem, Routes, Staff, Valid, View, get, may, patch, post, routes};
use axum::{Extension, extract::State};
use chrono::{DateTime, Utc};
use domain::{
    Refusal,
    firm::Firm,
    ids::PaymentAccountId,
    payment_account::{AccountId, EndedBy, Event, Mode, PaymentAccount, PaymentMethod, PaymentMethods, Requirements},
};
use payments::{NewAccount, PaymentError, Payments};
use secrets::Kept;
use serde::{Deserialize, Serialize};
use store::{Change, Record, Reply};
use utoipa::ToSchema;

use crate::reauthentication::proven_for;

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default()
        .routes(routes!(show_payment_settings, update_payment_settings))
        .routes(routes!(connect_payments))
        .routes(routes!(disconnect_payments))
}

/// What `auth` needs of Stripe.
#[derive(Debug, Clone)]
pub struct Stripe {
    /// Our account there, through which others' are made.
    pub payments: Kept<Payments>,
    /// Into whose account payments go.
    pub mode: Mode,
}

/// Where the money goes that clients pay online.
#[derive(Debug, Serialize, ToSchema)]
struct PaymentSettings {
    /// `connect`: into the firm's own account at Stripe, which it connects. `own`: into that of this installation, which is for one
    /// firm.
    mode: Mode,
    /// What Stripe calls the firm's account; of one that was disconnected, what it called that. None if the firm never had one.
    account: Option<String>,
    /// Since when the firm has it.
    connected_at: Option<DateTime<Utc>>,
    /// Whether clients can pay online.
    charges_enabled: bool,
    /// Whether Stripe pays out what is in the account.
    payouts_enabled: bool,
    /// Whether the firm told Stripe all that it asked for at first.
    details_submitted: bool,
    /// What Stripe asks for, as it said last. Going on with `connect/` leads to it.
    requirements: Option<RequirementsOut>,
    /// The ways to pay that the account has.
    available_payment_methods: Vec<PaymentMethod>,
    /// The ways to pay that the firm offers; none: all that the account has, and that fit the amount, currency and payer.
    payment_methods: Option<Vec<PaymentMethod>>,
    /// Since when it isn't connected any more, if it isn't.
    disconnected_at: Option<DateTime<Utc>>,
    /// Who disconnected it: the firm here, or somebody at Stripe.
    disconnected_by: Option<EndedBy>,
}

/// What Stripe asks for, each by Stripe's name: `individual.verification.document`.
#[derive(Debug, Serialize, ToSchema, View)]
#[schema(as = PaymentRequirements)]
#[view(of = Requirements)]
struct RequirementsOut {
    /// What it needs now, by `due_at`, or something is disabled.
    currently_due: Vec<String>,
    /// What it needed already: something is disabled.
    past_due: Vec<String>,
    /// What it will need one day.
    eventually_due: Vec<String>,
    /// What it is looking at.
    pending_verification: Vec<String>,
    /// By when it needs what is currently due.
    due_at: Option<DateTime<Utc>>,
    /// Why the account can't be paid into, or isn't paid out: `requirements.past_due`, `rejected.fraud`, …
    disabled_reason: Option<String>,
}

impl PaymentSettings {
    /// Those of a firm that has `account`, if it ever had one.
    fn of(mode: Mode, account: Option<&PaymentAccount>) -> Self {
        let connected = account.filter(|account| account.ended.is_none());
        let standing = connected.map(|account| &account.standing);
        let ended = account.and_then(|account| account.ended);
        Self {
            mode,
            account: account.map(|account| account.account.to_string()),
            connected_at: account.map(|account| account.connected_at),
            charges_enabled: mode == Mode::Own || standing.is_some_and(|standing| standing.charges_enabled),
            payouts_enabled: mode == Mode::Own || standing.is_some_and(|standing| standing.payouts_enabled),
            details_submitted: mode == Mode::Own || standing.is_some_and(|standing| standing.details_submitted),
            requirements: standing.map(|standing| (&standing.requirements).into()),
            available_payment_methods: standing.map(|standing| standing.methods.clone()).unwrap_or_default(),
            payment_methods: connected.and_then(|account| account.payment_methods.as_ref()).map(|methods| methods.to_vec()),
            disconnected_at: ended.map(|ended| ended.at),
            disconnected_by: ended.map(|ended| ended.by),
        }
    }

    fn answer(cx: &Cx, mode: Mode, account: &Record<PaymentAccount>) -> Result<Answer<Self>, Problem> {
        Ok(cx.json(&Self::of(mode, Some(account)))?.version(account.version))
    }
}

/// Changes to how clients pay online: what is absent stays, what is null is cleared.
#[derive(Debug, Default, Deserialize, ToSchema, Body)]
#[serde(default, deny_unknown_fields)]
#[body(patch = PaymentAccount, keep(number, account, connected_at, standing, ended))]
#[schema(example = json!({"payment_methods": ["card", "sepa_debit"]}))]
struct PaymentSettingsPatch {
    /// The ways to pay that are offered, of those that the account has; null for all that fit.
    #[schema(value_type = Option<Vec<PaymentMethod>>, min_items = 1, max_items = 11)]
    payment_methods: Patch<PaymentMethods>,
}

/// Where the firm's account is set up.
#[derive(Debug, Serialize, ToSchema)]
struct OnboardingOut {
    /// A page of Stripe's, for who asked: it is opened once. It leads back to the web app's `/settings/payments`, with `?returned=1`, or
    /// with `?expired=1` where it was opened before or is over, and another is to be asked for.
    url: String,
    /// Until when it can be opened.
    expires_at: DateTime<Utc>,
}

/// Show where the money goes that clients pay online.
///
/// Whether they can, and what Stripe still asks for, as it said last: some seconds pass until it says what changed.
#[get("/api/auth/firm/payments/")]
async fn show_payment_settings(
    cx: Cx,
    Extension(stripe): Extension<Stripe>,
    staff: Staff<may::ReadBilling>,
) -> Result<Answer<PaymentSettings>, Problem> {
    match cx.store.get(staff.firm, PaymentAccountId::of_firm(staff.firm)).await {
        Ok(account) => PaymentSettings::answer(&cx, stripe.mode, &account),
        Err(store::Error::NotFound(_)) => cx.json(&PaymentSettings::of(stripe.mode, None)),
        Err(error) => Err(error.into()),
    }
}

/// Choose how clients pay online.
///
/// Pages to pay that are open stay as they are until they are asked for again. By who proved within ten minutes who they are (403,
/// `reauthentication-required`). 409 unless an account is connected; 422 for a way to pay that it doesn't have.
#[patch("/api/auth/firm/payments/")]
async fn update_payment_settings(
    cx: Cx,
    Extension(stripe): Extension<Stripe>,
    staff: Staff<may::ManageFirm>,
    Valid(body): Valid<PaymentSettingsPatch>,
) -> Result<Answer<PaymentSettings>, Problem> {
    let (mut change, before) = edit(&cx, &staff, stripe.mode).await?;
    let edited = body.over(before.content.clone())?;
    let account = change.update(&before, before.edit(edited)?)?;
    cx.commit(change, PaymentSettings::answer(&cx, stripe.mode, &account)).await
}

/// Set up the firm's account at Stripe.
///
/// It is the firm's own: its people deal with Stripe themselves, and see it in Stripe's Dashboard. It is made at the first call, and
/// after the one before was disconnected; each call gives another page, to the same account, where it is set up and where Stripe is told
/// what it asks for later. The page is worth an account to whoever has it, so nothing is kept under an `Idempotency-Key`. By who
/// proved within ten minutes who they are (403, `reauthentication-required`). 409 where payments go into the installation's account, and
/// if Stripe makes none; 503 while Stripe doesn't answer: asked again, it goes on with the same account.
#[post("/api/auth/firm/payments/connect/", 200)]
async fn connect_payments(
    cx: Cx,
    State(app): State<App>,
    Extension(stripe): Extension<Stripe>,
    staff: Staff<may::ManageFirm>,
) -> Result<Answer<OnboardingOut>, Problem> {
    proven_for(&cx, &staff, true)?;
    of_its_own(stripe.mode)?;
    let id = PaymentAccountId::of_firm(staff.firm);
    let found = cx.store.read(staff.firm).record(staff.firm).record(id).fetch().await?;
    let (firm, last): (Record<Firm>, _) = (found.record(staff.firm)?, found.maybe(id)?);
    firm.confirmed()?;
    let account = match PaymentAccount::to_connect(last.as_deref()) {
        (_, Some(account)) => account.clone(),
        (number, None) => {
            let country = firm.address.as_ref().map(|address| address.country.to_string());
            let key = PaymentAccount::creation_key(staff.firm, number, country.as_deref());
            let new = NewAccount { key, country, firm: staff.firm.to_string() };
            let create = |payments: Arc<Payments>, new: NewAccount| async move { payments.create_account(&new).await };
            asked(&cx, &stripe, |payments| create(payments, new.clone())).await?
        }
    };
    let mut change = cx.change_without_key(&staff);
    match &last {
        Some(last) if last.ended.is_none() => change.update(last, last.link_requested()?)?,
        Some(last) => {
            change.hold_account(&account)?;
            change.update(last, last.replaced(account.clone(), cx.now)?)?
        }
        None => {
            change.hold_account(&account)?;
            change.create(id, PaymentAccount::created(account.clone(), cx.now), Event::Created)?
        }
    };
    cx.committed(change, &Reply::none()).await?;
    let page = format!("{}/settings/payments", app.web_origin);
    let open = |payments: Arc<Payments>, account: AccountId, [expired, returned]: [String; 2]| async move {
        payments.onboarding(&account, &expired, &returned).await
    };
    let back = ["expired", "returned"].map(|why| format!("{page}?{why}=1"));
    let page = asked(&cx, &stripe, |payments| open(payments, account.clone(), back.clone())).await?;
    Ok(cx.json(&OnboardingOut { url: page.url, expires_at: page.expires_at })?.secret())
}

/// Disconnect the firm's account.
///
/// Clients can't pay online from then on; pages to pay are closed within seconds. The account stays the firm's, at Stripe; what was
/// paid into it before is still heard of, refunds and disputes too. The firm's owners are told by mail. By who proved within ten
/// minutes who they are (403, `reauthentication-required`). 409 unless an account is connected.
#[post("/api/auth/firm/payments/disconnect/", 200)]
async fn disconnect_payments(
    cx: Cx,
    Extension(stripe): Extension<Stripe>,
    staff: Staff<may::ManageFirm>,
) -> Result<Answer<PaymentSettings>, Problem> {
    let (mut change, before) = edit(&cx, &staff, stripe.mode).await?;
    let account = change.update(&before, before.disconnect(cx.now)?)?;
    cx.commit(change, PaymentSettings::answer(&cx, stripe.mode, &account)).await
}

/// Begin a change of the firm's account by `staff`, who proved lately who they are.
async fn edit(cx: &Cx, staff: &Staff<may::ManageFirm>, mode: Mode) -> Result<(Change, Record<PaymentAccount>), Problem> {
    proven_for(cx, staff, true)?;
    of_its_own(mode)?;
    let id = PaymentAccountId::of_firm(staff.firm);
    let found = cx.read(staff).record(id).fetch().await?;
    let before = found.maybe(id)?.ok_or_else(|| Refusal::state("The firm has no account at Stripe that is connected."))?;
    cx.matches(&before)?;
    Ok((cx.change(staff), before))
}

/// That payments go into an account of the firm's.
fn of_its_own(mode: Mode) -> Result<(), Refusal> {
    match mode {
        Mode::Connect => Ok(()),
        Mode::Own => Err(Refusal::state("Payments go into the account of this installation; there is none to connect.")),
    }
}

/// What `ask` is answered by Stripe. A key that Stripe doesn't take is read again.
async fn asked<T, F>(cx: &Cx, stripe: &Stripe, ask: impl Fn(Arc<Payments>) -> F) -> Result<T, Problem>
where
    F: Future<Output = Result<T, PaymentError>>,
{
    let payments = stripe.payments.get(cx.now).await.map_err(Problem::unavailable)?;
    let answer = match ask(payments.clone()).await {
        Err(PaymentError::KeyRefused(why)) => match stripe.payments.again(&payments, cx.now).await {
            Some(payments) => ask(payments).await,
            None => Err(PaymentError::KeyRefused(why)),
        },
        answer => answer,
    };
    answer.map_err(|error| match error {
        PaymentError::Unavailable(_) | PaymentError::KeyRefused(_) => Problem::unavailable(error),
        PaymentError::AccountLost(_) => Problem::conflict("The account isn't connected any more at Stripe; disconnect it to have another."),
        PaymentError::Refused(why) => Problem::conflict(why),
    })
}
