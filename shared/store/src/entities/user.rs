//! Users in the table.

use domain::user::User;

use crate::Entity;

impl Entity for User {
    const TYPE: &'static str = "USER";
}
