//! The fields of a struct, and what an attribute of ours says of each.

use proc_macro2::TokenStream;
use syn::{Attribute, Data, DeriveInput, Error, Fields, Ident, Result};

/// A named field.
pub(crate) struct Field {
    pub(crate) name: Ident,
    /// What stands in the attribute on it.
    pub(crate) said: Option<TokenStream>,
}

/// The fields of `input`, with what the attribute `name` says of each.
pub(crate) fn named(input: &DeriveInput, name: &str) -> Result<Vec<Field>> {
    let Data::Struct(data) = &input.data else { return Err(Error::new_spanned(input, "only a struct has fields")) };
    let Fields::Named(fields) = &data.fields else { return Err(Error::new_spanned(input, "its fields need names")) };
    let field = |field: &syn::Field| {
        let ident = field.ident.clone().ok_or_else(|| Error::new_spanned(field, "it needs a name"))?;
        Ok(Field { name: ident, said: attribute(&field.attrs, name)? })
    };
    fields.named.iter().map(field).collect()
}

/// What stands in the attribute `name` among `attributes`.
pub(crate) fn attribute(attributes: &[Attribute], name: &str) -> Result<Option<TokenStream>> {
    let found = attributes.iter().find(|attribute| attribute.path().is_ident(name));
    found.map(|attribute| Ok(attribute.meta.require_list()?.tokens.clone())).transpose()
}

/// What stands in the attribute `name` on the type itself.
pub(crate) fn on_type(input: &DeriveInput, name: &str) -> Result<TokenStream> {
    attribute(&input.attrs, name)?.ok_or_else(|| Error::new_spanned(&input.ident, format!("say #[{name}(…)]")))
}
