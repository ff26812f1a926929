//! `THIRD-PARTY.md`: the licences of everything that a published program contains, from the sources that cargo downloaded.
//! `UPDATE_DOCS=1 cargo test --test it third_party` writes it anew.

use crate::common::skip::skipped;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Systems for which a program is published.
const TARGETS: [&str; 5] = [
    "x86_64-unknown-linux-musl",
    "aarch64-unknown-linux-musl",
    "x86_64-apple-darwin",
    "aarch64-apple-darwin",
    "x86_64-pc-windows-msvc",
];

const TITLE: &str = "# Third-party licences

A published `lua-store` contains these packages, compiled, besides the standard library of Rust (MIT or Apache-2.0, with tables under
Unicode-3.0) and, on Linux, the C library musl (MIT) and LLVM's libunwind (Apache-2.0 WITH LLVM-exception). Below are the texts of their licences. If a package may be used under one of several licences, the text is that of MIT
if it is one of them, else that of Apache-2.0. A test compares this page with the sources of the packages.

";

/// Names and licences of what is linked besides packages.
const SYSTEM: [(&str, &str); 3] = [
    ("The standard library of Rust", include_str!("../../tools/licences/rust-std.txt")),
    ("musl (Linux)", include_str!("../../tools/licences/musl.txt")),
    ("libunwind (Linux)", include_str!("../../tools/licences/libunwind.txt")),
];

/// Text of the licence for packages that contain none.
const MIT: &str = "Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the
\"Software\"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish,
distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to
the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED \"AS IS\", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF
MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR
ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE
SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.";

struct Package {
    name: String,
    version: String,
    /// Expression of its manifest.
    licence: String,
    authors: Vec<String>,
    folder: PathBuf,
}

/// Description of the packages for a target, by cargo. `None` where it did not download all of them.
fn metadata(target: &str) -> Option<Value> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--locked", "--offline"])
        .args(["--filter-platform", target])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    output.status.success().then(|| serde_json::from_slice(&output.stdout).unwrap())
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Packages whose code is in the program for a target: neither build scripts nor macros.
fn packages(metadata: &Value) -> Vec<Package> {
    let by_id: BTreeMap<&str, &Value> = list(&metadata["packages"])
        .iter()
        .map(|package| (package["id"].as_str().unwrap(), package))
        .collect();
    let nodes: BTreeMap<&str, &Value> = list(&metadata["resolve"]["nodes"])
        .iter()
        .map(|node| (node["id"].as_str().unwrap(), node))
        .collect();
    let is_macro = |id: &str| {
        list(&by_id[id]["targets"])
            .iter()
            .any(|target| list(&target["kind"]).contains(&"proc-macro".into()))
    };
    let root = metadata["resolve"]["root"].as_str().unwrap();
    let (mut found, mut left) = (BTreeSet::new(), vec![root]);
    while let Some(id) = left.pop() {
        if !found.insert(id) {
            continue;
        }
        let linked = list(&nodes[id]["deps"])
            .iter()
            .filter(|dep| list(&dep["dep_kinds"]).iter().any(|kind| kind["kind"].is_null()));
        left.extend(linked.map(|dep| dep["pkg"].as_str().unwrap()).filter(|id| !is_macro(id)));
    }
    found.remove(root);
    found.into_iter().map(|id| package(by_id[id])).collect()
}

fn package(described: &Value) -> Package {
    Package {
        name: text(&described["name"]),
        version: text(&described["version"]),
        licence: text(&described["license"]),
        authors: list(&described["authors"]).iter().map(text).collect(),
        folder: Path::new(&text(&described["manifest_path"])).parent().unwrap().to_owned(),
    }
}

impl Package {
    /// Texts of its licences: of those that it may be used under only one, and all texts of code that it contains.
    fn texts(&self) -> Vec<String> {
        let is_text = |path: &Path| {
            let name = path.file_name().unwrap().to_string_lossy().to_uppercase();
            !name.ends_with(".RS")
                && ["LICEN", "COPYING", "NOTICE", "UNLICEN"]
                    .iter()
                    .any(|start| name.starts_with(start))
        };
        let walk = walkdir::WalkDir::new(&self.folder).max_depth(3).sort_by_file_name();
        let files =
            walk.into_iter().map(Result::unwrap).filter(|entry| entry.file_type().is_file());
        let (own, inner): (Vec<_>, Vec<_>) =
            files.filter(|entry| is_text(entry.path())).partition(|entry| entry.depth() == 1);
        let named = |word: &str| {
            let has = |entry: &&walkdir::DirEntry| {
                entry.file_name().to_string_lossy().to_uppercase().contains(word)
            };
            own.iter().filter(has).cloned().collect::<Vec<_>>()
        };
        let may = |word: &str| self.licence.contains(word) && !self.licence.contains(" AND ");
        let chosen =
            [("MIT", "MIT"), ("Apache-2.0", "APACHE")].into_iter().filter(|(word, _)| may(word));
        let chosen = chosen.map(|(_, word)| named(word)).find(|files| !files.is_empty());
        let read = |entry: walkdir::DirEntry| {
            String::from_utf8_lossy(&fs::read(entry.path()).unwrap()).into_owned()
        };
        let texts: Vec<String> = chosen.unwrap_or(own).into_iter().chain(inner).map(read).collect();
        if !texts.is_empty() {
            return texts;
        }
        assert!(
            self.licence.contains("MIT"),
            "{} {}: no text of {}",
            self.name,
            self.version,
            self.licence
        );
        let authors = self.authors.iter().map(|author| author.split(" <").next().unwrap());
        let mut authors = authors.collect::<Vec<_>>().join(", ");
        if authors.is_empty() {
            authors = format!("the authors of {}", self.name);
        }
        vec![format!("MIT License\n\nCopyright (c) {authors}\n\n{MIT}")]
    }
}

/// The page.
fn page(packages: &BTreeMap<(String, String), Package>) -> String {
    let mut page = TITLE.to_owned() + "| package | version | licence |\n| --- | --- | --- |\n";
    let mut texts: BTreeMap<String, (String, Vec<String>)> = BTreeMap::new();
    for ((name, version), package) in packages {
        page.push_str(&format!("| {name} | {version} | {} |\n", package.licence));
        for text in package.texts() {
            let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
            let text = lines.join("\n").trim_matches('\n').to_owned();
            assert!(!text.contains("```"), "{name}");
            // Texts that differ in their line breaks only are one.
            let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
            texts.entry(words).or_insert((text, Vec::new())).1.push(format!("{name} {version}"));
        }
    }
    let mut texts: Vec<(String, Vec<String>)> = texts.into_values().collect();
    texts.sort_by_key(|(_, of)| of[0].clone());
    for (text, mut of) in texts {
        of.dedup();
        page.push_str(&format!("\n## {}\n\n```text\n{text}\n```\n", of.join(", ")));
    }
    for (name, text) in SYSTEM {
        let text = text.replace("\r\n", "\n");
        page.push_str(&format!("\n## {name}\n\n```text\n{}\n```\n", text.trim_matches('\n')));
    }
    page
}

#[test]
fn the_licences_of_everything_that_is_published_are_written_down() {
    let mut all = BTreeMap::new();
    for target in TARGETS {
        let Some(metadata) = metadata(target) else {
            let why = "the sources of all dependencies are not here: `cargo fetch` downloads them";
            assert!(
                std::env::var_os("LUA_STORE_STOCK").is_none_or(|how| how != "required"),
                "{why}"
            );
            return skipped(why);
        };
        all.extend(
            packages(&metadata)
                .into_iter()
                .map(|one| ((one.name.clone(), one.version.clone()), one)),
        );
    }
    assert!(all.len() > 200, "{} packages", all.len());
    let real = page(&all);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("THIRD-PARTY.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        return fs::write(path, real).unwrap();
    }
    let written = fs::read_to_string(path).unwrap().replace("\r\n", "\n");
    let differs = real.lines().zip(written.lines()).find(|(real, written)| real != written);
    assert!(real == written, "THIRD-PARTY.md is not current, run `just third-party`: {differs:?}");
}
