//! `#[get("/api/…/")]` and the like: what a handler's signature says, as the API's document says it.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{
    Error, FnArg, GenericArgument, Ident, ItemFn, LitInt, LitStr, PathArguments, PathSegment, Result, ReturnType, Token, Type,
    parse::Parse, parse::ParseStream,
};

/// `"/api/…/"`, which may be in parts, statuses, with their bodies where these aren't the handler's answer (`202: Challenge`),
/// `tag = "…"`.
struct Arguments {
    path: LitStr,
    statuses: Vec<(LitInt, Option<Type>)>,
    tag: Option<LitStr>,
}

impl Parse for Arguments {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut path: LitStr = input.parse()?;
        while input.peek(LitStr) {
            path = LitStr::new(&(path.value() + &input.parse::<LitStr>()?.value()), path.span());
        }
        let mut arguments = Self { path, statuses: Vec::new(), tag: None };
        while !input.is_empty() {
            input.parse::<Token![,]>()?;
            if input.peek(LitInt) {
                let status = input.parse()?;
                let body = input.peek(Token![:]).then(|| input.parse::<Token![:]>().and_then(|_| input.parse())).transpose()?;
                arguments.statuses.push((status, body));
            } else {
                let name: Ident = input.parse()?;
                if name != "tag" {
                    return Err(Error::new_spanned(name, "a status, or tag = \"…\""));
                }
                input.parse::<Token![=]>()?;
                arguments.tag = Some(input.parse()?);
            }
        }
        Ok(arguments)
    }
}

pub(crate) fn expand(method: &str, arguments: TokenStream, handler: TokenStream) -> Result<TokenStream> {
    let Arguments { path, statuses, tag } = syn::parse2(arguments)?;
    let handler: ItemFn = syn::parse2(handler)?;
    let (mut parameters, mut security, mut body) = (Vec::new(), Vec::new(), None);
    for segment in handler.sig.inputs.iter().filter_map(extractor) {
        let types = arguments_of(segment);
        match (segment.ident.to_string().as_str(), types.as_slice()) {
            ("Path", [Type::Tuple(named)]) => {
                let names = parameter_names(&path);
                if names.len() != named.elems.len() {
                    return Err(Error::new_spanned(&path, "the handler's Path has more or fewer than are named here"));
                }
                parameters.extend(names.iter().zip(&named.elems).map(|(name, of)| quote!((#name = #of, Path))));
            }
            ("Path", [id]) => {
                let name = parameter(&path)?;
                parameters.push(quote!((#name = #id, Path)));
            }
            ("ListQuery", [filter]) => {
                if !is_named(filter, "NoFilter") {
                    parameters.push(quote!(#filter));
                }
                parameters.push(quote!(::api::PageParams));
            }
            ("Query", [query]) => parameters.push(quote!(#query)),
            ("Valid", [of]) => body = Some(quote!(request_body = #of,)),
            ("Staff", [permission]) => security.push(scheme("staff", permission)),
            ("Portal", [right]) => security.push(scheme("portal", right)),
            ("Party", [permission, right]) => security.extend([scheme("staff", permission), scheme("portal", right)]),
            ("Caller", _) => security.extend([quote!(("staff" = [])), quote!(("portal" = []))]),
            _ => {}
        }
    }
    let answer = answered(&handler.sig.output);
    let nothing = matches!(&answer, Some(Type::Tuple(tuple)) if tuple.elems.is_empty());
    let statuses = match (statuses.is_empty(), nothing) {
        (false, _) => statuses,
        (true, false) => vec![(LitInt::new("200", path.span()), None)],
        (true, true) => vec![(LitInt::new("204", path.span()), None)],
    };
    let responses = statuses.iter().map(|(status, body)| {
        let description = match status.base10_digits() {
            "201" => "Created",
            "202" => "Accepted",
            "204" => "Done; there is nothing to show",
            "401" => "What was given isn't known, or not any more",
            "403" => "The caller may not do this.",
            _ => "OK",
        };
        // What is refused is shown as a problem, which the document adds.
        let bare = status.base10_digits() == "204" || status.base10_digits().starts_with('4');
        match body.as_ref().or(answer.as_ref()) {
            Some(shown) if !nothing && !bare => quote!((status = #status, description = #description, body = #shown)),
            _ => quote!((status = #status, description = #description)),
        }
    });
    let method = format_ident!("{method}");
    let tag = tag.unwrap_or_else(|| LitStr::new(&path.value().split('/').nth(3).unwrap_or_default().replace('-', " "), path.span()));
    let security = (!security.is_empty()).then(|| quote!(security(#(#security),*),));
    Ok(quote! {
        #[::utoipa::path(#method, path = #path, tag = #tag, params(#(#parameters),*), #body #security responses(#(#responses),*))]
        #handler
    })
}

/// The type of a handler's argument, by its last segment.
fn extractor(argument: &FnArg) -> Option<&PathSegment> {
    match argument {
        FnArg::Typed(typed) => last_segment(&typed.ty),
        FnArg::Receiver(_) => None,
    }
}

fn last_segment(ty: &Type) -> Option<&PathSegment> {
    if let Type::Path(path) = ty {
        path.path.segments.last()
    } else if let Type::Group(group) = ty {
        // What a macro was given stands in a group.
        last_segment(&group.elem)
    } else {
        None
    }
}

fn is_named(ty: &Type, name: &str) -> bool {
    last_segment(ty).is_some_and(|segment| segment.ident == name)
}

fn arguments_of(segment: &PathSegment) -> Vec<&Type> {
    match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => {
            arguments.args.iter().filter_map(|argument| if let GenericArgument::Type(ty) = argument { Some(ty) } else { None }).collect()
        }
        PathArguments::None | PathArguments::Parenthesized(_) => Vec::new(),
    }
}

/// The permission or right by its variant's name; the document says it in words.
fn scheme(scheme: &str, permission: &Type) -> TokenStream {
    let variant = last_segment(permission).map(|segment| segment.ident.to_string()).unwrap_or_default();
    quote!((#scheme = [#variant]))
}

/// The name of the path's parameter.
fn parameter(path: &LitStr) -> Result<String> {
    let name = parameter_names(path).into_iter().next();
    name.ok_or_else(|| Error::new_spanned(path, "the handler takes a Path, but there is no {id} here"))
}

/// The names of all of the path's parameters.
fn parameter_names(path: &LitStr) -> Vec<String> {
    path.value().split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name.to_owned()).collect()
}

/// The `T` of `Result<Answer<T>, Problem>`.
fn answered(output: &ReturnType) -> Option<Type> {
    let ReturnType::Type(_, ty) = output else { return None };
    let first = |ty: &Type| last_segment(ty).and_then(|segment| arguments_of(segment).first().map(|ty| (*ty).clone()));
    let answer = if is_named(ty, "Result") { first(ty)? } else { (**ty).clone() };
    is_named(&answer, "Answer").then(|| first(&answer)).flatten()
}
