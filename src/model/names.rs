//! Names of primitives as names in a tree: characters that no file name can have are
//! percent-encoded, in exactly one way.

use percent_encoding::{percent_decode_str, percent_encode_byte};

/// Folder of compiled code in a primitive's tree. No primitive and no part of one has this name.
pub const CODE: &str = "code";

/// Characters that some file system refuses, and `%` itself so that the encoding can be undone.
fn must_encode(c: char) -> bool {
    c.is_control() || matches!(c, '%' | '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|')
}

/// Name of the tree entry for a primitive of this name.
pub fn encode(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let last = name.chars().count().saturating_sub(1);
    for (at, c) in name.chars().enumerate() {
        let edge = at == last && matches!(c, '.' | ' ');
        let device = at == 0 && is_device(name);
        let dots = c == '.' && (name == "." || name == "..");
        if must_encode(c) || edge || device || dots {
            out.extend(c.encode_utf8(&mut [0; 4]).bytes().map(percent_encode_byte));
        } else {
            out.push(c);
        }
    }
    out
}

/// The name that was encoded, or `None` for text that [`encode`] never gives.
pub fn decode(entry: &str) -> Option<String> {
    let name = percent_decode_str(entry).decode_utf8().ok()?;
    (encode(&name) == entry).then(|| name.into_owned())
}

/// Device names of Windows, with or without an extension and in any case.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).trim_end().to_ascii_uppercase();
    let numbered =
        |head| stem.strip_prefix(head).is_some_and(|n| matches!(n.as_bytes(), [b'1'..=b'9']));
    matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL") || numbered("COM") || numbered("LPT")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_can_be_a_file_name_stays() {
        for name in ["user-skill", "Grüße", "a b", ".hidden", "common", "console", "COM10"] {
            assert_eq!(encode(name), name);
        }
    }

    #[test]
    fn what_cannot_is_encoded() {
        let cases = [
            ("a/b", "a%2Fb"),
            (".", "%2E"),
            ("..", "%2E%2E"),
            ("50%", "50%25"),
            ("con", "%63on"),
            ("NUL.txt", "%4EUL.txt"),
            ("a.", "a%2E"),
            ("tab\t", "tab%09"),
            ("\u{85}", "%C2%85"),
        ];
        for (name, entry) in cases {
            assert_eq!(encode(name), entry);
            assert_eq!(decode(entry).as_deref(), Some(name));
        }
    }

    #[test]
    fn another_spelling_is_refused() {
        for entry in ["%61", "a%2fb", "%", "%2", "%zz", "con", "."] {
            assert_eq!(decode(entry), None, "{entry}");
        }
    }

    proptest! {
        #[test]
        fn every_name_comes_back(name in "\\PC{1,30}|[./%a-z\\x00-\\x1f]{1,12}") {
            let entry = encode(&name);
            prop_assert!(crate::object::check_name(&entry).is_ok());
            prop_assert_eq!(decode(&entry), Some(name));
        }
    }
}
