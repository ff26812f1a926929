//! Bytes as the stat cache: a cache that is wrong costs time, and changes no id.

#![no_main]

use libfuzzer_sys::fuzz_target;
use lua_store::internals::object::{Id, Memory};
use lua_store::internals::workspace::{SnapshotOptions, preview};
use std::cell::RefCell;
use tempfile::TempDir;

thread_local! {
    static PROJECT: RefCell<(TempDir, TempDir)> = RefCell::new({
        let project = tempfile::tempdir().unwrap();
        std::fs::create_dir(project.path().join("src")).unwrap();
        std::fs::write(project.path().join("src/index.ts"), "export {};\n").unwrap();
        (project, tempfile::tempdir().unwrap())
    });
}

fuzz_target!(|bytes: &[u8]| {
    PROJECT.with_borrow(|(project, beside)| {
        // With the checksum it needs, so that what is behind it is reached.
        let cache = beside.path().join("cache");
        std::fs::write(&cache, [bytes, Id::of_blob(bytes).as_bytes()].concat()).unwrap();
        let options = SnapshotOptions { cache: Some(&cache), ..SnapshotOptions::default() };
        let _ = preview(project.path(), &Memory::default(), &options);
    });
});
