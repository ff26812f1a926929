//! FormFields of forms and queries.

use crate::server::body;
use crate::server::limits::ServerLimits;
use crate::server::response::HttpError;
use axum::body::Body;
use axum::extract::Request;
use percent_encoding::percent_decode_str;

/// FormFields in the order in which they came.
#[derive(Debug, Default)]
pub struct FormFields(Vec<(String, String)>);

impl FormFields {
    pub fn parse(text: &str) -> FormFields {
        let decode = |text: &str| {
            let spaced = text.replace('+', " ");
            percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
        };
        let pairs = text.split('&').filter(|pair| !pair.is_empty());
        let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        FormFields(pairs.map(|(name, value)| (decode(name), decode(value))).collect())
    }

    /// FormFields of the body of a request.
    pub async fn of_body(
        body: Body,
        longest: usize,
        limits: &ServerLimits,
    ) -> Result<FormFields, HttpError> {
        let bytes = body::bytes(body, "a form", longest, limits).await?;
        Ok(FormFields::parse(&String::from_utf8_lossy(&bytes)))
    }

    /// Names and values of all fields.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// A field that is not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// A number from 1 on; 1 where there is none.
    pub fn count(&self, name: &str) -> u64 {
        self.get(name).and_then(|text| text.parse().ok()).filter(|count| *count > 0).unwrap_or(1)
    }
}

/// Page of a list that a request asks for.
pub fn page_of(request: &Request) -> u64 {
    FormFields::parse(request.uri().query().unwrap_or_default()).count("page")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_decoded() {
        let fields = FormFields::parse("a=b+c%26&d=&=x&e&page=3");
        assert_eq!(fields.get("a"), Some("b c&"));
        assert_eq!((fields.get("d"), fields.get("e"), fields.get("z")), (None, None, None));
        assert_eq!(fields.count("page"), 3);
        for wrong in ["page=0", "page=-1", "page=x", "page=99999999999999999999", ""] {
            assert_eq!(FormFields::parse(wrong).count("page"), 1, "{wrong}");
        }
    }
}
