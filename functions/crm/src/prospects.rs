//! `/api/crm/prospects/`

use api::{
    Answer, App, Cx, EventOut, ListQuery, NoFilter, Page, PageParams, Patch, Path, Problem, Routes, Set, Shape, Staff, Valid, may, routes,
    shapes::{ClientOut, ContactPatch, PortalUserOut, money, patch_money},
    which,
};
use domain::{
    Currency, Email, MultiLine, Price, Refusal, SingleLine,
    campaign::CampaignId,
    client::Client,
    contact::Contact,
    firm::Firm,
    lead::LeadId,
    portal_user::PortalUser,
    prospect::{self, Prospect, ProspectId, Stage},
};
use serde::{Deserialize, Serialize};
use store::Record;
use utoipa::{IntoParams, ToSchema};

use crate::{
    leads::{ConvertLead, convert},
    onboarding::onboard,
    prospect_shape::{ProspectOut, ProspectSummary},
};

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default()
        .routes(routes!(list_prospects, create_prospect))
        .routes(routes!(show_prospect, update_prospect, archive_prospect))
        .routes(routes!(move_prospect))
        .routes(routes!(convert_prospect))
        .routes(routes!(list_prospect_history))
}

/// What came of a prospect that was converted.
#[derive(Debug, Serialize, ToSchema)]
struct ConvertedProspect {
    #[serde(flatten)]
    client: ClientOut,
    /// Who was let into its portal; none if no e-mail was known.
    portal_user: Option<PortalUserOut>,
}

impl ConvertedProspect {
    fn new(cx: &Cx, client: &Record<Client>, portal_user: Option<&Record<PortalUser>>) -> Self {
        let portal_user = portal_user.map(|user| PortalUserOut::shape(user, cx.now));
        Self { client: ClientOut::shape(client, cx.now), portal_user }
    }
}

/// Which prospects.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ProspectFilter {
    /// Those that a campaign brought.
    campaign: Option<CampaignId>,
    /// Those at a stage.
    stage: Option<Stage>,
    /// Those that were archived.
    archived: Option<bool>,
}

/// A new prospect: from a lead, which is converted by it, or from scratch.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"company_name": "Acme Corp", "contact_name": "Ann Lee", "email": "ann@acme.example", "estimated_value": "50000.00"}))]
struct NewProspect {
    /// The lead that becomes it; then the names are taken from there.
    lead: Option<LeadId>,
    /// Needed without a lead, refused with one.
    company_name: Option<SingleLine<200>>,
    contact_name: Option<SingleLine<200>>,
    email: Option<Email>,
    phone: Option<SingleLine<40>>,
    /// What the sale may bring.
    estimated_value: Option<Price>,
    /// Default: the firm's currency.
    currency: Option<Currency>,
    /// Default: `discovery`.
    stage: Option<Stage>,
    notes: Option<MultiLine<10000>>,
}

/// Changes to a prospect: what is absent stays, what is null is cleared.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"estimated_value": "65000.00"}))]
struct ProspectPatch {
    #[serde(default)]
    #[schema(value_type = Option<SingleLine<200>>, nullable = false)]
    company_name: Set<SingleLine<200>>,
    #[serde(default)]
    #[schema(value_type = Option<SingleLine<200>>)]
    contact_name: Patch<SingleLine<200>>,
    #[serde(default)]
    #[schema(value_type = Option<Email>)]
    email: Patch<Email>,
    #[serde(default)]
    #[schema(value_type = Option<SingleLine<40>>)]
    phone: Patch<SingleLine<40>>,
    /// In the currency that it is in, or `currency`.
    #[serde(default)]
    #[schema(value_type = Option<Price>)]
    estimated_value: Patch<Price>,
    #[serde(default)]
    #[schema(value_type = Option<Currency>, nullable = false)]
    currency: Set<Currency>,
    #[serde(default)]
    #[schema(value_type = Option<MultiLine<10000>>)]
    notes: Patch<MultiLine<10000>>,
}

impl ProspectPatch {
    fn over(self, before: Prospect, firm: &Firm) -> Result<Prospect, Refusal> {
        let Self { company_name, contact_name, email, phone, estimated_value, currency, notes } = self;
        let estimated_value = patch_money("estimated_value", before.estimated_value, estimated_value, currency, firm.currency)?;
        Ok(Prospect {
            contact: ContactPatch { company_name, contact_name, email, phone }.over(before.contact),
            estimated_value,
            notes: notes.over(before.notes),
            ..before
        })
    }
}

/// Where the seller moves a prospect.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"to": "lost", "reason": "Chose another firm"}))]
struct MoveProspect {
    /// Any stage but `won`.
    to: Stage,
    /// Why it was lost; needed for `lost`.
    reason: Option<SingleLine<500>>,
}

/// Nothing needs to be said.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ConvertProspect {}

/// List prospects.
#[utoipa::path(get, path = "/api/crm/prospects/", tag = "prospects", params(ProspectFilter, PageParams), security(("staff" = ["sales.read"])),
    responses((status = 200, description = "A page of prospects", body = Page<ProspectSummary>)))]
async fn list_prospects(cx: Cx, staff: Staff<may::ReadSales>, query: ListQuery<ProspectFilter>) -> Result<Answer, Problem> {
    let ProspectFilter { campaign, stage, archived } = query.filter;
    let which = which(archived, stage.map(Stage::as_str), campaign.map(Into::into))?;
    cx.list::<ProspectSummary, _>(&staff, which, &query).await
}

/// Enter a prospect, or convert a lead. A lead that was converted before: 200, its prospect.
#[utoipa::path(post, path = "/api/crm/prospects/", tag = "prospects", request_body = NewProspect, security(("staff" = ["sales.write"])),
    responses((status = 201, description = "The prospect", body = ProspectOut),
              (status = 200, description = "The lead was converted before: its prospect", body = ProspectOut)))]
async fn create_prospect(cx: Cx, staff: Staff<may::WriteSales>, Valid(body): Valid<NewProspect>) -> Result<Answer, Problem> {
    let NewProspect { lead, company_name, contact_name, email, phone, estimated_value, currency, stage, notes } = body;
    let company_name = match (lead, company_name) {
        (Some(lead), None) => {
            let terms = ConvertLead { contact_name, email, phone, estimated_value, currency, stage, notes };
            return convert(cx, staff, lead, Some("lead"), terms).await;
        }
        (Some(_), Some(_)) => return Err(Problem::invalid("company_name", "Is the lead's.")),
        (None, None) => return Err(Problem::malformed("company_name", "Is required without a lead.")),
        (None, Some(company_name)) => company_name,
    };
    let firm = cx.read(&staff).record(staff.firm).fetch().await?.record(staff.firm)?;
    let contact = Contact { company_name, contact_name, email, phone };
    let value = money("estimated_value", estimated_value, currency.unwrap_or(firm.currency))?;
    let mut change = cx.change(&staff);
    let prospect = Prospect::new(contact, value, stage.unwrap_or(Stage::Discovery), notes)?;
    let prospect = change.create(cx.new_id(), prospect, prospect::event::CREATED)?;
    cx.commit(change, cx.created::<ProspectOut>(&prospect)).await
}

/// Show a prospect.
#[utoipa::path(get, path = "/api/crm/prospects/{id}/", tag = "prospects", params(("id" = ProspectId, Path)), security(("staff" = ["sales.read"])),
    responses((status = 200, description = "The prospect", body = ProspectOut)))]
async fn show_prospect(cx: Cx, staff: Staff<may::ReadSales>, Path(id): Path<ProspectId>) -> Result<Answer, Problem> {
    cx.show::<ProspectOut>(&staff, id).await
}

/// Change a prospect.
#[utoipa::path(patch, path = "/api/crm/prospects/{id}/", tag = "prospects", params(("id" = ProspectId, Path)), request_body = ProspectPatch,
    security(("staff" = ["sales.write"])), responses((status = 200, description = "The prospect", body = ProspectOut)))]
async fn update_prospect(
    cx: Cx,
    staff: Staff<may::WriteSales>,
    Path(id): Path<ProspectId>,
    Valid(body): Valid<ProspectPatch>,
) -> Result<Answer, Problem> {
    let (mut change, before, firm) = cx.edit_with_firm(&staff, id).await?;
    let prospect = change.update(&before, before.edit(body.over(before.content.clone(), &firm)?)?)?;
    cx.commit(change, cx.ok::<ProspectOut>(&prospect)).await
}

/// Archive a prospect, once its sale is over.
#[utoipa::path(delete, path = "/api/crm/prospects/{id}/", tag = "prospects", params(("id" = ProspectId, Path)),
    security(("staff" = ["sales.write"])), responses((status = 204, description = "It is archived")))]
async fn archive_prospect(cx: Cx, staff: Staff<may::WriteSales>, Path(id): Path<ProspectId>) -> Result<Answer, Problem> {
    let (mut change, prospect) = cx.edit(&staff, id).await?;
    change.remove(&prospect, prospect.archive()?)?;
    cx.commit(change, Ok(Answer::no_content())).await
}

/// Move a prospect to another stage.
#[utoipa::path(post, path = "/api/crm/prospects/{id}/move/", tag = "prospects", params(("id" = ProspectId, Path)), request_body = MoveProspect,
    security(("staff" = ["sales.write"])), responses((status = 200, description = "The prospect", body = ProspectOut)))]
async fn move_prospect(
    cx: Cx,
    staff: Staff<may::WriteSales>,
    Path(id): Path<ProspectId>,
    Valid(body): Valid<MoveProspect>,
) -> Result<Answer, Problem> {
    cx.act::<ProspectOut>(&staff, id, |prospect| prospect.move_to(body.to, body.reason)).await
}

/// Convert a prospect to a client, with a portal user if there is an e-mail. Again: 200, the same client.
#[utoipa::path(post, path = "/api/crm/prospects/{id}/convert/", tag = "prospects", params(("id" = ProspectId, Path)),
    request_body = ConvertProspect, security(("staff" = ["sales.close"])),
    responses((status = 201, description = "The client", body = ConvertedProspect),
              (status = 200, description = "It was converted before: the client", body = ConvertedProspect)))]
async fn convert_prospect(
    cx: Cx,
    staff: Staff<may::CloseSales>,
    Path(id): Path<ProspectId>,
    Valid(ConvertProspect {}): Valid<ConvertProspect>,
) -> Result<Answer, Problem> {
    let found = cx.read(&staff).record(id).fetch().await?;
    let prospect = found.record(id)?;
    if let Some(client) = prospect.client {
        let found = cx.read(&staff).record(client).maybe(prospect.portal_user).fetch().await?;
        let portal_user = prospect.portal_user.map(|user| found.record(user)).transpose()?;
        return cx.json(&ConvertedProspect::new(&cx, &found.record(client)?, portal_user.as_ref()));
    }
    let prospect = cx.target(&found, id)?;
    let mut change = cx.change(&staff);
    let (client, portal_user) = onboard(&cx, &mut change, id, &prospect.contact)?;
    change.update(&prospect, prospect.win(client.id, portal_user.as_ref().map(|user| user.id))?)?;
    let body = ConvertedProspect::new(&cx, &client, portal_user.as_ref());
    cx.commit(change, cx.made::<ClientOut>(client.id, &body)).await
}

/// List what happened to a prospect.
#[utoipa::path(get, path = "/api/crm/prospects/{id}/history/", tag = "prospects", params(("id" = ProspectId, Path), PageParams),
    security(("staff" = ["sales.read"])), responses((status = 200, description = "A page of events", body = Page<EventOut>)))]
async fn list_prospect_history(
    cx: Cx,
    staff: Staff<may::ReadSales>,
    Path(id): Path<ProspectId>,
    query: ListQuery<NoFilter>,
) -> Result<Answer, Problem> {
    cx.history(&staff, id, &query).await
}
