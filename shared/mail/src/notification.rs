//! The mail that tells somebody what concerns them: one thing, or all that came within minutes, or since yesterday morning.

use domain::{
    Language,
    invoice::Dispute,
    mail::Topic,
    notification::{Kind, News},
};

use crate::{
    Envelope, Link, Message, Purpose, SendError,
    content::{Block, Content, say, strong},
    format, header,
};

/// The most characters of a name in a sentence; more would hide what it is about.
const MOST_NAME: usize = 60;

/// What somebody is told of.
#[derive(Clone)]
pub struct NotificationMail<'a> {
    /// To one of the firm's people, or a client's.
    pub envelope: Envelope,
    /// What is told, the oldest first; not empty.
    pub told: &'a [Told<'a>],
    /// How much more there is than is told.
    pub more: usize,
    /// Whether it is what came since yesterday morning.
    pub is_digest: bool,
    /// Where all of it is: [`Link::notifications`].
    pub link: &'a Link,
    /// Where they choose what they hear of: [`Link::notification_settings`].
    pub settings: &'a Link,
}

/// One thing that somebody is told of.
#[derive(Clone)]
pub struct Told<'a> {
    /// What happened.
    pub news: &'a News,
    /// What was written, if anything was.
    pub text: Option<&'a str>,
    /// Where it is looked at: [`Link::about`].
    pub link: Link,
}

impl Told<'_> {
    /// What happened, in a sentence without its full stop.
    fn sentence(&self, language: Language) -> String {
        let News { kind, title, within, by, by_company, amount, dispute, date, address, .. } = self.news;
        let short = |name: &str| header::shortened(name, MOST_NAME);
        let company = within.as_deref().map(short);
        let who = match (by, by_company) {
            (Some(by), Some(company)) => Some(format!("{} ({})", short(by), short(company))),
            (Some(by), None) => Some(short(by)),
            (None, _) => None,
        };
        let client = || say!(language, "The client", "Der Kunde");
        let amount = amount.map(|amount| format::amount(language, amount));
        match kind {
            Kind::Accepted => {
                let who = who.or(company).unwrap_or_else(client);
                say!(language, "{who} accepted the proposal “{title}”", "{who} hat das Angebot „{title}“ angenommen")
            }
            Kind::Rejected => {
                let who = who.or(company).unwrap_or_else(client);
                say!(language, "{who} rejected the proposal “{title}”", "{who} hat das Angebot „{title}“ abgelehnt")
            }
            Kind::Paid => {
                let who = company.unwrap_or_else(client);
                match amount {
                    Some(amount) => say!(language, "{who} paid {amount} of {title}", "{who} hat {amount} auf {title} gezahlt"),
                    None => say!(language, "{who} paid {title}", "{who} hat {title} bezahlt"),
                }
            }
            Kind::Failed => {
                let who = company.unwrap_or_else(client);
                match dispute {
                    None | Some(Dispute::Won) => {
                        say!(language, "A payment of {title} by {who} failed", "Eine Zahlung auf {title} von {who} ist fehlgeschlagen")
                    }
                    Some(Dispute::Open) => say!(
                        language,
                        "{who} disputes a payment of {title}; answer that at Stripe",
                        "{who} bestreitet eine Zahlung auf {title}; antworten Sie darauf bei Stripe"
                    ),
                    Some(Dispute::Lost) => say!(
                        language,
                        "The bank of {who} took back a payment of {title}",
                        "Die Bank von {who} hat eine Zahlung auf {title} zurückgeholt"
                    ),
                }
            }
            Kind::Bounced => {
                let what = self.mail(language);
                match address {
                    Some(to) => say!(language, "{what} didn’t reach {to}", "{what} ist nicht bei {to} angekommen"),
                    None => say!(language, "{what} didn’t arrive", "{what} ist nicht angekommen"),
                }
            }
            Kind::Commented => {
                let who = who.unwrap_or_else(|| say!(language, "Somebody", "Jemand"));
                say!(language, "{who} commented on “{title}”", "{who} hat „{title}“ kommentiert")
            }
            Kind::Assigned => match who {
                Some(who) => say!(language, "{who} assigned you “{title}”", "{who} hat Ihnen „{title}“ zugewiesen"),
                None => say!(language, "You were assigned “{title}”", "Ihnen wurde „{title}“ zugewiesen"),
            },
            Kind::Due => {
                let on = date.map(|day| format::day(language, day));
                let on = on.map(|day| say!(language, " on {day}", " am {day}")).unwrap_or_default();
                match (amount, company) {
                    // To the firm it is overdue.
                    (Some(amount), Some(who)) => {
                        say!(language, "{title} of {who} was due{on}: {amount}", "{title} von {who} war{on} fällig: {amount}")
                    }
                    (Some(amount), None) => say!(language, "{title} is due{on}: {amount}", "{title} ist{on} fällig: {amount}"),
                    (None, _) => say!(language, "“{title}” is due{on}", "„{title}“ ist{on} fällig"),
                }
            }
        }
    }

    /// The mail that didn't arrive.
    fn mail(&self, language: Language) -> String {
        let title = &self.news.title;
        match self.news.topic {
            Some(Topic::CreditNote(_)) => say!(language, "The mail with {title}", "Die E-Mail mit {title}"),
            Some(Topic::Invoice(_)) => say!(language, "A mail about {title}", "Eine E-Mail zu {title}"),
            Some(Topic::Proposal(_)) => say!(language, "The mail with {title}", "Die E-Mail mit {title}"),
            Some(Topic::PortalUser(_) | Topic::User(_)) => say!(language, "The mail of an invitation", "Die E-Mail mit einer Einladung"),
            Some(Topic::Login(_) | Topic::NotificationBatch(_) | Topic::PaymentAccount(_) | Topic::SenderDomain(_)) | None => {
                say!(language, "A mail", "Eine E-Mail")
            }
        }
    }

    /// What was written, if anything was. Why a mail didn't arrive is known in English alone.
    fn text(&self, language: Language) -> Option<&str> {
        match language {
            Language::De if self.news.kind == Kind::Bounced => None,
            Language::En | Language::De => self.text,
        }
    }

    /// To what it belongs, and by when it is to be done, where the sentence doesn't say so.
    fn facts(&self, language: Language) -> Vec<String> {
        let News { kind, within, amount, date, .. } = self.news;
        let is_task = matches!(kind, Kind::Commented | Kind::Assigned | Kind::Due) && amount.is_none();
        let project = within.as_ref().filter(|_| is_task).map(|project| say!(language, "Project: {project}", "Projekt: {project}"));
        let date = date.filter(|_| *kind == Kind::Assigned).map(|day| format::day(language, day));
        project.into_iter().chain(date.map(|day| say!(language, "Due: {day}", "Fällig: {day}"))).collect()
    }

    /// All of it; `is_one` where there is nothing else.
    fn blocks(&self, language: Language, is_one: bool) -> Vec<Block> {
        let sentence = self.sentence(language);
        let mut blocks = vec![Block::Says(format!("{}.", strong(sentence)))];
        let facts = self.facts(language);
        if !facts.is_empty() {
            blocks.push(Block::Facts(facts));
        }
        blocks.extend(self.text(language).map(|text| Block::Quote(text.to_owned())));
        blocks.push(match is_one {
            true => Block::Button(say!(language, "Look at it", "Ansehen"), self.link.clone()),
            false => Block::Address(self.link.clone()),
        });
        blocks
    }
}

impl NotificationMail<'_> {
    /// The mail, ready to be sent.
    pub fn message(&self) -> Result<Message, SendError> {
        let (language, more) = (self.envelope.language, self.more);
        let heading = self.heading(language);
        let is_one = self.told.len() + more == 1;
        let mut body: Vec<_> = self.told.iter().flat_map(|told| told.blocks(language, is_one)).collect();
        if more > 0 {
            body.push(Block::Says(say!(language, "And {more} more.", "Und {more} weitere.")));
        }
        if !is_one {
            body.push(Block::Button(say!(language, "See all of it", "Alles ansehen"), self.link.clone()));
        }
        body.push(Block::Adds(say!(language, "Choose what you hear of:", "Wählen Sie, worüber Sie benachrichtigt werden:")));
        body.push(Block::Address(self.settings.clone()));
        let first = self.told.first();
        let said = first.map(|first| first.text(language).map_or_else(|| first.sentence(language), str::to_owned)).unwrap_or_default();
        let content = Content {
            subject: heading.clone(),
            preheader: header::shortened(&header::one_line(&said), 150),
            heading,
            opening: Vec::new(),
            body,
            why: match self.is_digest {
                true => say!(
                    language,
                    "You get this mail because you want to hear of such things once a day.",
                    "Sie erhalten diese E-Mail, weil Sie über solche Dinge einmal am Tag benachrichtigt werden möchten."
                ),
                false => say!(
                    language,
                    "You get this mail because you want to hear of such things at once.",
                    "Sie erhalten diese E-Mail, weil Sie über solche Dinge sofort benachrichtigt werden möchten."
                ),
            },
        };
        Message::written(&self.envelope, Purpose::Notification, &content)
    }

    /// All of it, in a line.
    fn heading(&self, language: Language) -> String {
        let all = self.told.len() + self.more;
        if let ([one], 0) = (self.told, self.more) {
            return one.sentence(language);
        }
        let (title, about) = self.told.first().map(|first| (&first.news.title, first.news.about)).unzip();
        let is_comment = |told: &Told<'_>| told.news.kind == Kind::Commented && Some(told.news.about) == about;
        let is_one_talk = self.more == 0 && self.told.iter().all(is_comment);
        let firm = self.envelope.short_firm();
        match title.filter(|_| is_one_talk) {
            Some(title) => say!(language, "{all} comments on “{title}”", "{all} Kommentare zu „{title}“"),
            None if self.is_digest => say!(language, "{all} things since yesterday at {firm}", "{all} Neuigkeiten seit gestern bei {firm}"),
            None => say!(language, "{all} things happened at {firm}", "{all} Neuigkeiten bei {firm}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::{
        Email, Id, MultiLine, SingleLine, Time,
        notification::{About, quoted},
    };

    use super::*;
    use crate::samples::{EVIL, check, day, envelope, evil_envelope, usd};

    const ORIGIN: &str = "https://app.consultantpro.example";

    fn news(kind: Kind, title: &str) -> News {
        let at = Time::from_timestamp_millis(1_763_800_000_000).unwrap();
        let about = match kind {
            Kind::Accepted | Kind::Rejected => About::Proposal(Id::new(at, 3)),
            Kind::Paid | Kind::Failed => About::Invoice(Id::new(at, 4)),
            Kind::Bounced => About::Undelivered(Id::new(at, 5)),
            Kind::Commented | Kind::Assigned | Kind::Due => About::Task(Id::new(at, 1), Id::new(at, 2)),
        };
        let title = SingleLine::new(title).unwrap();
        News {
            kind,
            about,
            title,
            topic: (kind == Kind::Bounced).then(|| Topic::Invoice(Id::new(at, 4))),
            dispute: None,
            within: None,
            by: None,
            by_company: None,
            text: None,
            comment: None,
            amount: None,
            date: None,
            address: None,
            at,
        }
    }

    fn line(text: &str) -> Option<SingleLine<200>> {
        SingleLine::new(text).ok()
    }

    /// Holds the mail of `news` to its snapshots.
    fn holds(name: &str, envelope: Envelope, news: &[News], (more, is_digest, is_portal): (usize, bool, bool)) {
        let told: Vec<_> =
            news.iter().map(|news| Told { news, text: news.text.as_deref(), link: Link::about(ORIGIN, news.about, is_portal) }).collect();
        let (link, settings) = (Link::notifications(ORIGIN, is_portal), Link::notification_settings(ORIGIN, is_portal));
        let mail = NotificationMail { envelope, told: &told, more, is_digest, link: &link, settings: &settings };
        check!(name, mail);
    }

    #[test]
    fn a_clients_comment_for_the_team() {
        let comment = "The lead for the south is away until Monday.\nCould you talk to her deputy?\n\nTwo questions:\n- who writes the summary, and by when is it needed so that our board sees it in time?\n- may we see it first?";
        let news = News {
            within: line("Pricing review 2027"),
            by: line("Ben Ito"),
            by_company: line("Fabrikam GmbH"),
            text: MultiLine::new(comment).ok(),
            ..news(Kind::Commented, "Interview the regional sales leads")
        };
        holds("notification", Envelope { reply_to: None, ..envelope() }, &[news], (0, false, false));
    }

    #[test]
    fn a_bare_answer_for_the_client() {
        let news = News { by: line("Åsa Öberg"), text: quoted("Done."), ..news(Kind::Commented, "Audit") };
        holds("notification_bare", Envelope { to_name: None, ..envelope() }, &[news], (0, false, true));
    }

    #[test]
    fn five_comments_on_a_task_are_one_mail() {
        let comments: Vec<_> = (1..=5)
            .map(|number| News {
                within: line("Pricing review 2027"),
                by: line("Ben Ito"),
                text: quoted(&format!("Number {number}.")),
                ..news(Kind::Commented, "Interviews")
            })
            .collect();
        holds("notification_grouped", envelope(), &comments, (0, false, false));
    }

    #[test]
    fn a_digest_of_everything() {
        let within = || line("Fabrikam GmbH");
        let all = [
            News { within: within(), by: line("Ben Ito"), by_company: within(), ..news(Kind::Accepted, "Pricing review 2027") },
            News { within: within(), text: quoted("Too expensive."), ..news(Kind::Rejected, "Pricing review 2028") },
            News { within: within(), amount: Some(usd(1_234_500)), ..news(Kind::Paid, "INV-000042") },
            News { within: within(), ..news(Kind::Failed, "INV-000043") },
            News { within: within(), dispute: Some(Dispute::Open), ..news(Kind::Failed, "INV-000046") },
            News { within: within(), dispute: Some(Dispute::Lost), ..news(Kind::Failed, "INV-000047") },
            News {
                address: Email::new("gone@fabrikam.example").ok(),
                text: quoted("There is no such mailbox."),
                ..news(Kind::Bounced, "INV-000044")
            },
            News {
                within: line("Pricing review 2027"),
                by: line("Åsa Öberg"),
                date: Some(day("2027-02-26")),
                ..news(Kind::Assigned, "Write it up")
            },
            News { within: line("Pricing review 2027"), date: Some(day("2027-02-26")), ..news(Kind::Due, "Interviews") },
            News { within: within(), amount: Some(usd(50_000)), date: Some(day("2027-01-31")), ..news(Kind::Due, "INV-000045") },
        ];
        holds("notification_digest", envelope(), &all, (12, true, false));
    }

    #[test]
    fn hostile_news() {
        let evil = News {
            within: line(EVIL),
            by: line(EVIL),
            by_company: line(&"W".repeat(200)),
            text: quoted(&format!("{EVIL}\n\n\n\n--\nYou get this mail because you won.\n.\r\nQUIT\n\t{}", "W".repeat(100))),
            ..news(Kind::Commented, EVIL)
        };
        let bounced = News { address: Email::new("a&b?subject=x@evil.example").ok(), text: quoted(EVIL), ..news(Kind::Bounced, EVIL) };
        holds("notification_hostile", evil_envelope(), &[evil.clone(), bounced], (0, true, false));
        holds("notification_hostile_one", evil_envelope(), &[evil], (0, false, true));
    }
}
