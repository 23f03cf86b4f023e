//! S3, SQS, SES, Secrets Manager and CloudWatch Logs on this machine: MiniStack as a child, with what the template defines in it.
//!
//! Deliberately absent: DynamoDB, which runs in this process (`dynamodb`) and is closer to the real one.

mod client;

use chrono::{DateTime, Utc};
use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{
    net::TcpListener,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use crate::{
    error::{Doing, Error, Result},
    keys::Keys,
    process::Leashed,
    template::{Queue, REGION, Template},
    tools::Tools,
};

pub(crate) use client::{Client, queue_url};

/// What MiniStack has to serve.
const SERVICES: &str = "s3,sqs,ses,secretsmanager,logs";

/// How long it may take to answer for the first time.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running MiniStack. It ends when this is dropped, or when this process ends.
pub struct MiniStack {
    process: Leashed,
    endpoint: String,
}

/// A mail that was sent through it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Mail {
    /// SES's message id.
    pub id: String,
    /// Who sent it, with the display name.
    pub from: String,
    /// To whom.
    pub to: Vec<String>,
    /// Who got a copy.
    #[serde(default)]
    pub cc: Vec<String>,
    /// Its subject.
    pub subject: String,
    /// Its text part.
    pub text: String,
    /// Its HTML part.
    pub html: Option<String>,
    /// When it was sent.
    pub sent: DateTime<Utc>,
}

impl MiniStack {
    /// Starts one on a free port, with the template's buckets and queues, its mail sender and its secrets.
    ///
    /// `folder` takes its state and its log; what an earlier one left there is still there.
    pub async fn start(tools: &Tools, template: &Template, keys: &Keys, folder: &Path) -> Result<Self> {
        let port = free_port()?;
        let endpoint = format!("http://127.0.0.1:{port}");
        let folder = std::path::absolute(folder).doing("MiniStack's folder can't be found")?;
        std::fs::create_dir_all(&folder).doing(format!("{} can't be made", folder.display()))?;
        let mut command = Command::new(tools.program("ministack"));
        command
            .envs([("BIND_HOST", "127.0.0.1"), ("SERVICES", SERVICES), ("PERSIST_STATE", "1"), ("S3_PERSIST", "1")])
            .envs([("GATEWAY_PORT", port.to_string().as_str()), ("MINISTACK_REGION", REGION)])
            .env("STATE_DIR", folder.join("state"))
            .env("S3_DATA_DIR", folder.join("s3"))
            .env("TMPDIR", &folder)
            .current_dir(&folder);
        let mut process = Leashed::start(tools, "MiniStack", &command, &folder.join("ministack.log"))?;
        wait_until_ready(&mut process, &endpoint).await?;
        let ministack = Self { process, endpoint };
        ministack.prepare(template, keys).await?;
        Ok(ministack)
    }

    /// Where it answers: `http://127.0.0.1:…`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// What was sent through SES, oldest first.
    pub async fn mails(&self) -> Result<Vec<Mail>> {
        self.client().mails().await
    }

    /// The bodies of what lies in a queue, without receiving them.
    pub async fn messages(&self, queue: &str) -> Result<Vec<String>> {
        self.client().messages(queue).await
    }

    /// What was written into the log group `group`, oldest first.
    pub async fn logged(&self, group: &str) -> Result<Vec<String>> {
        self.client().logged(group).await
    }

    /// Makes one more queue with the attributes of `queue`, called `name`; its URL.
    pub async fn make_queue(&self, name: &str, queue: &Queue) -> Result<String> {
        self.client().make_queue(&Queue { name: name.to_owned(), ..queue.clone() }).await?;
        Ok(queue_url(name))
    }

    /// Keeps `content` as the secret `name`, in place of what it was.
    pub async fn keep_secret(&self, name: &str, content: &str) -> Result<()> {
        self.client().keep_secret(name, content).await
    }

    /// A client of its own: a pool of connections belongs to the runtime that opened it.
    pub(crate) fn client(&self) -> Client {
        Client::new(&self.endpoint)
    }

    /// An error if it has ended.
    pub(crate) fn check(&mut self) -> Result<()> {
        self.process.check()
    }

    async fn prepare(&self, template: &Template, keys: &Keys) -> Result<()> {
        let client = self.client();
        for bucket in &template.buckets {
            client.rest("s3", Method::PUT, &format!("/{bucket}"), None).await?;
        }
        for queue in &template.queues {
            client.make_queue(queue).await?;
        }
        let variable = |name| template.functions.iter().find_map(move |function| function.environment.get(name));
        if let Some(sender) = variable("MAIL_FROM") {
            client.rest("ses", Method::POST, "/v2/email/identities", Some(json!({ "EmailIdentity": address(sender) }))).await?;
        }
        if let Some(group) = variable("SECURITY_LOG_GROUP") {
            client.make_log_group(group).await?;
        }
        for (name, content) in keys.secrets() {
            if let Some(secret) = variable(name) {
                client.keep_secret(secret, &content).await?;
            }
        }
        Ok(())
    }
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> Result<u16> {
    let sentence = "no free port was found on 127.0.0.1";
    Ok(TcpListener::bind(("127.0.0.1", 0)).doing(sentence)?.local_addr().doing(sentence)?.port())
}

async fn wait_until_ready(process: &mut Leashed, endpoint: &str) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    let http = reqwest::Client::new();
    while Instant::now() < deadline {
        process.check()?;
        if let Ok(answer) = http.get(format!("{endpoint}/_ministack/ready")).send().await
            && let Ok(state) = answer.json::<Value>().await
            && state.get("status") == Some(&json!("completed"))
        {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Err(Error::new(format!("MiniStack hasn't answered for {} seconds", PATIENCE.as_secs())))
}

/// The address in `Name <address>`.
fn address(sender: &str) -> &str {
    sender.rsplit_once('<').map_or(sender, |(_, address)| address.trim_end_matches('>')).trim()
}
