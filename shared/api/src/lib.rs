//! Everything HTTP, so that a handler is ten lines: who calls and what they may, bodies that are valid, problems,
//! pages, ETags, doing a request once, rate limits, the API's document, and start-up.
//!
//! Invariants: a caller is known from their token alone; no answer is made but here; a handler that lost a race is
//! run again from its first read; every request is answered before the function's time is over. Deliberately absent:
//! rules (`domain`), keys (`store`), what functions need that nobody calls over HTTP (`runtime`).

mod answer;
mod app;
mod asked;
mod body;
mod bodyless;
mod caller;
mod context;
mod deadline;
mod decimal;
mod event;
mod front;
mod history;
mod list;
mod patch;
mod path;
mod portal;
mod problem;
mod rate;
mod security;
mod serve;
mod standard;
mod token;

pub mod openapi;
pub mod routes;

pub use answer::{Answer, Listed, Shape};
pub use app::{App, Limits};
pub use asked::SECRETS;
pub use body::{JsonObject, Valid, whole};
pub use caller::{Acts, Anonymous, Caller, Guest, Permitted, Staff, may};
pub use context::{Cx, unarchived};
pub use decimal::Decimal;
pub use derive::{Body, View, delete, get, patch, post, put};
pub use event::{Event, handle};
pub use front::Front;
pub use history::EventOut;
pub use list::{ListQuery, NoFilter, Page, PageParams, list_scope};
pub use patch::{Patch, Set};
pub use path::{LinkToken, Path};
pub use portal::{Entitled, Party, Portal, right};
pub use problem::{Problem, ProblemOut};
pub use rate::{Attempt, Limiter};
pub use routes::Routes;
pub use security::{SecurityEvent, SecurityLog};
pub use serve::{serve, serve_stateless, serve_telling};
pub use token::{Audience, Claims, Unread, Verifier, access_header};
