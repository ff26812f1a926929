//! Tells the program a hash of its own reader: what an older one read is not taken for what this one would. Links the
//! program at a fixed address on Linux: no pointer in it has to be corrected at every start.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

fn main() {
    link_at_fixed_address();
    let mut files = BTreeSet::from([PathBuf::from("Cargo.lock")]);
    for source in ["src/reader", "src/model", "src/operations/leak.rs", "src/workspace/secret"] {
        // Cargo takes a missing one for changed, and builds everything anew each time.
        assert!(Path::new(source).exists(), "\"{source}\" moved: correct its path in src/build.rs");
        println!("cargo:rerun-if-changed={source}");
        collect(Path::new(source), &mut files);
    }
    println!("cargo:rerun-if-changed=Cargo.lock");
    let mut hasher = DefaultHasher::new();
    for file in files {
        file.hash(&mut hasher);
        let content = std::fs::File::open(&file).and_then(std::io::read_to_string);
        content.unwrap_or_default().hash(&mut hasher);
    }
    println!("cargo:rustc-env=LUA_STORE_READER={:016x}", hasher.finish());
}

/// The linker of a static program is given another start file, which wants the other kind of address.
fn link_at_fixed_address() {
    let target = |name: &str| std::env::var(format!("CARGO_CFG_TARGET_{name}")).unwrap_or_default();
    let is_dynamic = !target("FEATURE").split(',').any(|feature| feature == "crt-static");
    if target("OS") == "linux" && target("ENV") == "gnu" && is_dynamic {
        println!("cargo:rustc-link-arg-bins=-no-pie");
    }
}

fn collect(path: &Path, files: &mut BTreeSet<PathBuf>) {
    match std::fs::read_dir(path) {
        Ok(entries) => entries.flatten().for_each(|entry| collect(&entry.path(), files)),
        Err(_) => drop(files.insert(path.to_owned())),
    }
}
