//! A look at a text before it is parsed: is it nested so deeply that a recursive parser would overflow?
//!
//! The parser and every walk over its tree recurse. Two bounds hold them: brackets that are open at
//! once, and tokens since the last place where a chain of operators must have ended.

/// Brackets open at once. Real code stays below fifty.
const OPEN_MAX: u32 = 1_000;
/// Tokens between two of `;`, `,`, `{`, `}`.
const RUN_MAX: u32 = 20_000;

/// The byte offset at which the text becomes too deep, if it does.
pub fn too_deep(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    // A short text has too few brackets and tokens to be deep. `${` has a bracket too.
    let is_open = |byte: &&u8| matches!(byte, b'(' | b'[' | b'{');
    if bytes.len() <= RUN_MAX as usize && bytes.iter().filter(is_open).count() <= OPEN_MAX as usize
    {
        return None;
    }
    let mut scan = NestingScan { bytes, at: 0, open: 0, run: 0, templates: Vec::new() };
    while scan.at < bytes.len() {
        scan.token();
        if scan.open > OPEN_MAX || scan.run > RUN_MAX {
            return Some(scan.at.min(bytes.len()));
        }
    }
    None
}

struct NestingScan<'t> {
    bytes: &'t [u8],
    at: usize,
    open: u32,
    run: u32,
    /// For each template literal whose `${` is open: how many brackets were open there.
    templates: Vec<u32>,
}

impl NestingScan<'_> {
    fn token(&mut self) {
        let byte = self.bytes[self.at];
        let next = self.bytes.get(self.at + 1).copied();
        match byte {
            b'/' if next == Some(b'/') => self.skip_past(b"\n"),
            b'/' if next == Some(b'*') => self.skip_past(b"*/"),
            b'\'' | b'"' => self.string(byte),
            b'`' => self.template(),
            b'}' if self.templates.last() == Some(&self.open) => {
                self.templates.pop();
                self.template();
            }
            b'(' | b'[' | b'{' => {
                self.open += 1;
                self.run = if byte == b'{' { 0 } else { self.run + 1 };
                self.at += 1;
            }
            b')' | b']' | b'}' => {
                self.open = self.open.saturating_sub(1);
                self.run = if byte == b'}' { 0 } else { self.run + 1 };
                self.at += 1;
            }
            b';' | b',' => {
                self.run = 0;
                self.at += 1;
            }
            _ if byte.is_ascii_whitespace() => self.at += 1,
            _ if is_word(byte) => {
                self.run += 1;
                while self.bytes.get(self.at).copied().is_some_and(is_word) {
                    self.at += 1;
                }
            }
            _ => {
                self.run += 1;
                self.at += 1;
            }
        }
    }

    fn skip_past(&mut self, end: &[u8]) {
        let rest = &self.bytes[self.at + 2..];
        let length = rest.windows(end.len()).position(|window| window == end);
        self.at = length.map_or(self.bytes.len(), |length| self.at + 2 + length + end.len());
    }

    fn string(&mut self, quote: u8) {
        self.run += 1;
        self.at += 1;
        while let Some(&byte) = self.bytes.get(self.at) {
            self.at += if byte == b'\\' { 2 } else { 1 };
            // A string ends with its line: an apostrophe in a regular expression swallows no more.
            if byte == quote || byte == b'\n' {
                return;
            }
        }
    }

    /// From a backtick, or the `}` that ends a hole, to the closing backtick or the next hole.
    fn template(&mut self) {
        self.run += 1;
        self.at += 1;
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b'\\' => self.at += 2,
                b'`' => {
                    self.at += 1;
                    return;
                }
                b'$' if self.bytes.get(self.at + 1) == Some(&b'{') => {
                    self.at += 2;
                    self.templates.push(self.open);
                    if self.templates.len() as u32 > OPEN_MAX {
                        self.open = OPEN_MAX + 1;
                    }
                    return;
                }
                _ => self.at += 1,
            }
        }
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_code_is_not_deep() {
        let source =
            "const a = `x ${b({ c: '((((', d: `${e}` })} (((`; // ((((\n/* (((( */ f(');');\n";
        assert_eq!(too_deep(&source.repeat(2_000)), None);
        let table = format!("const t = [{}];", "{ a: -1, b: 'x' }, ".repeat(50_000));
        assert_eq!(too_deep(&table), None);
    }

    /// The bounds themselves, in a text that is hardly longer than they are.
    #[test]
    fn a_short_text_can_be_too_deep() {
        for (shape, most) in [("(", 1_000), ("[", 1_000), ("`${", 1_000), ("!", 20_000)] {
            assert_eq!(too_deep(&shape.repeat(most)), None, "{shape}");
            assert!(too_deep(&shape.repeat(most + 1)).is_some(), "{shape}");
        }
    }

    #[test]
    fn deep_nesting_is_seen_in_every_shape() {
        let shapes = [
            "(", "[", "{a:", "`${", "!", "a=>", "a?b:", "a=", "new ", "typeof ", "'x'+", "a.",
            "a().",
        ];
        for shape in shapes {
            assert!(too_deep(&shape.repeat(30_000)).is_some(), "{shape}");
            assert_eq!(too_deep(&shape.repeat(20)), None, "{shape}");
        }
    }
}
