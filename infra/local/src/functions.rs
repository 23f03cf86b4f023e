//! The functions on this machine: built once, then run by `cargo lambda watch`, which rebuilds one when its code
//! changes, and called through Lambda's own `Invoke`.
//!
//! cargo-lambda has one environment for all functions, so it gets the union of the template's; two functions that
//! want one variable with different values are refused. Policies, memory and timeouts have no local counterpart.

use axum::{body::Bytes, http::Request};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fs,
    net::{IpAddr, Ipv6Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use crate::{
    error::{Doing, Error, Result},
    gateway,
    ministack::free_port,
    process::Leashed,
    progress::Step,
    template::{Function, REGION, Template, checkout},
    tools::Tools,
};

/// Where `cargo lambda invoke` looks for functions when it isn't told.
const USUAL_PORT: u16 = 9000;

/// How many requests one function answers at once; each takes a process.
const CONCURRENCY: &str = "3";

/// How long a call may take, a function's start and its building after a change among it. A function that ends at its
/// start never answers.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where the functions find what they call.
pub(crate) struct Endpoints<'a> {
    pub(crate) dynamodb: &'a str,
    pub(crate) ministack: &'a str,
    pub(crate) ses: &'a str,
}

/// Builds the functions, with cargo's own progress.
pub(crate) async fn build(template: &Template, release: bool) -> Result<()> {
    let mut cargo = tokio::process::Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.arg("build").current_dir(checkout()?).kill_on_drop(true);
    for function in &template.functions {
        cargo.args(["--bin", &function.name]);
    }
    if release {
        cargo.arg("--release");
    }
    let status = cargo.status().await.doing("cargo can't be started")?;
    if status.success() { Ok(()) } else { Err(Error::new("the functions don't build; the compiler says why above")) }
}

/// The running functions. They end when this is dropped, or when this process ends.
pub(crate) struct Functions {
    process: Leashed,
    invoker: Invoker,
    log: PathBuf,
}

impl Functions {
    /// Starts them; `Functions::answer` waits for them. `folder` takes their environment and what they print.
    pub(crate) fn start(tools: &Tools, template: &Template, endpoints: &Endpoints<'_>, release: bool, folder: &Path) -> Result<Self> {
        let address = address()?;
        let mut command = Command::new(tools.program("cargo-lambda"));
        command
            .args(["lambda", "watch", "--disable-cors", "--concurrency", CONCURRENCY])
            .args(["--invoke-address", &address.ip().to_string(), "--invoke-port", &address.port().to_string()])
            .arg("--env-file")
            .arg(environment_file(&template.functions, folder)?)
            .current_dir(checkout()?)
            .envs([("AWS_ACCESS_KEY_ID", "local"), ("AWS_SECRET_ACCESS_KEY", "local"), ("AWS_REGION", REGION)])
            .envs([("AWS_ENDPOINT_URL", endpoints.ministack), ("AWS_ENDPOINT_URL_DYNAMODB", endpoints.dynamodb)])
            .env("AWS_ENDPOINT_URL_SESV2", endpoints.ses)
            .env("AWS_EC2_METADATA_DISABLED", "true");
        // A developer's own credentials and profile have no business here.
        let theirs = ["AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_DEFAULT_REGION", "RUST_LOG", "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"];
        for name in theirs {
            command.env_remove(name);
        }
        if release {
            command.arg("--release");
        }
        let log = folder.join("functions.log");
        let process = Leashed::start(tools, "cargo lambda watch", &command, &log)?;
        Ok(Self { process, invoker: Invoker::new(address)?, log })
    }

    /// Waits until each of them answers, and says so.
    pub(crate) async fn answer(&mut self, template: &Template) -> Result<()> {
        let mut step = Step::begin("Starting the functions");
        for function in &template.functions {
            let deadline = Instant::now() + PATIENCE;
            let probe = probe(template, &function.name)?;
            while let Err(error) = self.invoker.invoke(&function.name, &probe).await {
                self.process.check()?;
                if Instant::now() > deadline {
                    let log = self.log.display();
                    return Err(Error::new(format!("the function {} doesn't answer ({error}); {log} may say why", function.name)));
                }
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            step.done(&function.name);
        }
        Ok(())
    }

    /// What calls them.
    pub(crate) fn invoker(&self) -> Invoker {
        self.invoker.clone()
    }

    /// An error if they have ended.
    pub(crate) fn check(&mut self) -> Result<()> {
        self.process.check()
    }
}

/// Calls functions by name.
#[derive(Clone)]
pub(crate) struct Invoker {
    http: reqwest::Client,
    address: SocketAddr,
}

impl Invoker {
    /// One that calls what answers `Invoke` at `address`.
    pub(crate) fn new(address: SocketAddr) -> Result<Self> {
        let http = reqwest::Client::builder().timeout(PATIENCE).build().doing("functions can't be called")?;
        Ok(Self { http, address })
    }

    /// Lambda's `Invoke`: the function's answer, or an error if it failed or wasn't reached.
    pub(crate) async fn invoke(&self, function: &str, event: &Value) -> Result<Value> {
        let url = format!("http://{}/2015-03-31/functions/{function}/invocations", self.address);
        let response = self.http.post(url).json(event).send().await.doing(format!("{function} can't be reached"))?;
        let status = response.status();
        let text = response.text().await.doing(format!("{function} stopped in the middle of its answer"))?;
        if !status.is_success() {
            return Err(Error::new(format!("{function} failed: {text}")));
        }
        serde_json::from_str(&text).doing(format!("{function} answered no JSON"))
    }
}

/// An event that any function answers without doing anything.
fn probe(template: &Template, function: &str) -> Result<Value> {
    let Some(route) = template.routes.iter().find(|route| route.function == function) else {
        return Ok(json!({ "Records": [] }));
    };
    let request = Request::get(route.path.replace("{proxy+}", "")).body(Bytes::new());
    let request = request.doing(format!("the route {} is no path", route.key()))?;
    Ok(gateway::event(&request, &route.key(), IpAddr::V6(Ipv6Addr::LOCALHOST)))
}

/// Where `cargo lambda invoke` looks, if that is free; else a free port.
fn address() -> Result<SocketAddr> {
    let usual = SocketAddr::new(IpAddr::V6(Ipv6Addr::LOCALHOST), USUAL_PORT);
    if TcpListener::bind(usual).is_ok() {
        return Ok(usual);
    }
    let address = SocketAddr::from(([127, 0, 0, 1], free_port()?));
    eprintln!("`cargo lambda invoke` needs: --invoke-address {} --invoke-port {}", address.ip(), address.port());
    Ok(address)
}

/// A file with the one environment of all functions. `RUST_LOG` among it would make cargo-lambda itself talkative, were
/// it in the environment of that.
fn environment_file(functions: &[Function], folder: &Path) -> Result<PathBuf> {
    let mut union = BTreeMap::new();
    for (name, value) in functions.iter().flat_map(|function| &function.environment) {
        if union.insert(name, value).is_some_and(|other| other != value) {
            return Err(Error::new(format!("two functions want different values of {name}, which cargo-lambda can't give them")));
        }
        if value.contains(['\'', '\n']) {
            return Err(Error::new(format!("the value of {name} has a quote or a line break, which cargo-lambda can't give a function")));
        }
    }
    let file = folder.join("functions.env");
    let lines: String = union.iter().map(|(name, value)| format!("{name}='{value}'\n")).collect();
    fs::write(&file, lines).doing(format!("{} can't be written", file.display()))?;
    Ok(file)
}
