//! The function `clients`.

use payments::Payments;
use runtime::{Clock, env};
use secrets::{Secrets, stripe_key};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let url = env("STRIPE_API_URL")?;
    let account = move |text: &str| Payments::new(&stripe_key(text)?, Some(&url)).map_err(|bad| bad.to_string());
    let payments = Secrets::from_env().await.kept(env("STRIPE_SECRET")?, account);
    api::serve(clients::router(payments.warm(Clock::default().now()).await)).await
}
