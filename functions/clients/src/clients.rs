//! `/api/clients/clients/`

use api::{
    Answer, App, Body, Cx, JsonObject, ListQuery, NoFilter, Page, Patch, Path, Problem, Routes, Set, Staff, Valid, delete, get, list_scope,
    may, patch, post, routes,
};
use domain::{
    Email, SingleLine,
    address::{Address, VatId},
    client::{self, Client},
    contact::Contact,
    contract::Contract,
    credit::Credit,
    engagement::Engagement,
    ids::ClientId,
    invoice::Invoice,
    project::Project,
    time_entry::TimeEntry,
};
use serde::Deserialize;
use store::ListScope;
use utoipa::{IntoParams, ToSchema};
use wire::{ClientOut, ClientSummary, ContactPatch, PortalUserOut};

use crate::portal_users::{NewClientPortalUser, invite};

api::standard_handlers! {
    ClientId, ClientOut, "/api/clients/clients/{id}/":
    /// Show a client.
    show_client: show by Staff<may::ReadClients>;
    /// Take a client out of the archive.
    restore_client: restore by Staff<may::WriteClients>;
    /// List what happened to a client.
    list_client_history: history by Staff<may::ReadClients>;
}

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default()
        .routes(routes!(list_clients, create_client))
        .routes(routes!(show_client, update_client, archive_client))
        .routes(routes!(restore_client))
        .routes(routes!(list_client_portal_users, create_client_portal_user))
        .routes(routes!(list_client_history))
}

/// Which clients.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ClientFilter {
    /// Those that were archived.
    archived: Option<bool>,
}

/// A new client.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"company_name": "Acme Corp", "contact_name": "Ann Lee", "email": "ann@acme.example", "industry": "Retail"}))]
struct NewClient {
    company_name: SingleLine<200>,
    contact_name: Option<SingleLine<200>>,
    email: Option<Email>,
    phone: Option<SingleLine<40>>,
    website: Option<SingleLine<300>>,
    industry: Option<SingleLine<100>>,
    /// Where it is, as its invoices say.
    address: Option<JsonObject<Address>>,
    /// The number under which its tax office knows it.
    tax_number: Option<SingleLine<40>>,
    /// The number under which it pays value added tax.
    vat_id: Option<VatId>,
}

/// Changes to a client: what is absent stays, what is null is cleared.
#[derive(Debug, Default, Deserialize, ToSchema, Body)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"website": "https://acme.example", "phone": null}))]
#[body(
    patch = Client,
    set(contact = ContactPatch { company_name, contact_name, email, phone }.over(before.contact)),
    keep(prospect)
)]
struct ClientPatch {
    #[body(skip)]
    company_name: Set<SingleLine<200>>,
    #[body(skip)]
    contact_name: Patch<SingleLine<200>>,
    #[body(skip)]
    email: Patch<Email>,
    #[body(skip)]
    phone: Patch<SingleLine<40>>,
    website: Patch<SingleLine<300>>,
    industry: Patch<SingleLine<100>>,
    /// Where it is, as its invoices say: all of it, in place of the one before.
    #[body(address.map(|JsonObject(address)| address).over(before.address))]
    address: Patch<JsonObject<Address>>,
    tax_number: Patch<SingleLine<40>>,
    vat_id: Patch<VatId>,
}

/// List clients.
#[get("/api/clients/clients/")]
async fn list_clients(
    cx: Cx,
    staff: Staff<may::ReadClients>,
    query: ListQuery<ClientFilter>,
) -> Result<Answer<Page<ClientSummary>>, Problem> {
    let scope = list_scope(query.filter.archived, None, None)?;
    cx.list(&staff, scope, &query).await
}

/// Enter a client that wasn't won by a proposal.
#[post("/api/clients/clients/", 201)]
async fn create_client(cx: Cx, staff: Staff<may::WriteClients>, Valid(body): Valid<NewClient>) -> Result<Answer<ClientOut>, Problem> {
    let NewClient { company_name, contact_name, email, phone, website, industry, address, tax_number, vat_id } = body;
    let address = address.map(|JsonObject(address)| address);
    let contact = Contact { company_name, contact_name, email, phone };
    let client = Client { website, industry, address, tax_number, vat_id, ..Client::new(contact, None) };
    let mut change = cx.change(&staff);
    let client = change.create(cx.new_id(), client, client::Event::Created)?;
    cx.commit(change, cx.created(&client)).await
}

/// Change a client.
#[patch("/api/clients/clients/{id}/")]
async fn update_client(
    cx: Cx,
    staff: Staff<may::WriteClients>,
    Path(id): Path<ClientId>,
    Valid(body): Valid<ClientPatch>,
) -> Result<Answer<ClientOut>, Problem> {
    let (mut change, before) = cx.edit(&staff, id).await?;
    let client = change.update(&before, before.edit(body.over(before.content.clone())?)?)?;
    cx.commit(change, cx.ok(&client)).await
}

/// List a client's portal users.
#[get("/api/clients/clients/{id}/portal-users/")]
async fn list_client_portal_users(
    cx: Cx,
    staff: Staff<may::ReadClients>,
    Path(id): Path<ClientId>,
    query: ListQuery<NoFilter>,
) -> Result<Answer<Page<PortalUserOut>>, Problem> {
    cx.list_below(&staff, id, &query).await
}

/// Invite somebody into a client's portal.
#[post("/api/clients/clients/{id}/portal-users/", 201)]
async fn create_client_portal_user(
    cx: Cx,
    staff: Staff<may::ManagePortal>,
    Path(id): Path<ClientId>,
    Valid(body): Valid<NewClientPortalUser>,
) -> Result<Answer<PortalUserOut>, Problem> {
    let NewClientPortalUser { name, email, rights: JsonObject(rights) } = body;
    let (mut change, client) = cx.edit(&staff, id).await?;
    change.depend_on(id)?;
    invite(&cx, change, client.id, name, email, rights).await
}

/// Archive a client; what belongs to it stays readable. Refused while something of it is open: an engagement, a contract
/// or a project that isn't over, an invoice to be paid, time to be billed, a credit to be used or settled.
#[delete("/api/clients/clients/{id}/")]
async fn archive_client(cx: Cx, staff: Staff<may::WriteClients>, Path(id): Path<ClientId>) -> Result<Answer<()>, Problem> {
    let (change, client) = cx.edit(&staff, id).await?;
    let (store, firm) = (&cx.store, staff.firm);
    let unbilled = ListScope::unbilled_time(id);
    let (engagement, contract, project, invoice, time, credit) = tokio::try_join!(
        store.open_below::<Engagement>(firm, id),
        store.open_below::<Contract>(firm, id),
        store.open_below::<Project>(firm, id),
        store.open_below::<Invoice>(firm, id),
        store.open_in::<TimeEntry>(firm, &unbilled),
        store.open_below::<Credit>(firm, id),
    )?;
    let open = [engagement, contract, project, invoice, time, credit];
    cx.archive_closed(change, &client, open).await
}
