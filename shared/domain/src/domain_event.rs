//! What happens to records of whichever kind.

use crate::{
    EventType, Lifecycle, campaign, client, comment, contract, credit, credit_note, engagement, firm, invoice, lead, login, mail,
    mail_text, notification_batch, payment_account, portal_user, project, proposal, prospect, sender_domain, suppression, task, time_entry,
    undelivered, user,
};

/// Every aggregate, so that an event of the log can be known by its name.
macro_rules! every_aggregate {
    ($($module:ident: $name:ident,)+) => {
        /// Something that happened, to a record of whichever kind.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum DomainEvent {
            $(
                #[doc = concat!("To a [`", stringify!($module), "::", stringify!($name), "`].")]
                $name($module::Event),
            )+
        }

        impl DomainEvent {
            /// The event that is called `name`; none that this version knows of, if there is none.
            pub fn parse(name: &str) -> Option<Self> {
                $(if let Some(event) = named::<$module::Event>(name) {
                    return Some(Self::$name(event));
                })+
                None
            }

            /// Its name in the event log.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$name(event) => event.name(),)+
                }
            }

            /// What it means for the record's life.
            pub fn lifecycle(self) -> Lifecycle {
                match self {
                    $(Self::$name(event) => event.lifecycle(),)+
                }
            }

            /// Every event that there is.
            pub fn all() -> impl Iterator<Item = Self> {
                let all = std::iter::empty();
                $(let all = all.chain($module::Event::ALL.iter().copied().map(Self::$name));)+
                all
            }
        }
    };
}

/// Hands the list of all aggregates, each with its module, to a macro: for what has to be done for records of each kind.
#[macro_export]
macro_rules! aggregates {
    ($macro:ident) => {
        $macro! {
            campaign: Campaign,
            client: Client,
            comment: Comment,
            contract: Contract,
            credit: Credit,
            credit_note: CreditNote,
            engagement: Engagement,
            firm: Firm,
            invoice: Invoice,
            lead: Lead,
            login: Login,
            mail: Mail,
            mail_text: MailTexts,
            notification_batch: NotificationBatch,
            payment_account: PaymentAccount,
            portal_user: PortalUser,
            project: Project,
            proposal: Proposal,
            prospect: Prospect,
            sender_domain: SenderDomain,
            suppression: Suppression,
            task: Task,
            time_entry: TimeEntry,
            undelivered: Undelivered,
            user: User,
        }
    };
}

aggregates!(every_aggregate);

fn named<E: EventType>(name: &str) -> Option<E> {
    E::ALL.iter().copied().find(|event| event.name() == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;

    #[test]
    fn every_event_is_known_by_its_name_and_no_two_share_one() {
        let mut names = std::collections::BTreeSet::new();
        for event in DomainEvent::all() {
            assert_eq!(DomainEvent::parse(event.name()), Some(event));
            assert!(names.insert(event.name()), "{}", event.name());
        }
        assert!(DomainEvent::parse("lead.abducted").is_none());
    }

    #[test]
    fn an_events_name_begins_with_the_kind_of_what_it_happens_to() {
        macro_rules! assert_named_after {
            ($($module:ident: $name:ident,)+) => {
                $(for event in $module::Event::ALL {
                    let (kind, _) = event.name().split_once('.').unwrap();
                    assert_eq!(kind, <$module::$name as Kind>::NAME, "{}", event.name());
                })+
            };
        }
        aggregates!(assert_named_after);
    }
}
