//! Tests of highlighting: what is marked, that no text changes, and that the time is linear.

use super::*;
use proptest::prelude::*;

const PATHS: [&str; 4] = ["a.ts", "a.json", "a.yaml", "a.md"];

fn parts(path: &str, text: &str) -> Vec<(String, Tint)> {
    let tints = Grammar::of(path).unwrap().tints(text);
    tints.into_iter().map(|(range, tint)| (text[range].to_owned(), tint)).collect()
}

fn texts(path: &str, text: &str, wanted: Tint) -> Vec<String> {
    let found = parts(path, text).into_iter().filter(|(_, tint)| *tint == wanted);
    found.map(|(text, _)| text).collect()
}

#[test]
fn typescript_has_its_comments_texts_and_words() {
    let code =
        "// one\nexport const a = `x ${b + `y ${1}` } z`; /* two\n lines */ let c = 'it\\'s' / 2;";
    assert_eq!(texts("a.ts", code, Tint::Comment), ["// one", "/* two\n lines */"]);
    assert_eq!(texts("a.ts", code, Tint::Word), ["export", "const", "let"]);
    let expected = ["`x ${", "`y ${", "}`", "} z`", "'it\\'s'"];
    assert_eq!(texts("a.ts", code, Tint::Text), expected);
    assert_eq!(texts("a.ts", code, Tint::Number), ["1", "2"]);
    assert_eq!(texts("a.ts", "return /a[/]\"b/g.test(x) / 2 / y", Tint::Text), ["/a[/]\"b/g"]);
    assert_eq!(texts("a.ts", "f({ a: { b: 1 } }) ", Tint::Number), ["1"]);
}

#[test]
fn data_has_keys_and_values() {
    let json = r#"{ "a": "b", "c": [-1.5e3, true], "d:": null } // end"#;
    assert_eq!(texts("a.json", json, Tint::Name), ["\"a\"", "\"c\"", "\"d:\""]);
    assert_eq!(texts("a.json", json, Tint::Text), ["\"b\""]);
    assert_eq!(texts("a.json", json, Tint::Number), ["-1.5e3"]);
    assert_eq!(texts("a.json", json, Tint::Word), ["true", "null"]);
    let yaml = "# top\na: b # end\n- c: \"d # e\"\n'f g': 1.5\nurl: http://x#y\nh: [true, 2]\n";
    assert_eq!(texts("a.yml", yaml, Tint::Name), ["a", "c", "'f g'", "url", "h"]);
    assert_eq!(texts("a.yml", yaml, Tint::Comment), ["# top", "# end"]);
    assert_eq!(texts("a.yml", yaml, Tint::Text), ["\"d # e\""]);
    assert_eq!(texts("a.yml", yaml, Tint::Number), ["1.5", "2"]);
}

#[test]
fn markdown_has_headings_and_code() {
    let text = "# Title\n#no\n1. a `b` c\n```ts\n# x\n```\n> said\n- `open\n";
    assert_eq!(texts("a.md", text, Tint::Name), ["# Title"]);
    assert_eq!(texts("a.md", text, Tint::Word), ["1.", "-"]);
    assert_eq!(texts("a.md", text, Tint::Text), ["`b`", "```ts", "# x", "```"]);
    assert_eq!(texts("a.md", text, Tint::Comment), ["> said"]);
}

#[test]
fn a_comment_of_several_lines_is_marked_in_each() {
    let lines = ["a /* b", "", "c */ d"].map(str::to_owned);
    let shown: Vec<String> =
        highlighted("a.ts", &lines).into_iter().map(Markup::into_string).collect();
    assert_eq!(
        shown,
        ["a <span class=\"t-comment\">/* b</span>", "", "<span class=\"t-comment\">c */</span> d"]
    );
}

/// Twice the text takes about twice the time: an attack on each tokenizer, of many starts that never end.
#[test]
fn the_time_is_linear() {
    for (path, piece) in [
        ("a.ts", "/"),
        ("a.ts", "`${"),
        ("a.ts", "/*"),
        ("a.md", "` "),
        ("a.yaml", "\""),
        ("a.json", "\""),
    ] {
        let text = piece.repeat(500_000);
        let started = std::time::Instant::now();
        Grammar::of(path).unwrap().tints(&text);
        // A quadratic one would take hours.
        assert!(started.elapsed() < std::time::Duration::from_secs(20), "{path} {piece}");
    }
}

proptest! {
    #[test]
    fn the_text_is_unchanged(text in "[\\PC\n\t]{0,80}|[`'\"/*{}$\\\\\n#: \\-\u{200d}é<&>a1]{0,80}") {
        for path in PATHS {
            let (marked, plain) = shown_text(path, &text);
            prop_assert_eq!(marked, plain, "{}", path);
        }
    }

    #[test]
    fn parts_are_in_order_and_apart(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let text = String::from_utf8_lossy(&bytes);
        for path in PATHS {
            let mut end = 0;
            for (range, _) in Grammar::of(path).unwrap().tints(&text) {
                prop_assert!(range.start >= end && range.start < range.end && range.end <= text.len());
                prop_assert!(text.is_char_boundary(range.start) && text.is_char_boundary(range.end));
                end = range.end;
            }
        }
    }
}
