//! An SES that answers as it is told, on a local port: what it is sent, and how each of its answers is taken.

use std::time::Duration;

use aws_sdk_sesv2::{
    Client,
    config::{BehaviorVersion, Config, Credentials, Region, retry::RetryConfig, timeout::TimeoutConfig},
};
use domain::{
    Email, Id, Language, SingleLine, Time,
    access::Role,
    mail::{Purpose, Topic},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use crate::{Envelope, Handed, InvitationMail, Link, Mailer, Message, Person, Reference, SendError, Tags, samples::firm};

fn message() -> Message {
    let person = Person { name: SingleLine::new("Åsa Öberg").unwrap(), email: Email::new("asa@northwind.example").unwrap() };
    let envelope = Envelope {
        to: Email::new("ann@fabrikam.example").unwrap(),
        to_name: SingleLine::new("Lee, Ann").ok(),
        language: Language::En,
        cc: ["bo@fabrikam.example", "bocker@bücher.example"].iter().filter_map(|copy| Email::new(copy).ok()).collect(),
        from: firm("Northwind \"N\" Advisory"),
        reply_to: Some(person),
        reference: Reference::new("user_01JD9Q8R7S", 3),
    };
    let link = Link::activation("https://app.consultantpro.example", "secret-token");
    let expires_at = "2026-11-29T14:05:00Z".parse().unwrap();
    InvitationMail { envelope, role: Role::Manager, link: &link, expires_at, is_replacement: false }.message().unwrap()
}

fn tags() -> Tags {
    let now = Time::from_timestamp_millis(1_763_800_000_000).unwrap();
    let record = Topic::User(Id::new(now, 3));
    Tags { firm: Id::new(now, 1), mail: Id::new(now, 2), record, sequence: 3, event: "user.invited".to_owned(), about: None }
}

fn mailer(port: u16) -> Mailer {
    let timeouts = TimeoutConfig::builder().operation_timeout(Duration::from_millis(500)).build();
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("eu-north-1"))
        .credentials_provider(Credentials::new("id", "secret", None, None, "test"))
        .endpoint_url(format!("http://127.0.0.1:{port}"))
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts)
        .build();
    Mailer::new(Client::from_conf(config), Email::new("mail@consultantpro.example").unwrap(), "consultantpro-test")
}

/// Answers one request with `answer`, or never; gives the body of the request.
async fn ses(answer: Option<String>) -> (u16, JoinHandle<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let request = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let body = body(&mut stream).await;
        match answer {
            Some(answer) => stream.write_all(answer.as_bytes()).await.unwrap(),
            None => tokio::time::sleep(Duration::from_secs(5)).await,
        }
        body
    });
    (port, request)
}

async fn body(stream: &mut TcpStream) -> Value {
    let mut read = Vec::new();
    loop {
        stream.read_buf(&mut read).await.unwrap();
        let text = String::from_utf8_lossy(&read);
        if let Some((_, body)) = text.split_once("\r\n\r\n")
            && let Ok(body) = serde_json::from_str(body)
        {
            return body;
        }
    }
}

fn answer(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n{body}", body.len())
}

async fn outcome(answer: Option<String>) -> Result<String, SendError> {
    let (port, _request) = ses(answer).await;
    mailer(port).send(&message(), &tags()).await.map(|handed| handed.id)
}

#[tokio::test]
async fn a_mail_is_sent_in_the_firms_name_with_its_reference() {
    let (port, request) = ses(Some(answer("200 OK", "", r#"{"MessageId":"0100-abc"}"#))).await;
    let message = message();
    let handed = mailer(port).send(&message, &tags()).await;
    assert_eq!(handed, Ok(Handed { id: "0100-abc".to_owned(), own_was_refused: false }));
    let expected = json!({
        "FromEmailAddress": "\"Northwind \\\"N\\\" Advisory via ConsultantPro\" <mail@consultantpro.example>",
        "Destination": {
            "ToAddresses": ["\"Lee, Ann\" <ann@fabrikam.example>"],
            "CcAddresses": ["bo@fabrikam.example", "bocker@xn--bcher-kva.example"],
        },
        "ReplyToAddresses": ["=?UTF-8?B?w4VzYSDDlmJlcmc=?= <asa@northwind.example>"],
        "Content": { "Simple": {
            "Subject": { "Data": "Join Northwind \"N\" Advisory on ConsultantPro", "Charset": "UTF-8" },
            "Body": {
                "Text": { "Data": message.text, "Charset": "UTF-8" },
                "Html": { "Data": message.html, "Charset": "UTF-8" },
            },
            "Headers": [{ "Name": "X-Entity-Ref-ID", "Value": "user_01JD9Q8R7S-3" }],
        }},
        "EmailTags": tags().of_mail(Purpose::Invitation).into_iter().map(|(name, value)| json!({ "Name": name, "Value": value })).collect::<Vec<_>>(),
        "ConfigurationSetName": "consultantpro-test",
    });
    assert_eq!(request.await.unwrap(), expected);
}

#[tokio::test]
async fn what_ses_will_never_take_is_refused_and_all_else_is_tried_again() {
    for (status, code, refused) in [
        ("400 Bad Request", "MessageRejected", true),
        ("400 Bad Request", "MailFromDomainNotVerifiedException", true),
        ("400 Bad Request", "BadRequestException", true),
        ("400 Bad Request", "AccountSuspendedException", true),
        ("404 Not Found", "NotFoundException", true),
        ("400 Bad Request", "SendingPausedException", false),
        ("400 Bad Request", "LimitExceededException", false),
        ("429 Too Many Requests", "TooManyRequestsException", false),
        ("400 Bad Request", "ThrottlingException", false),
        ("403 Forbidden", "AccessDeniedException", false),
        ("500 Internal Server Error", "InternalFailure", false),
        ("503 Service Unavailable", "ServiceUnavailable", false),
    ] {
        let headers = format!("x-amzn-errortype: {code}\r\n");
        let answer = answer(status, &headers, r#"{"message":"Not verified: ann@fabrikam.example"}"#);
        let reason = code.to_owned();
        let expected = if refused { SendError::Refused { reason } } else { SendError::Unavailable { reason } };
        assert_eq!(outcome(Some(answer)).await, Err(expected));
    }
}

#[test]
fn why_a_mail_was_not_sent_is_told_in_words_without_codes() {
    for (code, words) in [
        ("MessageRejected", "to this address"),
        ("BadRequestException", "to this address"),
        ("ValidationException", "to this address"),
        ("AccountSuspendedException", "ours to mend"),
        ("MailFromDomainNotVerifiedException", "ours to mend"),
        ("the proposal mail can't be written: …", "could not be written"),
    ] {
        let said = SendError::Refused { reason: code.to_owned() }.in_words();
        assert!(said.contains(words) && !said.contains("Exception"), "{code}: {said}");
    }
    assert!(SendError::Unavailable { reason: "TooManyRequestsException".to_owned() }.in_words().contains("did not take"));
}

#[tokio::test]
async fn no_answer_or_an_unreadable_one_is_tried_again() {
    let unavailable = |reason: &str| Err(SendError::Unavailable { reason: reason.to_owned() });
    assert_eq!(outcome(None).await, unavailable("no answer in time"));
    assert_eq!(outcome(Some("garbage\r\n\r\n".to_owned())).await, unavailable("no connection"));
    assert_eq!(outcome(Some(answer("502 Bad Gateway", "", "<html>"))).await, unavailable("status 502"));
    let sent = mailer(closed_port().await).send(&message(), &tags()).await;
    assert_eq!(sent.map(|handed| handed.id), unavailable("no connection"));
}

/// A port that nothing listens on.
async fn closed_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
}

#[test]
fn debug_output_names_no_recipient_and_no_token() {
    assert_eq!(format!("{:?}", message()), "Message(invitation user_01JD9Q8R7S-3)");
}
