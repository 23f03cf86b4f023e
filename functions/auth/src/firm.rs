//! `/api/auth/firm/`: the firm itself. What only its people may know of it isn't in [`FirmOut`], which portal users are
//! shown too.

use api::{Answer, App, Body, Cx, JsonObject, Patch, Problem, Routes, Set, Staff, Valid, View, get, may, patch, routes};
use domain::{
    BrandColor, Currency, Language, Percent, Refusal, SingleLine, TimeZone,
    address::{Address, VatId},
    firm::Firm,
    rate::RateCard,
};
use serde::{Deserialize, Serialize};

use utoipa::{
    ToSchema,
    openapi::schema::{Array, ArrayBuilder, ObjectBuilder, Type},
};
use wire::{NewRate, RateOut, rate_card};

use crate::{reauthentication::proven_for, shapes::FirmOut};

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default().routes(routes!(show_firm, update_firm))
}

/// A firm, with what it charges by and asks for.
#[derive(Debug, Serialize, ToSchema, View)]
#[view(record = Firm, path = "/api/auth/firm/")]
struct FirmSettings {
    #[serde(flatten)]
    #[view(it.into())]
    firm: FirmOut,
    /// The colour in which its mails show it.
    brand_color: Option<BrandColor>,
    /// What an hour of its people costs, by the day from which on, where neither project nor person says otherwise.
    #[view(RateOut::of(&it.hourly_rates, it.currency))]
    hourly_rates: Vec<RateOut>,
    /// How many days its clients have to pay.
    payment_terms_days: u16,
    /// How many days after the last one to pay its clients are reminded, each time; before it, where that is less than none.
    reminder_days: Vec<i16>,
    /// The tax on what it charges, in percent: standard, or zero where it is 0. None: what it charges is outside the scope of
    /// tax.
    default_tax_rate: Option<Percent>,
    /// Where it is, as its invoices say.
    address: Option<Address>,
    /// The number under which its tax office knows it.
    tax_number: Option<SingleLine<40>>,
    /// The number under which it pays value added tax.
    vat_id: Option<VatId>,
    /// Whether its people need a second factor to sign in.
    requires_mfa: bool,
}

/// Changes to the firm: what is absent stays, what is null is cleared.
#[derive(Debug, Default, Deserialize, ToSchema, Body)]
#[serde(default, deny_unknown_fields)]
#[body(patch = Firm, keep(unconfirmed, closed_at), given(rates: RateCard))]
#[schema(example = json!({"hourly_rates": [{"hourly_rate": "150.00"}, {"from": "2027-01-01", "hourly_rate": "160.00"}],
    "payment_terms_days": 14, "reminder_days": [-3, 1, 7]}))]
struct FirmPatch {
    name: Set<SingleLine<200>>,
    /// What it sells in from now on. Needs the `hourly_rates` in it too, if there are any.
    currency: Set<Currency>,
    time_zone: Set<TimeZone>,
    /// The language of its mails to whom no other is known of.
    language: Set<Language>,
    /// The colour of a bar over its mails, and of their buttons; null for ours.
    brand_color: Patch<BrandColor>,
    /// In place of all rates; at most 20.
    #[body(rates)]
    #[schema(value_type = Vec<JsonObject<NewRate>>, max_items = 20, required = false)]
    hourly_rates: Set<Vec<JsonObject<NewRate>>>,
    /// At most 365.
    #[serde(deserialize_with = "api::whole")]
    #[schema(value_type = u16, maximum = 365, required = false)]
    payment_terms_days: Set<u16>,
    /// At most 10, each later than the one before, from -30 to 180.
    #[serde(deserialize_with = "api::whole")]
    #[schema(schema_with = reminder_days, required = false)]
    reminder_days: Set<Vec<i16>>,
    default_tax_rate: Patch<Percent>,
    /// All of it, in place of the one before.
    #[body(address.map(|JsonObject(address)| address).over(before.address))]
    address: Patch<JsonObject<Address>>,
    tax_number: Patch<SingleLine<40>>,
    vat_id: Patch<VatId>,
    /// Who of its people has no second factor sets it up at the next sign-in.
    requires_mfa: Set<bool>,
}

/// The numbers that `reminder_days` takes.
fn reminder_days() -> Array {
    let day = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(-30)).maximum(Some(180));
    ArrayBuilder::new().items(day).max_items(Some(10)).description(Some("At most 10, each later than the one before.")).build()
}

impl FirmPatch {
    /// What the firm's rates are after it.
    fn rates(&self, before: &Firm) -> Result<RateCard, Refusal> {
        let currency = self.currency.over(before.currency);
        match self.hourly_rates.clone().value() {
            Some(rates) => rate_card("hourly_rates", rates, currency),
            None if currency == before.currency || before.hourly_rates.is_empty() => Ok(before.hourly_rates.clone()),
            None => Err(Refusal::rule("currency", "Send the hourly_rates in it too.")),
        }
    }
}

/// Show the firm.
///
/// To all of its people, with its rates, terms and tax numbers; a client's people are shown its name, currency, time
/// zone and language in `me/` alone.
#[get("/api/auth/firm/")]
async fn show_firm(cx: Cx, staff: Staff<may::ReadFirm>) -> Result<Answer<FirmSettings>, Problem> {
    cx.show(&staff, staff.firm).await
}

/// Change the firm.
///
/// What was logged, sent and offered stays as it was. Whether a second factor is asked of its people changes who proved within ten
/// minutes who they are (403, `reauthentication-required`). 422 for more than 365 days to pay, for reminders that aren't at most
/// 10 days from -30 to 180, each later than the one before, for rates that are no amounts in the currency, and, if there
/// are any, for another currency without the rates in it.
#[patch("/api/auth/firm/")]
async fn update_firm(cx: Cx, staff: Staff<may::ManageFirm>, Valid(body): Valid<FirmPatch>) -> Result<Answer<FirmSettings>, Problem> {
    let (mut change, before) = cx.edit(&staff, staff.firm).await?;
    let rates = body.rates(&before)?;
    let edited = body.over(before.content.clone(), rates)?;
    proven_for(&cx, &staff, edited.requires_mfa != before.requires_mfa)?;
    let firm = change.update(&before, before.edit(edited)?)?;
    cx.commit(change, cx.ok(&firm)).await
}
