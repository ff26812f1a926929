//! Next commands of an answer: the argument vectors of the commands that a hint names.
//!
//! They are read from the sentence that a person sees, so that text and JSON cannot disagree.

use std::iter::Peekable;
use std::str::Chars;

/// First word of every vector.
const PROGRAM: &str = "lua-store";

/// Words of a command that stand for a value. A command with one of them cannot be run as it is.
const PLACEHOLDERS: [&str; 11] =
    ["AGENT", "BACKUP", "DIR", "FILE", "ID", "NAME", "PATH", "REMOTE", "TEXT", "URL", "VERSION"];

/// Commands of this program between backquotes, each with its arguments. A line that asks somebody else, or gives an
/// example, has none.
pub fn commands(text: &str) -> Vec<Vec<String>> {
    let lines =
        text.lines().filter(|line| !line.starts_with("ask ") && !line.contains("for example"));
    let quoted = lines.flat_map(|line| line.split('`').skip(1).step_by(2));
    quoted.filter_map(arguments).collect()
}

/// The words of one command line, up to a second command.
pub fn arguments(line: &str) -> Option<Vec<String>> {
    let words: Vec<String> = words(line).into_iter().take_while(|word| word != "&&").collect();
    let is_ours = words.first().is_some_and(|word| word == PROGRAM) && words.len() > 1;
    (is_ours && !words.iter().any(|word| is_placeholder(word))).then_some(words)
}

fn is_placeholder(word: &str) -> bool {
    word.starts_with(['<', '[']) || word.split(['/', '=']).any(|part| PLACEHOLDERS.contains(&part))
}

/// Words as a shell splits them.
fn words(line: &str) -> Vec<String> {
    let mut letters = line.chars().peekable();
    let mut words = Vec::new();
    while let Some(word) = next_word(&mut letters) {
        words.push(word);
    }
    words
}

fn next_word(letters: &mut Peekable<Chars<'_>>) -> Option<String> {
    while letters.next_if_eq(&' ').is_some() {}
    letters.peek()?;
    let mut word = String::new();
    let mut quote = None;
    while let Some(letter) = letters.next() {
        match letter {
            ' ' if quote.is_none() => break,
            '\'' | '"' if quote == Some(letter) => quote = None,
            '\'' | '"' if quote.is_none() => quote = Some(letter),
            '\\' if quote != Some('\'') => word.extend(letters.next()),
            letter => word.push(letter),
        }
    }
    Some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_in_a_sentence() {
        let text = "run `lua-store push` first, then `lua-store version create -m 'it'\\''s new'`\n\
                    run `git init`, or `lua-store push && git tag v2`";
        assert_eq!(
            commands(text),
            [
                vec!["lua-store", "push"],
                vec!["lua-store", "version", "create", "-m", "it's new"],
                vec!["lua-store", "push"],
            ]
        );
    }

    #[test]
    fn a_command_that_cannot_be_run_as_it_is() {
        for text in [
            "run `lua-store remote set-url origin URL`",
            "run `lua-store clone https://host/AGENT`",
            "run `lua-store version promote <version>`",
            "add `--force`",
            "type `lua-store`",
            "Usage: `lua-store hash-object --stdin [FILES]...`",
            "ask the operator of the server to run `lua-store serve fsck`",
            "run for example `lua-store push --allow src/key.ts`",
        ] {
            assert_eq!(commands(text), Vec::<Vec<String>>::new(), "{text}");
        }
    }
}
