//! The stock command `lua`, unmodified from npm, in a project of the fixtures and with a server of ours.

use super::Project;
use super::server::Server;
use std::fmt;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Condvar, Mutex};
use walkdir::WalkDir;

pub const AGENT: &str = "agent_paint";

/// Number of free places: two commands run at the same time, as each takes a processor for seconds.
static FREE: (Mutex<usize>, Condvar) = (Mutex::new(2), Condvar::new());

/// The folder with the packages of lua-cli: of `LUA_CLI_MODULES`, or the one that `.ci/run` installs. `None` where the
/// tests of the command are skipped.
pub fn modules() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let named = std::env::var_os("LUA_CLI_MODULES").map(PathBuf::from);
    let folder = named.unwrap_or_else(|| root.join("target/stock/node_modules"));
    let node = Command::new("node").arg("--version").output().is_ok();
    if node && folder.join("lua-cli/dist/index.js").exists() {
        return Some(folder);
    }
    let why = "the stock command `lua` is not run: `.ci/run` installs it, with Node and a network";
    assert!(std::env::var_os("LUA_STORE_STOCK").is_none_or(|how| how != "required"), "{why}");
    let _ = writeln!(std::io::stderr(), "skipped: {why}");
    None
}

pub fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/stock-client")
}

/// A server, a token of an agent, and a project in which the command runs.
pub struct Stock {
    pub project: Project,
    pub server: Server,
    pub token: String,
    /// Address of the server, as the command gets it.
    pub url: String,
    modules: PathBuf,
}

impl Stock {
    /// The project of the fixtures, nothing pushed. `None` where the command is not installed.
    pub fn new() -> Option<Stock> {
        let stock = Stock::empty()?;
        stock.fill(".", AGENT);
        Some(stock)
    }

    /// The same with an empty project.
    pub fn empty() -> Option<Stock> {
        let modules = modules()?;
        let mut project = Project::new();
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let check = format!("{{\"latestVersion\":\"3.37.0\",\"checkedAt\":{}}}", now.as_millis());
        std::fs::create_dir(project.home().join(".lua-cli")).unwrap();
        std::fs::write(project.home().join(".lua-cli/version-check.json"), check).unwrap();
        // Projects that it makes get their packages from npm.
        let npm = project.home().join("bin/npm");
        std::fs::create_dir(npm.parent().unwrap()).unwrap();
        let script = format!("#!/bin/sh\nln -sfn '{}' node_modules\n", modules.display());
        std::fs::write(&npm, script).unwrap();
        std::fs::set_permissions(&npm, std::fs::Permissions::from_mode(0o755)).unwrap();
        let server = Server::start(&project, "");
        let options = format!("--agent {AGENT} --scope promote --for ana@example.com");
        let token = super::server::token(&project, &options);
        project.set("LUA_STORE_TOKEN", &token);
        let url = server.url.clone();
        Some(Stock { project, url, server, token, modules })
    }

    /// Writes the files of the fixtures into a folder, as a project of this agent.
    pub fn fill(&self, folder: &str, agent: &str) {
        let from = fixtures().join("project");
        for entry in WalkDir::new(&from).into_iter().map(Result::unwrap) {
            if entry.file_type().is_file() {
                let path = entry.path().strip_prefix(&from).unwrap().to_string_lossy();
                self.project
                    .write(&format!("{folder}/{path}"), std::fs::read(entry.path()).unwrap());
            }
        }
        let yaml = format!("{folder}/lua.skill.yaml");
        let text = self.project.read(&yaml).replace("agent-demo", agent).replace("org-demo", "org");
        self.project.write(&yaml, text);
        symlink(&self.modules, self.project.path(format!("{folder}/node_modules"))).unwrap();
    }

    /// The folder with its packages.
    pub fn modules(&self) -> &Path {
        &self.modules
    }

    /// Runs the command to its end in the project.
    pub fn lua(&self, line: &str) -> Ran {
        self.lua_in(".", line)
    }

    /// Runs what must succeed, and gives its stdout.
    pub fn ok(&self, line: &str) -> String {
        let ran = self.lua(line);
        assert_eq!(ran.code, 0, "{ran}");
        ran.stdout
    }

    pub fn lua_in(&self, folder: &str, line: &str) -> Ran {
        let mut command = self.command(line);
        command.current_dir(self.project.path(folder));
        self.ran(line, command)
    }

    /// The command, ready to be changed.
    pub fn command(&self, line: &str) -> Command {
        let mut command = self.project.command("node");
        command.arg(self.modules.join("lua-cli/dist/index.js")).args(super::project::words(line));
        let path = std::env::var("PATH").unwrap();
        command.env("PATH", format!("{}:{path}", self.project.home().join("bin").display()));
        command.env("LUA_API_URL", &self.url).env("LUA_AUTH_URL", &self.url);
        command.env("LUA_API_KEY", &self.token);
        command.env("NO_COLOR", "1").env("LUA_TELEMETRY", "false");
        command
    }

    /// Runs a command that was made ready.
    pub fn ran(&self, line: &str, mut command: Command) -> Ran {
        let (free, changed) = &FREE;
        let mut left = changed.wait_while(free.lock().unwrap(), |left| *left == 0).unwrap();
        *left -= 1;
        drop(left);
        let output = command.output();
        *free.lock().unwrap() += 1;
        changed.notify_one();
        Ran::new(line, output.expect("Node starts"), self)
    }
}

/// Result of one command. Shown whole, it is the snapshot of a test.
#[derive(Clone, Debug)]
pub struct Ran {
    pub line: String,
    pub stdout: String,
    pub stderr: String,
    pub code: i32,
}

impl Ran {
    fn new(line: &str, output: Output, stock: &Stock) -> Ran {
        let text = |bytes: &[u8]| {
            stock.project.redact(bytes).replace(&stock.url, "[URL]").replace("\r\x1b[K", "\n")
        };
        let stdout = text(&output.stdout);
        // Progress is shown on a terminal for a moment only, and an error follows it on the same line.
        let stderr = text(&output.stderr).replace('✖', "\n✖");
        Ran {
            line: line.to_owned(),
            stdout: kept(&stdout, |_| true),
            stderr: kept(&stderr, |line| !line.ends_with("...")),
            code: output.status.code().unwrap_or(-1),
        }
    }

    /// Without the duration of the compiler.
    pub fn without_time(&self) -> Ran {
        let time = |line: &str| match line.rsplit_once(" in ") {
            Some((before, _)) if line.starts_with("✅ Compiled ") => before.to_owned(),
            _ => line.to_owned(),
        };
        Ran { stdout: self.stdout.lines().map(|line| time(line) + "\n").collect(), ..self.clone() }
    }

    /// Without the lines that it prints for every kind of primitive whenever it compiles.
    pub fn brief(&self) -> Ran {
        let is_noise = |line: &str| {
            line.ends_with("are fully in sync")
                || line == "✅ YAML synced with manifest"
                || line.starts_with("✅ Compiled ")
        };
        Ran { stdout: kept(&self.stdout, |line| !is_noise(line)), ..self.clone() }
    }
}

fn kept(text: &str, is_kept: impl Fn(&str) -> bool) -> String {
    let lines = text.lines().map(str::trim_end).filter(|line| !line.is_empty() && is_kept(line));
    lines.map(|line| masked(&without_hash(line)) + "\n").collect()
}

/// Text with a mark in place of each id of 24 digits.
pub fn masked(text: &str) -> String {
    let mut words: Vec<&str> = Vec::new();
    for word in text.split_inclusive(|one: char| !one.is_ascii_alphanumeric()) {
        let bare = word.trim_end_matches(|one: char| !one.is_ascii_alphanumeric());
        let is_id = bare.len() == 24 && bare.bytes().all(|byte| byte.is_ascii_hexdigit());
        words.extend(if is_id { ["[ID]", &word[24..]] } else { [word, ""] });
    }
    words.concat()
}

/// The hash of a project is another one each time: the command writes the time into a file of it.
fn without_hash(line: &str) -> String {
    match line.strip_suffix("...").and_then(|line| line.rsplit_once(['\t', ' '])) {
        Some((before, hash)) if hash.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            format!("{before} [HASH]")
        }
        _ => line.to_owned(),
    }
}

impl fmt::Display for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "$ lua {}\n{}", self.line, self.stdout)?;
        if !self.stderr.is_empty() {
            write!(f, "--- stderr\n{}", self.stderr)?;
        }
        if self.code != 0 {
            writeln!(f, "--- exit {}", self.code)?;
        }
        Ok(())
    }
}
