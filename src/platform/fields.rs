//! Fields of an answer. An error names the route and the field: the answer is somebody else's.

use crate::error::{Error, Result};
use jiff::Timestamp;
use serde_json::{Map, Value};

/// An object in the answer of a route.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'a> {
    route: &'a str,
    values: &'a Map<String, Value>,
}

impl<'a> Fields<'a> {
    pub fn of(route: &'a str, value: &'a Value) -> Result<Fields<'a>> {
        match value {
            Value::Object(values) => Ok(Fields { route, values }),
            _ => Err(Error::failed(format!("{route}: the answer is not an object"))),
        }
    }

    /// Error about a field: `why` follows its name.
    pub fn wrong(&self, name: &str, why: &str) -> Error {
        Error::failed(format!("{}: the field \"{name}\" {why}", self.route))
    }

    /// A value that is there. Null says the same as nothing.
    pub fn get(&self, name: &str) -> Option<&'a Value> {
        self.values.get(name).filter(|value| !value.is_null())
    }

    /// Elements of a list. An absent list is never an empty one.
    pub fn list(&self, name: &str) -> Result<Vec<Fields<'a>>> {
        let Some(Value::Array(all)) = self.get(name) else {
            return Err(self.wrong(name, "is not a list"));
        };
        all.iter().map(|one| Fields::of(self.route, one)).collect()
    }

    /// Texts of a list.
    pub fn texts(&self, name: &str) -> Result<Vec<&'a str>> {
        let Some(Value::Array(all)) = self.get(name) else {
            return Err(self.wrong(name, "is not a list"));
        };
        let text = |one: &'a Value| one.as_str().ok_or_else(|| self.wrong(name, "has no texts"));
        all.iter().map(text).collect()
    }

    /// Names of the fields.
    pub fn names(&self) -> impl Iterator<Item = &'a str> {
        self.values.keys().map(String::as_str)
    }

    pub fn object(&self, name: &str) -> Result<Option<Fields<'a>>> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Object(values)) => Ok(Some(Fields { route: self.route, values })),
            Some(_) => Err(self.wrong(name, "is not an object")),
        }
    }

    pub fn text_if_any(&self, name: &str) -> Result<Option<&'a str>> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.wrong(name, "is not a text")),
        }
    }

    pub fn text(&self, name: &str) -> Result<&'a str> {
        self.text_if_any(name)?.ok_or_else(|| self.wrong(name, "is missing"))
    }

    pub fn owned(&self, name: &str) -> Result<Option<String>> {
        Ok(self.text_if_any(name)?.map(str::to_owned))
    }

    pub fn number_if_any(&self, name: &str) -> Result<Option<u64>> {
        match self.get(name) {
            None => Ok(None),
            Some(value) => match value.as_u64().filter(|number| *number > 0) {
                None => Err(self.wrong(name, "is not a number from 1")),
                number => Ok(number),
            },
        }
    }

    pub fn number(&self, name: &str) -> Result<u64> {
        self.number_if_any(name)?.ok_or_else(|| self.wrong(name, "is missing"))
    }

    pub fn is(&self, name: &str) -> bool {
        self.get(name) == Some(&Value::Bool(true))
    }

    /// Milliseconds since 1970-01-01 UTC, sent as such or as ISO 8601.
    pub fn time_if_any(&self, name: &str) -> Result<Option<i64>> {
        let at_ms = match self.get(name) {
            None => return Ok(None),
            Some(Value::String(text)) => {
                text.parse::<Timestamp>().ok().map(|time| time.as_millisecond())
            }
            Some(value) => value.as_i64(),
        };
        match at_ms.filter(|at_ms| *at_ms >= 0) {
            None => Err(self.wrong(name, "is not a time")),
            at_ms => Ok(at_ms),
        }
    }

    pub fn time(&self, name: &str) -> Result<i64> {
        self.time_if_any(name)?.ok_or_else(|| self.wrong(name, "is missing"))
    }
}

/// Elements of an answer that is a list itself.
pub fn elements<'a>(route: &'a str, value: &'a Value) -> Result<Vec<Fields<'a>>> {
    match value {
        Value::Array(all) => all.iter().map(|one| Fields::of(route, one)).collect(),
        _ => Err(Error::failed(format!("{route}: the answer is not a list"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_wrong_field_is_named_with_its_route() {
        let value = json!({"version": "1", "zero": 0, "name": 5, "at": "soon", "versions": null, "by": null});
        let fields = Fields::of("#22", &value).unwrap();
        for (error, expected) in [
            (fields.number("version").unwrap_err(), "\"version\" is not a number from 1"),
            (fields.number("zero").unwrap_err(), "\"zero\" is not a number from 1"),
            (fields.number("none").unwrap_err(), "\"none\" is missing"),
            (fields.text("name").unwrap_err(), "\"name\" is not a text"),
            (fields.text("by").unwrap_err(), "\"by\" is missing"),
            (fields.time("at").unwrap_err(), "\"at\" is not a time"),
            (fields.list("versions").unwrap_err(), "\"versions\" is not a list"),
        ] {
            assert_eq!(error.message(), format!("#22: the field {expected}"));
        }
        assert!(elements("#24", &json!({})).unwrap_err().message().starts_with("#24: the answer"));
    }

    #[test]
    fn a_time_is_a_number_or_a_text() {
        let value = json!({"a": 1_795_390_382_272i64, "b": "2026-11-20T21:03:02.272Z"});
        let fields = Fields::of("#11", &value).unwrap();
        assert_eq!(fields.time("a").unwrap(), 1_795_390_382_272);
        // `date -d 2026-11-20T21:03:02.272Z +%s%3N`
        assert_eq!(fields.time("b").unwrap(), 1_795_208_582_272);
    }
}
