//! `/api/clients/clients/`

use api::{
    Answer, App, Body, Cx, JsonObject, ListQuery, NoFilter, Page, Patch, Path, Problem, Routes, Set, Staff, Valid, get, list_scope, may,
    patch, post, routes,
};
use domain::{
    Email, Language, SingleLine,
    address::{Address, VatId},
    client::{self, Client},
    contact::{Cc, Contact},
    ids::ClientId,
    portal_user::PortalUser,
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use wire::{ClientOut, ClientSummary, ContactPatch, PortalUserOut};

use crate::portal_users::{NewClientPortalUser, invite};

api::standard_handlers! {
    ClientId, ClientOut, "/api/clients/clients/{id}/":
    /// Show a client.
    ///
    /// With its address and tax numbers, which lists leave out. An archived one is shown too.
    show_client: show by Staff<may::ReadClients>;
    /// Archive a client; what belongs to it stays readable.
    ///
    /// Its people can still sign in to its portal. 409 while something of it is open, which the answer names: an engagement, a
    /// contract or a project that isn't over, a draft of an invoice or one to be paid, time to be billed, a credit to be used
    /// or settled; and if it is archived already.
    archive_client: archive by Staff<may::WriteClients>;
    /// Take a client out of the archive.
    ///
    /// Engagements, contracts, projects and invoices can be made for it again. One that isn't archived is shown as it is.
    restore_client: restore by Staff<may::WriteClients>;
    /// List what happened to a client.
    ///
    /// Newest first: by whom it was made, changed, archived or restored, and which fields that changed; what happens to
    /// what belongs to it is not among that. Network addresses are for owners and managers.
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
    /// The language in which they are written to. Default: the firm's.
    language: Option<Language>,
    website: Option<SingleLine<300>>,
    industry: Option<SingleLine<100>>,
    /// Where it is, as its invoices say.
    address: Option<JsonObject<Address>>,
    /// The number under which its tax office knows it.
    tax_number: Option<SingleLine<40>>,
    /// The number under which it pays value added tax.
    vat_id: Option<VatId>,
    /// Where its invoices, reminders, receipts and credit notes are mailed. Default: to `email`.
    billing_email: Option<Email>,
    /// Who gets a copy of these: at most five, none twice.
    #[schema(value_type = Option<Vec<Email>>, max_items = 5)]
    cc: Option<Cc>,
    /// Whether it is reminded of none of its invoices by itself. Default: no.
    reminders_paused: Option<bool>,
}

impl NewClient {
    fn client(self) -> Client {
        let Self {
            company_name, contact_name, email, phone, language, website, industry, address, tax_number, vat_id, billing_email, ..
        } = self;
        let contact = Contact { company_name, contact_name, email, phone, language };
        Client {
            website,
            industry,
            address: address.map(|JsonObject(address)| address),
            tax_number,
            vat_id,
            billing_email,
            cc: self.cc.unwrap_or_default(),
            reminders_paused: self.reminders_paused.unwrap_or_default(),
            ..Client::new(contact, None)
        }
    }
}

/// Changes to a client: what is absent stays, what is null is cleared.
#[derive(Debug, Default, Deserialize, ToSchema, Body)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"website": "https://acme.example", "phone": null}))]
#[body(
    patch = Client,
    set(contact = ContactPatch { company_name, contact_name, email, phone, language }.over(before.contact)),
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
    /// The language in which they are written to; null: the firm's.
    #[body(skip)]
    language: Patch<Language>,
    website: Patch<SingleLine<300>>,
    industry: Patch<SingleLine<100>>,
    /// Where it is, as its invoices say: all of it, in place of the one before.
    #[body(address.map(|JsonObject(address)| address).over(before.address))]
    address: Patch<JsonObject<Address>>,
    tax_number: Patch<SingleLine<40>>,
    vat_id: Patch<VatId>,
    /// Where its invoices, reminders, receipts and credit notes are mailed, in place of `email`.
    billing_email: Patch<Email>,
    /// Who gets a copy of these: at most five, none twice, in place of those before.
    #[schema(value_type = Vec<Email>, max_items = 5, required = false)]
    cc: Set<Cc>,
    /// Whether it is reminded of none of its invoices by itself; reminders whose day came meanwhile aren't made up for.
    reminders_paused: Set<bool>,
}

/// List clients.
///
/// Newest first, without addresses, tax numbers and what is about mail, and without those that are archived, which
/// `archived=true` lists. There is no other filter: 400.
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
///
/// No mail goes out: nobody is in its portal before they are invited. Another client of the same name or e-mail is no
/// reason to refuse it.
#[post("/api/clients/clients/", 201)]
async fn create_client(cx: Cx, staff: Staff<may::WriteClients>, Valid(body): Valid<NewClient>) -> Result<Answer<ClientOut>, Problem> {
    let client = body.client();
    let mut change = cx.change(&staff);
    let client = change.create(cx.new_id(), client, client::Event::Created)?;
    cx.commit(change, cx.created(&client)).await
}

/// Change a client.
///
/// Invoices, drafts too, keep the client as it was when they were drafted, and where they are mailed, until they are sent
/// again; its portal users keep their names and e-mails. 409 if it is archived.
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
///
/// Newest first: invited, active and deactivated ones, of an archived client too. There is no filter: 400.
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
///
/// They get the welcome mail, whose link works for a week. 409 if the client is archived, and, naming the other in
/// `existing`, if a portal user of the client has the e-mail, a deactivated one too; 422 without the right to see.
#[post("/api/clients/clients/{id}/portal-users/", 201)]
async fn create_client_portal_user(
    cx: Cx,
    staff: Staff<may::ManagePortal>,
    Path(id): Path<ClientId>,
    Valid(body): Valid<NewClientPortalUser>,
) -> Result<Answer<PortalUserOut>, Problem> {
    let NewClientPortalUser { name, email, language, rights: JsonObject(rights) } = body;
    let (mut change, client, firm) = cx.edit_with_firm(&staff, id).await?;
    change.depend_on(id)?;
    let user = PortalUser::invited(client.id, name, email, rights, firm.confirmed()?, cx.now)?;
    invite(&cx, change, PortalUser { language: language.or(client.contact.language), ..user }).await
}
