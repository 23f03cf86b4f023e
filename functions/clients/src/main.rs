//! The function `clients`.

use checkout::Till;
use domain::payment_account::Taking;
use payments::Payments;
use runtime::{Clock, env};
use secrets::{Secrets, stripe_key};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let url = env("STRIPE_API_URL")?;
    let account = move |text: &str| Payments::new(&stripe_key(text)?, Some(&url)).map_err(|bad| bad.to_string());
    let payments = Secrets::from_env().await.kept(env("STRIPE_SECRET")?, account);
    let taking = Taking::new(&env("PAYMENTS_MODE")?, &env("APPLICATION_FEE_PERCENT")?)?;
    api::serve(clients::router(Till { payments: payments.warm(Clock::default().now()).await, taking })).await
}
