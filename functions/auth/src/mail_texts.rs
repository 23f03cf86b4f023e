//! `/api/auth/firm/mail-texts/`: how the firm begins its mails in its own words. Deliberately absent: what else they say, which is ours
//! (`mail`), and sending them (`outbox`).

use std::collections::BTreeMap;

use api::{
    Answer, App, Cx, EventOut, ListQuery, NoFilter, Page, Path, Problem, Routes, Shape, Staff, Valid, delete, get, may, post, put, routes,
};
use axum::extract::State;
use domain::{
    Language, MultiLine, SingleLine, Time,
    firm::Firm,
    ids::MailTextsId,
    mail_text::{Event, Kind, MailText, MailTexts, Placeholder, Which},
    user::User,
};
use http::StatusCode;
use mail::{Letterhead, Message, Person, Preview, default_text};
use serde::{Deserialize, Serialize};
use store::{Change, Read, Record};
use utoipa::ToSchema;

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default()
        .routes(routes!(show_mail_texts))
        .routes(routes!(write_mail_text, reset_mail_text))
        .routes(routes!(preview_mail_text))
        .routes(routes!(list_mail_text_history))
}

/// How mails of a kind begin that are in a language.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MailText)]
struct MailTextOut {
    kind: Kind,
    language: Language,
    /// The firm's own subject; none: ours.
    subject: Option<SingleLine<150>>,
    /// The firm's own opening; none: ours.
    opening: Option<MultiLine<1000>>,
    /// Our subject, to start from. Where a mail has more to say (a proposal was revised, a link replaces another, nothing is due on an
    /// invoice), ours says that too; of reminders it is the first's after the last day to pay.
    default_subject: String,
    /// Our opening, likewise.
    default_opening: String,
    /// What the mail puts its own values in place of: `{{number}}`.
    placeholders: Vec<PlaceholderOut>,
}

/// A placeholder.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MailTextPlaceholderExample)]
struct PlaceholderOut {
    name: Placeholder,
    /// What it could say, as previews have it.
    example: String,
}

/// How a kind of mails begins, in each language.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MailTextByLanguage)]
struct ByLanguage {
    en: MailTextOut,
    de: MailTextOut,
}

/// How a firm begins its mails.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MailTexts)]
struct MailTextsOut {
    /// Those that bring a proposal.
    proposal: ByLanguage,
    /// Those that let somebody at a client into its portal.
    invitation: ByLanguage,
    /// Those that bring an invoice.
    invoice: ByLanguage,
    /// All that remind of one.
    reminder: ByLanguage,
    /// Those that say that a payment came.
    receipt: ByLanguage,
}

/// The firm's own words alone, by kind and language: what their history tells of.
#[derive(Debug, Serialize)]
struct OwnTexts(BTreeMap<&'static str, BTreeMap<&'static str, MailText>>);

impl Shape for OwnTexts {
    type Of = MailTexts;
    const PATH: &'static str = "/api/auth/firm/mail-texts/";

    fn shape(record: &Record<MailTexts>, _: Time) -> Self {
        let mut own = BTreeMap::<_, BTreeMap<_, _>>::new();
        for Which(kind, language) in Which::all() {
            if let Some(text) = record.of(kind, language) {
                own.entry(kind.as_str()).or_default().insert(language.as_str(), text.clone());
            }
        }
        Self(own)
    }
}

/// How the firm begins mails of a kind in a language: what is absent or null is said in our words.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"subject": "{{firm}} to {{client}}", "opening": "Thank you for working with us, {{recipient}}.\n\nDo call if anything is unclear."}))]
struct NewMailText {
    /// One line, with placeholders. What is longer than 150 characters with their values is cut.
    subject: Option<SingleLine<150>>,
    /// What stands after the greeting, with placeholders: paragraphs with a blank line between them, in lines. No markup.
    opening: Option<MultiLine<1000>>,
}

impl From<NewMailText> for MailText {
    fn from(NewMailText { subject, opening }: NewMailText) -> Self {
        Self { subject, opening }
    }
}

/// A mail as somebody would get it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MailTextPreview)]
struct PreviewOut {
    subject: String,
    /// The whole mail, as a document of HTML. Its links lead nowhere.
    html: String,
    /// The same as plain text.
    text: String,
}

/// Of whom the texts are, and what they are shown with.
struct Whose {
    firm: Record<Firm>,
    texts: Option<Record<MailTexts>>,
    /// Who asks, and so sends what is shown.
    sender: Option<Person>,
    web_origin: String,
}

impl Whose {
    /// Of the firm of `staff`, by what `read` begins.
    async fn read<P>(read: Read<'_>, app: &App, staff: &Staff<P>) -> Result<Self, Problem> {
        let texts = MailTextsId::of_firm(staff.firm);
        let found = read.record(staff.firm).record(texts).record(staff.user).fetch().await?;
        let sender = found.maybe(staff.user)?.map(|user: Record<User>| Person { name: user.name.clone(), email: user.email.clone() });
        Ok(Self { firm: found.record(staff.firm)?, texts: found.maybe(texts)?, sender, web_origin: app.web_origin.to_string() })
    }

    fn texts(&self) -> MailTexts {
        self.texts.as_ref().map(|texts| texts.content.clone()).unwrap_or_default()
    }

    /// What its mails look like in `language`, which it begins with `texts`.
    fn preview(&self, language: Language, texts: MailTexts) -> Preview {
        Preview {
            letterhead: Letterhead::of(&self.firm, texts),
            currency: self.firm.currency,
            language,
            sender: self.sender.clone(),
            web_origin: self.web_origin.clone(),
        }
    }

    /// How it begins mails of `kind` in each language.
    fn by_language(&self, kind: Kind) -> Result<ByLanguage, Problem> {
        let texts = self.texts();
        let of = |language| self.text(&texts, Which(kind, language));
        Ok(ByLanguage { en: of(Language::En)?, de: of(Language::De)? })
    }

    /// How it begins mails of `kind` in `language`, with `texts`.
    fn text(&self, texts: &MailTexts, Which(kind, language): Which) -> Result<MailTextOut, Problem> {
        let MailText { subject, opening } = texts.of(kind, language).cloned().unwrap_or_default();
        let (default_subject, default_opening) = default_text(kind, language);
        let examples = self.preview(language, MailTexts::default()).examples(kind).map_err(Problem::internal)?;
        let placeholders = examples.into_iter().map(|(name, example)| PlaceholderOut { name, example }).collect();
        Ok(MailTextOut { kind, language, subject, opening, default_subject, default_opening, placeholders })
    }

    /// The change that has it begin mails of `kind` in `language` with `text`, and all of its texts after that.
    fn write<P>(&self, cx: &Cx, staff: &Staff<P>, Which(kind, language): Which, text: MailText) -> Result<(Change, MailTexts, u64), Problem>
    where
        Staff<P>: api::Acts,
    {
        let version = self.texts.as_ref().map_or(0, |texts| texts.version);
        cx.matches_version(version)?;
        let mut change = cx.change(staff);
        let texts = self.texts().with(kind, language, text)?;
        let version = match &self.texts {
            Some(before) => change.update(before, (texts.clone(), Event::Updated))?.version,
            None if texts == MailTexts::default() => version,
            None => change.create(MailTextsId::of_firm(staff.firm), texts.clone(), Event::Created)?.version,
        };
        Ok((change, texts, version))
    }
}

/// Show how the firm begins its mails.
///
/// Of each kind and language: the firm's own words, ours, and what can be put into them. The version is that of all of them together.
#[get("/api/auth/firm/mail-texts/")]
async fn show_mail_texts(cx: Cx, State(app): State<App>, staff: Staff<may::ReadFirm>) -> Result<Answer<MailTextsOut>, Problem> {
    let whose = Whose::read(cx.store.read(staff.firm).eventually(), &app, &staff).await?;
    let texts = MailTextsOut {
        proposal: whose.by_language(Kind::Proposal)?,
        invitation: whose.by_language(Kind::Invitation)?,
        invoice: whose.by_language(Kind::Invoice)?,
        reminder: whose.by_language(Kind::Reminder)?,
        receipt: whose.by_language(Kind::Receipt)?,
    };
    Ok(cx.json(&texts)?.version(whose.texts.map_or(0, |texts| texts.version)))
}

/// Begin a kind of mails in the firm's own words.
///
/// For those to people who are written to in that language, in place of what was there before. The greeting, what the mail is about and
/// all that follows stay ours. A reminder's words are those of every one. What is sent from then on begins so, also of what happened
/// before.
/// `If-Match` is the version of all texts together. 422 for a placeholder that mails of the kind don't have, or that doesn't end.
#[put("/api/auth/firm/mail-texts/{kind}/{language}/", 200)]
async fn write_mail_text(
    cx: Cx,
    State(app): State<App>,
    staff: Staff<may::ManageFirm>,
    Path((kind, language)): Path<(Kind, Language)>,
    Valid(body): Valid<NewMailText>,
) -> Result<Answer<MailTextOut>, Problem> {
    let whose = Whose::read(cx.read(&staff), &app, &staff).await?;
    let (change, texts, version) = whose.write(&cx, &staff, Which(kind, language), body.into())?;
    let shown = whose.text(&texts, Which(kind, language))?;
    cx.commit(change, cx.json(&shown).map(|answer| answer.version(version))).await
}

/// Begin a kind of mails in our words again.
///
/// Where they are already, nothing changes.
#[delete("/api/auth/firm/mail-texts/{kind}/{language}/")]
async fn reset_mail_text(
    cx: Cx,
    State(app): State<App>,
    staff: Staff<may::ManageFirm>,
    Path((kind, language)): Path<(Kind, Language)>,
) -> Result<Answer<()>, Problem> {
    let whose = Whose::read(cx.read(&staff), &app, &staff).await?;
    let (change, ..) = whose.write(&cx, &staff, Which(kind, language), MailText::default())?;
    cx.commit(change, Ok(Answer::no_content())).await
}

/// Show a mail as it would begin.
///
/// With examples for its values, in the firm's name, colour and currency, from who asks. Nothing is kept and nothing sent. 422 as where
/// it is written.
#[post("/api/auth/firm/mail-texts/{kind}/{language}/preview/", 200)]
async fn preview_mail_text(
    cx: Cx,
    State(app): State<App>,
    staff: Staff<may::ManageFirm>,
    Path((kind, language)): Path<(Kind, Language)>,
    Valid(body): Valid<NewMailText>,
) -> Result<Answer<PreviewOut>, Problem> {
    let texts = MailTexts::default().with(kind, language, body.into())?;
    let whose = Whose::read(cx.store.read(staff.firm).eventually(), &app, &staff).await?;
    let Message { subject, html, text, .. } = whose.preview(language, texts).message(kind).map_err(Problem::internal)?;
    cx.json(&PreviewOut { subject: subject.to_string(), html, text })
}

/// List how the firm's words changed.
///
/// Newest first; none where the firm never had any. Each change is of a kind of mails: the firm's own words in each language in which it
/// had any. Network addresses are for owners and managers.
#[get("/api/auth/firm/mail-texts/history/")]
async fn list_mail_text_history(
    cx: Cx,
    staff: Staff<may::ReadFirm>,
    query: ListQuery<NoFilter>,
) -> Result<Answer<Page<EventOut>>, Problem> {
    match cx.history::<OwnTexts, _>(&staff, MailTextsId::of_firm(staff.firm), &query).await {
        Err(problem) if problem.status() == StatusCode::NOT_FOUND => cx.json(&Page { results: Vec::new(), next: None, previous: None }),
        listed => listed,
    }
}
