//! `cargo local --demo`: a small firm with something in every state, made through the API like any other.
//!
//! Loading it again changes nothing: a firm that is there is only told of.

mod story;

use serde_json::{Value, json};

use crate::{
    caller::{Caller, activation_token},
    error::{Error, Result},
};
use story::{CLIENTS, Deal, FIRM, LEADS, OWNER, PASSWORD, Person, Reached, STAFF};

/// Loads the demo into the stack at `url`, if it isn't there yet, and tells how to sign in.
pub async fn load(url: &str) -> Result<String> {
    let caller = Caller::new(url);
    if sign_in(&caller, OWNER.email).await.is_err() {
        Loader::start(caller).await?.load().await?;
    }
    Ok(logins())
}

/// How to sign in, a line for each.
fn logins() -> String {
    let line = |what: &str, email: &str| format!("\n  {what:<36} {email}");
    let staff = STAFF.iter().map(|person| line(person.role, person.email));
    let clients = CLIENTS.iter().map(|deal| line(&format!("at the client {}", deal.company), deal.email));
    let logins: String = std::iter::once(line(OWNER.role, OWNER.email)).chain(staff).chain(clients).collect();
    format!("The demo firm is {FIRM}; everybody's password is “{PASSWORD}”:{logins}")
}

async fn sign_in(caller: &Caller, email: &str) -> Result<String> {
    caller.post("/api/auth/login/", &json!({ "username": email, "password": PASSWORD })).send().await?.is(200)?.text("/access")
}

/// Loads the demo; its fields are the tokens of those who do the work.
struct Loader {
    caller: Caller,
    owner: String,
    manager: String,
    consultant: String,
}

impl Loader {
    /// The firm and its people.
    async fn start(caller: Caller) -> Result<Self> {
        let Person { name, email, .. } = OWNER;
        let body = json!({
            "firm_name": FIRM, "name": name, "email": email, "password": PASSWORD, "currency": "EUR", "time_zone": "Europe/Copenhagen",
        });
        let owner = caller.post("/api/auth/register/", &body).send().await?.is(201)?.text("/access")?;
        let mut loader = Self { caller, owner, manager: String::new(), consultant: String::new() };
        for Person { name, email, role } in STAFF {
            let body = json!({ "name": name, "email": email, "role": role });
            loader.post(&loader.owner, "/api/auth/users/", &body, 201).await?;
            let token = loader.activate(email).await?;
            match role {
                "manager" => loader.manager = token,
                "consultant" => loader.consultant = token,
                _ => {}
            }
        }
        Ok(loader)
    }

    async fn load(&self) -> Result<()> {
        for lead in LEADS {
            let body = json!({ "company_name": lead.company, "contact_name": lead.contact, "email": lead.email, "source": lead.source });
            let id = self.post(&self.consultant, "/api/crm/leads/", &body, 201).await?;
            if let Some((to, reason)) = lead.moved {
                let body = json!({ "to": to, "reason": reason });
                self.post(&self.consultant, &format!("/api/crm/leads/{id}/move/"), &body, 200).await?;
            }
        }
        for deal in story::OPEN.iter().chain(&CLIENTS) {
            self.deal(deal).await?;
        }
        for deal in &CLIENTS {
            self.activate(deal.email).await?;
        }
        Ok(())
    }

    /// A sale, from its lead as far as it came.
    async fn deal(&self, deal: &Deal) -> Result<()> {
        let (seller, caller) = (&self.manager, &self.caller);
        let body = json!({ "company_name": deal.company, "contact_name": deal.contact, "email": deal.email, "source": "referral" });
        let lead = self.post(&self.consultant, "/api/crm/leads/", &body, 201).await?;
        let body = json!({ "estimated_value": deal.value, "stage": deal.stage });
        let prospect = self.post(seller, &format!("/api/crm/leads/{lead}/convert/"), &body, 201).await?;
        if deal.reached == Reached::Nothing {
            return Ok(());
        }
        let body = json!({
            "prospect": prospect, "title": deal.title, "currency": "EUR", "terms": "Half on start, half on delivery; net 30 days.",
            "line_items": [{ "description": deal.title, "quantity": "1", "unit_price": deal.value }],
        });
        let proposal = self.post(seller, "/api/crm/proposals/", &body, 201).await?;
        for (action, body) in deal.reached.actions() {
            let path = format!("/api/crm/proposals/{proposal}/{action}/");
            let answer = caller.post(&path, &body).by(seller).send().await?.is(200)?;
            if action == "accept" {
                let body = json!({ "client": answer.text("/client/id")?, "proposal": proposal, "title": deal.title, "value": deal.value });
                self.post(seller, "/api/crm/contracts/", &body, 201).await?;
            }
        }
        if deal.reached == Reached::Rejected {
            let body = json!({ "to": "lost", "reason": "They do it in-house" });
            self.post(seller, &format!("/api/crm/prospects/{prospect}/move/"), &body, 200).await?;
        }
        Ok(())
    }

    /// Follows the link in the mail to `email`.
    async fn activate(&self, email: &str) -> Result<String> {
        let token = activation_token(&self.caller.mail(email, "/activate?token=").await?)?;
        let body = json!({ "token": token, "password": PASSWORD });
        self.caller.post("/api/auth/activate/", &body).send().await?.is(200)?.text("/access")
    }

    /// Posts, and answers the id of what was made.
    async fn post(&self, token: &str, path: &str, body: &Value, status: u16) -> Result<String> {
        let answer = self.caller.post(path, body).by(token).send().await?.is(status)?;
        answer.text("/id").map_err(|error| Error::new(format!("the demo can't be loaded: {error}")))
    }
}
