//! A program that runs to its end, and its output line by line.

use crate::error::{At, Result};
use std::io::{self, BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};

/// Sign with which the stock command begins a line again.
const AGAIN: &str = "\r\u{1b}[K";

/// The last text of a line that was begun again.
fn without_signals(line: &str) -> &str {
    line.rsplit(AGAIN).next().unwrap_or(line)
}

/// Runs a command, which is asked nothing. Each line of its output goes to `say` as it comes: it can contain names and paths
/// of a project, which can contain anything.
pub fn run_to_end(mut command: Command, say: &mut dyn FnMut(&str)) -> Result<ExitStatus> {
    let program = PathBuf::from(command.get_program());
    let (output, theirs) = io::pipe().at("run", &program)?;
    command.stdin(Stdio::null());
    command.stdout(theirs.try_clone().at("run", &program)?).stderr(theirs);
    let mut child = command.spawn().at("run", &program)?;
    // It has the writing end, and the reading would not end.
    drop(command);
    let (mut output, mut line) = (BufReader::new(output), Vec::new());
    while matches!(output.read_until(b'\n', &mut line), Ok(count) if count > 0) {
        say(without_signals(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n'])));
        line.clear();
    }
    child.wait().at("run", &program)
}
