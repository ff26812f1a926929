//! Process of git: arguments are passed as they are, never through a shell; its stderr becomes the
//! error. Environment variables that would lead git to another repository are removed.

use crate::error::{At, Error, Result};
use crate::parallel;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::{self, ScopedJoinHandle};

/// Variables that a hook or an alias of git sets for the programs it starts. It means the repository that the hook
/// belongs to and the index it works on; ours is the one around the project, always.
const NOT_INHERITED: [&str; 22] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_AUTHOR_DATE",
    "GIT_COMMITTER_DATE",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_DIFF_OPTS",
    "GIT_DIR",
    "GIT_EXTERNAL_DIFF",
    "GIT_GLOB_PATHSPECS",
    "GIT_GRAFT_FILE",
    "GIT_ICASE_PATHSPECS",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_LITERAL_PATHSPECS",
    "GIT_NAMESPACE",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_QUARANTINE_PATH",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
];

/// Words a program can rely on, no questions, objects as they are, nothing from the network.
const SET: [(&str, &str); 5] = [
    ("LC_ALL", "C"),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("GIT_NO_REPLACE_OBJECTS", "1"),
    ("GIT_NO_LAZY_FETCH", "1"),
    ("GIT_OPTIONAL_LOCKS", "0"),
];

/// No hook is run: the files were pushed already, byte for byte, and a hook that calls `lua-store`
/// would wait for the lock of the command that started it.
const OPTIONS: [&str; 6] = [
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "i18n.commitEncoding=UTF-8",
    // Two of us at once wait for each other's locks, in milliseconds.
    "-c",
    "core.filesRefLockTimeout=5000",
];

/// git, run in one folder.
#[derive(Clone, Debug)]
pub struct GitCommand {
    folder: PathBuf,
    set: Vec<(&'static str, String)>,
}

impl GitCommand {
    pub fn at(folder: &Path) -> GitCommand {
        GitCommand { folder: folder.to_owned(), set: Vec::new() }
    }

    /// The same with a variable set.
    pub fn with(&self, name: &'static str, value: impl Into<String>) -> GitCommand {
        let mut git = self.clone();
        git.set.push((name, value.into()));
        git
    }

    /// Runs git and returns its stdout.
    pub fn run(&self, args: &[&str]) -> Result<Vec<u8>> {
        self.feed(args, |_| Ok(()))
    }

    /// One line of text, without its end.
    pub fn line(&self, args: &[&str]) -> Result<String> {
        text(args, self.run(args)?)
    }

    /// One line, or `None` where git says no with exit code 1.
    pub fn ask(&self, args: &[&str]) -> Result<Option<String>> {
        let answer = self.answer(args, &[])?;
        answer.map(|bytes| text(args, bytes)).transpose()
    }

    /// The same with bytes on stdin, and bytes out.
    pub fn answer(&self, args: &[&str], input: &[u8]) -> Result<Option<Vec<u8>>> {
        let (out, said, status) =
            self.exchange(args, |stdin| stdin.write_all(input).or_else(ignore_broken_pipe))?;
        match status.code() {
            Some(0) => Ok(Some(out)),
            Some(1) => Ok(None),
            _ => Err(failed(args, &said)),
        }
    }

    /// Runs git with the output of `write` on stdin.
    pub fn feed(
        &self,
        args: &[&str],
        write: impl FnOnce(&mut dyn Write) -> Result<()>,
    ) -> Result<Vec<u8>> {
        let mut wrong = None;
        let (out, said, status) = self.exchange(args, |stdin| {
            wrong = write(stdin).err();
            Ok(())
        })?;
        match (status.success(), wrong) {
            (true, None) => Ok(out),
            // The message of git is nearer to the cause than a pipe that it closed.
            (false, _) => Err(failed(args, &said)),
            (true, Some(error)) => Err(error),
        }
    }

    /// Runs git with bytes on stdin, and reads its output as it comes.
    pub fn stream<T>(
        &self,
        args: &[&str],
        input: &[u8],
        read: impl FnOnce(&mut dyn BufRead) -> Result<T>,
    ) -> Result<T> {
        let mut child = self.start(args)?;
        let (mut stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let mut stdout = BufReader::new(stdout.ok_or_else(|| failed(args, b"no stdout"))?);
        let read = thread::scope(|scope| {
            // If git ends early its message counts, not the broken pipe.
            scope.spawn(move || stdin.as_mut().map(|stdin| stdin.write_all(input)));
            let stderr = drain(scope, child.stderr.take());
            let result = read(&mut stdout);
            drop(stdout);
            (result, joined(stderr))
        });
        let status = child.wait().at("run", Path::new("git"))?;
        match read {
            (Ok(value), _) if status.success() => Ok(value),
            (Err(error), _) if status.success() => Err(error),
            (_, said) => Err(failed(args, &said)),
        }
    }

    fn exchange(
        &self,
        args: &[&str],
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(Vec<u8>, Vec<u8>, ExitStatus)> {
        let mut child = self.start(args)?;
        let (out, said) = thread::scope(|scope| {
            let stdout = drain(scope, child.stdout.take());
            let stderr = drain(scope, child.stderr.take());
            let mut stdin = child.stdin.take();
            let written = stdin.as_mut().map_or(Ok(()), |stdin| write(stdin));
            drop(stdin);
            written.map(|()| (joined(stdout), joined(stderr)))
        })
        .at("write to", Path::new("git"))?;
        Ok((out, said, child.wait().at("run", Path::new("git"))?))
    }

    fn start(&self, args: &[&str]) -> Result<Child> {
        let mut command = Command::new("git");
        command.args(OPTIONS).args(args).current_dir(&self.folder);
        for name in NOT_INHERITED {
            command.env_remove(name);
        }
        command.envs(SET).envs(self.set.iter().map(|(name, value)| (*name, value)));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // It is written to and read from at once.
        parallel::require(2, "talk to git")?;
        command.spawn().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Error::failed("git is not installed")
                .hint("install git from https://git-scm.com/downloads, then run the command again"),
            _ => Error::io("run", Path::new("git"), error),
        })
    }
}

fn ignore_broken_pipe(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::BrokenPipe { Ok(()) } else { Err(error) }
}

fn drain<'scope, R: Read + Send + 'scope>(
    scope: &'scope thread::Scope<'scope, '_>,
    pipe: Option<R>,
) -> ScopedJoinHandle<'scope, Vec<u8>> {
    scope.spawn(move || {
        let mut bytes = Vec::new();
        // Output from before a pipe broke is worth keeping.
        let _ = pipe.map(|mut pipe| pipe.read_to_end(&mut bytes));
        bytes
    })
}

fn joined(thread: ScopedJoinHandle<'_, Vec<u8>>) -> Vec<u8> {
    thread.join().unwrap_or_default()
}

fn text(args: &[&str], bytes: Vec<u8>) -> Result<String> {
    let mut text =
        String::from_utf8(bytes).map_err(|_| failed(args, b"the answer is not UTF-8"))?;
    if text.ends_with('\n') {
        text.pop();
    }
    Ok(text)
}

/// Error with the first line of git's message, and as a hint the command it names, if any.
fn failed(args: &[&str], said: &[u8]) -> Error {
    let said = String::from_utf8_lossy(said);
    let mut lines = said.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.clone().find(|line| line.starts_with("fatal:") || line.starts_with("error:"));
    let why = first.or_else(|| lines.clone().next()).unwrap_or("it printed nothing");
    let why = why.trim_start_matches("fatal: ").trim_start_matches("error: ").trim_end_matches('.');
    let error = Error::failed(format!("git {} failed: {why}", args.first().unwrap_or(&"")));
    match lines.find(|line| line.starts_with("git config ")) {
        Some(command) => error.hint(format!("`{command}`")),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_git_says_becomes_the_message_and_its_advice_the_hint() {
        let said = b"fatal: detected dubious ownership in repository at '/x'\n\
            To add an exception for this directory, call:\n\n\tgit config --global --add safe.directory /x\n";
        let error = failed(&["rev-parse", "--git-dir"], said);
        assert_eq!(
            error.message(),
            "git rev-parse failed: detected dubious ownership in repository at '/x'"
        );
        assert_eq!(error.hint_text(), Some("`git config --global --add safe.directory /x`"));
        assert_eq!(failed(&["x"], b"").message(), "git x failed: it printed nothing");
    }

    #[test]
    fn more_than_a_pipe_holds_goes_in_and_comes_out() {
        let lines = "a line that is not so short\n".repeat(20_000);
        let folder = tempfile::tempdir().unwrap();
        let git = GitCommand::at(folder.path());
        let out = git
            .feed(&["stripspace"], |stdin| {
                stdin.write_all(lines.as_bytes()).map_err(|error| Error::failed(error.to_string()))
            })
            .unwrap();
        assert_eq!(out.len(), lines.len());
    }
}
