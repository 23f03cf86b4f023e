//! What SES tells of mails, on its way to a test app: through the template's rule to the function.

use aws_lambda_events::event::sqs::SqsEvent;
use domain::{
    Id,
    mail::{Purpose, Topic},
};
use local::ses::{Sent, Told};
use mail::Tags;
use mail_events::MailEvents;
use serde_json::{Value, json};

use crate::{Firm, TestApp, email};

/// Hand a batch of messages, ids and bodies, to `events`; the ids of those that are to come back.
pub async fn hand_mail_events(events: &MailEvents, messages: impl IntoIterator<Item = (&str, &str)>) -> Vec<String> {
    let record = |(id, body)| json!({"messageId": id, "receiptHandle": id, "body": body, "messageAttributes": {}});
    let records: Vec<Value> = messages.into_iter().map(record).collect();
    let batch: SqsEvent = serde_json::from_value(json!({"Records": records})).unwrap();
    let response = mail_events::handle(events, batch).await;
    response.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect()
}

impl TestApp {
    /// A function `mail-events` on this app's table and its queues.
    pub fn mail_events(&self) -> MailEvents {
        MailEvents { store: self.store.clone(), clock: self.clock.clone(), queues: self.mail_queue.queues() }
    }

    /// What comes into the queue when SES tells `told` of `sent`, by the template's rule.
    pub fn ses_event(&self, sent: &Sent, told: Told) -> String {
        let event = sent.event(&told, self.clock.now());
        let queues: Vec<_> = self.template.rules.iter().filter(|rule| rule.matches(&event)).flat_map(|rule| &rule.queues).collect();
        let trigger = self.template.queue_triggers.iter().find(|trigger| trigger.function == "mail-events").unwrap();
        assert_eq!(queues, [&trigger.queue]);
        event.to_string()
    }

    /// Have SES tell this of `sent`, in this order, and apply it at once, past the queue; all of it is to be applied.
    pub async fn tell(&self, sent: &Sent, told: &[Told]) {
        let events: Vec<String> = told.iter().map(|told| self.ses_event(sent, *told)).collect();
        let batch = events.iter().map(|event| (event.as_str(), event.as_str()));
        assert_eq!(hand_mail_events(&self.mail_events(), batch).await, Vec::<String>::new(), "something wasn't applied");
    }
}

impl Firm<'_> {
    /// A mail about an invoice, which was sent to `to`, and of which nobody but SES knows; its id.
    pub fn sent(&self, to: &str) -> (String, Sent) {
        let now = self.app.clock.now();
        let (mail, record) = (Id::new(now, rand::random()), Topic::Invoice(Id::new(now, rand::random())));
        let firm = self.id.parse().unwrap();
        let tags = Tags { firm, mail, record, sequence: 2, event: "invoice.sent".to_owned(), about: None };
        let tags = tags.of_mail(Purpose::Invoice).into_iter().map(|(name, value)| json!({"Name": name, "Value": value}));
        let set = self.app.template.functions.iter().find_map(|function| function.environment.get("MAIL_CONFIGURATION_SET"));
        let asked = json!({
            "FromEmailAddress": "no-reply@consultantpro.example", "Destination": {"ToAddresses": [to]},
            "ConfigurationSetName": set, "EmailTags": tags.collect::<Vec<_>>(),
        });
        (mail.to_string(), Sent::of(&asked, &json!({"MessageId": mail.to_string()}), now).unwrap())
    }

    /// Such a mail, which SES told that it sent; its id.
    pub async fn mail(&self) -> String {
        let (id, sent) = self.sent(&email("ann"));
        self.app.tell(&sent, &[Told::Sent]).await;
        id
    }

    /// An address to which mail is suppressed, since one came back.
    pub async fn suppression(&self) -> String {
        let (_, sent) = self.sent(&email("ann"));
        self.app.tell(&sent, &[Told::Bounced("Permanent", "General")]).await;
        let listed = self.owner.get("/api/auth/firm/suppressions/").await.expect(200);
        assert_eq!(listed.text("/results/0/email"), sent.to);
        listed.text("/results/0/id")
    }
}
