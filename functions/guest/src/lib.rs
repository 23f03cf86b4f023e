//! `/api/guest/`: one record behind the link of a mail, for whoever has it, without a log-in. Which record, the link says, and
//! whether it still works, the record. Deliberately absent: anything beside that one record, and of it anything but what is
//! printed on it.

mod invoices;

use api::{App, LinkToken, Problem, Routes};
use checkout::Till;
use domain::Time;
use secrets::{Kept, LinkKey, Purpose};

/// Every route of this function; links are checked with `links`, and payments taken by `till`.
pub fn router<R: Routes<State = App>>(links: impl Into<Kept<LinkKey>>, till: Till) -> R {
    R::default().merge(invoices::routes()).with(links.into()).with(till)
}

/// What the link with `token` is for; what isn't a link of ours leads nowhere.
async fn purpose<P: Purpose>(links: &Kept<LinkKey>, token: &LinkToken, now: Time) -> Result<P, Problem> {
    links.read(token.expose(), now).await.map_err(Problem::unavailable)?.map_err(|_| Problem::not_found())
}
