//! Versions of npm packages: from the nearest lock file, or the range in `package.json`.
//!
//! They are part of a primitive's reach: a new version of a package changes the primitives that
//! import it.

mod bun;
mod graph;
#[cfg(feature = "cli")]
mod installed;
mod npm;
mod pnpm;
mod yarn;

#[cfg(feature = "cli")]
pub use installed::{OtherPackage, other_than_locked};

use crate::error::Result;
use crate::reader::syntax::files::Files;
use crate::reader::unreadable_at;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

/// Version of a package that no file names.
const UNKNOWN: &str = "unknown";
const PACKAGE_FILE: &str = "package.json";

#[derive(Default)]
pub struct LockedVersions {
    by_name: HashMap<String, String>,
    /// Installed packages, from the lock file of npm.
    tree: npm::NpmTree,
    /// Dependencies of packages, from any other lock file.
    graph: graph::Graph,
}

type Ranges = HashMap<String, String>;

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct PackageFile {
    dependencies: Ranges,
    dev_dependencies: Ranges,
    peer_dependencies: Ranges,
    optional_dependencies: Ranges,
}

/// A lock file as it was found.
struct LockFile {
    name: &'static str,
    text: String,
    /// The project's folder, seen from the lock file's: empty, or `packages/agent`.
    project: String,
}

type Reader = fn(&LockFile, &Ranges) -> Result<LockedVersions>;

/// The lock files there are, in the order in which they are asked.
const LOCKS: [(&str, Reader); 5] = [
    ("package-lock.json", npm),
    ("npm-shrinkwrap.json", npm),
    ("pnpm-lock.yaml", |lock, _| pnpm::read(lock).map(LockedVersions::of_graph)),
    ("yarn.lock", |lock, ranges| Ok(LockedVersions::of_graph(yarn::read(&lock.text, ranges)))),
    ("bun.lock", |lock, _| bun::read(lock).map(LockedVersions::of_graph)),
];

fn npm(lock: &LockFile, _: &Ranges) -> Result<LockedVersions> {
    let tree = npm::NpmTree::read(lock)?;
    Ok(LockedVersions { by_name: tree.versions(), tree, ..LockedVersions::default() })
}

impl LockedVersions {
    /// The versions that a project's files name. A project without those files has none.
    pub fn read(root: &Path, files: &Files) -> Result<LockedVersions> {
        let package = match text(files, &root.join(PACKAGE_FILE))? {
            Some(text) => json(PACKAGE_FILE, &text)?,
            None => PackageFile::default(),
        };
        let mut by_name = package.peer_dependencies;
        by_name.extend(package.optional_dependencies);
        by_name.extend(package.dev_dependencies);
        by_name.extend(package.dependencies);
        let Some((lock, read)) = find(root, files)? else {
            return Ok(LockedVersions::flat(by_name));
        };
        let locked = read(&lock, &by_name)?;
        by_name.extend(locked.by_name.clone());
        Ok(LockedVersions { by_name, ..locked })
    }

    fn of_graph((by_name, graph): (HashMap<String, String>, graph::Graph)) -> LockedVersions {
        LockedVersions { by_name, graph, ..LockedVersions::default() }
    }

    fn flat(by_name: HashMap<String, String>) -> LockedVersions {
        LockedVersions { by_name, ..LockedVersions::default() }
    }

    /// Packages that run because of a package, itself included, each by its place and with its
    /// version. `lua-cli` belongs to the platform: its dependencies run nowhere.
    pub fn with(&self, package: &str) -> BTreeMap<String, String> {
        let mut found = match package {
            "lua-cli" => BTreeMap::new(),
            package => {
                let mut found = self.tree.below(package);
                found.extend(self.graph.below(package));
                found
            }
        };
        found.insert(package.to_owned(), self.of(package));
        found
    }

    pub fn of(&self, package: &str) -> String {
        self.by_name.get(package).map_or_else(|| UNKNOWN.to_owned(), Clone::clone)
    }
}

/// True for the name of a file that [`fingerprint`] contains where it is in the project's folder.
pub fn is_name(name: &str) -> bool {
    name == PACKAGE_FILE || LOCKS.iter().any(|(lock, _)| name == *lock)
}

/// A hash of all that [`LockedVersions::read`] would read.
pub fn fingerprint(root: &Path) -> Result<blake3::Hash> {
    let files = &Files::default();
    let mut hasher = blake3::Hasher::new();
    let package = text(files, &root.join(PACKAGE_FILE))?.unwrap_or_default();
    hasher.update(blake3::hash(package.as_bytes()).as_bytes());
    if let Some((lock, _)) = find(root, files)? {
        hasher
            .update(lock.name.as_bytes())
            .update(&[0])
            .update(lock.project.as_bytes())
            .update(&[0]);
        hasher.update(lock.text.as_bytes());
    }
    Ok(hasher.finalize())
}

/// The nearest lock file, upwards to the top of the git work tree; without one in the project only.
fn find(root: &Path, files: &Files) -> Result<Option<(LockFile, Reader)>> {
    let top = root.ancestors().find(|folder| folder.join(".git").exists()).unwrap_or(root);
    for folder in root.ancestors().take_while(|folder| folder.starts_with(top)) {
        for (name, read) in LOCKS {
            if let Some(text) = text(files, &folder.join(name))? {
                let below = root.strip_prefix(folder).map(PathBuf::from).unwrap_or_default();
                let project =
                    below.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/");
                return Ok(Some((LockFile { name, text, project }, read)));
            }
        }
    }
    Ok(None)
}

fn text(files: &Files, path: &Path) -> Result<Option<String>> {
    let bytes = files.read_if_file(path)?;
    Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).trim_start_matches('\u{feff}').to_owned()))
}

fn json<T: DeserializeOwned>(name: &str, text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| {
        let place = format!("{name}:{}:{}", error.line(), error.column());
        let (line, column) = (error.line() as u64, error.column() as u64);
        unreadable_at(format!("cannot read \"{place}\": {error}"), name, line, column)
    })
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests lay out projects")]
mod tests {
    use super::*;

    #[test]
    fn the_lock_wins_over_the_range_and_nested_copies_do_not_count() {
        let project = tempfile::tempdir().unwrap();
        let package =
            r#"{"dependencies":{"zod":"^3.24.1","axios":"^1.6.0"},"devDependencies":{"tsx":"^4"}}"#;
        let lock = r#"{"lockfileVersion":3,"packages":{"":{"name":"x"},"node_modules/zod":{"version":"3.25.76"},
            "node_modules/a/node_modules/zod":{"version":"4.0.0"},"node_modules/@s/p":{"version":"2.0.0"}}}"#;
        std::fs::write(project.path().join("package.json"), package).unwrap();
        std::fs::write(project.path().join("package-lock.json"), lock).unwrap();
        let versions = LockedVersions::read(project.path(), &Files::default()).unwrap();
        let of = |name: &str| versions.of(name);
        assert_eq!(
            (of("zod"), of("axios"), of("tsx")),
            ("3.25.76".into(), "^1.6.0".into(), "^4".into())
        );
        assert_eq!((of("@s/p"), of("left-pad")), ("2.0.0".into(), "unknown".into()));
    }

    #[test]
    fn a_damaged_lock_is_named() {
        let project = tempfile::tempdir().unwrap();
        std::fs::write(project.path().join("package-lock.json"), "{").unwrap();
        let error =
            LockedVersions::read(project.path(), &Files::default()).map(|_| ()).unwrap_err();
        assert!(
            error.message().starts_with("cannot read \"package-lock.json:1:"),
            "{}",
            error.message()
        );
    }

    /// The versions of a project with this lock file and these ranges.
    fn locked(name: &str, lock: &str, of: &[&str]) -> Vec<String> {
        let project = tempfile::tempdir().unwrap();
        let package = r#"{"dependencies":{"zod":"^3.24.1","@s/p":"^2.0.0"},"devDependencies":{"tsx":"^4.0.0"}}"#;
        std::fs::write(project.path().join("package.json"), package).unwrap();
        std::fs::write(project.path().join(name), lock).unwrap();
        let versions = LockedVersions::read(project.path(), &Files::default()).unwrap();
        of.iter().map(|name| versions.of(name)).collect()
    }

    #[test]
    fn version_one_of_npm() {
        let lock = r#"{"lockfileVersion":1,"dependencies":{"zod":{"version":"3.25.1","dependencies":{"tsx":{"version":"1.0.0"}}}}}"#;
        assert_eq!(locked("package-lock.json", lock, &["zod", "tsx"]), ["3.25.1", "^4.0.0"]);
    }

    #[test]
    fn both_forms_of_yarn() {
        let one = "# yarn lockfile v1\n\n\n\"@s/p@^2.0.0\", \"@s/p@^2.0.1\":\n  version \"2.0.4\"\n  resolved \"x\"\n\nzod@^3.0.0:\n  version \"3.1.0\"\n\nzod@^3.24.1:\n  version \"3.25.1\"\n  dependencies:\n    version \"9.9.9\"\n";
        assert_eq!(
            locked("yarn.lock", one, &["zod", "@s/p", "tsx"]),
            ["3.25.1", "2.0.4", "^4.0.0"]
        );
        let berry = "__metadata:\n  version: 8\n\n\"@s/p@npm:^2.0.0, @s/p@npm:^2.0.1\":\n  version: 2.0.4\n  resolution: \"@s/p@npm:2.0.4\"\n\n\"app@workspace:.\":\n  version: 0.0.0-use.local\n\n\"tsx@npm:^4.0.0\":\n  version: 4.19.2\n";
        assert_eq!(
            locked("yarn.lock", berry, &["zod", "@s/p", "tsx"]),
            ["^3.24.1", "2.0.4", "4.19.2"]
        );
    }

    #[test]
    fn each_form_of_pnpm() {
        let five = "lockfileVersion: 5.4\nspecifiers:\n  zod: ^3.24.1\ndependencies:\n  zod: 3.25.1_react@18.2.0\n  '@s/p': 2.0.4\npackages:\n  /zod/3.25.1: {}\n";
        assert_eq!(locked("pnpm-lock.yaml", five, &["zod", "@s/p"]), ["3.25.1", "2.0.4"]);
        let six = "lockfileVersion: '6.0'\ndependencies:\n  zod:\n    specifier: ^3.24.1\n    version: 3.25.1\ndevDependencies:\n  tsx:\n    specifier: ^4.0.0\n    version: 4.19.2(react@18.2.0)\n\npackages:\n\n  : not yaml {\n";
        assert_eq!(locked("pnpm-lock.yaml", six, &["zod", "tsx"]), ["3.25.1", "4.19.2"]);
        let nine = "lockfileVersion: '9.0'\nimporters:\n  .:\n    dependencies:\n      zod:\n        specifier: ^3.24.1\n        version: 3.25.1\n      '@s/p':\n        specifier: workspace:*\n        version: link:../p\n";
        assert_eq!(locked("pnpm-lock.yaml", nine, &["zod", "@s/p"]), ["3.25.1", "link:../p"]);
    }

    #[test]
    fn bun_with_comments_and_last_commas() {
        let lock = "{\n  // made by bun\n  \"lockfileVersion\": 1, /* x */\n  \"packages\": {\n    \"zod\": [\"zod@3.25.1\", \"http://x//y\", {}, \"sha\"],\n    \"@s/p\": [\"@s/p@2.0.4\", \"\", {},],\n  },\n}\n";
        assert_eq!(
            locked("bun.lock", lock, &["zod", "@s/p", "tsx"]),
            ["3.25.1", "2.0.4", "^4.0.0"]
        );
    }

    /// Lock files that the tools themselves made of one `package.json`. `debug` needs another `ms` than the project.
    #[test]
    fn what_a_package_needs_is_in_the_lock_files_of_every_tool() {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/locks");
        let kinds = [
            ("pnpm-lock.yaml", &["pnpm-7.yaml", "pnpm-8.yaml", "pnpm-9.yaml"][..]),
            ("yarn.lock", &["yarn-1.lock", "yarn-4.lock"]),
            ("bun.lock", &["bun-1.lock"]),
        ];
        for (name, made) in
            kinds.into_iter().flat_map(|(name, all)| all.iter().map(move |one| (name, *one)))
        {
            let project = tempfile::tempdir().unwrap();
            std::fs::copy(fixtures.join("package.json"), project.path().join("package.json"))
                .unwrap();
            std::fs::copy(fixtures.join(made), project.path().join(name)).unwrap();
            let versions = LockedVersions::read(project.path(), &Files::default()).unwrap();
            let with = |package: &str| {
                let all = versions.with(package).into_iter();
                all.map(|(place, version)| format!("{place} {version}"))
                    .collect::<Vec<_>>()
                    .join(", ")
            };
            assert_eq!(with("debug"), "debug 4.4.3, debug/node_modules/ms 2.1.3", "{made}");
            assert_eq!(with("ms"), "ms 2.0.0", "{made}");
            assert_eq!(with("p-limit"), "p-limit 5.0.0, yocto-queue 1.2.2", "{made}");
            assert_eq!(with("is-number-alias"), "is-number 6.0.0, is-number-alias 3.0.1", "{made}");
            assert_eq!(
                with("@npmcli/name-from-folder"),
                "@npmcli/name-from-folder 2.0.0",
                "{made}"
            );
        }
    }

    #[test]
    fn the_nearest_lock_upwards_in_the_work_tree_counts() {
        let top = tempfile::tempdir().unwrap();
        let project = top.path().join("packages/agent");
        std::fs::create_dir_all(&project).unwrap();
        let lock = r#"{"packages":{"node_modules/zod":{"version":"3.0.0"},"node_modules/tsx":{"version":"4.0.0"},
            "packages/agent/node_modules/zod":{"version":"3.25.1"},"packages/other/node_modules/tsx":{"version":"5.0.0"}}}"#;
        std::fs::write(top.path().join("package-lock.json"), lock).unwrap();
        assert_eq!(LockedVersions::read(&project, &Files::default()).unwrap().of("zod"), "unknown");
        let outside = fingerprint(&project).unwrap();
        std::fs::create_dir(top.path().join(".git")).unwrap();
        let versions = LockedVersions::read(&project, &Files::default()).unwrap();
        assert_eq!((versions.of("zod"), versions.of("tsx")), ("3.25.1".into(), "4.0.0".into()));
        assert_ne!(fingerprint(&project).unwrap(), outside);
        std::fs::write(project.join("bun.lock"), r#"{"packages":{"zod":["zod@3.9.9"]}}"#).unwrap();
        assert_eq!(LockedVersions::read(&project, &Files::default()).unwrap().of("zod"), "3.9.9");
    }
}
