//! The whole stack, from nothing to one line that says it is up.
//!
//! What is started is owned by [`Stack`]: when it is dropped, at the end or because a step failed, it all ends.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::{net::TcpListener, task::JoinSet};

use crate::{
    dynamodb::Dynamo,
    error::{Doing, Error, Result},
    functions::{self, Endpoints, Functions},
    gateway,
    keys::Keys,
    mailbox::{self, Mailbox},
    ministack::MiniStack,
    progress::step,
    ses::Ses,
    stripe::{self, Account, StandIn, Webhook},
    template::Template,
    tools::{self, Tools},
    triggers::{StreamDriver, queue, schedule},
};

/// The limits, by their parameters. On one machine everybody has the same address, so the anonymous share one limit; and
/// one user is a whole firm's work: the demo makes 18 months of it in a minute, `cargo local check` walks three flows, and
/// whoever writes a client tries it out in loops. That the limits hold is tested with limits of their own.
const LIMITS: [(&str, &str); 4] =
    [("AnonymousPerHour", "2000"), ("UserPerMinute", "20000"), ("UserPerHour", "200000"), ("MailsPerDayAtFirst", "20000")];
/// Limits that nobody reaches, not even who does all of it in one hour.
const UNLIMITED: [(&str, &str); 6] = [
    ("AnonymousPerHour", "1000000000"),
    ("UserPerMinute", "1000000000"),
    ("UserPerHour", "1000000000"),
    ("PaymentPerMinute", "1000000000"),
    ("MailsPerDayAtFirst", "1000000000"),
    ("GuestPerMinute", "1000000000"),
];

/// How `cargo local` was called.
#[derive(Debug, Clone)]
pub struct Options {
    /// The port of the gateway.
    pub port: u16,
    /// Whether to forget what an earlier run kept.
    pub fresh: bool,
    /// Whether the functions are built as they are for the cloud.
    pub release: bool,
    /// Whether nobody's requests are limited.
    pub unlimited: bool,
}

/// A running stack.
pub struct Stack {
    url: String,
    functions: Functions,
    ministack: MiniStack,
    ses: Ses,
    template: Arc<Template>,
    dynamo: Dynamo,
    /// None where Stripe itself is used.
    stripe: Option<StandIn>,
    data: PathBuf,
    listener: TcpListener,
    /// Says to others that the data is in use.
    _lock: fs::File,
}

impl Stack {
    /// Starts everything and waits until it answers.
    pub async fn start(options: &Options) -> Result<Self> {
        let url = format!("http://127.0.0.1:{}", options.port);
        let account = Account::from_env()?;
        let listener = TcpListener::bind(("127.0.0.1", options.port))
            .await
            .map_err(|_| Error::new(format!("port {} is in use: stop what listens there, or choose another with --port", options.port)))?;
        let home = tools::home()?;
        let lock = tools::lock_file(&home.join("data.lock"))?;
        if lock.try_lock().is_err() {
            return Err(Error::new("another `cargo local` runs in this checkout: stop it first"));
        }
        let data = data_folder(&home, options.fresh)?;
        let tools = Tools::installed().await?;
        let stripe = stand_in(&account, &url, &data)?;
        let keys = Keys::kept(&data)?.with_stripe(account);
        let parameters = [
            ("WebOrigin", url.as_str()),
            ("TokenPublicKeys", &keys.public_keys()),
            ("StripeApiUrl", stripe.as_ref().map_or("", StandIn::url)),
            // Whoever looks at what people are told of doesn't wait for five minutes.
            ("NotificationsWait", "3"),
        ];
        let limits: &[_] = if options.unlimited { &UNLIMITED } else { &LIMITS };
        let template = Arc::new(Template::load_with(&[&parameters, limits].concat())?);
        let dynamo = Dynamo::kept(&template, &data)?;
        let kept = data.join("ministack");
        let ministack = MiniStack::start(&tools, &template, &keys, &kept);
        let ministack = step("Starting MiniStack: S3, SQS, SES", ministack).await?;
        step("Building the functions", functions::build(&template, options.release)).await?;
        let ses = Ses::bind(&template, ministack.endpoint(), ministack.client(), &data).await?;
        let endpoints = Endpoints { dynamodb: dynamo.endpoint(), ministack: ministack.endpoint(), ses: ses.url() };
        let mut functions = Functions::start(&tools, &template, &endpoints, options.release, &home)?;
        functions.answer(&template).await?;
        Ok(Self { url, functions, ministack, ses, template, dynamo, stripe, data, listener, _lock: lock })
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The line that says that it is up.
    pub fn ready(&self) -> String {
        let url = &self.url;
        let payments = match self.stripe {
            Some(_) => format!("{url}{}", stripe::PATH),
            None => format!(
                "Stripe's test mode; forward its events with `stripe listen --forward-to {url}/api/webhooks/stripe/ \
                 --forward-connect-to {url}/api/webhooks/stripe/connect/`"
            ),
        };
        format!("ConsultantPro is up: {url} (mail: {url}{}, docs: {url}/api/docs/, payments: {payments})", mailbox::PATH)
    }

    /// Serves until a part of it ends, which none does by itself.
    pub async fn serve(self) -> Result<()> {
        // In this order, so that the drivers are dropped before what they call.
        let Self { mut functions, mut ministack, ses, template, dynamo, stripe, data, listener, .. } = self;
        let invoker = functions.invoker();
        let mut drivers = JoinSet::new();
        for trigger in &template.stream_triggers {
            let driver = StreamDriver::new(trigger.clone(), dynamo.stream(), &data, invoker.clone(), ministack.client());
            drivers.spawn(driver.run());
        }
        for trigger in &template.queue_triggers {
            drivers.spawn(queue::drive(trigger.clone(), invoker.clone(), ministack.client()));
        }
        for trigger in &template.schedules {
            drivers.spawn(schedule::drive(trigger.clone(), invoker.clone()));
        }
        let mailbox = Mailbox::open(ministack.client(), &data)?;
        drivers.spawn(mailbox.clone().run());
        let mut beside = mailbox.router().merge(ses.router());
        drivers.spawn(ses.run());
        if let Some(stripe) = stripe {
            drivers.spawn(stripe.clone().run());
            beside = beside.merge(stripe.router());
        }
        let gateway = gateway::serve(listener, template, invoker, beside);
        let parts_end = async {
            loop {
                tokio::time::sleep(Duration::from_millis(500)).await;
                functions.check()?;
                ministack.check()?;
            }
        };
        tokio::select! {
            stopped = gateway => stopped,
            ended = parts_end => ended,
        }
    }
}

/// What stands in for Stripe in the stack at `url`, unless Stripe itself is used.
fn stand_in(account: &Account, url: &str, data: &Path) -> Result<Option<StandIn>> {
    if account.real {
        return Ok(None);
    }
    let webhook = Webhook {
        url: format!("{url}/api/webhooks/stripe/"),
        secret: account.webhook_secret.clone(),
        connect_secret: account.connect_secret.clone(),
    };
    StandIn::kept(&format!("{url}{}", stripe::PATH), webhook, data).map(Some)
}

/// Where data is kept between runs.
fn data_folder(home: &Path, fresh: bool) -> Result<PathBuf> {
    let data = home.join("data");
    if fresh && data.exists() {
        fs::remove_dir_all(&data).doing(format!("{} can't be removed", data.display()))?;
    }
    fs::create_dir_all(&data).doing(format!("{} can't be made", data.display()))?;
    Ok(data)
}
