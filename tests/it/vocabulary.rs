//! One word, one meaning: a public type has a name of its own, and words that were given up stay away.

use crate::tidy::{Source, files, sources};
use std::collections::{BTreeMap, BTreeSet};

/// Names that are used qualified by convention: `error::Kind`, `kind::Kind`. Commands are, too (`source::list::List`).
const QUALIFIED: [&str; 1] = ["Kind"];
const COMMANDS: &str = "src/cli/commands/";
/// The library for other programs says `lua_store::Store` of what it wraps.
const FACADE: &str = "src/library/";

/// Words that were given up, with their successors.
const RETIRED: [(&str, &str); 15] = [
    ("accord", "join of histories"),
    ("beneath", "sandboxed directory"),
    ("condemn", "retire"),
    ("condemned", "retired"),
    ("condemns", "retires"),
    ("depot", "remote store"),
    ("depots", "remote stores"),
    ("outward", "flow"),
    ("parcel", "thin pack"),
    ("parcels", "thin packs"),
    ("shield", "git guard"),
    ("shielded", "guarded"),
    ("untold", "unreported"),
    ("verdict", "result"),
    ("verdicts", "results"),
];

/// Names that no type and no module has any more.
const RETIRED_NAMES: [&str; 45] = [
    "accord",
    "again",
    "apart",
    "beneath",
    "closure",
    "collide",
    "condemned",
    "deeds",
    "depot",
    "desk",
    "doubt",
    "folded",
    "gate",
    "ground",
    "heard",
    "held",
    "instead",
    "joined",
    "judge",
    "landed",
    "loose",
    "moment",
    "needs",
    "news",
    "outer",
    "outward",
    "parcel",
    "parted",
    "patience",
    "pinned",
    "proofs",
    "prove",
    "recent",
    "rewrite",
    "sealed",
    "shapes",
    "shield",
    "stamp",
    "survey",
    "told",
    "tracking",
    "typeless",
    "verdict",
    "who",
    "whom",
];

/// Names that no function has any more: a verb that says what it does, or the noun that it answers, is there instead.
const RETIRED_FUNCTIONS: [&str; 19] = [
    "again",
    "doubt",
    "farewell",
    "ground",
    "heard",
    "hollow",
    "judge",
    "judge_deletion",
    "look",
    "look_over",
    "say",
    "settle",
    "stands",
    "stranger",
    "swollen",
    "tame",
    "tell",
    "told",
    "untold",
];

/// Files in which a word is meant otherwise, or that still have it. This list only shrinks.
const STILL: &[(&str, &str)] = &[
    ("src/cli/data_folder.rs", "depot"),
    ("src/reader/syntax/closure.rs", "closure"),
    ("src/remote_store/layout.rs", "depot"),
    ("tests/it/compile.rs", "parcel"),
    ("tests/it/demo.rs", "parcel"),
    ("tests/it/server/http.rs", "condemned"),
    ("tests/it/server/upgrade.rs", "depot"),
    ("tests/it/words.rs", "parcel"),
    ("tests/it/words.rs", "parcels"),
];

#[test]
fn a_public_type_has_a_name_of_its_own() {
    let shared = shared_names(&sources("src"));
    let (qualified, new): (Vec<_>, Vec<_>) =
        shared.iter().partition(|(name, _)| QUALIFIED.contains(&name.as_str()));
    assert!(new.is_empty(), "say which one it is: {new:#?}");
    assert_eq!(
        qualified.len(),
        QUALIFIED.len(),
        "only one type has this name now: shorten the list"
    );
}

#[test]
fn words_that_were_given_up_stay_away() {
    let mut found = BTreeSet::new();
    for source in sources("src").iter().chain(&sources("tests")) {
        let is_rule = source.path == "tests/it/vocabulary.rs";
        let words = if is_rule { Vec::new() } else { retired_words(&words_of_code(&source.text)) };
        found.extend(
            words.into_iter().chain(retired_names(source)).map(|word| (source.path.clone(), word)),
        );
    }
    let pages = ["README.md", "SECURITY.md", "CONTRIBUTING.md", "RELEASING.md"];
    let top = files("", ".md").into_iter().filter(|page| pages.contains(&page.path.as_str()));
    for page in files("docs", ".md").into_iter().chain(top) {
        let words = retired_words(&words_of_page(&page.text));
        found.extend(words.into_iter().map(|word| (page.path.clone(), word)));
    }
    let listed: BTreeSet<_> =
        STILL.iter().map(|(path, word)| ((*path).to_owned(), (*word).to_owned())).collect();
    let new: Vec<_> = found.difference(&listed).collect();
    assert!(new.is_empty(), "another word is used now: {new:#?}");
    let kept: Vec<_> = listed.difference(&found).collect();
    assert!(kept.is_empty(), "the word is gone: shorten the list: {kept:#?}");
}

#[test]
fn names_of_functions_that_were_given_up_stay_away() {
    let found: Vec<_> = sources("src")
        .iter()
        .flat_map(|source| {
            retired_functions(&source.text)
                .into_iter()
                .map(|name| format!("{}: {name}", source.path))
        })
        .collect();
    assert!(found.is_empty(), "say what the function does: {found:#?}");
}

/// Names of public types that several files declare, with those files.
fn shared_names(sources: &[Source]) -> BTreeMap<String, BTreeSet<String>> {
    let mut all: BTreeMap<String, (BTreeSet<String>, bool)> = BTreeMap::new();
    let of_code = |source: &&Source| {
        let is_test = source.path.ends_with("tests.rs") || source.path.contains("/tests/");
        !is_test && !source.path.starts_with(COMMANDS) && !source.path.starts_with(FACADE)
    };
    for source in sources.iter().filter(of_code) {
        for (name, is_public) in declared(&source.text) {
            let (files, public) = all.entry(name.to_owned()).or_default();
            files.insert(source.path.clone());
            *public |= is_public;
        }
    }
    let shared = all.into_iter().filter(|(_, (files, is_public))| files.len() > 1 && *is_public);
    shared.map(|(name, (files, _))| (name, files)).collect()
}

/// Types that a file declares outside of functions and tests, and true for those that other files see.
fn declared(text: &str) -> Vec<(&str, bool)> {
    let end = text.find("\n#[cfg(test)]\nmod ").unwrap_or(text.len());
    text[..end].lines().filter_map(declaration).collect()
}

fn declaration(line: &str) -> Option<(&str, bool)> {
    let (is_public, rest) = match line.strip_prefix("pub") {
        Some(rest) => (true, rest.trim_start_matches(|c: char| c != ' ').trim_start()),
        None => (false, line),
    };
    let kinds = ["struct ", "enum ", "trait ", "type ", "union "];
    let name = kinds.iter().find_map(|kind| rest.strip_prefix(kind))?;
    Some((name.split(|c: char| !c.is_alphanumeric() && c != '_').next()?, is_public))
}

/// Words of identifiers and comments, in lower case. Strings are left out: they are output, or part
/// of a format.
fn words_of_code(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    for line in text.lines() {
        let mut is_string = false;
        let outside = line.split('"').filter(|_| {
            is_string = !is_string;
            is_string
        });
        outside.for_each(|part| words.extend(split(part)));
    }
    words
}

/// Words of a page but for code, which shows formats, paths and examples.
fn words_of_page(text: &str) -> Vec<String> {
    let prose = text.split("```").step_by(2).flat_map(|part| part.split('`').step_by(2));
    prose.flat_map(split).collect()
}

/// `OpenAgent` and `open_agent` are both "open" and "agent".
fn split(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for c in text.chars() {
        if !c.is_alphabetic() || (c.is_uppercase() && before.is_lowercase()) {
            words.push(String::new());
        }
        if c.is_alphabetic() {
            words.last_mut().expect("one is there").extend(c.to_lowercase());
        }
        before = c;
    }
    words.retain(|word| !word.is_empty());
    words
}

fn retired_words(words: &[String]) -> Vec<String> {
    let is_retired = |word: &&String| RETIRED.iter().any(|(old, _)| old == *word);
    words.iter().filter(is_retired).cloned().collect()
}

/// Retired names of types and modules in a file, the file's own name included.
fn retired_names(source: &Source) -> Vec<String> {
    let types = declared(&source.text).into_iter().map(|(name, _)| name.to_lowercase());
    let own = source.path.trim_end_matches("/mod.rs").trim_end_matches(".rs");
    let module = own.rsplit('/').next().unwrap_or_default().to_owned();
    types.chain([module]).filter(|name| RETIRED_NAMES.contains(&name.as_str())).collect()
}

fn retired_functions(text: &str) -> Vec<&str> {
    let names = text.lines().filter_map(|line| {
        let line = line.trim_start();
        let at = line.find("fn ").filter(|_| !line.starts_with("//"))?;
        line[at + 3..].split(|c: char| !c.is_alphanumeric() && c != '_').next()
    });
    names.filter(|name| RETIRED_FUNCTIONS.contains(name)).collect()
}

mod the_rules_can_fail {
    use super::*;

    fn source(path: &str, text: &str) -> Source {
        Source { path: path.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn a_shared_name() {
        let public =
            source("src/a.rs", "pub struct Place;\nenum Lonely {}\npub(crate) type Lone = u8;");
        let private = source("src/b.rs", "struct Place;\npub enum Only {}\n");
        let command = source("src/cli/commands/c.rs", "pub struct Lone;");
        let shared = shared_names(&[public, private, command]);
        assert_eq!(shared.keys().collect::<Vec<_>>(), ["Place"]);
        assert_eq!(shared["Place"].len(), 2);
    }

    #[test]
    fn a_retired_word() {
        let words = |text: &str| retired_words(&words_of_code(text));
        assert_eq!(
            words("// a depot\nlet with_parcels = MostCondemned;"),
            ["depot", "parcels", "condemned"]
        );
        assert!(words("println!(\"depot\", deposit)").is_empty());
        assert_eq!(
            retired_words(&words_of_page("A depot.\n```\ndepot\n``` `parcel` a verdict")),
            ["depot", "verdict"]
        );
        let functions =
            "    pub(super) fn tell(&self) {\nconst fn look<'s>(\n// fn told\nfn untold_one() {";
        assert_eq!(retired_functions(functions), ["tell", "look"]);
        assert_eq!(
            retired_names(&source("src/fs/stamp.rs", "pub struct Held;")),
            ["held", "stamp"]
        );
    }
}
