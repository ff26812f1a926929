//! Query of a request: so many known names, each at most once.

use crate::error::{Error, Result};
use percent_encoding::percent_decode_str;

/// The values of these names, decoded; an error for another name, as it may be a condition.
pub fn parse<const N: usize>(query: Option<&str>, names: [&str; N]) -> Result<[Option<String>; N]> {
    let mut values = [const { None }; N];
    for pair in query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let known = names.iter().position(|known| *known == name);
        let at = known
            .ok_or_else(|| Error::usage(format!("unknown parameter \"{name}\" in the query")))?;
        let text = percent_decode_str(value).decode_utf8();
        let text =
            text.map_err(|_| Error::usage(format!("\"{name}\" in the query is not UTF-8")))?;
        if values[at].replace(text.into_owned()).is_some() {
            return Err(Error::usage(format!("the query has \"{name}\" twice")));
        }
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_names_once() {
        let parse = |query| parse(Some(query), ["for", "limit"]);
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(parse("").unwrap(), [None, None]);
        assert_eq!(parse("limit=3&for=ana%2Bx%40a.b").unwrap(), [some("ana+x@a.b"), some("3")]);
        assert_eq!(parse("for=ana+x@a.b&").unwrap(), [some("ana+x@a.b"), None], "a plus is a plus");
        assert_eq!(parse("for").unwrap(), [some(""), None]);
        for wrong in ["x=1", "for=a&for=a", "for=%ff", "For=a"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
