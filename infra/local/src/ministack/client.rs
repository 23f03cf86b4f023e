//! The few AWS calls that the local stack makes itself.
//!
//! MiniStack routes by the service that the signature names and doesn't check the signature, so these are plain
//! requests: four SDKs less to build.

use chrono::DateTime;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::Mail;
use crate::{
    error::{Doing, Error, OrMissing, Result},
    template::{ACCOUNT, Queue, REGION},
};

/// Calls one MiniStack.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    endpoint: String,
}

impl Client {
    pub(super) fn new(endpoint: &str) -> Self {
        Self { http: reqwest::Client::new(), endpoint: endpoint.to_owned() }
    }

    /// A call of SQS, by its JSON protocol.
    pub(crate) async fn sqs(&self, action: &str, body: &Value) -> Result<Value> {
        self.json("sqs", &format!("AmazonSQS.{action}"), body).await
    }

    /// Puts a message into a queue.
    pub(crate) async fn send(&self, queue: &str, message: &Value) -> Result<()> {
        self.sqs("SendMessage", &json!({ "QueueUrl": queue_url(queue), "MessageBody": message.to_string() })).await.map(|_| ())
    }

    /// A call of a service with a REST protocol.
    pub(crate) async fn rest(&self, service: &str, method: Method, path: &str, body: Option<Value>) -> Result<()> {
        let request = self.signed(service, method, path);
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        answer(service, request).await.map(|_| ())
    }

    pub(super) async fn make_queue(&self, queue: &Queue) -> Result<()> {
        let request = json!({ "QueueName": queue.name, "Attributes": queue.attributes });
        match self.sqs("CreateQueue", &request).await {
            Ok(_) => Ok(()),
            Err(error) if error.to_string().contains("QueueNameExists") => {
                let request = json!({ "QueueUrl": queue_url(&queue.name), "Attributes": queue.attributes });
                self.sqs("SetQueueAttributes", &request).await.map(|_| ())
            }
            Err(error) => Err(error),
        }
    }

    pub(super) async fn keep_secret(&self, name: &str, content: &str) -> Result<()> {
        let call = |action: &str, body: Value| {
            let target = format!("secretsmanager.{action}");
            async move { self.json("secretsmanager", &target, &body).await }
        };
        match call("CreateSecret", json!({ "Name": name, "SecretString": content })).await {
            Ok(_) => Ok(()),
            Err(error) if error.to_string().contains("ResourceExistsException") => {
                call("PutSecretValue", json!({ "SecretId": name, "SecretString": content })).await.map(|_| ())
            }
            Err(error) => Err(error),
        }
    }

    pub(super) async fn make_log_group(&self, name: &str) -> Result<()> {
        match self.json("logs", "Logs_20140328.CreateLogGroup", &json!({ "logGroupName": name })).await {
            Err(error) if !error.to_string().contains("ResourceAlreadyExistsException") => Err(error),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// What was written into a log group, oldest first.
    pub(super) async fn logged(&self, group: &str) -> Result<Vec<String>> {
        let answer = self.json("logs", "Logs_20140328.FilterLogEvents", &json!({ "logGroupName": group })).await?;
        let events = answer.get("events").and_then(Value::as_array);
        Ok(events.into_iter().flatten().filter_map(|event| event.get("message")?.as_str()).map(str::to_owned).collect())
    }

    /// What was sent through SES, oldest first.
    pub(crate) async fn mails(&self) -> Result<Vec<Mail>> {
        let answer = self.inspect("/_ministack/ses/messages").await?;
        let messages = answer.get("messages").and_then(|accounts| accounts.get(ACCOUNT)).and_then(Value::as_array);
        messages
            .into_iter()
            .flatten()
            .map(|message| mail(message).or_missing("MiniStack describes a mail in another way than it did"))
            .collect()
    }

    pub(super) async fn messages(&self, queue: &str) -> Result<Vec<String>> {
        let answer = self.inspect(&format!("/_ministack/sqs/messages?QueueUrl={}", queue_url(queue))).await?;
        let queues = answer.pointer(&format!("/messages/{ACCOUNT}/{REGION}")).and_then(Value::as_object);
        let messages = queues.into_iter().flatten().filter_map(|(_, messages)| messages.as_array()).flatten();
        Ok(messages.filter_map(|message| message.get("Body")?.as_str()).map(str::to_owned).collect())
    }

    async fn inspect(&self, path: &str) -> Result<Value> {
        let sentence = "MiniStack doesn't answer";
        self.http.get(format!("{}{path}", self.endpoint)).send().await.doing(sentence)?.json().await.doing(sentence)
    }

    async fn json(&self, service: &str, target: &str, body: &Value) -> Result<Value> {
        let request = self
            .signed(service, Method::POST, "/")
            .header("content-type", "application/x-amz-json-1.1")
            .header("x-amz-target", target)
            .body(body.to_string());
        let text = answer(target, request).await?;
        if text.is_empty() { Ok(Value::Null) } else { serde_json::from_str(&text).doing(format!("{target} answered no JSON")) }
    }

    fn signed(&self, service: &str, method: Method, path: &str) -> RequestBuilder {
        let scope = format!("local/20260101/{REGION}/{service}/aws4_request");
        self.http
            .request(method, format!("{}{path}", self.endpoint))
            .header("authorization", format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"))
    }
}

/// The URL that names a queue.
pub(crate) fn queue_url(name: &str) -> String {
    format!("https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}")
}

async fn answer(what: &str, request: RequestBuilder) -> Result<String> {
    let response = request.send().await.doing(format!("{what} got no answer"))?;
    let status = response.status();
    let text = response.text().await.doing(format!("{what} got half an answer"))?;
    if status.is_success() { Ok(text) } else { Err(Error::new(format!("{what} was refused: {text}"))) }
}

fn mail(message: &Value) -> Option<Mail> {
    let text = |key: &str| message.get(key).and_then(Value::as_str).map(str::to_owned);
    let all = |key: &str| Some(message.get(key)?.as_array()?.iter().filter_map(Value::as_str).map(str::to_owned).collect());
    Some(Mail {
        id: text("MessageId")?,
        from: text("Source")?,
        to: all("To")?,
        cc: all("CC")?,
        subject: text("Subject")?,
        text: text("BodyText").unwrap_or_default(),
        html: text("BodyHtml"),
        sent: DateTime::from_timestamp_millis((message.get("Timestamp")?.as_f64()? * 1000.0) as i64)?,
    })
}
