//! How to reach somebody.

use domain::{Email, Language, SingleLine, contact::Contact};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use api::{Patch, Set, View};

/// A company, and how to reach somebody there.
#[derive(Debug, Clone, Serialize, ToSchema, View)]
#[schema(as = Contact)]
#[view(of = Contact)]
pub struct ContactOut {
    /// The company's name.
    pub company_name: SingleLine<200>,
    /// Who is to be addressed there.
    pub contact_name: Option<SingleLine<200>>,
    /// Where mail goes.
    pub email: Option<Email>,
    /// A telephone number.
    pub phone: Option<SingleLine<40>>,
    /// The language in which they are written to; none: the firm's.
    pub language: Option<Language>,
}

/// A patch of a contact's fields.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct ContactPatch {
    /// The company's name.
    pub company_name: Set<SingleLine<200>>,
    /// Who is to be addressed there.
    pub contact_name: Patch<SingleLine<200>>,
    /// Where mail goes.
    pub email: Patch<Email>,
    /// A telephone number.
    pub phone: Patch<SingleLine<40>>,
    /// The language in which they are written to.
    pub language: Patch<Language>,
}

impl ContactPatch {
    /// The contact after the patch.
    pub fn over(self, before: Contact) -> Contact {
        Contact {
            company_name: self.company_name.over(before.company_name),
            contact_name: self.contact_name.over(before.contact_name),
            email: self.email.over(before.email),
            phone: self.phone.over(before.phone),
            language: self.language.over(before.language),
        }
    }
}
