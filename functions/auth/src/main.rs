//! The function `auth`.

use api::env;
use auth::Keys;
use secrets::Secrets;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let secrets = Secrets::from_env().await;
    let signing = secrets.signing_key(&env("SIGNING_SECRET")?).await?;
    let links = secrets.link_key(&env("LINK_SECRET")?).await?;
    api::serve(auth::router(Keys::new(env("TOKEN_ISSUER")?, signing, links))).await
}
