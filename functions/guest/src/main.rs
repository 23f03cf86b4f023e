//! The function `guest`.

use checkout::Till;
use domain::payment_account::Taking;
use payments::Payments;
use runtime::{Clock, env};
use secrets::{LinkKey, Secrets, stripe_key};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let (url, secrets, now) = (env("STRIPE_API_URL")?, Secrets::from_env().await, Clock::default().now());
    let account = move |text: &str| Payments::new(&stripe_key(text)?, Some(&url)).map_err(|bad| bad.to_string());
    let payments = secrets.kept(env("STRIPE_SECRET")?, account);
    let links = secrets.kept(env("LINK_SECRET")?, LinkKey::parse).warm(now).await;
    let taking = Taking::new(&env("PAYMENTS_MODE")?, &env("APPLICATION_FEE_PERCENT")?)?;
    api::serve(guest::router(links, Till { payments: payments.warm(now).await, taking })).await
}
