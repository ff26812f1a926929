//! Comments: the noun comes first. A rule over the text of the sources, with a test that makes it fail.

use crate::tidy::{Source, sources};

/// First words of a question. A comment that begins with one names nothing: "Whether it is ignored" has to be
/// read with the code, "True if it is ignored" and "Ignored files" do not.
const QUESTIONS: [&str; 12] = [
    "How", "What", "Whatever", "Where", "Wherever", "Whether", "Which", "Who", "Whoever", "Whom",
    "Whose", "Why",
];

/// Phrases that the language of this code does not use: a thing is in a place, and a person reads or gets a message.
const PHRASES: [&str; 8] = [
    "are said",
    "are told",
    "is said",
    "is told",
    "stands in",
    "stands there",
    "what is there",
    "what there is",
];

#[test]
fn comments_begin_with_their_noun() {
    let wrong: Vec<_> = all().iter().flat_map(questions).collect();
    assert!(wrong.is_empty(), "begin with the noun:\n{}", wrong.join("\n"));
}

#[test]
fn comments_are_plain_english() {
    let wrong: Vec<_> = all().iter().flat_map(phrases).collect();
    assert!(wrong.is_empty(), "say it in fewer words:\n{}", wrong.join("\n"));
}

fn all() -> Vec<Source> {
    let of_others = |source: &Source| source.path != "tests/it/comments.rs";
    sources("src").into_iter().chain(sources("tests")).filter(of_others).collect()
}

/// Comments that begin with a question.
fn questions(source: &Source) -> Vec<String> {
    let asks = |text: &str| {
        let first = text.split(|c: char| !c.is_alphabetic()).next().unwrap_or_default();
        QUESTIONS.contains(&first)
    };
    let wrong = blocks(&source.text).into_iter().filter(|(_, text)| asks(text));
    wrong.map(|(line, text)| format!("{}:{line}: {text}", source.path)).collect()
}

/// Comments with a phrase of [`PHRASES`].
fn phrases(source: &Source) -> Vec<String> {
    let has = |text: &str| {
        let text =
            format!(" {} ", text.to_lowercase().replace([',', '.', ':', ';', ')', '?'], " "));
        PHRASES.iter().any(|phrase| text.contains(&format!(" {phrase} ")))
    };
    let wrong = blocks(&source.text).into_iter().filter(|(_, text)| has(text));
    wrong.map(|(line, text)| format!("{}:{line}: {text}", source.path)).collect()
}

/// Comments of a file: the number of the first line, and the text of all lines. The help of a command is left out:
/// it is output, and answers the question of a person who types.
fn blocks(text: &str) -> Vec<(usize, String)> {
    let mut blocks: Vec<(usize, &str, String)> = Vec::new();
    let (mut before, mut is_args) = ("", false);
    for (at, line) in text.lines().enumerate() {
        let is_end = line == "}";
        let line = line.trim();
        let mark = ["//!", "///", "//"].into_iter().find(|mark| line.starts_with(mark));
        is_args = (is_args || line.starts_with("#[derive") && line.contains("clap::")) && !is_end;
        match (mark, blocks.last_mut()) {
            (Some(mark), Some((_, _, text))) if mark == before => {
                text.push(' ');
                text.push_str(line[mark.len()..].trim());
            }
            (Some(mark), _) => {
                blocks.push((at + 1, mark, line[mark.len()..].trim().to_owned()));
            }
            (None, Some((_, "///", _))) if is_args && before == "///" => drop(blocks.pop()),
            (None, _) => {}
        }
        before = mark.unwrap_or_default();
    }
    blocks.into_iter().map(|(line, _, text)| (line, text)).collect()
}

mod the_rules_can_fail {
    use super::*;

    fn source(text: &str) -> Source {
        Source { path: "src/a.rs".to_owned(), text: text.to_owned() }
    }

    #[test]
    fn a_question() {
        let text =
            "//! What it is.\n\n/// Whether it is, and\n/// how.\nfn a() {\n    // Who knows.\n}\n";
        let found = questions(&source(text));
        let expected = ["1: What it is.", "3: Whether it is, and how.", "6: Who knows."]
            .map(|line| format!("src/a.rs:{line}"));
        assert_eq!(found, expected);
        let fine = "/// True if so. Where not,\n/// What it was\n/// Whatsoever.\nlet what = \"// no\";\n// Whole.\n";
        assert!(questions(&source(fine)).is_empty(), "{:?}", questions(&source(fine)));
    }

    #[test]
    fn the_help_of_a_command_is_none() {
        let help = "/// How\n#[derive(Debug, clap::Args)]\nstruct A {\n    /// Where to\n    to: String,\n}\n";
        assert!(questions(&source(help)).is_empty());
        let other = format!("{help}/// Where it is\n#[derive(Debug)]\nstruct B;\n");
        assert_eq!(questions(&source(&other)), ["src/a.rs:7: Where it is"]);
    }

    #[test]
    fn a_phrase() {
        let found = phrases(&source(
            "// It is\n// told.\n// \n/// Is it? What is there?\n/// Bold is toldo\n",
        ));
        assert_eq!(found.len(), 2, "{found:?}");
    }
}
