//! Values of the environment that workflows take along, from a file as the `.env` of the stock command. They are sent, and
//! nothing else is done with them: no text shows one.

use super::PrimitiveBody;
use crate::error::{Error, Result};
use regex::Regex;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

/// Most keys of one workflow, and most bytes of a value, as the stock command has them.
const MOST_KEYS: usize = 64;
const MOST_BYTES: usize = 4096;
/// Ends of names that the stock command does not send.
const SECRET_ENDS: [&str; 4] = ["SECRET", "TOKEN", "KEY", "PASSWORD"];
/// A shorter value is in too many texts to be hidden in them.
const HIDDEN_BYTES: usize = 4;

/// A line, or several, as the package dotenv 17 reads them.
static DOTENV: LazyLock<Regex> = LazyLock::new(|| {
    let value =
        concat!(r#"\s*'(?:\\'|[^'])*'|\s*"(?:\\"|[^"])*"|"#, r"\s*`(?:\\`|[^`])*`|[^#\r\n]+");
    let line =
        format!(r"(?m)^\s*(?:export\s+)?([A-Za-z0-9_.-]+)(?:\s*=\s*?|:\s+?)({value})?\s*(?:#.*)?$");
    Regex::new(&line).expect("the pattern is fixed")
});

/// Values by their names.
#[derive(Clone, Default)]
pub struct EnvValues(BTreeMap<String, String>);

impl fmt::Debug for EnvValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl EnvValues {
    /// Values of a file. The stock command reads it twice: line by line, and with dotenv, whose values count for the names that
    /// the lines do not have.
    pub fn parse(bytes: &[u8]) -> EnvValues {
        let text = String::from_utf8_lossy(bytes);
        let mut values = dotenv(&text);
        values.extend(lines(&text));
        EnvValues(values)
    }

    /// Hides each value in the text of an error, which can be an answer of the platform.
    pub fn hide(&self, error: Error) -> Error {
        let mut message = error.message().to_owned();
        for value in self.0.values().filter(|value| value.len() >= HIDDEN_BYTES) {
            message = message.replace(value.as_str(), "…");
        }
        match message == error.message() {
            true => error,
            false => Error::new(error.kind(), message),
        }
    }

    /// The values for these keys of a workflow.
    fn overlay(&self, workflow: &str, keys: &[String]) -> Result<Map<String, Value>> {
        let refuse = |why: String| Err(Error::usage(format!("the workflow \"{workflow}\" {why}")));
        let lacking: Vec<&str> =
            keys.iter().filter(|key| !self.0.contains_key(*key)).map(String::as_str).collect();
        if !lacking.is_empty() {
            return refuse(format!(
                "takes values that the file of `--env-from` does not have: {}",
                lacking.join(", ")
            ));
        }
        if let Some(key) = keys.iter().find(|key| SECRET_ENDS.iter().any(|end| key.ends_with(end)))
        {
            return refuse(format!(
                "takes the value of {key}, which looks like a secret: read it with env() when the step runs"
            ));
        }
        let overlay: BTreeMap<&String, &String> =
            keys.iter().map(|key| (key, &self.0[key])).collect();
        if overlay.len() > MOST_KEYS {
            return refuse(format!(
                "takes {} values, and at most {MOST_KEYS} are sent",
                overlay.len()
            ));
        }
        if let Some((key, _)) = overlay.iter().find(|(_, value)| value.len() > MOST_BYTES) {
            return refuse(format!(
                "takes the value of {key}, which is larger than {MOST_BYTES} bytes"
            ));
        }
        Ok(overlay.into_iter().map(|(key, value)| (key.clone(), json!(value))).collect())
    }
}

impl PrimitiveBody {
    /// Body of #3, with the values that a workflow takes along.
    pub fn numbered_with(
        &self,
        number: &str,
        id: &str,
        values: Option<&EnvValues>,
    ) -> Result<Value> {
        let mut body = self.numbered(number, id);
        if self.env_keys.is_empty() {
            return Ok(body);
        }
        let values = values.ok_or_else(|| {
            Error::usage(format!(
                "the workflow \"{}\" takes values of the environment: {}",
                self.name,
                self.env_keys.join(", ")
            ))
            .hint("add `--env-from FILE` to send them: FILE has the form of the `.env` of the `lua` command")
        })?;
        body["envOverlay"] = Value::Object(values.overlay(&self.name, &self.env_keys)?);
        Ok(body)
    }
}

/// Values line by line. A quotation mark is removed at each end, and everything else is the value.
fn lines(text: &str) -> BTreeMap<String, String> {
    let lines =
        text.split('\n').map(trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let value = |line: &str| {
        let (name, value) = line.split_once('=').filter(|(name, _)| !name.is_empty())?;
        let value = value.strip_prefix(['"', '\'']).unwrap_or(value);
        let value = value.strip_suffix(['"', '\'']).unwrap_or(value);
        Some((trim(name).to_owned(), value.to_owned()))
    };
    lines.filter_map(value).collect()
}

/// White space as JavaScript has it.
fn trim(text: &str) -> &str {
    text.trim_matches(|letter: char| {
        letter == '\u{feff}' || letter != '\u{85}' && letter.is_whitespace()
    })
}

fn dotenv(text: &str) -> BTreeMap<String, String> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let one = |found: regex::Captures<'_>| {
        let value = trim(found.get(2).map_or("", |value| value.as_str()));
        let mut inner = unquoted(value);
        if value.starts_with('"') {
            inner = inner.replace("\\n", "\n").replace("\\r", "\r");
        }
        (found[1].to_owned(), inner)
    };
    DOTENV.captures_iter(text.trim_start_matches('\u{feff}')).map(one).collect()
}

/// A value without the quotation marks around it. The closing one is the last that ends a line.
fn unquoted(value: &str) -> String {
    let Some(quote) = value.chars().next().filter(|first| "'\"`".contains(*first)) else {
        return value.to_owned();
    };
    let is_end = |at: &usize| value[at + 1..].is_empty() || value[at + 1..].starts_with('\n');
    let mut ends = value.match_indices(quote).map(|(at, _)| at).filter(|at| *at > 0);
    match ends.rfind(is_end) {
        Some(end) => format!("{}{}", &value[1..end], &value[end + 1..]),
        None => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str, key: &str) -> Option<String> {
        EnvValues::parse(text.as_bytes()).0.get(key).cloned()
    }

    /// The expected values are what lua-cli 3.37.0 sends for a `.env` with this line.
    #[test]
    fn a_line_is_read_as_the_stock_command_reads_it() {
        for (line, expected) in [
            ("TEAM=eu", Some("eu")),
            ("  TEAM = eu  ", Some(" eu")),
            ("TEAM=\"eu west\"", Some("eu west")),
            ("TEAM='eu\"", Some("eu")),
            ("TEAM=a=b", Some("a=b")),
            ("TEAM=eu # here", Some("eu # here")),
            ("TEAM=", Some("")),
            ("TEAM=one\r\nTEAM=two\r\n", Some("two")),
            ("export TEAM=eu", Some("eu")),
            ("export TEAM=\"a\\nb\"", Some("a\nb")),
            ("TEAM: eu", Some("eu")),
            ("TEAM=\"one\ntwo\"", Some("one")),
            ("#TEAM=eu", None),
            ("TEAM", None),
            ("=eu", None),
        ] {
            assert_eq!(value(line, "TEAM").as_deref(), expected, "{line:?}");
        }
    }

    #[test]
    fn no_text_shows_a_value() {
        let values = EnvValues::parse(b"TEAM=hidden-value\nN=7");
        assert_eq!(format!("{values:?}"), "{\"N\", \"TEAM\"}");
        let error = Error::not_found("#3: TEAM hidden-value is refused, 7");
        assert_eq!(values.hide(error).message(), "#3: TEAM … is refused, 7");
    }

    #[test]
    fn values_that_the_stock_command_does_not_send_are_refused() {
        let large = "x".repeat(MOST_BYTES + 1);
        let text = format!("LARGE={large}\nDEPLOY_KEY=k\nTEAM=eu");
        let values = EnvValues::parse(text.as_bytes());
        let refused = |keys: &[&str]| {
            let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
            values.overlay("brief", &keys).unwrap_err().message().to_owned()
        };
        assert_eq!(
            refused(&["TEAM", "REGION", "ZONE"]),
            "the workflow \"brief\" takes values that the file of `--env-from` does not have: REGION, ZONE"
        );
        assert!(refused(&["DEPLOY_KEY"]).contains("DEPLOY_KEY, which looks like a secret"));
        assert!(refused(&["LARGE"]).contains("LARGE, which is larger than 4096 bytes"));
    }
}
