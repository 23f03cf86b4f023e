//! Texts with placeholders: read once into pieces, and filled with values once.

use super::{Kind, Placeholder};

const OPENS: &str = "{{";
const CLOSES: &str = "}}";
/// How many characters of what is no placeholder are told.
const TOLD: usize = 40;

/// A piece of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'t> {
    /// What stands there as it is.
    Text(&'t str),
    /// What a value is put in place of.
    Value(Placeholder),
}

/// What is wrong with a text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It has a placeholder that mails of the kind don't have.
    #[error("There is no {{{{{0}}}}} here.")]
    Unknown(String),
    /// A placeholder doesn't end.
    #[error("What begins with {{{{ has to end with }}}}.")]
    Unclosed,
}

/// The pieces of `text`, which is of mails of `kind`. `{{` begins a placeholder wherever it stands, and the next `}}` ends it, with
/// spaces around its name or without; a brace alone is text.
pub fn pieces(kind: Kind, text: &str) -> Result<Vec<Piece<'_>>, Fault> {
    let (mut pieces, mut rest) = (Vec::new(), text);
    while let Some((before, after)) = rest.split_once(OPENS) {
        let (name, behind) = after.split_once(CLOSES).ok_or(Fault::Unclosed)?;
        let known = kind.placeholders().iter().find(|placeholder| placeholder.as_str() == name.trim());
        let placeholder = known.ok_or_else(|| Fault::Unknown(name.trim().chars().take(TOLD).collect()))?;
        pieces.extend((!before.is_empty()).then_some(Piece::Text(before)));
        pieces.push(Piece::Value(*placeholder));
        rest = behind;
    }
    pieces.extend((!rest.is_empty()).then_some(Piece::Text(rest)));
    Ok(pieces)
}

/// `pieces`, each placeholder's value in its place. What a value says isn't read again.
pub fn filled(pieces: &[Piece<'_>], value: impl Fn(Placeholder) -> String) -> String {
    let said = |piece: &Piece<'_>| match piece {
        Piece::Text(text) => (*text).to_owned(),
        Piece::Value(placeholder) => value(*placeholder),
    };
    pieces.iter().map(said).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(text: &str) -> Result<String, Fault> {
        pieces(Kind::Invoice, text).map(|pieces| filled(&pieces, |placeholder| format!("<{}>", placeholder.as_str())))
    }

    #[test]
    fn values_are_put_in_place_of_placeholders_and_a_brace_alone_is_text() {
        for (text, filled) in [
            ("", ""),
            ("Invoice", "Invoice"),
            ("{{number}}", "<number>"),
            ("Invoice {{number}} of {{ firm }}: {{total}}.", "Invoice <number> of <firm>: <total>."),
            ("{{number}}{{number}}", "<number><number>"),
            ("a { b } c", "a { b } c"),
            ("} {{number}} }}", "} <number> }}"),
            ("{ {number} }", "{ {number} }"),
            ("{{\nnumber\t}}", "<number>"),
            ("{{number}}}", "<number>}"),
        ] {
            assert_eq!(of(text).as_deref(), Ok(filled), "{text}");
        }
    }

    #[test]
    fn what_is_no_placeholder_is_refused() {
        let unknown = |name: &str| Err(Fault::Unknown(name.to_owned()));
        for (text, fault) in [
            ("{{nmber}}", unknown("nmber")),
            ("{{7*7}}", unknown("7*7")),
            ("{{}}", unknown("")),
            ("{{NUMBER}}", unknown("NUMBER")),
            ("{{number|upper}}", unknown("number|upper")),
            ("{{{number}}}", unknown("{number")),
            ("{{valid_until}}", unknown("valid_until")),
            ("{{number", Err(Fault::Unclosed)),
            ("{{number}", Err(Fault::Unclosed)),
            ("{{number}} {{", Err(Fault::Unclosed)),
        ] {
            assert_eq!(of(text), fault, "{text}");
        }
        assert_eq!(of(&format!("{{{{{}}}}}", "é".repeat(1000))), Err(Fault::Unknown("é".repeat(TOLD))));
        assert_eq!(Fault::Unknown("nmber".to_owned()).to_string(), "There is no {{nmber}} here.");
        assert_eq!(Fault::Unclosed.to_string(), "What begins with {{ has to end with }}.");
    }

    #[test]
    fn what_a_value_says_is_not_read_again() {
        let pieces = pieces(Kind::Invoice, "{{client}}: {{number}}").unwrap();
        assert_eq!(filled(&pieces, |_| "{{total}}".to_owned()), "{{total}}: {{total}}");
    }

    proptest! {
        #[test]
        fn whatever_is_typed_is_read_or_refused_and_text_stays_as_it_is(text in "(\\PC|[{} \n]|number){0,60}") {
            match pieces(Kind::Invoice, &text) {
                Ok(pieces) => {
                    let names = |placeholder: Placeholder| format!("{{{{{}}}}}", placeholder.as_str());
                    let again = filled(&pieces, names);
                    prop_assert_eq!(super::pieces(Kind::Invoice, &again), Ok(pieces));
                    if !text.contains("{{") {
                        prop_assert_eq!(again, text);
                    }
                }
                Err(_) => prop_assert!(text.contains("{{")),
            }
        }

        #[test]
        fn a_value_stands_where_its_placeholder_did(before in "[^{]{0,20}", value in "\\PC{0,20}", after in "[^{}]{0,20}") {
            let text = format!("{before}{{{{number}}}}{after}");
            let filled = filled(&pieces(Kind::Invoice, &text).unwrap(), |_| value.clone());
            prop_assert_eq!(filled, format!("{before}{value}{after}"));
        }
    }
}
