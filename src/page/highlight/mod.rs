//! Highlight: colours for the parts of a file that mean different things. It marks text and never changes it, takes any text,
//! and reads it once from the start to the end.
//!
//! The lexer of the TypeScript reader is a part of its parser, and gives nothing for a file with a mistake in it.

mod data;
mod markdown;
mod typescript;

use super::visible::visible;
use maud::{Markup, html};
use std::ops::Range;

/// Meaning of a part of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tint {
    Comment,
    Text,
    Number,
    /// Word of the language.
    Word,
    /// Key, or heading.
    Name,
}

impl Tint {
    fn class(self) -> &'static str {
        match self {
            Tint::Comment => "t-comment",
            Tint::Text => "t-text",
            Tint::Number => "t-number",
            Tint::Word => "t-word",
            Tint::Name => "t-name",
        }
    }
}

/// Parts with a meaning, in their order and apart from each other.
type Tints = Vec<(Range<usize>, Tint)>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Grammar {
    TypeScript,
    Json,
    Yaml,
    Markdown,
}

impl Grammar {
    /// Grammar of a file, by the end of its name.
    fn of(path: &str) -> Option<Grammar> {
        let (_, end) = path.rsplit_once('.')?;
        Some(match end.to_ascii_lowercase().as_str() {
            "ts" | "tsx" | "mts" | "cts" | "js" | "jsx" | "mjs" | "cjs" => Grammar::TypeScript,
            "json" | "jsonc" => Grammar::Json,
            "yaml" | "yml" => Grammar::Yaml,
            "md" | "markdown" => Grammar::Markdown,
            _ => return None,
        })
    }

    fn tints(self, text: &str) -> Tints {
        match self {
            Grammar::TypeScript => typescript::tints(text),
            Grammar::Json => data::json(text),
            Grammar::Yaml => data::yaml(text),
            Grammar::Markdown => markdown::tints(text),
        }
    }
}

/// The lines of a file, as a page shows them.
pub fn highlighted(path: &str, lines: &[String]) -> Vec<Markup> {
    let Some(grammar) = Grammar::of(path) else {
        return lines.iter().map(|line| html! { (visible(line)) }).collect();
    };
    let text = lines.join("\n");
    let mut tints = grammar.tints(&text).into_iter().peekable();
    let mut start = 0;
    let mut shown = Vec::with_capacity(lines.len());
    for line in lines {
        let end = start + line.len();
        let mut parts: Vec<(&str, Option<Tint>)> = Vec::new();
        let mut at = start;
        while let Some((range, tint)) = tints.peek().filter(|(range, _)| range.start < end) {
            let (from, to) = (range.start.max(at), range.end.min(end));
            parts.push((&text[at..from], None));
            parts.push((&text[from..to], Some(*tint)));
            at = to;
            if range.end > end {
                break;
            }
            tints.next();
        }
        parts.push((&text[at..end], None));
        shown.push(html! {
            @for (part, tint) in parts.into_iter().filter(|(part, _)| !part.is_empty()) {
                @match tint {
                    Some(tint) => span class=(tint.class()) { (visible(part)) },
                    None => (visible(part)),
                }
            }
        });
        start = end + 1;
    }
    shown
}

/// The bytes of a text from a place on, for a tokenizer that only goes forward.
struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Scanner<'a> {
    fn new(text: &'a str) -> Scanner<'a> {
        Scanner { bytes: text.as_bytes(), at: 0 }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn starts_with(&self, what: &str) -> bool {
        self.bytes[self.at..].starts_with(what.as_bytes())
    }

    fn skip_while(&mut self, holds: impl Fn(u8) -> bool) {
        while self.peek().is_some_and(&holds) {
            self.at += 1;
        }
    }

    /// Goes behind the next one of these, or to the end.
    fn skip_past(&mut self, what: &str) {
        while self.at < self.bytes.len() && !self.starts_with(what) {
            self.at += 1;
        }
        self.at = (self.at + what.len()).min(self.bytes.len());
    }

    /// Goes behind a comment as TypeScript has them, if there is one.
    fn skip_comment(&mut self) -> bool {
        match (self.starts_with("//"), self.starts_with("/*")) {
            (true, _) => self.skip_while(|byte| byte != b'\n'),
            (_, true) => {
                self.at += 2;
                self.skip_past("*/");
            }
            _ => return false,
        }
        true
    }

    /// Goes behind a quoted text, which ends with its line unless it may have several.
    fn skip_quoted(&mut self, quote: u8, has_lines: bool) {
        self.at += 1;
        while let Some(byte) = self.peek() {
            match byte {
                b'\n' if !has_lines => return,
                b'\\' => self.at = (self.at + 2).min(self.bytes.len()),
                _ => self.at += 1,
            }
            if byte == quote {
                return;
            }
        }
    }
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | 0x80..)
}

/// Text of highlighted lines, and text of the same lines without: for tests, as both must be equal.
pub fn shown_text(path: &str, text: &str) -> (String, String) {
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let plain: Vec<String> = lines.iter().map(|line| visible(line).into_owned()).collect();
    let marked = highlighted(path, &lines).into_iter().map(|line| {
        let mut shown = String::new();
        for part in line.into_string().split('<') {
            shown.push_str(part.split_once('>').map_or(part, |(_, text)| text));
        }
        let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&amp;", "&")];
        entities.iter().fold(shown, |shown, (entity, letter)| shown.replace(entity, letter))
    });
    (marked.collect::<Vec<_>>().join("\n"), plain.join("\n"))
}

#[cfg(test)]
mod tests;
