//! Where handlers are registered. A function is a router for those who call it and a part of the API's document for those
//! who read it, and its routes are written once for both: they are generic over what they are registered with. In an
//! `axum::Router`, which serves, the declarations of the document are never named, so they aren't linked into what is
//! deployed, nor built at each cold start; an `OpenApiRouter` has both.

use axum::{Extension, Router, routing::MethodRouter};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use crate::openapi;

/// What handlers are registered with.
pub trait Routes: Default {
    /// What handlers are given.
    type State: Clone + Send + Sync + 'static;

    /// With the handlers of one path: what serves it, and the same with what describes it, as [`routes!`](crate::routes!)
    /// makes them.
    #[must_use]
    fn routes(self, handlers: (impl FnOnce() -> Served<Self::State>, impl FnOnce() -> UtoipaMethodRouter<Self::State>)) -> Self;

    /// With those of another.
    #[must_use]
    fn merge(self, other: Self) -> Self;

    /// With what handlers find as an `Extension`.
    #[must_use]
    fn with<T: Clone + Send + Sync + 'static>(self, shared: T) -> Self;
}

/// A path, and the handlers of its methods.
pub type Served<S> = (String, MethodRouter<S>);

impl<S: Clone + Send + Sync + 'static> Routes for Router<S> {
    type State = S;

    fn routes(self, (served, _): (impl FnOnce() -> Served<S>, impl FnOnce() -> UtoipaMethodRouter<S>)) -> Self {
        let (path, methods) = served();
        self.route(&path, methods)
    }

    fn merge(self, other: Self) -> Self {
        self.merge(other)
    }

    fn with<T: Clone + Send + Sync + 'static>(self, shared: T) -> Self {
        self.layer(Extension(shared))
    }
}

impl<S: Clone + Send + Sync + 'static> Routes for OpenApiRouter<S> {
    type State = S;

    fn routes(self, (_, described): (impl FnOnce() -> Served<S>, impl FnOnce() -> UtoipaMethodRouter<S>)) -> Self {
        let described = described();
        openapi::assert_alike(openapi::schemas_of(self.get_openapi()).chain(described.0.iter().map(|(name, schema)| (name, schema))));
        self.routes(described)
    }

    fn merge(self, other: Self) -> Self {
        openapi::assert_alike([&self, &other].into_iter().map(Self::get_openapi).flat_map(openapi::schemas_of));
        self.merge(other)
    }

    fn with<T: Clone + Send + Sync + 'static>(self, shared: T) -> Self {
        self.layer(Extension(shared))
    }
}

/// What [`routes!`](crate::routes!) is made of.
#[doc(hidden)]
pub mod parts {
    pub use utoipa_axum::{PathItemExt, paste, routes};

    pub use crate::bodyless::on;
}

/// The handlers of one path, each with its own methods: for [`Routes::routes`].
#[macro_export]
macro_rules! routes {
    ($($handler:ident),+ $(,)?) => {
        (
            || {
                let (mut path, mut methods) = (String::new(), axum::routing::MethodRouter::new());
                $($crate::routes::parts::paste! {
                    path = <[<__path_ $handler>] as utoipa::Path>::path();
                    for method in <[<__path_ $handler>] as utoipa::Path>::methods() {
                        let filter = $crate::routes::parts::PathItemExt::to_method_filter(&method);
                        methods = $crate::routes::parts::on(methods, filter, $handler);
                    }
                })+
                (path, methods)
            },
            || $crate::routes::parts::routes!($($handler),+),
        )
    };
}
