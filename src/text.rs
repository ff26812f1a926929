//! Text of others, as a terminal may have it. What could move the cursor, change colours or turn the order of letters
//! around is shown by its number: `\u{1b}`.

use std::borrow::Cow;
use std::fmt::Write;

/// True for a character that a terminal would not just show: C0, DEL, C1; marks, embeddings,
/// overrides and isolates of direction; separators of lines and paragraphs; interlinear
/// annotations.
pub fn is_active(letter: char) -> bool {
    letter.is_control()
        || matches!(letter,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
            | '\u{fff9}'..='\u{fffb}')
}

/// One line: also a line feed is shown by its number. Tabs stay.
pub fn line(text: &str) -> Cow<'_, str> {
    escaped(text, |letter| letter == '\t')
}

/// Several lines.
pub fn lines(text: &str) -> Cow<'_, str> {
    escaped(text, |letter| matches!(letter, '\t' | '\n'))
}

fn escaped(text: &str, stays: impl Fn(char) -> bool) -> Cow<'_, str> {
    let acts = |letter: char| is_active(letter) && !stays(letter);
    if !text.chars().any(acts) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        if acts(letter) { shown.extend(letter.escape_unicode()) } else { shown.push(letter) }
    }
    Cow::Owned(shown)
}

/// JSON, in which C0 is escaped already: the other characters occur in strings only, where `\u009b`
/// means the same.
pub fn json(text: &str) -> Cow<'_, str> {
    let acts = |letter: char| letter > '~' && is_active(letter);
    if !text.chars().any(acts) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        match acts(letter) {
            true => write!(shown, "\\u{:04x}", u32::from(letter)).expect("a string takes all"),
            false => shown.push(letter),
        }
    }
    Cow::Owned(shown)
}

/// Bytes that may be text, in pieces that may end anywhere.
#[derive(Debug, Default)]
pub struct TextDecoder {
    /// The beginning of a letter, whose rest is in the next piece; a carriage return before it is known what follows.
    begun: Vec<u8>,
}

impl TextDecoder {
    /// Text of the next piece that is safe for a terminal. Bytes that are no UTF-8 are shown as
    /// `\x{9b}`.
    pub fn next(&mut self, piece: &[u8]) -> String {
        let mut all = std::mem::take(&mut self.begun);
        all.extend_from_slice(piece);
        let cut = all.len() - unfinished(&all);
        self.begun = all.split_off(cut);
        shown(&all)
    }

    /// Rest at the end.
    pub fn end(&mut self) -> String {
        shown(&std::mem::take(&mut self.begun))
    }
}

fn shown(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        // The end of a line in files of Windows.
        let valid = chunk.valid().replace("\r\n", "\n");
        text.push_str(&lines(&valid));
        for byte in chunk.invalid() {
            write!(text, "\\x{{{byte:02x}}}").expect("a string takes all");
        }
    }
    text
}

/// Number of bytes at the end that may begin a longer sequence.
fn unfinished(bytes: &[u8]) -> usize {
    if bytes.last() == Some(&b'\r') {
        return 1;
    }
    let tail = &bytes[bytes.len().saturating_sub(3)..];
    let begins = tail.iter().rposition(|byte| *byte >= 0xc0).map(|at| &tail[at..]);
    let is_begun =
        |rest: &&[u8]| std::str::from_utf8(rest).is_err_and(|error| error.error_len().is_none());
    begins.filter(is_begun).map_or(0, <[u8]>::len)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn letters_stay_and_what_acts_is_shown_by_its_number() {
        // From the tables of Unicode: bidi classes LRE, RLE, PDF, LRO, RLO, LRI, RLI, FSI, PDI, LRM, RLM, ALM.
        let acting = "\u{0}\u{7}\u{8}\r\u{1b}\u{7f}\u{80}\u{9b}\u{9d}\u{9f}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2066}\u{2067}\u{2068}\u{2069}\u{200e}\u{200f}\u{61c}";
        for letter in acting.chars() {
            let number = format!("a\\u{{{:x}}}b", u32::from(letter));
            assert_eq!(line(&format!("a{letter}b")), number);
            assert_eq!(lines(&format!("a{letter}b")), number);
        }
        // Letters of other scripts, an emoji of three, and what joins and breaks words.
        let fine = "größe注文שלום 👩\u{200d}🚀 a\u{a0}b \u{feff}";
        assert_eq!((line(fine), lines(fine), json(fine)), (fine.into(), fine.into(), fine.into()));
        assert_eq!(line("a\tb\nc"), "a\tb\\u{a}c");
        assert_eq!(lines("a\tb\nc"), "a\tb\nc");
    }

    #[test]
    fn bytes_that_are_no_text_are_shown_too() {
        let all = |pieces: &[&[u8]]| {
            let mut bytes = TextDecoder::default();
            let shown: String = pieces.iter().map(|piece| bytes.next(piece)).collect();
            shown + &bytes.end()
        };
        assert_eq!(all(&[b"\x9b2J\x1b[31m"]), "\\x{9b}2J\\u{1b}[31m");
        assert_eq!(all(&[b"a\r", b"\nb\rc\r"]), "a\nb\\u{d}c\\u{d}");
        assert_eq!(
            all(&[b"\xe6", b"\xb3", b"\xa8|", b"\xc2", b"\x9b", b"\xf0\x9f"]),
            "注|\\u{9b}\\x{f0}\\x{9f}"
        );
    }

    proptest! {
        #[test]
        fn nothing_acts_any_more(text: String) {
            prop_assert!(!line(&text).chars().any(|letter| is_active(letter) && letter != '\t'));
            prop_assert!(!lines(&text).chars().any(|letter| is_active(letter) && !"\t\n".contains(letter)));
        }

        #[test]
        fn json_means_the_same(text: String) {
            let value = serde_json::Value::String(text);
            let shown = json(&value.to_string()).into_owned();
            prop_assert!(!shown.chars().any(is_active));
            prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), value);
        }

        #[test]
        fn how_bytes_are_cut_makes_no_difference(bytes in proptest::collection::vec(any::<u8>(), 0..40), cuts in proptest::collection::vec(0usize..40, 0..4)) {
            let mut whole = TextDecoder::default();
            let at_once = whole.next(&bytes) + &whole.end();
            prop_assert!(!at_once.chars().any(|letter| is_active(letter) && !"\t\n".contains(letter)));
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.sort_unstable();
            let (mut pieces, mut shown, mut from) = (TextDecoder::default(), String::new(), 0);
            for cut in cuts.into_iter().chain([bytes.len()]) {
                shown += &pieces.next(&bytes[from..cut]);
                from = cut;
            }
            prop_assert_eq!(shown + &pieces.end(), at_once);
        }
    }
}
