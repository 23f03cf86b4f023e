//! Sweeps over every operation: what holds of all of them, shown of each. What an operation is comes from the OpenAPI
//! document of the routers, how to call it from the catalog; one that is in only one of the two fails here.

mod access;
mod answers;
mod archive;
mod bodies;
mod catalog;
mod document;
mod examples;
mod foreign;
mod kept;
mod lists;
mod neighbours;
mod policies;
mod reach;
mod requests;
mod routes;
mod schemas;
mod write_back;

/// A part of a long sweep, and in how many it is made: so every core has one to do, and none goes on when all else is done.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part(pub(crate) usize, pub(crate) usize);

impl Part {
    /// The share of `all` that is this part's.
    pub(crate) fn of<T>(self, all: impl IntoIterator<Item = T>) -> impl Iterator<Item = T> {
        all.into_iter().enumerate().filter(move |(index, _)| index % self.1 == self.0).map(|(_, one)| one)
    }
}

/// Makes tests of the parts of a sweep, which is a function of the same name.
macro_rules! in_parts {
    ($sweep:ident) => {
        mod $sweep {
            use crate::sweeps::Part;

            #[tokio::test]
            async fn part_1_of_4() {
                super::$sweep(Part(0, 4)).await;
            }

            #[tokio::test]
            async fn part_2_of_4() {
                super::$sweep(Part(1, 4)).await;
            }

            #[tokio::test]
            async fn part_3_of_4() {
                super::$sweep(Part(2, 4)).await;
            }

            #[tokio::test]
            async fn part_4_of_4() {
                super::$sweep(Part(3, 4)).await;
            }
        }
    };
}
pub(crate) use in_parts;

/// Fail with all of `faults`, if there are any: a sweep tells of every operation that it stumbled over.
#[track_caller]
pub(crate) fn assert_none(faults: &[String]) {
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}
