//! The mailbox: every mail that the stack has sent, as a page and as JSON.
//!
//! MiniStack forgets mails when it ends, so they are kept in a file with the other data: a link that was mailed
//! yesterday still works today. A mail's HTML part is shown in a sandboxed frame, so that what a template renders
//! can't reach the page around it.

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use serde::Deserialize;
use std::{fs, path::PathBuf, sync::Arc, time::Duration};
use tokio::sync::Mutex;

use crate::{
    error::{Doing, Result},
    html::escaped,
    ministack::{Client, Mail},
};

/// Where the mailbox is served.
pub(crate) const PATH: &str = "/_local/mail/";

/// How often mails are collected when nobody looks.
const COLLECT_EVERY: Duration = Duration::from_secs(1);

/// All mails that were sent in this and earlier runs.
#[derive(Clone)]
pub(crate) struct Mailbox {
    ministack: Client,
    file: PathBuf,
    kept: Arc<Mutex<Vec<Mail>>>,
}

impl Mailbox {
    /// One that keeps the mails in `folder`.
    pub(crate) fn open(ministack: Client, folder: &std::path::Path) -> Result<Self> {
        let file = folder.join("mails.json");
        let kept = match fs::read(&file) {
            Ok(kept) => serde_json::from_slice(&kept).doing(format!("{} can't be read: start with --fresh", file.display()))?,
            Err(_) => Vec::new(),
        };
        Ok(Self { ministack, file, kept: Arc::new(Mutex::new(kept)) })
    }

    /// Collects mails for ever.
    pub(crate) async fn run(self) {
        loop {
            if let Err(error) = self.mails().await {
                tracing::warn!(%error, "mails aren't kept");
            }
            tokio::time::sleep(COLLECT_EVERY).await;
        }
    }

    /// Its routes.
    pub(crate) fn router(self) -> Router {
        Router::new().route(PATH, get(list)).route("/_local/mail/{id}/", get(html_part)).with_state(self)
    }

    /// All mails, oldest first.
    async fn mails(&self) -> Result<Vec<Mail>> {
        let mut kept = self.kept.lock().await;
        let mut sent = self.ministack.mails().await?;
        sent.retain(|mail| !kept.iter().any(|known| known.id == mail.id));
        if !sent.is_empty() {
            kept.append(&mut sent);
            let sentence = format!("{} can't be written", self.file.display());
            fs::write(&self.file, serde_json::to_vec(&*kept).doing(&sentence)?).doing(&sentence)?;
        }
        Ok(kept.clone())
    }
}

#[derive(Deserialize)]
struct Wanted {
    format: Option<String>,
}

/// All mails, the newest first.
async fn list(State(mailbox): State<Mailbox>, Query(wanted): Query<Wanted>, headers: HeaderMap) -> Response {
    let mut mails = match mailbox.mails().await {
        Ok(mails) => mails,
        Err(error) => return (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    };
    mails.reverse();
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if wanted.format.as_deref() == Some("json") || accept.starts_with("application/json") {
        return Json(mails).into_response();
    }
    Html(page(&mails)).into_response()
}

/// One mail's HTML part, or its text where it has none.
async fn html_part(State(mailbox): State<Mailbox>, Path(id): Path<String>) -> Response {
    match mailbox.mails().await {
        Ok(mails) => match mails.into_iter().find(|mail| mail.id == id) {
            Some(Mail { html: Some(html), .. }) => Html(html).into_response(),
            Some(Mail { text, .. }) => text.into_response(),
            None => (StatusCode::NOT_FOUND, "There is no such mail.").into_response(),
        },
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}

fn page(mails: &[Mail]) -> String {
    let items: String = mails.iter().map(item).collect();
    let items = if items.is_empty() { "<p>No mail has been sent yet.</p>".to_owned() } else { items };
    format!(
        "<!doctype html><html lang=en><meta charset=utf-8><title>Mailbox</title>
<style>
  body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 56rem; margin: 2rem auto; padding: 0 1rem }}
  details {{ border: 1px solid #8884; border-radius: .5rem; margin: .75rem 0; padding: .75rem 1rem }}
  summary {{ cursor: pointer }} small {{ opacity: .7 }}
  iframe {{ width: 100%; height: 32rem; border: 1px solid #8884; background: #fff; margin-top: .75rem }}
  pre {{ white-space: pre-wrap }}
</style>
<h1>Mailbox</h1>{items}</html>"
    )
}

fn item(mail: &Mail) -> String {
    let Mail { id, from, to, cc, subject, text, html, sent } = mail;
    let copies = if cc.is_empty() { String::new() } else { format!(", a copy to {}", cc.join(", ")) };
    let frame = match html {
        Some(_) => format!("<iframe sandbox='allow-popups' loading=lazy src='{PATH}{}/'></iframe>", escaped(id)),
        None => String::new(),
    };
    format!(
        "<details><summary><b>{}</b><br><small>to {}{} from {}, {}</small></summary>{frame}<pre>{}</pre></details>",
        escaped(subject),
        escaped(&to.join(", ")),
        escaped(&copies),
        escaped(from),
        sent.format("%-d %B %Y, %H:%M:%S UTC"),
        escaped(text)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_mail_says_cannot_become_markup_of_the_page() {
        let mail = Mail {
            id: "1'@x".into(),
            from: "A <a@b.example>".into(),
            to: vec!["c@d.example".into()],
            cc: vec!["E <e@f.example>".into()],
            subject: "<script>".into(),
            text: "a & b".into(),
            html: Some("<b>c</b>".into()),
            sent: chrono::DateTime::UNIX_EPOCH,
        };
        let page = page(&[mail]);
        assert!(page.contains("&lt;script&gt;") && !page.contains("<script>"));
        assert!(
            page.contains("A &lt;a@b.example&gt;")
                && page.contains("a copy to E &lt;e@f.example&gt;")
                && page.contains("a &amp; b")
                && page.contains("/1&#39;@x/")
        );
    }
}
