//! `/api/auth/firm/`: the firm itself. What only its people may know of it isn't in [`FirmOut`], which portal users are
//! shown too.

use api::{
    Answer, App, Cx, Object, Patch, Problem, Routes, Set, Shape, Staff, Valid, may, routes,
    shapes::{NewRate, RateOut, rate_card},
};
use domain::{Currency, Percent, Refusal, SingleLine, Time, TimeZone, firm::Firm};
use serde::{Deserialize, Serialize};
use store::Record;
use utoipa::ToSchema;

use crate::shapes::FirmOut;

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default().routes(routes!(show_firm, update_firm))
}

/// A firm, with what it charges by and asks for.
#[derive(Debug, Serialize, ToSchema)]
struct FirmSettings {
    #[serde(flatten)]
    firm: FirmOut,
    /// What an hour of its people costs, by the day from which on, where neither project nor person says otherwise.
    hourly_rates: Vec<RateOut>,
    /// How many days its clients have to pay.
    payment_terms_days: u16,
    /// How many days after the last one to pay its clients are reminded, each time; before it, where that is less than none.
    reminder_days: Vec<i16>,
    /// The tax on what it charges, in hundredths.
    default_tax_rate: Option<Percent>,
}

impl Shape for FirmSettings {
    type Of = Firm;
    const PATH: &'static str = "/api/auth/firm/";

    fn shape(record: &Record<Firm>, _: Time) -> Self {
        Self {
            firm: record.into(),
            hourly_rates: RateOut::of(&record.hourly_rates, record.currency),
            payment_terms_days: record.payment_terms_days,
            reminder_days: record.reminder_days.clone(),
            default_tax_rate: record.default_tax_rate,
        }
    }
}

/// Changes to the firm: what is absent stays, what is null is cleared.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"hourly_rates": [{"hourly_rate": "150.00"}, {"from": "2027-01-01", "hourly_rate": "160.00"}],
    "payment_terms_days": 14, "reminder_days": [-3, 1, 7]}))]
struct FirmPatch {
    #[serde(default)]
    #[schema(value_type = Option<SingleLine<200>>, nullable = false)]
    name: Set<SingleLine<200>>,
    /// What it sells in from now on. Needs the `hourly_rates` in it too, if there are any.
    #[serde(default)]
    #[schema(value_type = Option<Currency>, nullable = false)]
    currency: Set<Currency>,
    #[serde(default)]
    #[schema(value_type = Option<TimeZone>, nullable = false)]
    time_zone: Set<TimeZone>,
    /// In place of all rates; at most 20.
    #[serde(default)]
    #[schema(value_type = Option<Vec<NewRate>>, nullable = false)]
    hourly_rates: Set<Vec<Object<NewRate>>>,
    /// At most 365.
    #[serde(default)]
    #[schema(value_type = Option<u16>, nullable = false)]
    payment_terms_days: Set<u16>,
    /// At most 10, each later than the one before, from -30 to 180.
    #[serde(default)]
    #[schema(value_type = Option<Vec<i16>>, nullable = false)]
    reminder_days: Set<Vec<i16>>,
    #[serde(default)]
    #[schema(value_type = Option<Percent>)]
    default_tax_rate: Patch<Percent>,
}

impl FirmPatch {
    fn over(self, before: Firm) -> Result<Firm, Refusal> {
        let Self { name, currency, time_zone, hourly_rates, payment_terms_days, reminder_days, default_tax_rate } = self;
        let currency = currency.over(before.currency);
        let hourly_rates = hourly_rates.value().map(|rates| rate_card("hourly_rates", rates, currency)).transpose()?;
        if currency != before.currency && hourly_rates.is_none() && !before.hourly_rates.is_empty() {
            return Err(Refusal::rule("currency", "Send the hourly_rates in it too."));
        }
        Ok(Firm {
            name: name.over(before.name),
            currency,
            time_zone: time_zone.over(before.time_zone),
            hourly_rates: hourly_rates.unwrap_or(before.hourly_rates),
            payment_terms_days: payment_terms_days.over(before.payment_terms_days),
            reminder_days: reminder_days.over(before.reminder_days),
            default_tax_rate: default_tax_rate.over(before.default_tax_rate),
        })
    }
}

/// Show the firm.
#[utoipa::path(get, path = "/api/auth/firm/", tag = "firm", security(("staff" = ["firm.read"])),
    responses((status = 200, description = "The firm", body = FirmSettings)))]
async fn show_firm(cx: Cx, staff: Staff<may::ReadFirm>) -> Result<Answer, Problem> {
    cx.show::<FirmSettings>(&staff, staff.firm).await
}

/// Change the firm. What was logged, sent and offered stays as it was.
#[utoipa::path(patch, path = "/api/auth/firm/", tag = "firm", request_body = FirmPatch, security(("staff" = ["firm.manage"])),
    responses((status = 200, description = "The firm", body = FirmSettings)))]
async fn update_firm(cx: Cx, staff: Staff<may::ManageFirm>, Valid(body): Valid<FirmPatch>) -> Result<Answer, Problem> {
    cx.act::<FirmSettings>(&staff, staff.firm, |firm| firm.edit(body.over(firm.clone())?)).await
}
