//! Bytes as a tree: refused, or the one encoding of that tree.

#![no_main]

use libfuzzer_sys::fuzz_target;
use lua_store::internals::object::Tree;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(tree) = Tree::decode(bytes) {
        assert_eq!(tree.encode(), bytes);
    }
});
