//! The function `auth`.

use std::sync::Arc;

use api::Verifier;
use auth::{CloudWatch, Keys, Passwords, Sending, Stripe, published};
use domain::Email;
use logs::LogGroup;
use payments::Payments;
use runtime::{Clock, env};
use secrets::{LinkKey, Secrets, SigningKey, stripe_key};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let (now, secrets, issuer) = (Clock::default().now(), Secrets::from_env().await, env("TOKEN_ISSUER")?);
    let verifier = Verifier::new(&env("TOKEN_PUBLIC_KEYS")?, &issuer)?;
    let signing = {
        let issuer = issuer.clone();
        secrets.kept(env("SIGNING_SECRET")?, move |text| published(SigningKey::parse(text)?, &verifier, &issuer))
    };
    let links = secrets.kept(env("LINK_SECRET")?, LinkKey::parse);
    let url = env("STRIPE_API_URL")?;
    let account = move |text: &str| Payments::new(&stripe_key(text)?, Some(&url)).map_err(|bad| bad.to_string());
    // Read once it is needed, which is seldom.
    let stripe = Stripe { payments: secrets.kept(env("STRIPE_SECRET")?, account), mode: env("PAYMENTS_MODE")?.parse()? };
    let passwords = Passwords::new(env("PASSWORD_MEMORY_KIB")?.parse()?)?;
    let keys = Keys::new(issuer, signing.warm(now).await, links.warm(now).await, passwords, env("REGISTRATION")?.parse()?);
    let sending = Sending { sender: Email::new(&env("MAIL_SENDER")?)?, region: env("AWS_REGION")? };
    let security = CloudWatch(LogGroup::from_env(env("SECURITY_LOG_GROUP")?).await);
    api::serve_telling(auth::router(keys, stripe, sending), Arc::new(security)).await
}
