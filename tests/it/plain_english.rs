//! Plain English in everything that a user reads: messages, help and documents. Phrases that were given up stay away.

use crate::tidy::{Source, files, sources};

/// Phrases that were given up, each with words of the field in its place.
const PHRASES: [(&str, &str); 55] = [
    ("a place for what", "name the thing"),
    ("are said", "are reported"),
    ("are told", "are reported"),
    ("begun anew", "created anew"),
    ("behind theirs", "after those of the remote"),
    ("both stand", "conflict"),
    ("bring back", "restore"),
    ("bring it back", "restore it"),
    ("bring them back", "restore them"),
    ("brings back", "restores"),
    ("brings here", "downloads"),
    ("broke off", "was interrupted"),
    ("brought back", "restored"),
    ("brought here", "downloaded"),
    ("cannot be told", "is unknown"),
    ("cannot make a", "cannot create a"),
    ("come to rest", "no longer change"),
    ("cut off", "interrupted"),
    ("go on from", "continue from"),
    ("goes on from", "continues from"),
    ("goes on with", "continues with"),
    ("hold of", "contain"),
    ("in force", "active"),
    ("is no known", "is not a known"),
    ("is no text", "is not text"),
    ("is none that", "does not"),
    ("is said", "is reported"),
    ("is told", "is reported"),
    ("it holds", "it contains"),
    ("it is no", "it is not a"),
    ("kept as safety snapshot", "stored as safety snapshot"),
    ("leans on", "relies on"),
    ("lies in", "is in"),
    ("looked after", "did the upkeep of"),
    ("looks after", "does the upkeep of"),
    ("not here yet", "not downloaded yet"),
    ("one thing of", "one part of"),
    ("opens nothing any", "is not valid any"),
    ("put together", "combined"),
    ("puts together", "combines"),
    ("says why", "contains the reason"),
    ("speaks for", "is bound to"),
    ("stands", "is"),
    ("take in", "accept"),
    ("taken in", "accepted"),
    ("takes in", "accepts"),
    ("takes no writes", "cannot be written"),
    ("takes nothing", "accepts nothing"),
    ("things stand", "status"),
    ("turned away", "refused"),
    ("what is there", "name the thing"),
    ("what there is", "name the thing"),
    ("which is no", "which is not a"),
    ("who knows", "name the person"),
    ("whoever", "the person who"),
];

/// The page that lists what we do not write.
const LEFT_OUT: &str = "CONTRIBUTING.md";

#[test]
fn messages_help_and_documents_are_plain_english() {
    let wrong: Vec<String> = read_by_users().iter().flat_map(found).collect();
    assert!(wrong.is_empty(), "say it in the words of the field:\n{}", wrong.join("\n"));
}

/// Messages and help in the sources, and the pages without their blocks of code.
fn read_by_users() -> Vec<Source> {
    let is_test = |path: &str| path.ends_with("tests.rs") || path.contains("/tests/");
    let code = sources("src").into_iter().filter(|source| !is_test(&source.path));
    let messages = code.map(|source| Source { text: shown(&source.text), ..source });
    let top = files("", ".md").into_iter().filter(|page| !page.path.contains('/'));
    let pages = files("docs", ".md").into_iter().chain(top).filter(|page| page.path != LEFT_OUT);
    let prose = pages.map(|page| Source { text: prose(&page.text), ..page });
    messages.chain(prose).chain(files("src/cli/help", ".txt")).collect()
}

/// Phrases of [`PHRASES`] in a text.
fn found(source: &Source) -> Vec<String> {
    let text = source.text.to_lowercase().replace([',', '.', ':', ';', '(', ')', '?', '!'], " ");
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let words = format!(" {words} ").replace(" no longer ", " not-longer ");
    let has = |(phrase, _): &&(&str, &str)| words.contains(&format!(" {phrase} "));
    let named = PHRASES.iter().filter(has);
    named.map(|(old, new)| format!("{}: \"{old}\": {new}", source.path)).collect()
}

fn prose(page: &str) -> String {
    page.split("```").step_by(2).collect()
}

/// Strings of the program but for its tests, and the help of its commands, each on a line of its own.
fn shown(code: &str) -> String {
    let code = code.split("\n#[cfg(test)]\nmod ").next().unwrap_or_default();
    let (mut is_command, mut above) = (false, String::new());
    let (mut shown, mut rest) = (String::new(), String::new());
    for line in code.lines().map(str::trim_start) {
        let begins = line.starts_with("#[derive") && line.contains("clap::");
        if begins {
            shown.push_str(&above);
        }
        is_command = (is_command || begins) && line != "}";
        match line.strip_prefix("///") {
            Some(help) if is_command => shown.push_str(help),
            Some(help) => above.push_str(help),
            None if line.starts_with("//") => {}
            None => {
                above.clear();
                rest.extend([line, "\n"]);
            }
        }
    }
    // A quote as a character would open a string.
    let rest = rest.replace("'\"'", "''").replace("\\\\", "").replace("\\\"", "'");
    let strings = rest.split('"').skip(1).step_by(2);
    strings
        .for_each(|string| shown.extend(["\n| ", &string.replace("\\\n", "").replace("\\n", " ")]));
    shown
}

mod the_rule_can_fail {
    use super::*;

    fn wrong(text: &str) -> Vec<String> {
        found(&Source { path: "a".to_owned(), text: text.to_owned() })
    }

    #[test]
    fn a_message() {
        let code = "fn a() {\n    // It stands.\n    let c = '\"';\n    say(\"\\\"x\\\" is no \\\n        text\");\n    \"stands\"\n}\n";
        assert_eq!(wrong(&shown(code)), ["a: \"is no text\": is not text", "a: \"stands\": is"]);
        let tests = "fn a() {}\n\n#[cfg(test)]\nmod tests {\n    \"it stands\"\n}\n";
        assert!(wrong(&shown(tests)).is_empty());
    }

    #[test]
    fn a_help_text() {
        let code = "/// Whoever\n#[derive(Debug, clap::Args)]\nstruct A {\n    /// What is\n    /// there\n    a: u8,\n}\n\n/// It stands\nfn b() {}\n";
        let expected = ["a: \"what is there\": name the thing", "a: \"whoever\": the person who"];
        assert_eq!(wrong(&shown(code)), expected);
    }

    #[test]
    fn a_page() {
        assert_eq!(wrong(&prose("A person\nis told.\n```\nwhoever\n```\n")).len(), 1);
        assert!(wrong("A token is no longer valid. It understands.").is_empty());
    }
}
