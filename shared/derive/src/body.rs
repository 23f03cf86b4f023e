//! `#[derive(Body)]`

use proc_macro2::TokenStream;
use quote::quote;
use syn::{
    DeriveInput, Error, Expr, FnArg, Ident, Result, Token, Type, parenthesized, parse::Parse, parse::ParseStream, punctuated::Punctuated,
};

use crate::fields::{Field, named, on_type};

/// What stands on the type.
struct Plan {
    patches: bool,
    record: Type,
    given: Vec<FnArg>,
    set: Vec<(Ident, Expr)>,
    keep: Vec<Ident>,
}

impl Parse for Plan {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let kind: Ident = input.parse()?;
        if kind != "new" && kind != "patch" {
            return Err(Error::new_spanned(kind, "either new = Record or patch = Record"));
        }
        input.parse::<Token![=]>()?;
        let mut plan = Self { patches: kind == "patch", record: input.parse()?, given: Vec::new(), set: Vec::new(), keep: Vec::new() };
        while !input.is_empty() {
            input.parse::<Token![,]>()?;
            if input.is_empty() {
                break;
            }
            let part: Ident = input.parse()?;
            let inside;
            parenthesized!(inside in input);
            if part == "given" {
                plan.given = Punctuated::<FnArg, Token![,]>::parse_terminated(&inside)?.into_iter().collect();
            } else if part == "keep" {
                plan.keep = Punctuated::<Ident, Token![,]>::parse_terminated(&inside)?.into_iter().collect();
            } else if part == "set" {
                let set = Punctuated::<Assigned, Token![,]>::parse_terminated(&inside)?;
                plan.set = set.into_iter().map(|Assigned(name, value)| (name, value)).collect();
            } else {
                return Err(Error::new_spanned(part, "one of: given, keep, set"));
            }
        }
        Ok(plan)
    }
}

/// `name = expression`
struct Assigned(Ident, Expr);

impl Parse for Assigned {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let name = input.parse()?;
        input.parse::<Token![=]>()?;
        Ok(Self(name, input.parse()?))
    }
}

pub(crate) fn derive(input: &DeriveInput) -> Result<TokenStream> {
    let Plan { patches, record, given, set, keep } = syn::parse2(on_type(input, "body")?)?;
    let fields = named(input, "body")?;
    let names: Vec<&Ident> = fields.iter().map(|field| &field.name).collect();
    let of_record = fields.iter().filter(|field| field.said.as_ref().is_none_or(|said| said.to_string() != "skip"));
    let assigned = of_record.map(|Field { name, said }| match (said, patches) {
        (Some(expression), _) => quote!(#name: #expression),
        (None, true) => quote!(#name: #name.over(before.#name)),
        (None, false) => quote!(#name: #name),
    });
    let set = set.iter().map(|(name, value)| quote!(#name: #value));
    let kept = keep.iter().map(|name| quote!(#name: before.#name));
    // A struct's expression that names all fields is what makes a forgotten one an error; there is no `..`.
    let made = quote!(#record { #(#assigned,)* #(#set,)* #(#kept,)* });
    let (name, (generics, types, bounds)) = (&input.ident, input.generics.split_for_impl());
    let function = if patches {
        quote! {
            /// The record after this patch, if it was `before`; or which field breaks a rule.
            pub(crate) fn over(self, before: #record, #(#given),*)
        }
    } else {
        quote! {
            /// The record that this makes; or which field breaks a rule.
            pub(crate) fn make(self, #(#given),*)
        }
    };
    Ok(quote! {
        impl #generics #name #types #bounds {
            #function -> ::std::result::Result<#record, ::domain::Refusal> {
                #[allow(unused_variables, reason = "what is skipped or said otherwise need not be used")]
                let Self { #(#names),* } = self;
                Ok(#made)
            }
        }
    })
}
