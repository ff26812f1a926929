//! TypeScript as the only file of a project: an agent or an error, never a panic or a hang.

#![no_main]

use libfuzzer_sys::fuzz_target;
use std::cell::RefCell;
use tempfile::TempDir;

thread_local! {
    static PROJECT: RefCell<TempDir> = RefCell::new(tempfile::tempdir().unwrap());
}

fuzz_target!(|bytes: &[u8]| {
    PROJECT.with_borrow(|project| {
        std::fs::write(project.path().join("index.ts"), bytes).unwrap();
        if let Err(error) = lua_store::internals::reader::project(project.path()) {
            assert!(!error.message().contains("the reader stopped"), "{}", error.message());
        }
    });
});
