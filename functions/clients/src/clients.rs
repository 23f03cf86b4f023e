//! `/api/clients/clients/`

use api::{
    Answer, App, Cx, EventOut, ListQuery, NoFilter, Object, Page, PageParams, Patch, Path, Problem, Routes, Set, Staff, Valid, may, routes,
    shapes::{ClientOut, ClientSummary, ContactPatch, PortalUserOut},
    which,
};
use domain::{
    Email, MultiLine, SingleLine,
    client::{self, Client, ClientId},
    contact::Contact,
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::portal_users::{NewClientPortalUser, invite};

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default()
        .routes(routes!(list_clients, create_client))
        .routes(routes!(show_client, update_client, archive_client))
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
    /// Where it is, as on an envelope.
    address: Option<MultiLine<1000>>,
}

/// Changes to a client: what is absent stays, what is null is cleared.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"website": "https://acme.example", "phone": null}))]
struct ClientPatch {
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
    #[serde(default)]
    #[schema(value_type = Option<SingleLine<300>>)]
    website: Patch<SingleLine<300>>,
    #[serde(default)]
    #[schema(value_type = Option<SingleLine<100>>)]
    industry: Patch<SingleLine<100>>,
    /// Where it is, as on an envelope.
    #[serde(default)]
    #[schema(value_type = Option<MultiLine<1000>>)]
    address: Patch<MultiLine<1000>>,
}

impl ClientPatch {
    fn over(self, before: Client) -> Client {
        let Self { company_name, contact_name, email, phone, website, industry, address } = self;
        Client {
            contact: ContactPatch { company_name, contact_name, email, phone }.over(before.contact),
            website: website.over(before.website),
            industry: industry.over(before.industry),
            address: address.over(before.address),
            ..before
        }
    }
}

/// List clients.
#[utoipa::path(get, path = "/api/clients/clients/", tag = "clients", params(ClientFilter, PageParams), security(("staff" = ["clients.read"])),
    responses((status = 200, description = "A page of clients", body = Page<ClientSummary>)))]
async fn list_clients(cx: Cx, staff: Staff<may::ReadClients>, query: ListQuery<ClientFilter>) -> Result<Answer, Problem> {
    let which = which(query.filter.archived, None, None)?;
    cx.list::<ClientSummary, _>(&staff, which, &query).await
}

/// Enter a client that wasn't won by a proposal.
#[utoipa::path(post, path = "/api/clients/clients/", tag = "clients", request_body = NewClient, security(("staff" = ["clients.write"])),
    responses((status = 201, description = "The client", body = ClientOut)))]
async fn create_client(cx: Cx, staff: Staff<may::WriteClients>, Valid(body): Valid<NewClient>) -> Result<Answer, Problem> {
    let NewClient { company_name, contact_name, email, phone, website, industry, address } = body;
    let contact = Contact { company_name, contact_name, email, phone };
    let client = Client { website, industry, address, ..Client::new(contact, None) };
    let mut change = cx.change(&staff);
    let client = change.create(cx.new_id(), client, client::event::CREATED)?;
    cx.commit(change, cx.created::<ClientOut>(&client)).await
}

/// Show a client.
#[utoipa::path(get, path = "/api/clients/clients/{id}/", tag = "clients", params(("id" = ClientId, Path)),
    security(("staff" = ["clients.read"])), responses((status = 200, description = "The client", body = ClientOut)))]
async fn show_client(cx: Cx, staff: Staff<may::ReadClients>, Path(id): Path<ClientId>) -> Result<Answer, Problem> {
    cx.show::<ClientOut>(&staff, id).await
}

/// Change a client.
#[utoipa::path(patch, path = "/api/clients/clients/{id}/", tag = "clients", params(("id" = ClientId, Path)), request_body = ClientPatch,
    security(("staff" = ["clients.write"])), responses((status = 200, description = "The client", body = ClientOut)))]
async fn update_client(
    cx: Cx,
    staff: Staff<may::WriteClients>,
    Path(id): Path<ClientId>,
    Valid(body): Valid<ClientPatch>,
) -> Result<Answer, Problem> {
    let (mut change, before) = cx.edit(&staff, id).await?;
    let client = change.update(&before, before.edit(body.over(before.content.clone()))?)?;
    cx.commit(change, cx.ok::<ClientOut>(&client)).await
}

/// Archive a client; what belongs to it stays readable.
#[utoipa::path(delete, path = "/api/clients/clients/{id}/", tag = "clients", params(("id" = ClientId, Path)),
    security(("staff" = ["clients.write"])), responses((status = 204, description = "It is archived")))]
async fn archive_client(cx: Cx, staff: Staff<may::WriteClients>, Path(id): Path<ClientId>) -> Result<Answer, Problem> {
    let (mut change, client) = cx.edit(&staff, id).await?;
    change.remove(&client, client.archive()?)?;
    cx.commit(change, Ok(Answer::no_content())).await
}

/// List a client's portal users.
#[utoipa::path(get, path = "/api/clients/clients/{id}/portal-users/", tag = "clients", params(("id" = ClientId, Path), PageParams),
    security(("staff" = ["clients.read"])), responses((status = 200, description = "A page of portal users", body = Page<PortalUserOut>)))]
async fn list_client_portal_users(
    cx: Cx,
    staff: Staff<may::ReadClients>,
    Path(id): Path<ClientId>,
    query: ListQuery<NoFilter>,
) -> Result<Answer, Problem> {
    cx.list_below::<PortalUserOut, _, _>(&staff, id, &query).await
}

/// Invite somebody into a client's portal.
#[utoipa::path(post, path = "/api/clients/clients/{id}/portal-users/", tag = "clients", params(("id" = ClientId, Path)),
    request_body = NewClientPortalUser, security(("staff" = ["portal.manage"])),
    responses((status = 201, description = "The portal user", body = PortalUserOut)))]
async fn create_client_portal_user(
    cx: Cx,
    staff: Staff<may::ManagePortal>,
    Path(id): Path<ClientId>,
    Valid(body): Valid<NewClientPortalUser>,
) -> Result<Answer, Problem> {
    let NewClientPortalUser { name, email, rights: Object(rights) } = body;
    let (change, client) = cx.edit(&staff, id).await?;
    invite(&cx, change, client.id, name, email, rights).await
}

/// List what happened to a client.
#[utoipa::path(get, path = "/api/clients/clients/{id}/history/", tag = "clients", params(("id" = ClientId, Path), PageParams),
    security(("staff" = ["clients.read"])), responses((status = 200, description = "A page of events", body = Page<EventOut>)))]
async fn list_client_history(
    cx: Cx,
    staff: Staff<may::ReadClients>,
    Path(id): Path<ClientId>,
    query: ListQuery<NoFilter>,
) -> Result<Answer, Problem> {
    cx.history(&staff, id, &query).await
}
