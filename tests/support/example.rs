//! Examples of answers: what an operation really answers to the catalog's call, as it is shown in the document. What
//! differs from run to run (ids, times, tokens, the e-mails of tests) is written so that it is the same in each.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, TimeDelta};
use domain::Time;
use serde_json::{Map, Value, json};

use crate::{Answer, Row, TestApp};

/// An access token or a refresh token.
const TOKEN: &str = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ1c2VyXzAxIn0.c2lnbmF0dXJl";
/// What ids have behind their prefix, before their number: the time of the examples.
const ULID: &str = "01m88yxtm0";
/// A hash, but for its number.
const HASH: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f0";
/// What names a request, but for its number.
const REQUEST_ID: &str = "GwT0pQk2Zy9aXm";
/// An address that is nobody's.
const SOURCE_ADDRESS: &str = "203.0.113.7";
/// How the addresses of the stand-in's pages begin, and what a page of Stripe's own is like.
const STAND_IN: &str = "http://127.0.0.1:";
const PAGE: &str = "https://checkout.stripe.com/c/pay/cs_test_a1B2c3";
/// What shows that somebody signed in somewhere.
const DEVICE: &str = "CAGOt0kx3m7Qe0sJ8zv1pXbTQGOt0l5Wq9cUe2hYt4rNkADm0dJ1Zq8rT3yVb6nLw5XcSf7HpK2g";
/// What names a domain, and what names a claim of it.
const DOMAIN: &str = "4f1bac5e9d207c38";
/// How Stripe's names of accounts begin.
const ACCOUNT: &str = "acct_1";
/// What an app makes codes from.
const TOTP_SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
const TOTP_URI: &str = "otpauth://totp/ConsultantPro:ann%40north%2Eexample?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=ConsultantPro\
    &algorithm=SHA1&digits=6&period=30";
/// How many items of a page are shown.
const ITEMS: usize = 2;
/// How long what a call needs was there before it, in seconds. Times are shown as multiples of this: it is long enough for
/// making all that, and short enough for what is signed for some minutes.
const STEP: i64 = 120;

/// What `row` is answered in a firm of its own, on the day of all examples; then the same call's again, if the document
/// says that this has another good status.
pub async fn answers(app: &TestApp, row: &Row) -> Vec<Answer> {
    app.set_time(begin());
    let firm = app.firm().await;
    let given = row.given(&firm).await;
    if !row.does_not_keep {
        app.set_time(begin() + TimeDelta::seconds(STEP));
    }
    let mut answers = vec![row.rightful(&firm, &given).send().await];
    let good = row.described().json["responses"].as_object().unwrap().keys().filter(|status| status.starts_with('2')).count();
    if row.repeatable && good > 1 {
        answers.push(row.rightful(&firm, &given).send().await);
    }
    answers
}

/// When the firm of an example signs up: some seconds after the time that is shown, since Stripe's is one less where it has
/// only whole ones.
fn begin() -> Time {
    DateTime::parse_from_rfc3339("2026-11-25T09:00:05Z").unwrap().into()
}

/// What the document shows of `answer`; nothing where that is no JSON.
pub fn example(answer: &Answer) -> Option<Value> {
    let media_type = answer.header("content-type")?.split(';').next()?;
    let shown = || match answer.json.get("openapi") {
        Some(_) => excerpt(&answer.json),
        None => Told::default().value(&answer.json),
    };
    (media_type == "application/json").then(shown)
}

/// What is shown of the API's document, which is too long for an example: one operation and its schema.
pub fn excerpt(document: &Value) -> Value {
    json!({
        "openapi": document["openapi"],
        "info": document["info"],
        "paths": {"/api/health/": document["paths"]["/api/health/"]},
        "components": {"schemas": {"Health": document["components"]["schemas"]["Health"]}},
    })
}

/// What was met so far in an example and is shown by a number: of each kind, in this order.
#[derive(Default)]
struct Told(BTreeMap<String, Vec<String>>);

impl Told {
    fn value(&mut self, value: &Value) -> Value {
        match value {
            Value::Object(fields) => {
                let fields: Map<String, Value> = fields.iter().map(|(name, value)| (name.clone(), self.field(name, value))).collect();
                fields.into()
            }
            Value::Array(items) => items.iter().map(|item| self.value(item)).collect(),
            Value::String(text) => text.split(' ').map(|word| self.word(word)).collect::<Vec<_>>().join(" ").into(),
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        }
    }

    /// A field, by its name where that says what it is.
    fn field(&mut self, name: &str, value: &Value) -> Value {
        match (name, value) {
            ("hash", Value::String(hash)) => format!("{HASH}{:04}", self.number(name, hash)).into(),
            ("request_id", Value::String(id)) => format!("{REQUEST_ID}{:02}", self.number(name, id)).into(),
            ("source_address" | "address", Value::String(address)) if !address.contains('@') => SOURCE_ADDRESS.into(),
            ("secret", Value::String(_)) => TOTP_SECRET.into(),
            ("device", Value::String(_)) => DEVICE.into(),
            ("uri", Value::String(uri)) if uri.starts_with("otpauth://") => TOTP_URI.into(),
            ("recovery_codes", Value::Array(codes)) => {
                codes.iter().enumerate().map(|(number, _)| format!("k3f7-9mzx-q2hd-7wv{number}")).collect::<Vec<_>>().into()
            }
            ("results", Value::Array(items)) => items.iter().take(ITEMS).map(|item| self.value(item)).collect(),
            // The seconds until a task was made, if nobody said where it is.
            ("position", Value::Number(seconds)) if seconds.as_i64().is_some_and(|seconds| seconds > 1_000_000) => {
                seconds.as_i64().map(|seconds| seconds - seconds % STEP).into()
            }
            _ => self.value(value),
        }
    }

    /// A word, as it is shown.
    fn word(&mut self, word: &str) -> String {
        if word.starts_with("eyJ") && word.split('.').count() == 3 {
            return TOKEN.to_owned();
        }
        if word.starts_with(STAND_IN) {
            return PAGE.to_owned();
        }
        time(word).or_else(|| email(word)).unwrap_or_else(|| {
            let parts = word.split_inclusive(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            parts.map(|part| self.id(part)).collect()
        })
    }

    /// An id and what may be behind it.
    fn id(&mut self, text: &str) -> String {
        let id = text.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        if id.starts_with(ACCOUNT) {
            return text.replace(id, &format!("{ACCOUNT}NorthPartners{}", self.number(ACCOUNT, id)));
        }
        // Of a firm's own domain, and of the host below it.
        let random = id.strip_prefix("cp").unwrap_or(id);
        if random.len() == DOMAIN.len() && random.bytes().all(|b| b.is_ascii_hexdigit()) {
            return text.replace(random, DOMAIN);
        }
        match id.rsplit_once('_').filter(|(_, ulid)| is_ulid(ulid)) {
            Some((prefix, _)) => text.replace(id, &format!("{prefix}_{ULID}{:016}", self.number(prefix, id))),
            None => text.to_owned(),
        }
    }

    /// Which of its `kind` this one is, from 1 on.
    fn number(&mut self, kind: &str, one: &str) -> usize {
        let known = self.0.entry(kind.to_owned()).or_default();
        known.iter().position(|known| known == one).unwrap_or_else(|| {
            known.push(one.to_owned());
            known.len() - 1
        }) + 1
    }
}

fn is_ulid(text: &str) -> bool {
    text.len() == 26 && text.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase())
}

/// The time, as it is shown.
fn time(word: &str) -> Option<String> {
    let seconds = DateTime::parse_from_rfc3339(word).ok()?.timestamp();
    Some(DateTime::from_timestamp(seconds - seconds.rem_euclid(STEP), 0)?.to_rfc3339_opts(SecondsFormat::Millis, true))
}

/// The e-mail of a test, without what tells it from those of all others.
fn email(word: &str) -> Option<String> {
    let (name, host) = word.split_once('@')?;
    let (name, random) = name.rsplit_once('-')?;
    (random.len() == 8 && random.bytes().all(|b| b.is_ascii_hexdigit())).then(|| format!("{name}@{host}"))
}
