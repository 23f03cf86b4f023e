//! The function `clients`.

use api::env;
use payments::Payments;
use secrets::Secrets;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let key = Secrets::from_env().await.stripe_key(&env("STRIPE_SECRET")?).await?;
    let payments = Payments::new(&key, Some(&env("STRIPE_API_URL")?))?;
    api::serve(clients::router(payments)).await
}
