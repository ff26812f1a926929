//! The pager: output longer than the screen is handed to `less`, shorter output is just printed.

use super::term;
use std::io::{self, Write};
use std::process::{Child, ChildStdin, Command, Stdio};

/// Holds back what fits on the screen, and starts the pager with the first line that does not.
pub struct Pager {
    held: Vec<u8>,
    lines: usize,
    room: usize,
    state: PagerState,
}

enum PagerState {
    Holding,
    Paging(Child, Option<ChildStdin>),
    /// There is no pager, or it could not be started: the terminal scrolls.
    Plain,
}

impl Pager {
    pub fn for_screen() -> Pager {
        let (height, _) = term::size();
        Pager {
            held: Vec::new(),
            lines: 0,
            room: height.saturating_sub(1),
            state: PagerState::Holding,
        }
    }

    fn start(&mut self) -> io::Result<()> {
        self.state =
            match command().and_then(|mut command| command.stdin(Stdio::piped()).spawn().ok()) {
                Some(mut child) => {
                    let stdin = child.stdin.take();
                    PagerState::Paging(child, stdin)
                }
                None => PagerState::Plain,
            };
        let held = std::mem::take(&mut self.held);
        self.write_all(&held)
    }

    /// Prints what was held back, or waits until the person leaves the pager.
    pub fn finish(&mut self) -> io::Result<()> {
        match &mut self.state {
            PagerState::Paging(child, stdin) => {
                *stdin = None;
                child.wait().map(|_| ())
            }
            PagerState::Holding | PagerState::Plain => {
                let mut stdout = io::stdout();
                stdout.write_all(&std::mem::take(&mut self.held))?;
                stdout.flush()
            }
        }
    }
}

impl Write for Pager {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.state {
            PagerState::Paging(_, Some(stdin)) => stdin.write(bytes),
            PagerState::Paging(_, None) => Err(io::ErrorKind::BrokenPipe.into()),
            PagerState::Plain => io::stdout().write(bytes),
            PagerState::Holding => {
                self.held.extend_from_slice(bytes);
                self.lines += bytes.iter().filter(|byte| **byte == b'\n').count();
                if self.lines > self.room {
                    self.start()?;
                }
                Ok(bytes.len())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The pager that the environment names, else `less`. `cat` and an empty name mean none.
fn command() -> Option<Command> {
    let named = ["LUA_STORE_PAGER", "PAGER"].into_iter().find_map(|name| std::env::var(name).ok());
    let line = named.unwrap_or_else(|| "less -FRX".to_owned());
    let mut words = line.split_whitespace();
    let program = words.next().filter(|_| line.trim() != "cat")?;
    let mut command = Command::new(program);
    command.args(words);
    // Without these flags `less` shows colour codes as text; a person's own flags win.
    if std::env::var_os("LESS").is_none() {
        command.env("LESS", "FRX");
    }
    Some(command)
}
