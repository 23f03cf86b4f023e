//! The languages in which people are written to.

use serde::{Deserialize, Serialize};

use crate::names::names;

names! {
    /// A language in which people are written to.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    #[serde(rename_all = "snake_case")]
    pub enum Language {
        /// English.
        #[default]
        En = "en",
        /// German; people are addressed as „Sie“.
        De = "de",
    }
}
