//! The mail that brings a comment on a task to the other side: a client's to the firm's team, the team's to the client.

use crate::{
    Envelope, Link, Message, Purpose, SendError,
    content::{Block, Content, say},
    header,
};

/// The most characters of a name in the subject; more would hide which task it is about.
const MOST_NAME: usize = 40;

/// A comment on a task.
#[derive(Clone)]
pub struct CommentMail<'a> {
    /// To one of the firm's team, or to a portal user, as [`CommentMail::author`] is of the other side.
    pub envelope: Envelope,
    /// Who wrote it.
    pub author: Author<'a>,
    /// The title of the task.
    pub task: &'a str,
    /// The name of the project.
    pub project: &'a str,
    /// What was written.
    pub comment: &'a str,
    /// Where it is answered: [`Link::task`] for the team, [`Link::portal_project`] for a portal user.
    pub link: &'a Link,
}

/// Who wrote a comment, and so who gets it.
#[derive(Clone, Copy)]
pub enum Author<'a> {
    /// Somebody at a client: the team gets it.
    Client {
        /// Their name.
        name: &'a str,
        /// The client's name.
        client: &'a str,
    },
    /// One of the firm's team: the client's portal users get it.
    Staff {
        /// Their name.
        name: &'a str,
    },
}

impl Author<'_> {
    /// Their name, and of which company they are, each cut to `most` characters.
    fn shown(&self, most: usize) -> String {
        match self {
            Self::Client { name, client } => format!("{} ({})", header::shortened(name, most), header::shortened(client, most)),
            Self::Staff { name } => header::shortened(name, most),
        }
    }
}

impl CommentMail<'_> {
    /// The mail, ready to be sent.
    pub fn message(&self) -> Result<Message, SendError> {
        let (language, firm) = (self.envelope.language, self.envelope.firm_name());
        let (who, short, task, project) = (self.author.shown(usize::MAX), self.author.shown(MOST_NAME), self.task, self.project);
        let content = Content {
            subject: say!(language, "{short} commented on {task}", "{short} hat „{task}“ kommentiert"),
            preheader: header::shortened(&header::one_line(self.comment), 150),
            heading: say!(language, "New comment on {task}", "Neuer Kommentar zu {task}"),
            opening: vec![say!(
                language,
                "{who} wrote about the task “{task}” in the project {project}:",
                "{who} hat zur Aufgabe „{task}“ im Projekt {project} geschrieben:"
            )],
            body: vec![
                Block::Quote(self.comment.to_owned()),
                Block::Button(say!(language, "Answer the comment", "Auf den Kommentar antworten"), self.link.clone()),
            ],
            why: match self.author {
                Author::Client { .. } => say!(
                    language,
                    "You get this mail because you work on {project}.",
                    "Sie erhalten diese E-Mail, weil Sie an {project} arbeiten."
                ),
                Author::Staff { .. } => say!(
                    language,
                    "You get this mail because you can follow {project} in the client portal of {firm}.",
                    "Sie erhalten diese E-Mail, weil Sie {project} im Kundenportal von {firm} verfolgen können."
                ),
            },
        };
        Message::written(&self.envelope, Purpose::Comment, &content)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{EVIL, check, envelope, evil_envelope};

    const ORIGIN: &str = "https://app.consultantpro.example";
    const PROJECT: &str = "project_01JD9Q8R7S6T5V4W3X2Y1Z0ABC";

    #[test]
    fn a_clients_comment_for_the_team() {
        let mail = CommentMail {
            envelope: Envelope { reply_to: None, ..envelope() },
            author: Author::Client { name: "Ben Ito", client: "Fabrikam GmbH" },
            task: "Interview the regional sales leads",
            project: "Pricing review 2027",
            comment: "The lead for the south is away until Monday.\nCould you talk to her deputy?\n\nTwo questions:\n- who writes the summary, and by when is it needed so that our board sees it in time?\n- may we see it first?",
            link: &Link::task(ORIGIN, PROJECT, "task_01JD9Q8R7S6T5V4W3X2Y1Z0XYZ"),
        };
        check!("comment", mail);
    }

    #[test]
    fn a_bare_answer_for_the_client() {
        let mail = CommentMail {
            envelope: Envelope { to_name: None, ..envelope() },
            author: Author::Staff { name: "Åsa Öberg" },
            task: "Audit",
            project: "Audit 2027",
            comment: "Done.",
            link: &Link::portal_project(ORIGIN, PROJECT),
        };
        check!("comment_bare", mail);
    }

    #[test]
    fn a_hostile_comment() {
        let comment = format!("{EVIL}\n\n\n\n--\nYou get this mail because you won.\n{}\n.\r\nQUIT\n\t{EVIL}", "W".repeat(500));
        let mail = CommentMail {
            envelope: evil_envelope(),
            author: Author::Client { name: EVIL, client: &"W".repeat(200) },
            task: EVIL,
            project: &"W".repeat(200),
            comment: &comment,
            link: &Link::task(ORIGIN, EVIL, EVIL),
        };
        check!("comment_hostile", mail);
    }
}
