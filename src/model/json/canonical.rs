//! Scan of canonical JSON: most stored values are checked byte by byte, without a tree of values in memory.

/// Deeper values are left to the decoder, which has a limit of its own.
const DEEPEST: usize = 64;

/// Integers of so many digits are exact in JavaScript.
const MOST_DIGITS: usize = 15;

/// True if the bytes are one value in its canonical encoding, as far as this scan knows.
pub fn scan(bytes: &[u8]) -> bool {
    let mut scan = JsonScan { rest: bytes };
    std::str::from_utf8(bytes).is_ok() && scan.value(DEEPEST).is_some() && scan.rest.is_empty()
}

/// Bytes that were not read yet. `None` of its functions is a value that is not canonical, or that the decoder has to look at.
struct JsonScan<'a> {
    rest: &'a [u8],
}

impl<'a> JsonScan<'a> {
    fn value(&mut self, depth: usize) -> Option<()> {
        match *self.rest.first()? {
            b'{' => self.object(depth.checked_sub(1)?),
            b'[' => self.array(depth.checked_sub(1)?),
            b'"' => self.string().map(drop),
            b't' => self.word(b"true"),
            b'f' => self.word(b"false"),
            b'n' => self.word(b"null"),
            _ => self.integer(),
        }
    }

    fn word(&mut self, word: &[u8]) -> Option<()> {
        self.rest = self.rest.strip_prefix(word)?;
        Some(())
    }

    /// True if the next byte is this one, which is passed then.
    fn passes(&mut self, byte: u8) -> bool {
        self.word(&[byte]).is_some()
    }

    fn array(&mut self, depth: usize) -> Option<()> {
        self.word(b"[")?;
        if self.passes(b']') {
            return Some(());
        }
        loop {
            self.value(depth)?;
            if !self.passes(b',') {
                return self.word(b"]");
            }
        }
    }

    /// Names ascend by UTF-16, which is the order of the bytes where all are ASCII.
    fn object(&mut self, depth: usize) -> Option<()> {
        self.word(b"{")?;
        if self.passes(b'}') {
            return Some(());
        }
        let mut last: Option<&[u8]> = None;
        loop {
            let name = self.string()?;
            let is_plain = name.is_ascii() && !name.contains(&b'\\');
            if !is_plain || last.is_some_and(|last| last >= name) {
                return None;
            }
            last = Some(name);
            self.word(b":")?;
            self.value(depth)?;
            if !self.passes(b',') {
                return self.word(b"}");
            }
        }
    }

    /// Bytes between the quotes, escapes as they are.
    fn string(&mut self) -> Option<&'a [u8]> {
        self.word(b"\"")?;
        let text = self.rest;
        let mut at = 0;
        loop {
            at += text[at..].iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20))?;
            match text[at] {
                b'"' => break,
                b'\\' => at += escape(&text[at + 1..])? + 1,
                _ => return None,
            }
        }
        self.rest = &text[at + 1..];
        Some(&text[..at])
    }

    fn integer(&mut self) -> Option<()> {
        let digits = self.rest.strip_prefix(b"-").unwrap_or(self.rest);
        let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let is_negative = digits.len() < self.rest.len();
        let is_zero = digits.first() == Some(&b'0');
        if count == 0 || count > MOST_DIGITS || (is_zero && (is_negative || count > 1)) {
            return None;
        }
        self.rest = &digits[count..];
        // A fraction or an exponent.
        (!matches!(self.rest.first(), Some(b'.' | b'e' | b'E'))).then_some(())
    }
}

/// Length of an escape after its backslash, where it is the one that its character has.
fn escape(rest: &[u8]) -> Option<usize> {
    match rest.first()? {
        b'"' | b'\\' | b'b' | b'f' | b'n' | b'r' | b't' => Some(1),
        b'u' => {
            let hex = std::str::from_utf8(rest.get(1..5)?).ok()?;
            let value = u8::from_str_radix(hex, 16).ok()?;
            let has_short = matches!(value, 8 | 9 | 10 | 12 | 13);
            (value < 0x20 && !has_short && format!("{value:04x}") == hex).then_some(5)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    fn is_canonical(bytes: &[u8]) -> bool {
        serde_json::from_slice::<Value>(bytes)
            .is_ok_and(|value| serde_json_canonicalizer::to_vec(&value).unwrap() == bytes)
    }

    #[test]
    fn plain_values_are_accepted_and_others_are_not() {
        let fine = [
            "{}",
            "[]",
            "null",
            "true",
            "false",
            "0",
            "-1",
            "999999999999999",
            "\"\"",
            "\"ä🦀\"",
            r#"{"a":{"B":[1,"x"],"a":{}},"b":null}"#,
            r#""\"\\\b\f\n\r\t\u0000\u001f""#,
        ];
        for text in fine {
            assert!(is_canonical(text.as_bytes()), "{text}");
            assert!(scan(text.as_bytes()), "{text}");
        }
        let wrong = [
            "",
            " ",
            "{} ",
            " {}",
            "01",
            "-0",
            "-",
            "1.0",
            "1e3",
            "nul",
            "[1,]",
            "[,1]",
            "[1 ]",
            "[1",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{\"a\": 1}",
            r#"{"b":1,"a":1}"#,
            r#"{"a":1,"a":1}"#,
            "{1:1}",
            "\"",
            "\"\u{1}\"",
            r#""\/""#,
            r#""\u0041""#,
            r#""\u000a""#,
            r#""\u001F""#,
            r#""\u+001""#,
            r#""\u00e4""#,
            r#""\""#,
            "true1",
            "{}{}",
            "9007199254740993",
        ];
        for text in wrong {
            assert!(!is_canonical(text.as_bytes()), "{text}");
            assert!(!scan(text.as_bytes()), "{text}");
        }
        assert!(!scan(b"\"\xff\"") && !scan(&b"[".repeat(100_000)));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        /// Two bytes of a canonical value become others: what is accepted then is canonical, too.
        #[test]
        fn what_is_accepted_is_canonical(
            text in "[a-c\u{0}-\u{20}\"\\\\/ä]{0,4}",
            number: i64,
            changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..3),
        ) {
            let value = serde_json::json!({ "a": [text, number % 1000, null], "b": { &text: true }, "c": number });
            let mut bytes = serde_json_canonicalizer::to_vec(&value).unwrap();
            for (at, to) in changes {
                let at = at.index(bytes.len());
                bytes[at] = *to.get(b"\"\\{}[],:.-0159abentu ");
            }
            prop_assert!(!scan(&bytes) || is_canonical(&bytes), "{}", String::from_utf8_lossy(&bytes));
        }
    }
}
