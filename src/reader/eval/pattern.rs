//! Regular expressions: the results of `replace`, `split`, `test` and `match`.
//!
//! A pattern of JavaScript becomes one of the crate `regex`, which takes linear time whatever the
//! pattern is. One that could mean something else there, or has no counterpart, is not evaluated.

use super::expression::propagate_or;
use super::value::{RegExp, SourceSpan, Value};
use crate::error::Result;
use crate::reader::eval::{Evaluator, SIZE_MAX};
use regex::{Captures, Regex, RegexBuilder};
use std::iter::Peekable;
use std::str::Chars;

/// Memory that a compiled pattern may take.
const PROGRAM_MAX: usize = 1 << 20;
/// Bytes of text that cost one step.
const BYTES_PER_STEP: usize = 64;

const SPACE: &str = r"\t\n\x0B\x0C\r \u{A0}\u{1680}\u{2000}-\u{200A}\u{2028}\u{2029}\u{202F}\u{205F}\u{3000}\u{FEFF}";
const ENDS: &str = r"\n\r\u{2028}\u{2029}";

/// Calls a method of a text with a pattern, or `test` of a pattern; `None` where that is not evaluated.
pub fn method<'a>(
    evaluator: &Evaluator<'a>,
    name: &str,
    (text, pattern): (&str, &RegExp),
    argument: Option<&Value<'a>>,
    site: SourceSpan,
) -> Result<Option<Value<'a>>> {
    let Some(regex) = compiled(pattern, text) else { return Ok(None) };
    let all = pattern.flags.contains('g');
    let found = matches(&regex, text, all || name == "split");
    evaluator.spend(u32::try_from(text.len() / BYTES_PER_STEP).unwrap_or(u32::MAX / 2));
    Ok(match (name, argument) {
        ("test", _) => Some(Value::Bool(!found.is_empty())),
        ("replaceAll", _) if !all => None,
        ("replace" | "replaceAll", Some(Value::Text(new))) => {
            let expand = |found: &Captures<'_>| Ok(expanded(new, found).map(Value::text));
            replaced(text, &found, expand, site)?
        }
        ("replace" | "replaceAll", Some(function @ Value::Function(_))) => {
            let expand = |found: &Captures<'_>| {
                let start = found.get(0).map_or(0, |whole| whole.start());
                let mut arguments = groups(found);
                arguments.push(Value::Number(text[..start].encode_utf16().count() as f64));
                arguments.push(Value::text(text));
                evaluator.call(function, None, arguments, site).map(Some)
            };
            replaced(text, &found, expand, site)?
        }
        ("split", None) => Some(split(text, &found)),
        ("match", _) if found.is_empty() => Some(Value::Null),
        ("match", _) if all => {
            Some(Value::list(found.iter().map(|one| Value::text(&one[0])).collect()))
        }
        ("match", _) => Some(Value::list(groups(&found[0]))),
        ("search", _) => {
            let at = found.first().and_then(|one| one.get(0));
            let units = at.map(|at| text[..at.start()].encode_utf16().count());
            Some(Value::Number(units.map_or(-1.0, |units| units as f64)))
        }
        _ => None,
    })
}

/// The matches in a text as JavaScript finds them: after an empty one it goes on one letter further.
fn matches<'t>(regex: &Regex, text: &'t str, all: bool) -> Vec<Captures<'t>> {
    let mut found = Vec::new();
    let mut at = 0;
    while at <= text.len() {
        let Some(one) = regex.captures_at(text, at) else { break };
        let Some(whole) = one.get(0) else { break };
        at = whole.end();
        if whole.is_empty() {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
        found.push(one);
        if !all {
            break;
        }
    }
    found
}

fn groups<'a>(found: &Captures<'_>) -> Vec<Value<'a>> {
    let text = |one: Option<regex::Match<'_>>| {
        one.map_or(Value::Undefined, |one| Value::text(one.as_str()))
    };
    found.iter().map(text).collect()
}

fn replaced<'a>(
    text: &str,
    found: &[Captures<'_>],
    new: impl Fn(&Captures<'_>) -> Result<Option<Value<'a>>>,
    site: SourceSpan,
) -> Result<Option<Value<'a>>> {
    let (mut out, mut at) = (String::new(), 0);
    for one in found {
        let Some(whole) = one.get(0) else { continue };
        let Some(value) = new(one)? else { return Ok(None) };
        let Some(new) = value.to_text() else {
            return Ok(Some(propagate_or(value, site, "is known at run time only")));
        };
        out.push_str(&text[at..whole.start()]);
        out.push_str(&new);
        at = whole.end();
        if out.len() > SIZE_MAX {
            return Ok(None);
        }
    }
    out.push_str(&text[at..]);
    Ok(Some(Value::text(out)))
}

/// `$1`, `$&` and `$$` in a new text; `None` for rarer forms.
fn expanded(new: &str, found: &Captures<'_>) -> Option<String> {
    let mut out = String::new();
    let mut rest = new;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        let mut letters = after.chars();
        rest = letters.as_str();
        match letters.next() {
            Some('$') => out.push('$'),
            Some('&') => out.push_str(&found[0]),
            Some('`' | '\'') => return None,
            Some(digit) if digit.is_ascii_digit() => {
                let long = after
                    .get(..2)
                    .and_then(|two| two.parse::<usize>().ok())
                    .filter(|&n| n < found.len());
                let short = digit as usize - '0' as usize;
                let (group, length) = long.map_or((short, 1), |long| (long, 2));
                if group == 0 || group >= found.len() {
                    out.push('$');
                    continue;
                }
                out.push_str(found.get(group).map_or("", |one| one.as_str()));
                rest = &after[length..];
                continue;
            }
            _ => {
                out.push('$');
                continue;
            }
        }
        rest = letters.as_str();
    }
    out.push_str(rest);
    Some(out)
}

fn split<'a>(text: &str, found: &[Captures<'_>]) -> Value<'a> {
    let (mut parts, mut at) = (Vec::new(), 0);
    for one in found {
        let Some(whole) = one.get(0) else { continue };
        // An empty match at the start or the end parts nothing.
        if whole.is_empty() && (whole.start() == at || whole.start() == text.len()) {
            continue;
        }
        parts.push(Value::text(&text[at..whole.start()]));
        parts.extend(groups(one).into_iter().skip(1));
        at = whole.end();
    }
    parts.push(Value::text(&text[at..]));
    Value::list(parts)
}

/// The pattern for this text, where it means the same.
fn compiled(pattern: &RegExp, text: &str) -> Option<Regex> {
    let flag = |flag: char| pattern.flags.contains(flag);
    if pattern.flags.chars().any(|one| !"gimsu".contains(one)) {
        return None;
    }
    // Without `u` a letter beyond the first plane is two, with `i` some letters have odd pairs.
    let is_wide = text.chars().any(|c| c.len_utf16() > 1) && !flag('u');
    let is_ascii = pattern.source.is_ascii();
    if flag('i') && (!is_ascii || text.contains(['\u{17F}', '\u{212A}'])) || is_wide && !is_ascii {
        return None;
    }
    if flag('m') && text.contains(['\r', '\u{2028}', '\u{2029}']) {
        return None;
    }
    let mut translation = Translation {
        rest: pattern.source.chars().peekable(),
        out: String::new(),
        dot_all: flag('s'),
        wide: false,
    };
    translation.whole()?;
    if translation.wide && is_wide {
        return None;
    }
    let mut builder = RegexBuilder::new(&translation.out);
    builder
        .case_insensitive(flag('i'))
        .multi_line(flag('m'))
        .size_limit(PROGRAM_MAX)
        .nest_limit(50);
    let regex = builder.build().ok()?;
    // An empty match also occurs between the two halves of a wide letter, where the crate reports
    // none.
    (!is_wide || !regex.is_match("")).then_some(regex)
}

/// A pattern on its way from one syntax to the other.
struct Translation<'p> {
    rest: Peekable<Chars<'p>>,
    out: String,
    dot_all: bool,
    /// True if a part of it matches any letter.
    wide: bool,
}

impl Translation<'_> {
    fn whole(&mut self) -> Option<()> {
        while let Some(one) = self.rest.next() {
            match one {
                '\\' => self.escape(false)?,
                '[' => self.class()?,
                '.' => {
                    self.wide = true;
                    let any =
                        if self.dot_all { r"[\s\S]".to_owned() } else { format!("[^{ENDS}]") };
                    self.out.push_str(&any);
                }
                '(' if self.rest.peek() == Some(&'?') => {
                    self.rest.next();
                    // Of the groups with a question mark only those that do not look around.
                    (self.rest.next()? == ':').then(|| self.out.push_str("(?:"))?;
                }
                '{' if !self.is_count() => self.out.push_str(r"\{"),
                '}' if !self.out_is_count() => self.out.push_str(r"\}"),
                ']' => self.out.push_str(r"\]"),
                '#' | '&' | '-' | '~' | ' ' => self.out.push(one),
                other => self.out.push(other),
            }
        }
        Some(())
    }

    /// True if `3}`, `3,}` or `3,5}` follows.
    fn is_count(&self) -> bool {
        let inside: String = self.rest.clone().take_while(|&one| one != '}').collect();
        let closed = self.rest.clone().any(|one| one == '}');
        let mut parts = inside.splitn(2, ',');
        let number = |part: Option<&str>| {
            part.is_some_and(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
        };
        closed
            && number(parts.next())
            && parts.next().is_none_or(|part| part.is_empty() || number(Some(part)))
    }

    fn out_is_count(&self) -> bool {
        let open = self.out.rfind('{');
        open.is_some_and(|at| {
            !self.out[..at].ends_with('\\')
                && self.out[at + 1..].bytes().all(|b| b.is_ascii_digit() || b == b',')
        })
    }

    fn class(&mut self) -> Option<()> {
        self.out.push('[');
        if self.rest.next_if_eq(&'^').is_some() {
            self.wide = true;
            self.out.push('^');
        }
        if self.rest.peek() == Some(&']') {
            return None;
        }
        loop {
            match self.rest.next()? {
                ']' => break,
                '\\' => self.escape(true)?,
                one @ ('[' | '&' | '~') => self.out.extend(['\\', one]),
                '-' if self.rest.peek() == Some(&'-') || self.out.ends_with('[') => {
                    self.out.push_str(r"\-")
                }
                '-' if self.rest.peek() == Some(&']') => self.out.push_str(r"\-"),
                other => self.out.push(other),
            }
        }
        self.out.push(']');
        Some(())
    }

    fn escape(&mut self, in_class: bool) -> Option<()> {
        let one = self.rest.next()?;
        let set = match one {
            's' => Some(SPACE),
            'd' => Some("0-9"),
            'w' => Some("A-Za-z0-9_"),
            _ => None,
        };
        match (one, set) {
            (_, Some(set)) if in_class => self.out.push_str(set),
            (_, Some(set)) => self.out.push_str(&format!("[{set}]")),
            ('S' | 'D' | 'W', _) => {
                self.wide = true;
                let set = match one {
                    'S' => SPACE,
                    'D' => "0-9",
                    _ => "A-Za-z0-9_",
                };
                self.out.push_str(&format!("[^{set}]"));
            }
            ('b' | 'B', _) if !in_class => self.out.push_str(&format!("(?-u:\\{one})")),
            ('n' | 't' | 'r' | 'f' | 'v', _) => self.out.extend(['\\', one]),
            ('0', _) if !self.rest.peek().is_some_and(char::is_ascii_digit) => {
                self.out.push_str(r"\x00")
            }
            ('u' | 'x', _) => {
                let length = if one == 'u' { 4 } else { 2 };
                let digits: String = self.rest.by_ref().take(length).collect();
                let code =
                    u32::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == length)?;
                self.out.push_str(&format!("\\u{{{:X}}}", u32::from(char::from_u32(code)?)));
            }
            (other, _) if other.is_ascii_punctuation() => self.out.extend(['\\', other]),
            _ => return None,
        }
        Some(())
    }
}
