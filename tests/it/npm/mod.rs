//! The packages for npm: packed by `tools/npm/pack.js`, installed from a registry on this machine by npm, pnpm, yarn and bun, and
//! started. The binary of this platform is a script that starts the program of these tests.

mod registry;

use crate::common::skip::skipped;
use crate::common::{Outcome, Project, shop};
use insta::assert_snapshot;
use registry::Registry;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Platforms that have a package.
const PLATFORMS: [&str; 5] =
    ["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64", "win32-x64"];

/// A project, and a registry that has the packages.
struct Npm {
    project: Project,
    registry: Registry,
    platform: &'static str,
    /// Bytes of the binary of this platform.
    binary: String,
}

impl Npm {
    /// `None` without Node and npm, or on a system without a package.
    fn new() -> Option<Npm> {
        let found =
            Command::new("npm").arg("--version").output().is_ok_and(|it| it.status.success());
        let platform = match (std::env::consts::OS, std::env::consts::ARCH) {
            ("linux", "x86_64") => "linux-x64",
            ("linux", "aarch64") => "linux-arm64",
            ("macos", "x86_64") => "darwin-x64",
            ("macos", "aarch64") => "darwin-arm64",
            _ => "",
        };
        if !found || platform.is_empty() {
            let why = "npm is not here, or there is no package for this system";
            assert!(
                std::env::var_os("LUA_STORE_STOCK").is_none_or(|how| how != "required"),
                "{why}"
            );
            skipped(why);
            return None;
        }
        let mut project = Project::new();
        let binary = format!(
            "#!/bin/sh\n[ \"$1\" != die ] || kill -TERM $$\nexec '{}' \"$@\"\n",
            env!("CARGO_BIN_EXE_lua-store")
        );
        project.write("../binary", &binary);
        let given = PLATFORMS.map(|one| format!("{one}={}", project.path("../binary").display()));
        let mut pack = project.command("node");
        pack.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tools/npm/pack.js"));
        let packed = pack.arg("../packed").args(given).output().unwrap();
        assert!(packed.status.success(), "{}", String::from_utf8_lossy(&packed.stderr));
        let registry = Registry::start(&project.path("../packed"));
        // Caches of the machine would have packages of other runs, and keep those of this one.
        let [npm_cache, yarn_cache, pnpm_store, bun_cache] =
            ["npm-cache", "yarn-cache", "pnpm-store", "bun-cache"]
                .map(|name| project.path("..").join(name).display().to_string());
        for (name, value) in [
            ("npm_config_cache", &*npm_cache),
            ("npm_config_store_dir", &pnpm_store),
            ("YARN_CACHE_FOLDER", &yarn_cache),
            ("npm_config_registry", &*registry.url),
            ("npm_config_audit", "false"),
            ("npm_config_fund", "false"),
            ("npm_config_update_notifier", "false"),
            ("YARN_REGISTRY", &registry.url),
            ("BUN_CONFIG_REGISTRY", &registry.url),
            ("BUN_INSTALL_CACHE_DIR", &bun_cache),
        ] {
            project.set(name, value);
        }
        project.write("package.json", "{\"name\": \"shop\", \"private\": true}\n");
        Some(Npm { project, registry, platform, binary })
    }

    /// Runs a package manager.
    fn manage(&self, program: &Path, line: &str) {
        let mut command = self.project.command(&program.to_string_lossy());
        let output = command.args(line.split(' ')).output().unwrap();
        let said =
            String::from_utf8_lossy(&output.stderr) + String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{} {line}: {said}", program.display());
    }

    fn install(&self, options: &str) {
        self.manage(Path::new("npm"), &format!("install --ignore-scripts{options} lua-store"));
    }

    fn modules(&self, path: &str) -> PathBuf {
        self.project.path("node_modules").join(path)
    }

    fn launcher(&self) -> PathBuf {
        self.modules("lua-store/bin/lua-store.js")
    }

    /// The package of this platform.
    fn native(&self, path: &str) -> PathBuf {
        self.modules(&format!("@lua-store/{}/{path}", self.platform))
    }

    /// Runs the command as `npx` does.
    fn start(&self, line: &str) -> Outcome {
        let mut command = self.project.command(&self.modules(".bin/lua-store").to_string_lossy());
        command.args(line.split(' '));
        let outcome = self.project.run_in(&self.project.root(), &mut command, line);
        let known =
            [(&*self.registry.url, "[URL]"), (self.platform, "[PLATFORM]"), (VERSION, "[VERSION]")];
        let redact = |text: &str| {
            known.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
        };
        Outcome { stderr: redact(&outcome.stderr), ..outcome }
    }
}

/// A folder whose files nobody can change, until this ends.
struct ReadOnly(PathBuf);

impl ReadOnly {
    fn new(folder: &Path) -> ReadOnly {
        let read_only = ReadOnly(folder.to_owned());
        read_only.change("chmod", "a-w");
        // Rights mean nothing to root, and this attribute does where the file system has it.
        read_only.change("chattr", "+i");
        read_only
    }

    fn change(&self, program: &str, how: &str) {
        let _ = Command::new(program).args(["-R", how]).arg(&self.0).output();
    }
}

impl Drop for ReadOnly {
    fn drop(&mut self) {
        self.change("chattr", "-i");
        self.change("chmod", "u+w");
    }
}

const VERSION: &str = env!("CARGO_PKG_VERSION");

fn version() -> String {
    format!("lua-store {VERSION}\n")
}

#[test]
fn npm_installs_the_program_and_runs_no_script() {
    let Some(npm) = Npm::new() else { return };
    npm.install("");
    let installed: Vec<String> = fs::read_dir(npm.modules("@lua-store"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(installed, [npm.platform], "no other platform's");
    let lock: Value = serde_json::from_str(&npm.project.read("package-lock.json")).unwrap();
    assert!(!lock.to_string().contains("hasInstallScript"), "{lock}");
    // The first start is that of the launcher, every other one that of the program.
    assert!(fs::read_to_string(npm.launcher()).unwrap().contains("node"));
    assert_eq!(npm.start("--version").stdout, version());
    assert_eq!(fs::read_to_string(npm.launcher()).unwrap(), npm.binary);
    assert_eq!(npm.start("--version").stdout, version());
    assert!(
        !fs::read_dir(npm.modules("lua-store/bin"))
            .unwrap()
            .any(|entry| { entry.unwrap().file_name().to_string_lossy().starts_with('.') })
    );
    // npm finds everything as it installed it.
    npm.install(" --prefer-offline");
    assert_eq!(npm.start("--version").stdout, version());
}

#[test]
fn the_tour_of_the_readme_runs_from_npm() {
    let Some(npm) = Npm::new() else { return };
    npm.install("");
    shop::write(&npm.project);
    for line in
        ["init", "push -m first", "version create -m launch", "version promote v1", "status"]
    {
        let outcome = npm.start(line);
        assert_eq!(outcome.code, 0, "{outcome}");
    }
    let mut npx = npm.project.command("npx");
    npx.args(["--no", "lua-store", "version", "list", "--json"]);
    let listed: Value = serde_json::from_slice(&npx.output().unwrap().stdout).unwrap();
    assert_eq!(listed["versions"][0]["version"], 1, "{listed}");
}

/// The launcher runs each time where it cannot replace itself, and passes everything on.
#[test]
fn a_launcher_that_stays_passes_arguments_input_exit_codes_and_signals_on() {
    let Some(npm) = Npm::new() else { return };
    npm.install("");
    let node = |line: &str, input: &str| {
        let line = format!("node '{}' {line}", npm.launcher().display());
        let mut command = npm.project.command("sh");
        command.args(["-c", &format!("printf '{input}' | {line}")]);
        npm.project.run_in(&npm.project.root(), &mut command, "launcher")
    };
    let hashed = node("hash-object --stdin", "hello");
    // As `printf hello | b3sum` prints it.
    assert!(
        hashed
            .stdout
            .starts_with("ea8f163db38682925e4491c5e58d4bb3506ef8c14eb78a86e908c5624a67200f"),
        "{hashed}"
    );
    assert_eq!(node("--nonsense", "").code, 2);
    assert_eq!(node("schema nowhere", "").code, 3);
    let mut die = npm.project.command("node");
    let died = die.arg(npm.launcher()).arg("die").status().unwrap();
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&died), Some(15), "{died}");
    assert!(fs::read_to_string(npm.launcher()).unwrap().contains("node"), "no link led to it");
}

#[test]
fn a_folder_that_cannot_be_written_is_left_as_it_is() {
    let Some(npm) = Npm::new() else { return };
    npm.install("");
    let folder = npm.modules("lua-store/bin");
    let before = fs::read(npm.launcher()).unwrap();
    let read_only = ReadOnly::new(&folder);
    let is_writable = fs::write(folder.join("probe"), "").is_ok();
    let started = npm.start("--version");
    drop(read_only);
    assert_eq!(started.stdout, version(), "{started}");
    if is_writable {
        return skipped("root may write everywhere");
    }
    assert_eq!(fs::read(npm.launcher()).unwrap(), before);
}

#[test]
fn without_optional_packages_there_is_one_sentence() {
    let Some(npm) = Npm::new() else { return };
    npm.install(" --omit=optional");
    assert_snapshot!(npm.start("status"), @r#"
    $ lua-store status
    --- stderr
    Error: the package "@lua-store/[PLATFORM]" of this platform is not installed: optional packages were left out, or node_modules is that of another system
    hint: run `npm install --include=optional lua-store@[VERSION]` (or the same command of your package manager), then try again
    --- exit 1
    "#);
}

#[test]
fn a_platform_without_a_package_is_named() {
    let Some(npm) = Npm::new() else { return };
    npm.install("");
    npm.project.write("../mips.js", "Object.defineProperty(process, 'arch', { value: 'mips' });\n");
    let mut node = npm.project.command("node");
    node.arg("--require").arg(npm.project.path("../mips.js")).arg(npm.launcher());
    let outcome = npm.project.run_in(&npm.project.root(), &mut node, "status");
    let system = npm.platform.split('-').next().unwrap();
    assert_snapshot!(outcome.to_string().replace(&format!("{system}-mips"), "[SYSTEM]-mips"), @"
    $ lua-store status
    --- stderr
    Error: lua-store has no package for [SYSTEM]-mips (it has: linux-x64, linux-arm64, darwin-x64, darwin-arm64, win32-x64)
    hint: build it from its sources: `cargo install --locked --path .` in a checkout
    --- exit 1
    ");
}

#[test]
fn a_damaged_package_is_named() {
    let Some(npm) = Npm::new() else { return };
    npm.install("");
    let binary = npm.native("bin/lua-store");
    let damage = |content: &str| {
        fs::write(&binary, content).unwrap();
        npm.start("status")
    };
    let shorter =
        damage("#!/bin/sh\n").to_string().replace(&npm.binary.len().to_string(), "[LENGTH]");
    assert_snapshot!(shorter, @r#"
    $ lua-store status
    --- stderr
    Error: the package "@lua-store/[PLATFORM]" is damaged: "[DIR]/project/node_modules/@lua-store/[PLATFORM]/bin/lua-store" has 10 bytes instead of [LENGTH]
    hint: run `npm install --force lua-store@[VERSION]` (or the same command of your package manager), then try again
    --- exit 1
    "#);
    // The same length, and one letter that is another.
    let other = damage(&npm.binary.replacen("die", "dye", 1));
    assert!(other.stderr.contains("the SHA-256 of"), "{other}");
    assert!(fs::read_to_string(npm.launcher()).unwrap().contains("node"), "it is not in place");
    fs::remove_file(&binary).unwrap();
    assert!(npm.start("status").stderr.contains("is missing"));
    let manifest = npm.native("package.json");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, text.replace(&format!("\"{VERSION}\""), "\"0.0.9\"")).unwrap();
    assert_snapshot!(npm.start("status"), @r#"
    $ lua-store status
    --- stderr
    Error: the package "@lua-store/[PLATFORM]" is of version 0.0.9, and lua-store of [VERSION]
    hint: run `npm install lua-store@[VERSION]` (or the same command of your package manager), then try again
    --- exit 1
    "#);
    fs::remove_file(&manifest).unwrap();
    assert!(npm.start("status").stderr.contains("is not installed"));
    npm.install(" --force");
    assert_eq!(npm.start("--version").stdout, version());
}

/// A program that is not static names a dynamic linker, which another system does not have.
#[test]
fn another_c_library_is_named() {
    let Some(npm) = Npm::new() else { return };
    npm.install("");
    let other = npm.binary.replacen("#!/bin/sh", "#!/ld-not", 1);
    assert_eq!(other.len(), npm.binary.len());
    fs::write(npm.native("bin/lua-store"), &other).unwrap();
    let manifest = npm.native("package.json");
    let mut described: Value = serde_json::from_slice(&fs::read(&manifest).unwrap()).unwrap();
    let sha256 =
        Sha256::digest(&other).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    described["luaStore"]["sha256"] = sha256.into();
    fs::write(&manifest, described.to_string()).unwrap();
    let mut node = npm.project.command("node");
    node.arg(npm.launcher()).arg("status");
    let outcome = npm.project.run_in(&npm.project.root(), &mut node, "status");
    let shown = outcome.to_string().replace(npm.platform, "[PLATFORM]");
    assert_snapshot!(shown.replace(VERSION, "[VERSION]"), @r#"
    $ lua-store status
    --- stderr
    Error: the program in "@lua-store/[PLATFORM]" is for another C library than that of this system
    hint: the published packages need no C library: run `npm install --force lua-store@[VERSION]` (or the same command of your package manager), then try again
    --- exit 1
    "#);
}

/// Without a network everything comes from the cache, which nobody can write to.
#[test]
fn an_installation_without_a_network_takes_the_packages_from_the_cache() {
    let Some(npm) = Npm::new() else { return };
    npm.install("");
    fs::remove_dir_all(npm.modules("")).unwrap();
    let asked = npm.registry.requests();
    assert!(asked > 0);
    let cache = npm.project.path("../npm-cache/_cacache");
    let is_read_only = {
        let _read_only = ReadOnly::new(&cache);
        npm.manage(Path::new("npm"), "ci --ignore-scripts --offline");
        fs::write(cache.join("probe"), "").is_err()
    };
    assert_eq!(npm.start("--version").stdout, version());
    if !is_read_only {
        skipped("root may write everywhere");
    }
    // Of a cache without the package of this platform npm makes no error; the launcher does.
    fs::remove_dir_all(npm.modules("")).unwrap();
    fs::remove_file(npm.project.path("package-lock.json")).unwrap();
    let mut removed = 0;
    for entry in walkdir::WalkDir::new(cache.join("index-v5")) {
        let entry = entry.unwrap();
        let is_index = entry.file_type().is_file();
        let name = format!("@lua-store%2f{}", npm.platform);
        if is_index && fs::read_to_string(entry.path()).unwrap().contains(&name) {
            fs::remove_file(entry.path()).unwrap();
            removed += 1;
        }
    }
    assert!(removed > 0, "the cache has the package under another name");
    npm.manage(Path::new("npm"), "install --ignore-scripts --offline lua-store");
    let outcome = npm.start("status");
    assert_eq!(outcome.code, 1, "{outcome}");
    assert!(
        outcome.stderr.contains("is not installed: optional packages were left out"),
        "{outcome}"
    );
    assert_eq!(npm.registry.requests(), asked);
}

/// Other package managers, where `.ci/run` installed them.
#[test]
fn pnpm_yarn_and_bun_install_the_program() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/managers/node_modules");
    for (name, path, line) in [
        ("pnpm", ".bin/pnpm", "add lua-store"),
        ("yarn", ".bin/yarn", "add --non-interactive lua-store"),
        ("bun", "@oven/bun-linux-x64/bin/bun", "add lua-store"),
    ] {
        let program = folder.join(path);
        if !program.exists() {
            skipped(&format!("{name} is not here: `.ci/run` installs it"));
            continue;
        }
        let Some(npm) = Npm::new() else { return };
        npm.manage(&program, line);
        for _ in 0..2 {
            let started = npm.start("--version");
            assert_eq!(started.stdout, version(), "{name}: {started}");
        }
        // The others link the command as npm does; that of pnpm starts node, so that the launcher must stay.
        let is_script = fs::read_to_string(npm.launcher()).unwrap().contains("node:child_process");
        assert_eq!(is_script, name == "pnpm", "{name}");
    }
}

#[test]
fn what_cannot_be_packed_is_refused() {
    let project = Project::new();
    let pack = |arguments: &[&str]| {
        let mut node = project.command("node");
        node.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tools/npm/pack.js")).args(arguments);
        project.run_in(&project.root(), &mut node, "pack").stderr
    };
    if Command::new("node").arg("--version").output().is_err() {
        return skipped("node is not here");
    }
    project.write("empty", "");
    assert!(pack(&["out"]).contains("usage: "));
    assert!(pack(&["out", "linux-mips=empty"]).contains("\"linux-mips\" is not a platform"));
    assert!(pack(&["out", "linux-x64=empty"]).contains("there is no binary \"empty\""));
    assert!(!project.path("out").exists());
}
