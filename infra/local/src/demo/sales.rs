//! From campaigns and leads to clients with contracts, and sales that came to something else.

use chrono::{Days, Months};
use serde_json::{Value, json};
use std::collections::HashMap;

use super::{
    budget::Budget,
    clients::{CLIENTS, Client, EMBER, Place},
    leads::{CAMPAIGNS, DEALS, Deal, LEADS, Lead, Reached},
    loader::{Loader, together},
    projects::{PROJECTS, Phase, Project},
};
use crate::{
    caller::Answer,
    error::{OrMissing, Result},
};

/// Who sells.
const SELLERS: [&str; 3] = ["colette", "aoife", "tomas"];
const CLOSER: &str = "conor";
const TERMS: &str = "Billed at the end of each month for the time worked; travel at cost.";

/// What later parts need of what was sold.
pub(super) struct Sold {
    /// The ids of the clients by their names.
    pub(super) clients: HashMap<&'static str, String>,
    /// The ids of the contracts by their projects' names.
    pub(super) contracts: HashMap<&'static str, String>,
}

pub(super) async fn load(loader: &Loader, budgets: &HashMap<&'static str, Budget>) -> Result<Sold> {
    let campaigns = together(CAMPAIGNS.iter().map(|campaign| self::campaign(loader, campaign))).await?;
    let won = together(CLIENTS.iter().enumerate().map(|(place, client)| won(loader, place, client, budgets))).await?;
    together(DEALS.iter().enumerate().map(|(place, deal)| lost_or_open(loader, place, deal))).await?;
    together(LEADS.iter().enumerate().map(|(place, (lead, moved))| {
        let campaign = campaigns.get(place / 3).cloned();
        async move {
            let id = self::lead(loader, place, lead, campaign).await?;
            let Some((to, reason)) = moved else { return Ok(()) };
            loader.act(seller(place), &format!("/api/crm/leads/{id}/move/"), &json!({ "to": to, "reason": reason })).await.map(|_| ())
        }
    }))
    .await?;
    let (mut sold, mut proposals) = (Sold { clients: HashMap::new(), contracts: HashMap::new() }, HashMap::new());
    for (client, (id, proposal)) in CLIENTS.iter().zip(won) {
        sold.clients.insert(client.lead.company, id);
        proposals.insert(client.lead.company, proposal);
    }
    // One after the other: their numbers follow the days on which they were signed.
    for project in &PROJECTS {
        let client = sold.clients.get(project.client).or_missing(format!("{} is no client", project.client))?;
        // The first contract of a client carries out its proposal.
        let id = contract(loader, project, client, proposals.remove(project.client), budget(budgets, project)?).await?;
        sold.contracts.insert(project.name, id);
    }
    let ember = sold.clients.get(EMBER).or_missing("Ember Retail is no client")?;
    let body = json!({ "client": ember, "title": "Store network study, second phase", "value": "31000.00", "terms": TERMS });
    loader.create(CLOSER, "/api/crm/contracts/", &body).await?;
    Ok(sold)
}

/// What a project's contract is worth and how long it runs.
fn budget<'b>(budgets: &'b HashMap<&'static str, Budget>, project: &Project) -> Result<&'b Budget> {
    budgets.get(project.name).or_missing(format!("{} has no budget", project.name))
}

fn seller(place: usize) -> &'static str {
    SELLERS.get(place % SELLERS.len()).copied().unwrap_or(CLOSER)
}

async fn campaign(loader: &Loader, campaign: &super::leads::Campaign) -> Result<String> {
    let start = loader.calendar.first(campaign.began);
    let body = json!({ "name": campaign.name, "start_date": start, "end_date": start + Days::new(75), "budget": campaign.budget });
    let id = loader.create(CLOSER, "/api/crm/campaigns/", &body).await?.text("/id")?;
    if let Some(to) = campaign.moved {
        loader.act(CLOSER, &format!("/api/crm/campaigns/{id}/move/"), &json!({ "to": to })).await?;
    }
    Ok(id)
}

async fn lead(loader: &Loader, place: usize, lead: &Lead, campaign: Option<String>) -> Result<String> {
    let Lead { company, contact, email, source } = lead;
    let body = json!({ "company_name": company, "contact_name": contact, "email": email, "source": source, "campaign": campaign });
    loader.create(seller(place), "/api/crm/leads/", &body).await?.text("/id")
}

/// The prospect that a lead became.
async fn prospect(loader: &Loader, place: usize, lead: &Lead, value: &str, stage: &str, currency: &str) -> Result<String> {
    let lead = self::lead(loader, place, lead, None).await?;
    let body = json!({ "estimated_value": value, "currency": currency, "stage": stage });
    loader.create(seller(place), &format!("/api/crm/leads/{lead}/convert/"), &body).await?.text("/id")
}

/// A sale that was won; the ids of the client and of the proposal.
async fn won(loader: &Loader, place: usize, client: &Client, budgets: &HashMap<&'static str, Budget>) -> Result<(String, String)> {
    let project = PROJECTS.iter().find(|project| project.client == client.lead.company);
    let project = project.or_missing(format!("{} has no project", client.lead.company))?;
    let Budget { hours, amount } = budget(budgets, project)?;
    let prospect = prospect(loader, place, &client.lead, amount, "negotiation", client.currency).await?;
    let body = json!({
        "prospect": prospect, "title": project.name, "currency": client.currency, "terms": TERMS,
        "line_items": [
            { "description": format!("{}: consulting, in hours", project.name), "quantity": hours.to_string(), "unit_price": project.rate.to_string() },
            { "description": "A day of coaching after the end", "quantity": "1", "unit_price": "1400.00", "optional": true },
        ],
    });
    let proposal = loader.create(seller(place), "/api/crm/proposals/", &body).await?.text("/id")?;
    proposal_action(loader, &proposal, "send", &json!({})).await?;
    let accepted = proposal_action(loader, &proposal, "accept", &json!({ "accepted_by": client.lead.contact })).await?;
    let id = accepted.text("/client/id")?;
    let Place { line1, postal_code, city, region, country } = client.place;
    let address = json!({ "line1": line1, "postal_code": postal_code, "city": city, "region": region, "country": country });
    let more = json!({ "address": address, "industry": client.industry, "billing_email": client.billing_email, "cc": client.cc });
    loader.patch(CLOSER, &format!("/api/clients/clients/{id}/"), &more).await?;
    Ok((id, proposal))
}

/// A sale that isn't won, as far as it came.
async fn lost_or_open(loader: &Loader, place: usize, deal: &Deal) -> Result<()> {
    let prospect = prospect(loader, place, &deal.lead, deal.value, deal.stage, super::firm::CURRENCY).await?;
    if deal.reached == Reached::Nothing {
        return Ok(());
    }
    let body = json!({
        "prospect": prospect, "title": deal.title, "terms": TERMS, "valid_until": loader.calendar.today + Days::new(45),
        "line_items": [{ "description": deal.title, "quantity": "1", "unit_price": deal.value }],
    });
    let proposal = loader.create(seller(place), "/api/crm/proposals/", &body).await?.text("/id")?;
    for (action, body) in deal.reached.actions() {
        proposal_action(loader, &proposal, action, &body).await?;
    }
    if deal.reached == Reached::Revised {
        let revised = loader.create(CLOSER, &format!("/api/crm/proposals/{proposal}/revise/"), &json!({})).await?.text("/id")?;
        proposal_action(loader, &revised, "send", &json!({})).await?;
    }
    if deal.reached == Reached::Rejected {
        let body = json!({ "to": "lost", "reason": "They do it in-house" });
        loader.act(CLOSER, &format!("/api/crm/prospects/{prospect}/move/"), &body).await?;
    }
    Ok(())
}

async fn proposal_action(loader: &Loader, proposal: &str, action: &str, body: &Value) -> Result<Answer> {
    loader.act(CLOSER, &format!("/api/crm/proposals/{proposal}/{action}/"), body).await
}

/// The contract that `project` carries out, in force unless that is to come.
async fn contract(loader: &Loader, project: &Project, client: &str, proposal: Option<String>, budget: &Budget) -> Result<String> {
    let start = starts(loader, project);
    let who = CLIENTS.iter().find(|client| client.lead.company == project.client);
    let who = who.or_missing(format!("{} is no client", project.client))?;
    let body = json!({
        "client": client, "proposal": proposal, "title": project.name, "value": budget.amount, "currency": who.currency,
        "start_date": start, "end_date": ends(loader, project), "terms": TERMS,
    });
    let id = loader.create(CLOSER, "/api/crm/contracts/", &body).await?.text("/id")?;
    let signed = (start - Days::new(9)).min(loader.calendar.today);
    contract_action(loader, &id, "sign", &json!({ "signed_by": who.lead.contact, "signed_on": signed })).await?;
    if project.phase != Phase::Planned {
        contract_action(loader, &id, "activate", &json!({})).await?;
    }
    Ok(id)
}

/// Ends the contracts of the projects that are over.
pub(super) async fn end_contracts(loader: &Loader, sold: &Sold) -> Result<()> {
    let over = PROJECTS.iter().filter_map(|project| sold.contracts.get(project.name).map(|id| (project.phase, id)));
    together(over.map(async |(phase, id)| match phase {
        Phase::Completed => contract_action(loader, id, "complete", &json!({})).await.map(|_| ()),
        Phase::Cancelled => {
            let reason = json!({ "reason": "The client is in liquidation" });
            contract_action(loader, id, "terminate", &reason).await.map(|_| ())
        }
        Phase::Planned | Phase::Active | Phase::OnHold => Ok(()),
    }))
    .await
    .map(|_| ())
}

async fn contract_action(loader: &Loader, id: &str, action: &str, body: &Value) -> Result<Answer> {
    loader.act(CLOSER, &format!("/api/crm/contracts/{id}/{action}/"), body).await
}

/// The first day of a project: of its first month, or of the next month where it hasn't begun.
pub(super) fn starts(loader: &Loader, project: &Project) -> chrono::NaiveDate {
    let calendar = loader.calendar;
    project.months.map_or_else(|| calendar.first(0) + Months::new(2), |(first, _)| calendar.first(first))
}

/// The last day of a project.
pub(super) fn ends(loader: &Loader, project: &Project) -> chrono::NaiveDate {
    starts(loader, project) + Months::new(project.runs) - Days::new(1)
}
