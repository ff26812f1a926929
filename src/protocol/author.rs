//! Author header of `GET refs`, with the author that a token speaks for: a client then knows before it makes a record
//! that would be refused. An author may hold any letter, a header may not.

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

/// The name of the header.
pub const AUTHOR_HEADER: &str = "lua-store-author";

/// The name of the header with the name of the token, encoded in the same way.
pub const TOKEN_HEADER: &str = "lua-store-token";

/// Besides every byte that is not ASCII.
const ENCODED: &AsciiSet = &CONTROLS.add(b'%');

/// Bytes that are not printable ASCII, and `%`, become `%` and two hexadecimal digits.
pub fn author_to_header(author: &str) -> String {
    utf8_percent_encode(author, ENCODED).to_string()
}

/// `None` for a header that [`author_to_header`] does not write.
pub fn author_from_header(text: &str) -> Option<String> {
    let author = percent_decode_str(text).decode_utf8().ok()?;
    (author_to_header(&author) == text).then(|| author.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_author_is_read_as_it_was_written() {
        for (author, header) in [
            ("ana@example.com", "ana@example.com"),
            ("Zoë <z@x> 100%", "Zo%C3%AB <z@x> 100%25"),
            ("a\r\nX-Evil: 1", "a%0D%0AX-Evil: 1"),
        ] {
            assert_eq!(author_to_header(author), header);
            assert_eq!(author_from_header(header).as_deref(), Some(author));
        }
        for bad in ["%", "%4", "%zz", "%41", "%+1", "%c3%ab", "%FF"] {
            assert_eq!(author_from_header(bad), None, "{bad}");
        }
    }
}
