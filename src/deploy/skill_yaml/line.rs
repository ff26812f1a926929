//! Lines of a YAML file, and the value at the end of one.

use std::ops::Range;

/// A line and the characters that end it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YamlLine {
    text: String,
    /// Number in the file as it was read, from 1.
    pub number: usize,
    /// Number of spaces at its beginning.
    pub indent: usize,
    /// `\n`, `\r\n`, or nothing at the end of the file.
    pub end: String,
}

/// The form of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    Empty,
    Plain,
    Single,
    Double,
    /// In brackets, over several lines, or with an anchor or a tag.
    Other,
}

/// A value in the content of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YamlToken {
    pub at: Range<usize>,
    pub style: Style,
}

impl YamlLine {
    pub fn new(number: usize, text: &str, end: &str) -> YamlLine {
        // A mark of the byte order is no part of the first line.
        let marked = text.strip_prefix('\u{feff}').unwrap_or(text);
        let indent = marked.len() - marked.trim_start_matches(' ').len();
        YamlLine { text: text.to_owned(), number, indent, end: end.to_owned() }
    }

    /// The line without the spaces at its beginning.
    pub fn content(&self) -> &str {
        &self.text.strip_prefix('\u{feff}').unwrap_or(&self.text)[self.indent..]
    }

    pub fn whole(&self) -> String {
        format!("{}{}", self.text, self.end)
    }

    pub fn is_blank(&self) -> bool {
        self.content().trim().is_empty()
    }

    pub fn is_comment(&self) -> bool {
        self.content().starts_with('#')
    }

    /// Puts a text in the place of a part of the content.
    pub fn replace(&mut self, at: Range<usize>, new: &str) {
        let before = self.text.len() - self.content().len();
        self.text.replace_range(before + at.start..before + at.end, new);
    }
}

pub fn split(text: &str) -> Vec<YamlLine> {
    let one = |(at, line): (usize, &str)| {
        let text = line.strip_suffix('\n').unwrap_or(line);
        let text = text.strip_suffix('\r').filter(|_| line.ends_with('\n')).unwrap_or(text);
        YamlLine::new(at + 1, text, &line[text.len()..])
    };
    text.split_inclusive('\n').enumerate().map(one).collect()
}

/// The end of a line after this one: the same, or that of the first line if this one ends the file.
pub fn end_after(before: Option<&YamlLine>, lines: &[YamlLine]) -> String {
    let mut ends = before.into_iter().chain(lines.first()).map(|line| line.end.as_str());
    ends.find(|end| !end.is_empty()).unwrap_or("\n").to_owned()
}

/// Key at the beginning of a text, and the place after its colon.
pub fn key(text: &str) -> Option<(&str, usize)> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || "_-.$".contains(letter);
    let (key, after) = match text.chars().next()? {
        quote @ ('\'' | '"') => {
            let end = text[1..].find(quote)? + 1;
            let key = &text[1..end];
            (Some(key).filter(|key| key.chars().all(is_part))?, end + 1)
        }
        '-' => return None,
        _ => {
            let end = text.find(|letter| !is_part(letter))?;
            (&text[..end], end)
        }
    };
    let colon = after + text[after..].find(|letter: char| letter != ' ')?;
    let rest = text[colon..].strip_prefix(':')?;
    let is_key = !key.is_empty() && (rest.is_empty() || rest.starts_with([' ', '\t']));
    is_key.then_some((key, colon + 1))
}

/// The value after a colon.
pub fn token(text: &str, from: usize) -> YamlToken {
    let rest = &text[from..];
    let start = from + rest.len() - rest.trim_start_matches([' ', '\t']).len();
    let rest = &text[start..];
    let comment = |rest: &str| {
        let mut starts = rest.match_indices('#').map(|(at, _)| at);
        starts.find(|at| rest[..*at].ends_with([' ', '\t'])).unwrap_or(rest.len())
    };
    let end = start + rest[..comment(rest)].trim_end().len();
    let (end, style) = match rest.chars().next() {
        None | Some('#') => return YamlToken { at: from..from, style: Style::Empty },
        Some(quote @ ('\'' | '"')) => match closing(rest, quote) {
            Some(length) if rest[length..][..comment(&rest[length..])].trim().is_empty() => {
                (start + length, if quote == '"' { Style::Double } else { Style::Single })
            }
            _ => (end, Style::Other),
        },
        Some('&' | '*' | '!' | '|' | '>' | '{' | '}' | '[' | ']' | '%' | '@' | '`' | ',') => {
            (end, Style::Other)
        }
        Some(_) => (end, Style::Plain),
    };
    YamlToken { at: start..end, style }
}

/// Length of a text in quotes.
fn closing(text: &str, quote: char) -> Option<usize> {
    let mut letters = text.char_indices().skip(1).peekable();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' if quote == '"' => drop(letters.next()),
            _ if letter != quote => {}
            // Two of them are one.
            _ if quote == '\'' && letters.peek().is_some_and(|(_, next)| *next == quote) => {
                letters.next();
            }
            _ => return Some(at + 1),
        }
    }
    None
}
