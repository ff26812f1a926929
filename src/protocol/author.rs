//! The author that a token speaks for, in a header of `GET refs`: a client then knows before it makes a record
//! that would be refused. An author may hold any letter, a header may not.

/// The name of the header.
pub const AUTHOR_HEADER: &str = "lua-store-author";

/// Bytes that are not printable ASCII, and `%`, become `%` and two hexadecimal digits.
pub fn author_to_header(author: &str) -> String {
    let one = |byte: u8| match byte {
        b'%' => "%25".to_owned(),
        b' '..=b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    author.bytes().map(one).collect()
}

/// `None` for what [`author_to_header`] does not write.
pub fn author_from_header(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        if *first == b'%' {
            let (digits, after) = rest.split_at_checked(2)?;
            bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
            rest = after;
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).ok().filter(|author| author_to_header(author) == text)
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
