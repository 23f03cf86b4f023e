//! Mails to a firm's owners, of what they have to know whatever they chose to hear of.

use domain::{Email, Language, SingleLine, Time};

use crate::{
    Envelope, Link, Message, Purpose, Reference, SendError,
    content::{Block, Content, say, strong},
    format, header,
};

/// What a firm's owners are told.
pub trait OwnerNotice: Copy {
    /// What such mails are for.
    const PURPOSE: Purpose;

    /// Where in the web app of `web_origin` they do what there is to do.
    fn link(web_origin: &str) -> Link;

    /// What leads there.
    fn button(language: Language) -> String;

    /// What it is about, in the list of mails, of the firm called so.
    fn preheader(language: Language, firm: &str) -> String;

    /// What happened, in a few words.
    fn subject(self, language: Language) -> String;

    /// What happened at `when` to `about` of `firm`.
    fn what(self, language: Language, names: (&str, &str, &str)) -> String;

    /// What to do.
    fn advice(self, language: Language) -> String;
}

/// That something happened which owners have to know.
#[derive(Clone)]
pub struct OwnerMail<'a, N> {
    pub(crate) envelope: Envelope,
    firm: String,
    notice: N,
    about: &'a str,
    at: Time,
    link: Link,
}

impl<'a, N: OwnerNotice> OwnerMail<'a, N> {
    /// To the address `to`, in the language of whose it is, who owns `firm`: `notice`, of what is called `about`, at `at`.
    pub fn new(
        to: (Email, Language),
        reference: Reference,
        firm: &SingleLine<200>,
        (notice, about, at): (N, &'a str, Time),
        web_origin: &str,
    ) -> Self {
        Self {
            envelope: Envelope::from_platform(to, reference),
            firm: header::unlinked(firm),
            notice,
            about,
            at,
            link: N::link(web_origin),
        }
    }

    /// The mail, ready to be sent.
    pub fn message(&self) -> Result<Message, SendError> {
        let (language, plain) = (self.envelope.language, &self.firm);
        let (firm, when) = (strong(plain), format::moment(language, self.at));
        let content = Content {
            subject: self.notice.subject(language),
            preheader: N::preheader(language, plain),
            heading: self.notice.subject(language),
            opening: vec![self.notice.what(language, (&firm, self.about, &when)), self.notice.advice(language)],
            body: vec![Block::Button(N::button(language), self.link.clone())],
            why: say!(
                language,
                "You get this mail because you own {plain} on ConsultantPro.",
                "Sie erhalten diese E-Mail, weil Ihnen {plain} auf ConsultantPro gehört."
            ),
        };
        Message::written(&self.envelope, N::PURPOSE, &content)
    }
}
