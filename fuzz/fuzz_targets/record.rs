//! Bytes as a record: refused, or the one encoding of its fields.

#![no_main]

use libfuzzer_sys::fuzz_target;
use lua_store::internals::history::record;

fuzz_target!(|bytes: &[u8]| {
    let _ = record::fields(bytes);
});
