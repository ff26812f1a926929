//! Values as the stock command writes them.

use super::line::Style;
use serde_json::Value;

/// Words that some readers of YAML take for true or false.
const BOOLEANS: [&str; 8] = ["y", "n", "yes", "no", "on", "off", "true", "false"];

/// A value in this form if it can have it.
pub fn of(value: &Value, style: Style) -> String {
    let Value::String(text) = value else { return value.to_string() };
    match style {
        Style::Double => Value::from(text.as_str()).to_string(),
        // In single quotes nothing is escaped.
        _ if text.contains(char::is_control) => Value::from(text.as_str()).to_string(),
        Style::Plain | Style::Empty if is_plain(text) => text.clone(),
        _ => format!("'{}'", text.replace('\'', "''")),
    }
}

/// True for a text that no reader takes for something else without quotes.
fn is_plain(text: &str) -> bool {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || "_./- ".contains(letter);
    let begins = text.starts_with(|letter: char| letter.is_ascii_alphanumeric() || letter == '_');
    let is_date = text.len() >= 8
        && text.as_bytes()[4] == b'-'
        && text.as_bytes()[..4].iter().all(u8::is_ascii_digit);
    begins
        && text.chars().all(is_part)
        && !text.ends_with(' ')
        && !is_date
        && !BOOLEANS.contains(&text.to_lowercase().as_str())
        && serde_saphyr::from_str::<Value>(text).is_ok_and(|value| value == *text)
}
