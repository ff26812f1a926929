//! A project in a temporary folder, cut off from the machine: its own home, a fixed clock, author
//! and locale, no configuration of git, no trace of continuous integration.

use super::answer;
use std::fmt;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

pub const NOW: &str = "2026-11-21T09:30:00Z";
pub const AUTHOR: &str = "ana@example.com";

pub struct Project {
    dir: TempDir,
    env: Vec<(String, String)>,
}

impl Project {
    pub fn new() -> Project {
        Project::in_folder(tempfile::tempdir().expect("a temporary folder"))
    }

    /// A project that is in memory where the system has a folder for that: for tests of many commands, which would wait for
    /// the disk most of their time.
    pub fn in_memory() -> Project {
        let mut project = Project::in_folder(folder_in_memory());
        let folder = project.dir.path().join("tmp");
        fs::create_dir(&folder).unwrap();
        project.set("TMPDIR", &folder.to_string_lossy());
        project
    }

    fn in_folder(dir: TempDir) -> Project {
        fs::create_dir(dir.path().join("home")).unwrap();
        fs::create_dir(dir.path().join("project")).unwrap();
        let mut project = Project { dir, env: Vec::new() };
        project.set("LUA_STORE_NOW", NOW);
        project.set("LUA_STORE_AUTHOR", AUTHOR);
        // A machine that is busy with other tests may take its time.
        project.set("LUA_STORE_PATIENCE", "60000");
        project
    }

    /// A copy of it, with everything beside it, in memory.
    #[cfg(unix)]
    pub fn copy(&self) -> Project {
        let dir = folder_in_memory();
        copy_folder(self.dir.path(), dir.path());
        let mut project = Project { dir, env: self.env.clone() };
        let folder = project.dir.path().join("tmp");
        fs::create_dir_all(&folder).unwrap();
        project.set("TMPDIR", &folder.to_string_lossy());
        project
    }

    /// The project's folder.
    pub fn root(&self) -> PathBuf {
        self.dir.path().join("project")
    }

    /// The user's own folder, outside of the project.
    pub fn home(&self) -> PathBuf {
        self.dir.path().join("home")
    }

    pub fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        self.root().join(path)
    }

    /// Sets a variable for the commands that follow; an empty value takes it away.
    pub fn set(&mut self, name: &str, value: &str) {
        self.env.retain(|(known, _)| known != name);
        if !value.is_empty() {
            self.env.push((name.to_owned(), value.to_owned()));
        }
    }

    /// Writes a file, with the folders it needs.
    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// The two lines of `ACTIVE`, without the pack after them.
    pub fn pointer(&self) -> String {
        let bytes = fs::read(self.path(".lua/ACTIVE")).unwrap();
        let lines = bytes.split_inclusive(|byte| *byte == b'\n').take(2);
        String::from_utf8(lines.flatten().copied().collect()).unwrap()
    }

    /// A command in the project, in the isolated environment.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.root()).env_clear().stdin(Stdio::null());
        for name in ["PATH", "SystemRoot", "TEMP", "TMP", "TMPDIR"] {
            command.envs(std::env::var_os(name).map(|value| (name, value)));
        }
        command.env("HOME", self.dir.path().join("home"));
        command.envs([("LANG", "C.UTF-8"), ("TZ", "UTC"), ("GIT_CONFIG_NOSYSTEM", "1")]);
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }

    /// `lua-store` with these arguments, ready to be changed and started.
    pub fn lua_store(&self, line: &str) -> Command {
        let mut command = self.command(env!("CARGO_BIN_EXE_lua-store"));
        command.args(words(line));
        command
    }

    /// Runs `lua-store` to its end. Words in double quotes stay together.
    pub fn run(&self, line: &str) -> Outcome {
        let output = self.lua_store(line).output().expect("the program starts");
        self.outcome(line, &output)
    }

    /// Runs a command in another folder.
    pub fn run_in(&self, folder: &Path, command: &mut Command, line: &str) -> Outcome {
        let output = command.current_dir(folder).output().expect("the program starts");
        self.outcome(line, &output)
    }

    /// The same with text on standard input.
    pub fn run_with_input(&self, line: &str, input: impl AsRef<[u8]>) -> Outcome {
        let mut command = self.lua_store(line);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let written = child.stdin.take().unwrap().write_all(input.as_ref());
        // A command that reads nothing may have ended already.
        let is_pipe = |error: &std::io::Error| error.kind() == std::io::ErrorKind::BrokenPipe;
        assert!(written.as_ref().err().is_none_or(is_pipe), "{written:?}");
        self.outcome(line, &child.wait_with_output().unwrap())
    }

    /// Runs `lua-store` on a terminal of 80 columns and 10 lines where `typed` is typed. Gives all
    /// that the terminal shows, and the exit code.
    #[cfg(unix)]
    pub fn on_terminal(&self, line: &str, typed: &str) -> (String, i32) {
        self.on_terminal_of(80, line, typed)
    }

    /// The same on a terminal of so many columns.
    #[cfg(unix)]
    pub fn on_terminal_of(&self, columns: u16, line: &str, typed: &str) -> (String, i32) {
        use std::io::Read;
        let (mut pty, pts) = pty_process::blocking::open().expect("a pseudo terminal");
        pty.resize(pty_process::Size::new(10, columns)).unwrap();
        let plain = self.lua_store(line);
        let variables = plain.get_envs().filter_map(|(name, value)| Some((name, value?)));
        let command =
            pty_process::blocking::Command::new(plain.get_program()).args(plain.get_args());
        let command =
            command.env_clear().envs(variables).env("TERM", "xterm").current_dir(self.root());
        // Typed ahead: what the terminal shows of it comes first, however fast the program is.
        pty.write_all(typed.as_bytes()).unwrap();
        let mut child = command.spawn(pts).expect("the program starts");
        let (mut shown, mut piece) = (Vec::new(), [0; 4096]);
        // Linux ends a terminal without a writer with an error instead of an end of file.
        while let Ok(count @ 1..) = pty.read(&mut piece) {
            shown.extend_from_slice(&piece[..count]);
        }
        let code = child.wait().unwrap().code().unwrap_or(-1);
        (self.redact(&shown).replace("\r\n", "\n"), code)
    }

    /// Runs what must succeed, and gives its stdout.
    pub fn ok(&self, line: &str) -> String {
        let outcome = self.run(line);
        assert_eq!(outcome.code, 0, "{outcome}");
        outcome.stdout
    }

    /// Runs what must succeed under `--json`, and gives the answer.
    pub fn json(&self, line: &str) -> serde_json::Value {
        let text = self.ok(&format!("{line} --json"));
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{line}: {error}\n{text}"))
    }

    /// Runs a command that lists something under `--json`, and gives the list.
    pub fn list(&self, line: &str) -> serde_json::Value {
        list_of(self.json(line))
    }

    /// Runs git in the project.
    pub fn git(&self, line: &str) -> Outcome {
        let output = self.command("git").args(words(line)).output().expect("git is installed");
        self.outcome(line, &output)
    }

    fn outcome(&self, line: &str, output: &Output) -> Outcome {
        answer::check(line, &output.stdout);
        Outcome {
            line: line.to_owned(),
            stdout: self.redact(&output.stdout),
            stderr: self.redact(&output.stderr),
            code: output.status.code().unwrap_or(-1),
        }
    }

    /// The temporary folder has another name each time.
    pub fn redact(&self, bytes: &[u8]) -> String {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let real = self.dir.path().canonicalize().unwrap();
        text.replace(&*real.to_string_lossy(), "[DIR]")
            .replace(&*self.dir.path().to_string_lossy(), "[DIR]")
    }
}

fn folder_in_memory() -> TempDir {
    let made = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
    made.expect("a temporary folder")
}

#[cfg(unix)]
fn copy_folder(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir(&to).unwrap();
            copy_folder(&from, &to);
        } else {
            fs::copy(&from, &to).unwrap();
        }
    }
}

/// The list of an answer that has one.
pub fn list_of(answer: serde_json::Value) -> serde_json::Value {
    let fields = answer.as_object().expect("an answer is an object");
    assert!(fields.contains_key("total") && fields["truncated"].is_boolean(), "{answer}");
    let is_list = |(key, value): &(&String, &serde_json::Value)| *key != "next" && value.is_array();
    let mut lists = fields.iter().filter(is_list).map(|(_, value)| value.clone());
    let list = lists.next().expect("a list");
    assert!(lists.next().is_none(), "one list: {answer}");
    list
}

/// Result of one command. Shown whole, it is the snapshot of a test.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub line: String,
    pub stdout: String,
    pub stderr: String,
    pub code: i32,
}

impl Outcome {
    /// Without the parts of a difference that report no change: what did not change is shown whole once, in
    /// `versions.rs`.
    pub fn changes(&self) -> Self {
        self.without(|line| line.ends_with("(no changes)") || line.starts_with("No changes: "))
    }

    /// Without the primitives that a push lists: `push.rs` has them.
    pub fn notes(&self) -> Self {
        self.without(|line| line.starts_with("  ✅ ") || line.starts_with("  ·  "))
    }

    fn without(&self, left_out: impl Fn(&str) -> bool) -> Self {
        let lines =
            self.stdout.split_inclusive('\n').filter(|line| !left_out(line.trim_end_matches('\n')));
        Outcome { stdout: lines.collect(), ..self.clone() }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "$ lua-store {}\n{}", self.line, self.stdout)?;
        if !self.stderr.is_empty() {
            write!(f, "--- stderr\n{}", self.stderr)?;
        }
        if self.code != 0 {
            writeln!(f, "--- exit {}", self.code)?;
        }
        Ok(())
    }
}

/// The words of a line; double quotes keep spaces.
pub fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (index, part) in line.split('"').enumerate() {
        match index % 2 {
            0 => words.extend(part.split_whitespace().map(str::to_owned)),
            _ => words.push(part.to_owned()),
        }
    }
    words
}
