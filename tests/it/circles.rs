//! The modules of `domain` know each other in one direction only.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// What each module of `domain` knows of the others. `ids` names every record and knows nothing of them; all may use it.
fn modules() -> BTreeMap<String, BTreeSet<String>> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/domain/src");
    let root = fs::read_to_string(source.join("lib.rs")).unwrap();
    let homes = homes(&root);
    let mut modules = BTreeMap::<_, BTreeSet<_>>::new();
    for name in root.lines().filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';')) {
        let mut texts = vec![fs::read_to_string(source.join(name).with_extension("rs")).unwrap().replace("\nuse super::", "\nuse crate::")];
        let tests = texts[0].split("#[cfg(test)]").skip(1).filter_map(|rest| rest.split_once(';')?.0.rsplit_once("mod "));
        let tests: Vec<_> = tests.map(|(_, test)| format!("{test}.rs")).collect();
        for file in fs::read_dir(source.join(name)).into_iter().flatten().map(|file| file.unwrap()) {
            if !tests.iter().any(|test| file.file_name() == **test) {
                texts.push(fs::read_to_string(file.path()).unwrap().replace("super::super::", "crate::"));
            }
        }
        let heads = texts.iter().flat_map(|text| heads(text)).map(|head| homes.get(&head).cloned().unwrap_or(head));
        modules.insert(name.to_owned(), heads.filter(|head| head != name && (name != "ids" || head == "id")).collect());
    }
    modules
}

/// In which module that is which the crate's root shows too.
fn homes(root: &str) -> BTreeMap<String, String> {
    let shown = root.lines().filter_map(|line| line.strip_prefix("pub use ")?.strip_suffix(';')?.split_once("::"));
    let shown = shown.flat_map(|(home, names)| names.trim_matches(['{', '}']).split(", ").map(|name| (name.to_owned(), home.to_owned())));
    shown.chain([("events".to_owned(), "aggregate".to_owned())]).collect()
}

/// What stands behind each `crate::` of `text`, but for its comments and tests: of `crate::{a::{B, C}, d}`, `a` and `d`.
fn heads(text: &str) -> BTreeSet<String> {
    let text = text.replace("pub(crate) mod tests {", "mod tests {");
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let code: Vec<_> = text.lines().map(|line| line.split("//").next().unwrap()).collect();
    let mut heads = BTreeSet::new();
    for path in code.join("\n").split("crate::").skip(1) {
        let (mut depth, mut outer) = (0, String::new());
        for c in path.chars() {
            depth += i32::from(c == '{') - i32::from(c == '}');
            match c {
                '{' | '}' => {}
                _ if depth == 1 || (depth == 0 && (c.is_alphanumeric() || c == '_')) => outer.push(c),
                _ if depth < 1 => break,
                _ => {}
            }
        }
        let names = outer.split(',').map(|name| name.trim().split("::").next().unwrap().to_owned());
        heads.extend(names.filter(|name| !name.is_empty()));
    }
    heads
}

#[test]
fn the_modules_of_domain_know_each_other_in_one_direction_only() {
    let mut left = modules();
    // That they are read at all.
    assert!(left["credit_note"].is_superset(&["aggregate", "credit", "date", "ids", "invoice"].map(str::to_owned).into()), "{left:?}");
    loop {
        let (before, all) = (left.len(), left.clone());
        let known: BTreeSet<_> = all.values().flatten().collect();
        left.retain(|module, knows| known.contains(module) && knows.iter().any(|other| all.contains_key(other)));
        if left.len() == before {
            break;
        }
    }
    assert!(left.is_empty(), "there are circles in {left:#?}");
}
