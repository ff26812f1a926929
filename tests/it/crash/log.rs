//! Operation log of a store that was cut: lines are only added, each is of the command, and the program reads them.

use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// The log before a command, and the commands in it after an undisturbed run.
pub struct ExpectedLog {
    before: Vec<u8>,
    commands: Vec<String>,
    /// True if the command removes the log, as a purge does.
    is_cleared: bool,
}

fn read(root: &Path) -> Vec<u8> {
    std::fs::read(root.join(".lua/operations")).unwrap_or_default()
}

/// Command of a line; `None` for a torn one.
fn command(line: &str) -> Option<String> {
    let (sum, text) = line.split_once(' ')?;
    let is_whole = blake3::hash(text.as_bytes()).to_hex()[..16] == *sum;
    let operation: Value = is_whole.then(|| serde_json::from_str(text).unwrap())?;
    Some(operation["command"].as_str().unwrap().to_owned())
}

fn lines(log: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(log).unwrap();
    text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

impl ExpectedLog {
    pub fn new(prepared: &Path, finished: &Path) -> ExpectedLog {
        let (before, after) = (read(prepared), read(finished));
        let lines = lines(&after);
        let commands = lines.iter().map(|line| command(line).expect("no line is torn"));
        ExpectedLog {
            commands: commands.collect(),
            is_cleared: !after.starts_with(&before),
            before,
        }
    }

    /// Checks the log after a cut, or after the run that follows one.
    pub fn check(&self, copy: &Path) {
        let found = read(copy);
        let added = match found.strip_prefix(&*self.before) {
            Some(added) => added,
            None if self.is_cleared => &found,
            None => panic!("lines are lost: {}", String::from_utf8_lossy(&found)),
        };
        for line in lines(added) {
            match command(&line) {
                Some(command) => assert!(self.commands.contains(&command), "{line}"),
                None => assert!(!line.ends_with('}'), "it is not torn: {line}"),
            }
        }
        if !copy.join(".lua/operations").exists() {
            return;
        }
        let mut program = Command::new(env!("CARGO_BIN_EXE_lua-store"));
        program.current_dir(copy).args(["op", "log", "--limit", "100000", "--json"]);
        let output = program.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        let whole = lines(&found).iter().filter(|line| command(line).is_some()).count();
        assert_eq!(answer["operations"].as_array().unwrap().len(), whole);
    }
}
