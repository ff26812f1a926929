//! Bytes as a pack: every entry is read or refused, and none takes more memory than it says.

#![no_main]

use libfuzzer_sys::fuzz_target;
use lua_store::internals::pack::{EntryContent, PackReader};

/// An honest entry of a few bytes may say that it is large; those are not decoded here.
const RAW_MAX: u64 = 16 << 20;

fuzz_target!(|bytes: &[u8]| {
    let Ok(pack) = PackReader::open(bytes) else { return };
    let _ = pack.check_index();
    for number in 0..pack.entries().min(1_000) {
        let Ok(entry) = pack.entry(number) else { continue };
        if entry.raw_len() > RAW_MAX {
            continue;
        }
        if matches!(entry.content(), EntryContent::Group) {
            let _ = entry.decode_group(None);
        } else if let Ok(raw) = entry.decode(None) {
            assert_eq!(raw.len() as u64, entry.raw_len());
        }
    }
    for position in 0..pack.count().min(1_000) {
        if let Some(id) = pack.id(position) {
            let _ = pack.position(&id);
        }
        let _ = pack.place(position);
    }
});
