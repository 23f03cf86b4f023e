//! `cargo local check`: walks what must work over HTTP against a running stack.
//!
//! Each step is printed; the first that fails ends the walk. Every run makes firms and people of its own, so it can
//! be repeated on kept data and beside other work.

mod accounts;
mod billing;
mod connect;
mod delivery;
mod guest;
mod mails;
mod onboarding;
mod refusals;
mod sender;

use serde_json::{Value, json};

use crate::{
    caller::{Caller, fresh_word, link_token},
    error::{Error, OrMissing, Result},
};

/// Walks it all against the stack at `url`.
pub async fn run(url: &str) -> Result<()> {
    let mut walk = Walk { caller: Caller::new(url), word: fresh_word(), steps: 0 };
    println!("From lead to client");
    let firm = onboarding::walk(&mut walk).await?;
    println!("From contract to work");
    let work = delivery::walk(&mut walk, &firm).await?;
    println!("Where the money goes");
    connect::walk(&mut walk, &firm).await?;
    println!("From work to cash");
    billing::walk(&mut walk, &firm, &work).await?;
    println!("What doesn't arrive");
    mails::walk(&mut walk, &firm).await?;
    println!("In whose language, and in whose name");
    sender::walk(&mut walk, &firm).await?;
    println!("Paid without a log-in");
    guest::walk(&mut walk, &firm).await?;
    connect::restricted(&mut walk, &firm).await?;
    println!("What somebody signs in with");
    accounts::walk(&mut walk).await?;
    println!("What is refused");
    refusals::walk(&mut walk, &firm).await?;
    println!("All {} steps hold.", walk.steps);
    Ok(())
}

/// A walk that is going on.
struct Walk {
    caller: Caller,
    /// Makes e-mail addresses new in each run.
    word: String,
    steps: usize,
}

impl Walk {
    /// Does one step and says how it went.
    async fn step<T>(&mut self, name: &str, work: impl Future<Output = Result<T>>) -> Result<T> {
        self.steps += 1;
        match work.await {
            Ok(value) => {
                println!("  ✓ {name}");
                Ok(value)
            }
            Err(error) => {
                println!("  ✗ {name}");
                Err(Error::new(format!("the check stopped at “{name}”: {error}")))
            }
        }
    }

    /// An e-mail address that no other run has.
    fn email(&self, who: &str) -> String {
        format!("{who}-{}@check.example", self.word)
    }
}

/// The password of everybody here.
const PASSWORD: &str = "correct horse battery staple";

/// A firm of the check, as far as later steps need it.
struct Firm {
    /// The owner's access token.
    owner: String,
    owner_id: String,
    owner_email: String,
    lead: String,
    client: String,
    contract: String,
    contact_email: String,
    /// The portal user's access token.
    portal_user: String,
}

/// Registers a firm, and confirms its owner's e-mail; the owner's answer.
async fn register(caller: &Caller, name: &str, email: &str) -> Result<Value> {
    let body = json!({ "firm_name": name, "name": "Ada Winter", "email": email, "password": PASSWORD, "currency": "EUR" });
    let registered = caller.post("/api/auth/register/", &body).send().await?.is(201)?.body().clone();
    let token = link_token(&caller.mail(email, "/confirm-email?token=").await?, "confirm-email")?;
    caller.post("/api/auth/confirm-email/", &json!({ "token": token })).send().await?.is(204)?;
    Ok(registered)
}

/// Activates whoever was sent a link; their access token.
async fn activate(caller: &Caller, mail: &str) -> Result<String> {
    let body = json!({ "token": link_token(mail, "activate")?, "password": PASSWORD });
    caller.post("/api/auth/activate/", &body).send().await?.is(200)?.text("/access")
}

/// What is at `pointer` of an answer.
fn at(body: &Value, pointer: &str) -> Result<Value> {
    body.pointer(pointer).cloned().or_missing(format!("the answer lacks {pointer}: {body}"))
}

/// The same, which is text.
fn text(body: &Value, pointer: &str) -> Result<String> {
    at(body, pointer)?.as_str().map(str::to_owned).or_missing(format!("{pointer} isn't text: {body}"))
}
