//! The mail that tells somebody what concerns them: one thing, or all that came within minutes, or since yesterday morning.

use askama::Template;
use domain::notification::{Kind, News};

use crate::{Envelope, Link, Message, Purpose, SendError, Subject, format, header};

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
    fn sentence(&self) -> String {
        let News { kind, title, within, by, by_company, amount, date, address, .. } = self.news;
        let short = |name: &str| header::shortened(name, MOST_NAME);
        let company = within.as_deref().map(short);
        let who = match (by, by_company) {
            (Some(by), Some(company)) => Some(format!("{} ({})", short(by), short(company))),
            (Some(by), None) => Some(short(by)),
            (None, _) => None,
        };
        let amount = amount.map(format::amount);
        match kind {
            Kind::Accepted | Kind::Rejected => {
                let who = who.or(company).unwrap_or_else(|| "The client".to_owned());
                format!("{who} {} the proposal “{title}”", kind.as_str())
            }
            Kind::Paid => {
                let who = company.unwrap_or_else(|| "The client".to_owned());
                format!("{who} paid {} of {title}", amount.unwrap_or_else(|| "some".to_owned()))
            }
            Kind::Failed => format!("A payment of {title} failed{}", company.map(|of| format!(", by {of}")).unwrap_or_default()),
            Kind::Bounced => {
                let to = address.as_ref().map(|to| format!(" to {to}")).unwrap_or_default();
                format!("A mail{to} didn’t arrive: {title}")
            }
            Kind::Commented => format!("{} commented on “{title}”", who.unwrap_or_else(|| "Somebody".to_owned())),
            Kind::Assigned => match who {
                Some(who) => format!("{who} assigned you “{title}”"),
                None => format!("You were assigned “{title}”"),
            },
            Kind::Due => {
                let on = date.map(|day| format!(" on {}", format::day(day))).unwrap_or_default();
                match (amount, company) {
                    // To the firm it is overdue.
                    (Some(amount), Some(company)) => format!("{title} of {company} was due{on}: {amount}"),
                    (Some(amount), None) => format!("{title} is due{on}: {amount}"),
                    (None, _) => format!("“{title}” is due{on}"),
                }
            }
        }
    }

    /// To what it belongs, where the sentence doesn't say so.
    fn place(&self) -> Option<String> {
        let place = match self.news.kind {
            Kind::Commented | Kind::Assigned | Kind::Due => self.news.within.as_ref().filter(|_| self.news.amount.is_none())?,
            Kind::Accepted | Kind::Rejected | Kind::Paid | Kind::Failed | Kind::Bounced => return None,
        };
        let by_when = self.news.date.filter(|_| self.news.kind == Kind::Assigned);
        Some(format!("Project: {place}{}", by_when.map(|day| format!(", due on {}", format::day(day))).unwrap_or_default()))
    }
}

impl NotificationMail<'_> {
    /// The mail, ready to be sent.
    pub fn message(&self) -> Result<Message, SendError> {
        let subject = Subject::new(&self.heading());
        let (html, text) = (Html { mail: self, subject: &subject }, Text { mail: self });
        Message::written(&self.envelope, Purpose::Notification, subject.clone(), &html, &text)
    }

    /// All of it, in a line.
    fn heading(&self) -> String {
        let all = self.told.len() + self.more;
        if let ([one], 0) = (self.told, self.more) {
            return one.sentence();
        }
        let title = self.told.first().map(|first| &first.news.title);
        let is_one_talk = self.told.iter().all(|told| told.news.kind == Kind::Commented && Some(&told.news.title) == title);
        match title.filter(|_| is_one_talk) {
            Some(title) => format!("{all} comments on “{title}”"),
            None if self.is_digest => format!("{all} things since yesterday at {}", self.envelope.short_firm()),
            None => format!("{all} things happened at {}", self.envelope.short_firm()),
        }
    }

    /// What shows in a list of mails beside the subject.
    fn beginning(&self) -> String {
        let first = self.told.first();
        let said = first.and_then(|told| told.text).map(str::to_owned);
        header::shortened(&header::one_line(&said.or_else(|| first.map(Told::sentence)).unwrap_or_default()), 150)
    }
}

#[derive(Template)]
#[template(path = "notification.html")]
struct Html<'a> {
    mail: &'a NotificationMail<'a>,
    subject: &'a Subject,
}

#[derive(Template)]
#[template(path = "notification.txt")]
struct Text<'a> {
    mail: &'a NotificationMail<'a>,
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

    fn mail(envelope: Envelope, news: &[News], (more, is_digest, is_portal): (usize, bool, bool)) -> Message {
        let told: Vec<_> = news
            .iter()
            .map(|news| Told { news, text: news.text.as_deref(), link: Link::about(ORIGIN, news.about, is_portal) })
            .collect();
        let (link, settings) = (Link::notifications(ORIGIN, is_portal), Link::notification_settings(ORIGIN, is_portal));
        NotificationMail { envelope, told: &told, more, is_digest, link: &link, settings: &settings }.message().unwrap()
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
        check("notification", &mail(Envelope { reply_to: None, ..envelope() }, &[news], (0, false, false)));
    }

    #[test]
    fn a_bare_answer_for_the_client() {
        let news = News { by: line("Åsa Öberg"), text: quoted("Done."), ..news(Kind::Commented, "Audit") };
        check("notification_bare", &mail(Envelope { to_name: None, ..envelope() }, &[news], (0, false, true)));
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
        check("notification_grouped", &mail(envelope(), &comments, (0, false, false)));
    }

    #[test]
    fn a_digest_of_everything() {
        let within = || line("Fabrikam GmbH");
        let all = [
            News { within: within(), by: line("Ben Ito"), by_company: within(), ..news(Kind::Accepted, "Pricing review 2027") },
            News { within: within(), text: quoted("Too expensive."), ..news(Kind::Rejected, "Pricing review 2028") },
            News { within: within(), amount: Some(usd(1_234_500)), ..news(Kind::Paid, "INV-000042") },
            News { within: within(), ..news(Kind::Failed, "INV-000043") },
            News {
                address: Email::new("gone@fabrikam.example").ok(),
                text: quoted("There is no such mailbox."),
                ..news(Kind::Bounced, "invoice INV-000044")
            },
            News { within: line("Pricing review 2027"), by: line("Åsa Öberg"), date: Some(day("2027-02-26")), ..news(Kind::Assigned, "Write it up") },
            News { within: line("Pricing review 2027"), date: Some(day("2027-02-26")), ..news(Kind::Due, "Interviews") },
            News { within: within(), amount: Some(usd(50_000)), date: Some(day("2027-01-31")), ..news(Kind::Due, "INV-000045") },
        ];
        check("notification_digest", &mail(envelope(), &all, (12, true, false)));
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
        check("notification_hostile", &mail(evil_envelope(), &[evil.clone(), bounced], (0, true, false)));
        check("notification_hostile_one", &mail(evil_envelope(), &[evil], (0, false, true)));
    }
}
