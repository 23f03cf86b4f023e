//! `/api/auth/`: firms and their people, signing in and out. The only function that can sign tokens.

mod activate;
mod admission;
mod alive;
mod carrier;
mod challenge;
mod confirmation;
mod device;
mod email;
mod firm;
mod grant;
mod login;
mod mail_texts;
mod mails;
mod me;
mod memberships;
mod mfa;
mod notification_settings;
mod notifications;
mod own;
mod ownership;
mod password;
mod password_reset;
mod passwords;
mod payments;
mod reauthentication;
mod register;
mod second_factor;
mod second_step;
mod security;
mod sender_domain;
mod sessions;
mod shapes;
mod suppressions;
mod undelivered;
mod users;

use api::{App, Routes};

pub use self::payments::Stripe;
pub use admission::Registration;
pub use grant::{Keys, published};
pub use passwords::Passwords;
pub use security::CloudWatch;
pub use sender_domain::Sending;

/// Every route of this function.
pub fn router<R: Routes<State = App>>(keys: Keys, stripe: Stripe, sending: Sending) -> R {
    let keys = keys.under(stripe.mode);
    R::default()
        .merge(register::routes())
        .merge(login::routes())
        .merge(second_step::routes())
        .merge(mfa::routes())
        .merge(sessions::routes())
        .merge(memberships::routes())
        .merge(reauthentication::routes())
        .merge(ownership::routes())
        .merge(password::routes())
        .merge(password_reset::routes())
        .merge(email::routes())
        .merge(activate::routes())
        .merge(confirmation::routes())
        .merge(me::routes())
        .merge(notifications::routes())
        .merge(notification_settings::routes())
        .merge(firm::routes())
        .merge(mail_texts::routes())
        .merge(mails::routes())
        .merge(undelivered::routes())
        .merge(suppressions::routes())
        .merge(payments::routes())
        .merge(sender_domain::routes())
        .merge(users::routes())
        .with(keys)
        .with(stripe)
        .with(sending)
}
