//! Tells the program a hash of its own reader: what an older one read is not taken for what this one would. Links the
//! program at a fixed address on Linux: no pointer in it has to be corrected at every start. Compresses the schemas of the answers.

use flate2::Compression;
use flate2::write::DeflateEncoder;
use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::path::{Path, PathBuf};

fn main() {
    link_at_fixed_address();
    name_build();
    compress_schemas();
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

/// The profile, the target and the commit, for `--version --json`. The commit is given by a variable, or by the file that
/// cargo puts into a package; a release build of a checkout asks git. Other builds have none: with one, each commit would
/// compile everything again.
fn name_build() {
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    println!("cargo:rustc-env=LUA_STORE_PROFILE={}", variable("PROFILE"));
    println!("cargo:rustc-env=LUA_STORE_TARGET={}", variable("TARGET"));
    println!("cargo:rerun-if-env-changed=LUA_STORE_COMMIT");
    let given = Some(variable("LUA_STORE_COMMIT")).filter(|commit| !commit.is_empty());
    let is_release = variable("PROFILE") == "release";
    let commit = given
        .or_else(packaged_commit)
        .or_else(|| is_release.then(commit_of_checkout).flatten())
        .unwrap_or_default();
    println!("cargo:rustc-env=LUA_STORE_COMMIT={commit}");
}

/// The commit that `cargo package` wrote down.
fn packaged_commit() -> Option<String> {
    let text =
        std::fs::File::open(".cargo_vcs_info.json").and_then(std::io::read_to_string).ok()?;
    let (_, rest) = text.split_once("\"sha1\": \"")?;
    rest.split('"').next().map(str::to_owned)
}

fn commit_of_checkout() -> Option<String> {
    let git = |arguments: &[&str]| {
        let output = std::process::Command::new("git").args(arguments).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        output.status.success().then(|| text.trim().to_owned())
    };
    // A line is added to this file with each commit and each checkout.
    let log = git(&["rev-parse", "--git-path", "logs/HEAD"])?;
    if Path::new(&log).exists() {
        println!("cargo:rerun-if-changed={log}");
    }
    git(&["rev-parse", "HEAD"])
}

/// The linker of a static program is given another start file, which wants the other kind of address.
fn link_at_fixed_address() {
    let target = |name: &str| std::env::var(format!("CARGO_CFG_TARGET_{name}")).unwrap_or_default();
    let is_dynamic = !target("FEATURE").split(',').any(|feature| feature == "crt-static");
    if target("OS") == "linux" && target("ENV") == "gnu" && is_dynamic {
        println!("cargo:rustc-link-arg-bins=-no-pie");
    }
}

/// Writes `docs/schema` as `cli::schema` reads it: name, zero byte, text, zero byte.
#[allow(clippy::disallowed_methods, reason = "the room `fs` is not compiled yet")]
fn compress_schemas() {
    let folder = Path::new("docs/schema");
    println!("cargo:rerun-if-changed={}", folder.display());
    let mut files = BTreeSet::new();
    collect(folder, &mut files);
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap()).join("schemas.deflate");
    let mut archive = DeflateEncoder::new(Vec::new(), Compression::best());
    for file in files {
        let kind = file.file_stem().unwrap_or_default().to_string_lossy();
        let schema = std::fs::File::open(&file).and_then(std::io::read_to_string);
        let schema = schema.unwrap_or_else(|error| panic!("\"{}\": {error}", file.display()));
        write!(archive, "{kind}\0{schema}\0").unwrap();
    }
    std::fs::write(out, archive.finish().unwrap()).unwrap();
}

fn collect(path: &Path, files: &mut BTreeSet<PathBuf>) {
    match std::fs::read_dir(path) {
        Ok(entries) => entries.flatten().for_each(|entry| collect(&entry.path(), files)),
        Err(_) => drop(files.insert(path.to_owned())),
    }
}
