//! `#[derive(View)]`

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Ident, LitStr, Result, Token, Type, parse::Parse, parse::ParseStream};

use crate::fields::{Field, named, on_type};

/// `of = T`, `row = T`, or `record = T, path = "…"`; `both` is a row and a record.
enum Source {
    Any(Type),
    Row(Type),
    Record(Type, LitStr),
    Both(Type, LitStr),
}

impl Parse for Source {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let kind: Ident = input.parse()?;
        input.parse::<Token![=]>()?;
        let source: Type = input.parse()?;
        if kind == "of" {
            return Ok(Self::Any(source));
        }
        if kind == "row" {
            return Ok(Self::Row(source));
        }
        if kind != "record" && kind != "both" {
            return Err(syn::Error::new_spanned(kind, "one of: of, row, record, both"));
        }
        input.parse::<Token![,]>()?;
        let path: Ident = input.parse()?;
        if path != "path" {
            return Err(syn::Error::new_spanned(path, "where are they found? path = \"/api/…/\""));
        }
        input.parse::<Token![=]>()?;
        let path = input.parse()?;
        Ok(if kind == "both" { Self::Both(source, path) } else { Self::Record(source, path) })
    }
}

pub(crate) fn derive(input: &DeriveInput) -> Result<TokenStream> {
    let source: Source = syn::parse2(on_type(input, "view")?)?;
    let fields = named(input, "view")?;
    let assigned = fields.iter().map(|Field { name, said }| match said {
        Some(expression) => quote!(#name: #expression),
        None => quote!(#name: it.#name.clone()),
    });
    let name = &input.ident;
    let (generics, types, bounds) = input.generics.split_for_impl();
    let made = quote!(Self { #(#assigned),* });
    let listed = |of: &Type| {
        quote! {
            impl #generics ::api::Listed for #name #types #bounds {
                type Of = #of;

                fn listed(it: &::store::Row<#of>, now: ::domain::Time) -> Self {
                    let _ = now;
                    #made
                }
            }
        }
    };
    Ok(match source {
        Source::Any(of) => quote! {
            impl #generics From<&#of> for #name #types #bounds {
                fn from(it: &#of) -> Self {
                    #made
                }
            }
        },
        Source::Row(of) => listed(&of),
        Source::Record(of, path) => quote! {
            impl #generics ::api::Shape for #name #types #bounds {
                type Of = #of;
                const PATH: &'static str = #path;

                fn shape(it: &::store::Record<#of>, now: ::domain::Time) -> Self {
                    let _ = now;
                    #made
                }
            }
        },
        Source::Both(of, path) => {
            let listed = listed(&of);
            quote! {
                #listed

                impl #generics ::api::Shape for #name #types #bounds {
                    type Of = #of;
                    const PATH: &'static str = #path;

                    fn shape(it: &::store::Record<#of>, now: ::domain::Time) -> Self {
                        ::api::Listed::listed(&it.row(), now)
                    }
                }
            }
        }
    })
}
