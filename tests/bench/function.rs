//! A function's own binary, as it goes to the cloud, against a Runtime API of ours.

use std::{
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{Arc, mpsc},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use local::template::Template;
use nix::{time::ClockId, unistd::Pid};
use serde_json::{Value, json};
use tests::{ISSUER, WEB_ORIGIN};
use tokio::{net::TcpListener, runtime::Handle, sync};

use crate::product::{Event, Product};

/// How long an answer may take before something is wrong.
const PATIENCE: Duration = Duration::from_secs(20);

/// The functions that are deployed.
pub(crate) fn all() -> Vec<String> {
    let mut names: Vec<_> = Template::load().unwrap().functions.into_iter().map(|function| function.name).collect();
    names.sort();
    names
}

/// Build the binaries, as for the cloud but for this machine's processor.
pub(crate) fn build() {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--quiet", "--release"]).current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    for function in all() {
        command.args(["--package", &function]);
    }
    assert!(command.status().unwrap().success(), "the functions don't build");
}

/// Where a function's binary is: beside this one's folder.
pub(crate) fn binary(function: &str) -> PathBuf {
    std::env::current_exe().unwrap().parent().unwrap().parent().unwrap().join(function)
}

/// A function that runs, in a process of its own.
pub(crate) struct Function {
    process: Child,
    events: sync::mpsc::UnboundedSender<String>,
    answers: mpsc::Receiver<Result<Bytes, String>>,
}

/// What the Runtime API has for the function, and what it gets from it.
struct Runtime {
    events: sync::Mutex<sync::mpsc::UnboundedReceiver<String>>,
    answers: mpsc::Sender<Result<Bytes, String>>,
}

impl Function {
    /// Start the function that an event is for, which waits for it, on the table of `product`. The Runtime API and what
    /// knows the secrets run in `beside`.
    pub(crate) fn start(product: &Product, beside: &Handle, first: &Event) -> Self {
        let name = first.function.as_str();
        let (events, waiting) = sync::mpsc::unbounded_channel();
        events.send(first.text.clone()).unwrap();
        let (answered, answers) = mpsc::channel();
        let runtime = Arc::new(Runtime { events: sync::Mutex::new(waiting), answers: answered });
        let listener = beside.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(answer))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(fail))
            .route("/2018-06-01/runtime/init/error", post(fail))
            .with_state(runtime)
            .route("/", post(secret))
            .with_state(Arc::new(secrets(product)));
        beside.spawn(async move { axum::serve(listener, router).await });
        let environment = &product.template.functions.iter().find(|function| function.name == name).unwrap().environment;
        let process = Command::new(binary(name))
            .env_clear()
            .envs(environment)
            .envs([("TOKEN_ISSUER", ISSUER), ("WEB_ORIGIN", WEB_ORIGIN), ("TOKEN_PUBLIC_KEYS", &product.keys.public_keys())])
            .envs(["RATE_USER_PER_MINUTE", "RATE_USER_PER_HOUR", "RATE_PAYMENT_PER_MINUTE"].map(|name| (name, "1000000000")))
            .envs([("AWS_LAMBDA_RUNTIME_API", address.as_str()), ("AWS_ENDPOINT_URL_DYNAMODB", product.dynamo.endpoint())])
            .env("AWS_ENDPOINT_URL_SECRETS_MANAGER", format!("http://{address}"))
            .envs([("AWS_ACCESS_KEY_ID", "bench"), ("AWS_SECRET_ACCESS_KEY", "bench"), ("AWS_REGION", "us-east-1")])
            .envs([("AWS_LAMBDA_FUNCTION_NAME", name), ("AWS_LAMBDA_FUNCTION_VERSION", "1"), ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")])
            .envs([("AWS_LAMBDA_LOG_GROUP_NAME", "bench"), ("AWS_LAMBDA_LOG_STREAM_NAME", "bench")])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self { process, events, answers }
    }

    /// Call it, and wait for the answer.
    pub(crate) fn call(&self, event: &Event) {
        self.events.send(event.text.clone()).unwrap();
        self.answered();
    }

    /// Wait for the answer to an event, which is a success.
    pub(crate) fn answered(&self) {
        let answer = self.answers.recv_timeout(PATIENCE).expect("the function doesn't answer").unwrap();
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        assert!(answer["statusCode"].as_u64().is_some_and(|status| status < 300), "{answer:#}");
    }

    /// The CPU time that it has had.
    pub(crate) fn cpu(&self) -> Duration {
        let pid = Pid::from_raw(i32::try_from(self.process.id()).unwrap());
        ClockId::pid_cpu_clock_id(pid).unwrap().now().unwrap().into()
    }

    /// Its resident memory, megabytes; none where there is no `/proc`.
    pub(crate) fn resident(&self) -> Option<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        Some(line.split_whitespace().next()?.parse::<f64>().ok()? / 1024.0)
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

async fn next(State(runtime): State<Arc<Runtime>>) -> Response {
    let Some(event) = runtime.events.lock().await.recv().await else { return StatusCode::GONE.into_response() };
    let deadline = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap() + Duration::from_secs(10);
    let headers = [
        ("lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd".to_owned()),
        ("lambda-runtime-deadline-ms", deadline.as_millis().to_string()),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:us-east-1:000000000000:function:bench".to_owned()),
        ("content-type", "application/json".to_owned()),
    ];
    (headers, event).into_response()
}

async fn answer(State(runtime): State<Arc<Runtime>>, body: Bytes) -> StatusCode {
    runtime.answers.send(Ok(body)).ok();
    StatusCode::ACCEPTED
}

async fn fail(State(runtime): State<Arc<Runtime>>, body: Bytes) -> StatusCode {
    runtime.answers.send(Err(String::from_utf8_lossy(&body).into_owned())).ok();
    StatusCode::ACCEPTED
}

/// The secrets of the template, by what their names end in.
fn secrets(product: &Product) -> [(&'static str, String); 3] {
    let stripe = json!({"key": "sk_test_bench"}).to_string();
    [("/token-signing", product.keys.signing_secret()), ("/links", product.keys.link_secret()), ("/stripe", stripe)]
}

async fn secret(State(secrets): State<Arc<[(&'static str, String); 3]>>, body: Bytes) -> Response {
    let request: Value = serde_json::from_slice(&body).unwrap();
    let name = request["SecretId"].as_str().unwrap();
    let Some((_, secret)) = secrets.iter().find(|(end, _)| name.ends_with(end)) else { return StatusCode::BAD_REQUEST.into_response() };
    let answer = json!({"Name": name, "SecretString": secret}).to_string();
    ([("content-type", "application/x-amz-json-1.1")], answer).into_response()
}
