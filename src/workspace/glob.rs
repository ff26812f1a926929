//! One line of an ignore file, with exactly the meaning that git gives it.
//!
//! Bytes are matched, not characters, as git does. A pattern becomes tokens, and each token moves the set of places
//! in the text that can be reached: the time is bounded by their product, whatever the pattern.

/// A line that says something.
pub struct GlobPattern {
    pub takes_back: bool,
    folders_only: bool,
    /// Without a slash it is held against the name alone.
    is_name: bool,
    /// Part before the first special character. Git compares it apart from the rest, which is why
    /// `**` directly behind it counts as the beginning.
    literal: Vec<u8>,
    rest: Vec<GlobToken>,
}

enum GlobToken {
    Byte(u8),
    /// One byte of a set: `[a-c]`, or `?`.
    Set(Box<[bool; 256]>),
    /// Bytes within one name: `*`.
    Name,
    /// Any bytes: `**` at the end.
    Anything,
    /// No folder or any number of them: `**/`.
    Folders,
    /// Git takes the whole pattern for one that matches nothing, such as one with an open `[`.
    Nothing,
}

/// The patterns of a file.
pub fn parse(text: &[u8]) -> Vec<GlobPattern> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.starts_with(b"#"));
    lines.filter_map(|line| GlobPattern::parse(line.strip_suffix(b"\r").unwrap_or(line))).collect()
}

impl GlobPattern {
    fn parse(line: &[u8]) -> Option<GlobPattern> {
        let line = line.split(|byte| *byte == 0).next().unwrap_or_default();
        let line = without_blanks(line);
        let (takes_back, line) = line.strip_prefix(b"!").map_or((false, line), |rest| (true, rest));
        let (folders_only, line) =
            line.strip_suffix(b"/").map_or((false, line), |rest| (true, rest));
        if line.is_empty() {
            return None;
        }
        let is_name = !line.contains(&b'/');
        let line = line.strip_prefix(b"/").unwrap_or(line);
        let end = line.iter().position(|byte| b"*?[\\".contains(byte)).unwrap_or(line.len());
        let (literal, rest) = (line[..end].to_vec(), tokens(&line[end..]));
        Some(GlobPattern { takes_back, folders_only, is_name, literal, rest })
    }

    /// `path` is as seen from the folder of the ignore file.
    pub fn matches(&self, path: &[u8], is_folder: bool) -> bool {
        if self.folders_only && !is_folder {
            return false;
        }
        let start = path.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
        let text = if self.is_name { &path[start..] } else { path };
        let rest = text.strip_prefix(&*self.literal);
        rest.is_some_and(|rest| match &*self.rest {
            [] => rest.is_empty(),
            [GlobToken::Name, tail @ ..]
                if self.is_name && tail.iter().all(|one| matches!(one, GlobToken::Byte(_))) =>
            {
                ends_with(rest, tail)
            }
            tokens => reaches_end(tokens, rest),
        })
    }
}

/// `*.log`, the most usual of all patterns.
fn ends_with(text: &[u8], tail: &[GlobToken]) -> bool {
    text.len() >= tail.len()
        && text[text.len() - tail.len()..]
            .iter()
            .zip(tail)
            .all(|(byte, token)| matches!(token, GlobToken::Byte(wanted) if wanted == byte))
}

/// Without the blanks at the end. One behind a backslash stays, and tabs do.
fn without_blanks(line: &[u8]) -> &[u8] {
    let mut end = 0;
    let mut at = 0;
    while at < line.len() {
        match line[at] {
            b' ' => at += 1,
            b'\\' if at + 1 == line.len() => return line,
            b'\\' => {
                at += 2;
                end = at;
            }
            _ => {
                at += 1;
                end = at;
            }
        }
    }
    &line[..end]
}

fn tokens(pattern: &[u8]) -> Vec<GlobToken> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < pattern.len() {
        let (token, next) = match pattern[at] {
            b'*' => star(pattern, at),
            b'?' => (set(|byte| byte != b'/'), at + 1),
            b'[' => match class(pattern, at + 1) {
                Some(found) => found,
                None => return vec![GlobToken::Nothing],
            },
            b'\\' => match pattern.get(at + 1) {
                Some(byte) => (GlobToken::Byte(*byte), at + 2),
                None => return vec![GlobToken::Nothing],
            },
            byte => (GlobToken::Byte(byte), at + 1),
        };
        tokens.push(token);
        at = next;
    }
    tokens
}

/// A run of stars: two and more count as such between slashes only.
fn star(pattern: &[u8], at: usize) -> (GlobToken, usize) {
    let count = pattern[at..].iter().take_while(|byte| **byte == b'*').count();
    let after = &pattern[at + count..];
    let stands_free = at == 0 || pattern[at - 1] == b'/';
    match after {
        _ if count == 1 || !stands_free => (GlobToken::Name, at + count),
        [] | [b'\\', b'/', ..] => (GlobToken::Anything, at + count),
        [b'/', ..] => (GlobToken::Folders, at + count + 1),
        _ => (GlobToken::Name, at + count),
    }
}

fn set(has: impl Fn(u8) -> bool) -> GlobToken {
    let mut set = Box::new([false; 256]);
    (0..=255).for_each(|byte| set[usize::from(byte)] = has(byte));
    GlobToken::Set(set)
}

/// A class, from behind its `[`; `None` where it is malformed.
fn class(pattern: &[u8], start: usize) -> Option<(GlobToken, usize)> {
    let negated = matches!(pattern.get(start), Some(b'!' | b'^'));
    let mut at = start + usize::from(negated);
    let first = at;
    let mut members = [false; 256];
    // The byte that a range could begin with.
    let mut previous = None;
    loop {
        let byte = *pattern.get(at)?;
        if byte == b']' && at > first {
            break;
        }
        let next = pattern.get(at + 1);
        match byte {
            b'\\' => {
                let escaped = *next?;
                members[usize::from(escaped)] = true;
                (previous, at) = (Some(escaped), at + 2);
            }
            b'-' if previous.is_some() && next.is_some_and(|next| *next != b']') => {
                let (end, after) = match next? {
                    b'\\' => (*pattern.get(at + 2)?, at + 3),
                    end => (*end, at + 2),
                };
                (previous?..=end).for_each(|byte| members[usize::from(byte)] = true);
                (previous, at) = (None, after);
            }
            b'[' if next == Some(&b':') => match named(pattern, at + 2)? {
                Some((has, after)) => {
                    (0..=255).filter(has).for_each(|byte| members[usize::from(byte)] = true);
                    (previous, at) = (None, after);
                }
                None => {
                    members[usize::from(b'[')] = true;
                    (previous, at) = (Some(b'['), at + 1);
                }
            },
            byte => {
                members[usize::from(byte)] = true;
                (previous, at) = (Some(byte), at + 1);
            }
        }
    }
    Some((set(|byte| byte != b'/' && members[usize::from(byte)] != negated), at + 1))
}

type ByteTest = fn(&u8) -> bool;

/// `alpha:]`, and what is in it. `Some(None)` where there is no `:]`, so that the bracket is one of the set;
/// `None` where no class has the name.
fn named(pattern: &[u8], start: usize) -> Option<Option<(ByteTest, usize)>> {
    let length = pattern[start..].iter().position(|byte| *byte == b']')?;
    let Some(name) = pattern[start..start + length].strip_suffix(b":") else { return Some(None) };
    let has: ByteTest = match name {
        b"alnum" => u8::is_ascii_alphanumeric,
        b"alpha" => u8::is_ascii_alphabetic,
        b"blank" => |byte| matches!(byte, b' ' | b'\t'),
        b"cntrl" => u8::is_ascii_control,
        b"digit" => u8::is_ascii_digit,
        b"graph" => u8::is_ascii_graphic,
        b"lower" => u8::is_ascii_lowercase,
        b"print" => |byte| (b' '..=b'~').contains(byte),
        b"punct" => u8::is_ascii_punctuation,
        // Git has a table of its own for blanks.
        b"space" => |byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'),
        b"upper" => u8::is_ascii_uppercase,
        b"xdigit" => u8::is_ascii_hexdigit,
        _ => return None,
    };
    Some(Some((has, start + length + 1)))
}

/// True if the tokens match the text to its end.
fn reaches_end(tokens: &[GlobToken], text: &[u8]) -> bool {
    let mut places = vec![false; text.len() + 1];
    places[0] = true;
    for token in tokens {
        step(token, text, &mut places);
    }
    places[text.len()]
}

/// From the places before a token to those behind it.
fn step(token: &GlobToken, text: &[u8], places: &mut [bool]) {
    let one = |places: &mut [bool], fits: &dyn Fn(u8) -> bool| {
        for at in (0..text.len()).rev() {
            places[at + 1] = places[at] && fits(text[at]);
        }
        places[0] = false;
    };
    match token {
        GlobToken::Byte(wanted) => one(places, &|byte| byte == *wanted),
        GlobToken::Set(set) => one(places, &|byte| set[usize::from(byte)]),
        GlobToken::Nothing => places.fill(false),
        GlobToken::Name => {
            (0..text.len()).for_each(|at| places[at + 1] |= places[at] && text[at] != b'/')
        }
        GlobToken::Anything => (0..text.len()).for_each(|at| places[at + 1] |= places[at]),
        GlobToken::Folders => {
            let mut begun = false;
            for at in 0..text.len() {
                begun |= places[at];
                places[at + 1] |= begun && text[at] == b'/';
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ignores(line: &str, path: &str) -> bool {
        parse(line.as_bytes()).iter().any(|pattern| pattern.matches(path.as_bytes(), false))
    }

    /// By the rules of gitignore(5) and wildmatch; `tests/ignoring.rs` asks git itself about random ones.
    #[test]
    fn forms_that_other_matchers_take_otherwise() {
        for (line, yes, no) in [
            ("*.{js,ts}", "a.{js,ts}", "a.js"),
            ("[[:alpha:]]", "a", "1"),
            ("[a\\-c]", "-", "b"),
            ("x\t", "x\t", "x"),
            ("[!a]", "b", "a"),
            ("[]a]", "]", "[]a]"),
            ("a**b", "axxb", "c/axxb/c"),
            ("f\\*", "f*", "foo"),
        ] {
            assert!(ignores(line, yes), "{line} {yes}");
            assert!(!ignores(line, no), "{line} {no}");
        }
        for line in ["[a", "a\\", "[[:nothing:]]", "!", "/", "", "   ", "# a"] {
            for path in ["a", "[a", "a\\", "[[:nothing:]]", "!", "/", "# a"] {
                assert!(!ignores(line, path), "{line} {path}");
            }
        }
    }

    #[test]
    fn a_pattern_made_to_be_slow_is_not() {
        let pattern = "*a".repeat(400) + "b";
        assert!(!ignores(&pattern, &"a".repeat(4000)));
        assert!(!ignores(&format!("{}b", "**/a*/".repeat(200)), &"a/".repeat(2000)));
    }
}
