//! Bytes as a file of each highlighted language: what a page shows is the text itself.

#![no_main]

use libfuzzer_sys::fuzz_target;
use lua_store::internals::page::shown_text;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    for path in ["a.ts", "a.json", "a.yaml", "a.md"] {
        let (marked, plain) = shown_text(path, &text);
        assert_eq!(marked, plain, "{path}");
    }
});
