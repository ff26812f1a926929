//! Bytes as `packed-refs`, `ACTIVE`, a loose ref or `config.toml` of a store: an answer or an error.

#![no_main]

use libfuzzer_sys::fuzz_target;
use lua_store::internals::store::Store;
use std::cell::RefCell;
use tempfile::TempDir;

const FILES: [&str; 4] = ["packed-refs", "ACTIVE", "refs/versions/v1", "config.toml"];

thread_local! {
    static PLACE: RefCell<(TempDir, Store)> = RefCell::new({
        let place = tempfile::tempdir().unwrap();
        let store = Store::init(&place.path().join(".lua")).unwrap();
        (place, store)
    });
}

fuzz_target!(|bytes: &[u8]| {
    let Some((which, bytes)) = bytes.split_first() else { return };
    PLACE.with_borrow(|(_, store)| {
        let file = store.dir().join(FILES[usize::from(*which) % FILES.len()]);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, bytes).unwrap();
        let _ = store.active();
        let _ = store.config();
        for series in ["refs/versions", "refs/source"] {
            let _ = store.refs().list(series);
            let _ = store.refs().latest(series);
        }
        std::fs::remove_file(&file).unwrap();
    });
});
