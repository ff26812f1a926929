//! Methods of texts, lists and numbers that only compute.

use super::expression::propagate_or;
use super::value::{SourceSpan, Value, number_text};
use super::{lists, pattern};
use crate::error::Result;
use crate::reader::eval::{Evaluator, SIZE_MAX};
use std::rc::Rc;

/// Calls a method that JavaScript itself has.
pub fn method<'a>(
    evaluator: &Evaluator<'a>,
    object: &Value<'a>,
    name: &str,
    arguments: &[Value<'a>],
    site: SourceSpan,
) -> Result<Value<'a>> {
    if let Some(unknown) = arguments.iter().find(|value| value.is_unknown())
        && !matches!((object, name), (Value::List(_), "push" | "concat" | "unshift"))
    {
        return Ok(propagate_or(unknown.clone(), site, "is known at run time only"));
    }
    let value = match object {
        Value::Text(text) => match (name, arguments) {
            ("replace", [Value::Text(from), function @ Value::Function(_)]) => {
                return replaced_by(evaluator, text, from, function, site);
            }
            (_, [Value::Pattern(pattern), rest @ ..]) => {
                pattern::method(evaluator, name, (text, pattern), rest.first(), site)?
            }
            _ => text_method(text, name, arguments),
        },
        Value::List(items) => return lists::method(evaluator, items, name, arguments, site),
        Value::Pattern(pattern) => match (name, arguments) {
            ("test", [Value::Text(text)]) => {
                pattern::method(evaluator, name, (text, pattern), None, site)?
            }
            _ => None,
        },
        Value::Number(number) => number_method(*number, name, arguments),
        Value::Bool(value) => (name == "toString").then(|| Value::text(value.to_string())),
        Value::Date(milliseconds) => match name {
            "toISOString" | "toJSON" => iso(*milliseconds).map(Value::text),
            "getTime" | "valueOf" => Some(Value::Number(*milliseconds as f64)),
            _ => None,
        },
        _ => None,
    };
    Ok(value.unwrap_or_else(|| {
        Value::unknown(site, format!("calls \"{name}\", which is not evaluated"))
    }))
}

/// The time as `Date.prototype.toISOString` writes it.
pub fn iso(milliseconds: i64) -> Option<String> {
    let time = jiff::Timestamp::from_millisecond(milliseconds).ok()?;
    Some(time.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string())
}

/// The UTF-16 unit at a place, where it is a whole character.
pub fn character<'a>(text: &str, at: usize) -> Option<Value<'a>> {
    let unit = text.encode_utf16().nth(at)?;
    String::from_utf16(&[unit]).ok().map(Value::text)
}

fn text_method<'a>(text: &str, name: &str, arguments: &[Value<'a>]) -> Option<Value<'a>> {
    Some(match name {
        "trim" => Value::text(text.trim_matches(is_space)),
        "trimStart" => Value::text(text.trim_start_matches(is_space)),
        "trimEnd" => Value::text(text.trim_end_matches(is_space)),
        "toUpperCase" => Value::text(text.to_uppercase()),
        "toLowerCase" => Value::text(text.to_lowercase()),
        "toString" | "valueOf" => Value::text(text),
        "slice" | "substring" => Value::text(text_range(text, name, arguments)?),
        "concat" => {
            let more = arguments.iter().map(Value::to_text).collect::<Option<Vec<_>>>()?;
            Value::text(text.to_owned() + &more.concat())
        }
        "replace" | "replaceAll" => replaced(text, name, arguments)?,
        "padStart" | "padEnd" => padded(text, name, arguments)?,
        _ => return text_part(text, name, arguments.first()?),
    })
}

/// White space as JavaScript has it.
fn is_space(c: char) -> bool {
    c == '\u{FEFF}' || c.is_whitespace() && c != '\u{85}'
}

/// Methods of texts with one argument.
fn text_part<'a>(text: &str, name: &str, argument: &Value<'a>) -> Option<Value<'a>> {
    let word = || match argument {
        Value::Text(word) => Some(word.clone()),
        _ => None,
    };
    Some(match name {
        "includes" => Value::Bool(text.contains(&*word()?)),
        "startsWith" => Value::Bool(text.starts_with(&*word()?)),
        "endsWith" => Value::Bool(text.ends_with(&*word()?)),
        "split" if text.len() > SIZE_MAX => return None,
        "split" if word()?.is_empty() => {
            Value::list(text.chars().map(|one| Value::text(one.to_string())).collect())
        }
        "split" => Value::list(text.split(&*word()?).map(Value::text).collect()),
        "repeat" => {
            let times = index(argument)?;
            if text.len().checked_mul(times)? > SIZE_MAX {
                return None;
            }
            Value::text(text.repeat(times))
        }
        "charAt" => character(text, index(argument)?).unwrap_or_else(|| Value::text("")),
        "at" => character(text, from_end(argument, text.encode_utf16().count())?)
            .unwrap_or(Value::Undefined),
        "indexOf" => {
            let at = text.find(&*word()?).map(|at| text[..at].encode_utf16().count());
            Value::Number(at.map_or(-1.0, |at| at as f64))
        }
        _ => return None,
    })
}

fn replaced<'a>(text: &str, name: &str, arguments: &[Value<'a>]) -> Option<Value<'a>> {
    let [Value::Text(from), Value::Text(to)] = arguments else { return None };
    // `$&` and its kin in the new text mean parts of the old one.
    let means =
        |pair: &[u8]| pair[0] == b'$' && (b"$&`'<".contains(&pair[1]) || pair[1].is_ascii_digit());
    if to.as_bytes().windows(2).any(means) || text.len().checked_mul(to.len().max(1))? > SIZE_MAX {
        return None;
    }
    Some(Value::text(if name == "replace" {
        text.replacen(&**from, to, 1)
    } else {
        text.replace(&**from, to)
    }))
}

/// `text.replace('x', () => 'y')`: the result of the function is inserted without expanding `$`.
fn replaced_by<'a>(
    evaluator: &Evaluator<'a>,
    text: &str,
    from: &Rc<str>,
    function: &Value<'a>,
    site: SourceSpan,
) -> Result<Value<'a>> {
    let Some((before, after)) = text.split_once(&**from) else { return Ok(Value::text(text)) };
    let value = evaluator.call(function, None, vec![Value::Text(from.clone())], site)?;
    Ok(match value.to_text() {
        Some(new) => Value::text([before, &new, after].concat()),
        None => propagate_or(value, site, "is known at run time only"),
    })
}

fn padded<'a>(text: &str, name: &str, arguments: &[Value<'a>]) -> Option<Value<'a>> {
    let fill: Rc<str> = match arguments.get(1) {
        Some(Value::Text(fill)) => fill.clone(),
        Some(_) => return None,
        None => " ".into(),
    };
    let missing = index(arguments.first()?)?.saturating_sub(text.encode_utf16().count());
    if missing > SIZE_MAX || !fill.is_ascii() || fill.is_empty() {
        return None;
    }
    let padding: String = fill.chars().cycle().take(missing).collect();
    Some(Value::text(if name == "padStart" { padding + text } else { text.to_owned() + &padding }))
}

fn text_range(text: &str, name: &str, arguments: &[Value<'_>]) -> Option<String> {
    let units: Vec<u16> = text.encode_utf16().collect();
    let (start, end) = range(name, arguments, units.len())?;
    String::from_utf16(units.get(start..end.max(start))?).ok()
}

/// Start and end of `slice` or `substring` in something of this length.
pub fn range(name: &str, arguments: &[Value<'_>], length: usize) -> Option<(usize, usize)> {
    let bound = |at: usize, otherwise: usize| match arguments.get(at) {
        None | Some(Value::Undefined) => Some(otherwise),
        Some(Value::Number(number)) if name == "substring" => {
            Some((number.max(0.0) as usize).min(length))
        }
        Some(value) => Some(from_end(value, length)?.min(length)),
    };
    let (start, end) = (bound(0, 0)?, bound(1, length)?);
    Some(if name == "substring" { (start.min(end), start.max(end)) } else { (start, end) })
}

fn index(value: &Value<'_>) -> Option<usize> {
    match value {
        Value::Number(number) if *number >= 0.0 && number.is_finite() => Some(*number as usize),
        _ => None,
    }
}

/// An index that counts from the end where it is negative.
pub fn from_end(value: &Value<'_>, length: usize) -> Option<usize> {
    let Value::Number(number) = value else { return None };
    let at = if *number < 0.0 { *number + length as f64 } else { *number };
    Some(at.max(0.0) as usize)
}

fn number_method<'a>(number: f64, name: &str, arguments: &[Value<'a>]) -> Option<Value<'a>> {
    match (name, arguments.first()) {
        ("toString", None) => Some(Value::text(number_text(number))),
        ("toFixed", digits) => {
            let digits = digits.map_or(Some(0), index).filter(|&digits| digits <= 20)?;
            // Halves are rounded differently here and there; such a number is left alone.
            let scaled = number * 10f64.powi(i32::try_from(digits).ok()?);
            ((scaled.fract().abs() - 0.5).abs() > 1e-9)
                .then(|| Value::text(format!("{number:.digits$}")))
        }
        _ => None,
    }
}
