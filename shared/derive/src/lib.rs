//! What follows from a type's fields or a handler's signature, written by the compiler instead of a person.
//!
//! - [`View`](macro@View): a type that shows some of another's fields.
//! - [`Body`](macro@Body): a request's body that makes a record, or changes one. Exhaustive: a field of the record that
//!   the body neither has nor keeps doesn't compile.
//! - [`get`], [`post`], [`put`], [`patch`], [`delete`]: a handler's operation in the API's document, from its signature.

mod body;
mod fields;
mod operation;
mod view;

use proc_macro::TokenStream;

/// A type that shows another's fields: each is the other's field of that name, cloned, or what `#[view(…)]` on it says,
/// in which `it` is the other and `now` is the moment.
///
/// | on the type | gives |
/// |---|---|
/// | `#[view(of = Line)]` | `From<&Line>` |
/// | `#[view(row = Campaign)]` | `api::Listed`, from a `store::Row<Campaign>` |
/// | `#[view(both = TimeEntry, path = "/api/…/")]` | both of these, where a list shows all there is |
/// | `#[view(record = Campaign, path = "/api/crm/campaigns/")]` | `api::Shape`, from a `store::Record<Campaign>` |
#[proc_macro_derive(View, attributes(view))]
pub fn view(input: TokenStream) -> TokenStream {
    expand(input, view::derive)
}

/// A body that makes a record or changes one.
///
/// `#[body(new = Campaign, given(firm: &Firm), set(status = Status::Planned))]` gives
/// `fn make(self, firm: &Firm) -> Result<Campaign, Refusal>`: each field of the record is the body's of that name, or
/// what `set` or `#[body(…)]` on the body's field says, in which the body's other fields are at hand by name.
///
/// `#[body(patch = Campaign, given(firm: &Firm), keep(status))]` gives
/// `fn over(self, before: Campaign, firm: &Firm) -> Result<Campaign, Refusal>`: each field of the record is the body's
/// of that name over what it was, or what `#[body(…)]` on it says, in which `before` is the record; those under `keep`
/// stay. `#[body(skip)]` marks a field of the body that is none of the record's; what uses it is at hand by its name.
#[proc_macro_derive(Body, attributes(body))]
pub fn body(input: TokenStream) -> TokenStream {
    expand(input, body::derive)
}

macro_rules! operations {
    ($($method:ident),*) => {
        $(
            /// The operation of a handler: `("/api/crm/campaigns/{id}/", 200)`. Its path, then the status of its good
            /// answer (201 for what makes a record; 200, or 204 for `Answer<()>`, where it isn't said). Who may call it,
            /// the parameters and the bodies are those of the signature.
            #[proc_macro_attribute]
            pub fn $method(arguments: TokenStream, handler: TokenStream) -> TokenStream {
                operation::expand(stringify!($method), arguments.into(), handler.into())
                    .unwrap_or_else(syn::Error::into_compile_error)
                    .into()
            }
        )*
    };
}
operations!(get, post, put, patch, delete);

fn expand(input: TokenStream, derive: fn(&syn::DeriveInput) -> syn::Result<proc_macro2::TokenStream>) -> TokenStream {
    syn::parse(input).and_then(|input| derive(&input)).unwrap_or_else(syn::Error::into_compile_error).into()
}
