//! Where output goes: data to stdout, everything else to stderr; text or `--json`; errors too.

use super::pager::Pager;
use super::term::Term;
use crate::error::{At, Error, Kind, Result};
use anstyle::{AnsiColor, Style};
use serde::Serialize;
use serde_json::json;
use std::fmt::Display;
use std::io::{self, BufWriter, Stdout, Write};
use std::path::Path;

pub const BOLD: Style = Style::new().bold();
pub const DIM: Style = Style::new().dimmed();
pub const RED: Style = AnsiColor::Red.on_default();
pub const GREEN: Style = AnsiColor::Green.on_default();
pub const YELLOW: Style = AnsiColor::Yellow.on_default();
pub const CYAN: Style = AnsiColor::Cyan.on_default();

/// The two streams of one command.
pub struct Output {
    term: Term,
    json: bool,
    data: Data,
    closed: bool,
}

enum Data {
    Stdout(BufWriter<Stdout>),
    Pager(Pager),
}

impl Output {
    pub fn new(term: Term, json: bool) -> Output {
        Output { term, json, data: Data::Stdout(BufWriter::new(io::stdout())), closed: false }
    }

    /// Whether the answer is wanted as JSON.
    pub fn is_json(&self) -> bool {
        self.json
    }

    pub fn term(&self) -> &Term {
        &self.term
    }

    /// Whether the reader of stdout went away, as `head` does. That ends a command, but is no error.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// From here on long output goes through a pager, on a terminal.
    pub fn page(&mut self, no_pager: bool) {
        if self.term.stdout && !self.json && !no_pager {
            self.data = Data::Pager(Pager::for_screen());
        }
    }

    /// Text for stdout in a colour, where stdout shows colours.
    pub fn paint(&self, style: Style, text: impl Display) -> String {
        paint(self.term.colour_stdout, style, text)
    }

    /// One line of data.
    pub fn line(&mut self, text: impl Display) -> Result<()> {
        self.bytes(format!("{text}\n").as_bytes())
    }

    /// The answer of a command under `--json`.
    pub fn json(&mut self, value: &impl Serialize) -> Result<()> {
        let text = serde_json::to_string_pretty(value)
            .map_err(|error| Error::failed(format!("cannot write the answer as JSON: {error}")))?;
        self.line(text)
    }

    /// Bytes of data, as they are.
    pub fn bytes(&mut self, bytes: &[u8]) -> Result<()> {
        self.write_all(bytes).at("write", Path::new("standard output"))
    }

    /// A remark for the person: never data, so it goes to stderr, and not at all under `--json`.
    pub fn note(&mut self, text: impl Display) {
        if !self.json {
            self.tell(&format!("{text}\n"));
        }
    }

    /// A warning: like a note, with the word in front. It is told under `--json` as well.
    pub fn warn(&mut self, text: impl Display) {
        let word = paint(self.term.colour_stderr, YELLOW.bold(), "warning:");
        self.tell(&format!("{word} {text}\n"));
    }

    /// A line that says what to do next.
    pub fn hint(&mut self, text: impl Display) {
        let word = paint(self.term.colour_stderr, CYAN, "hint:");
        self.note(format!("{word} {text}"));
    }

    /// The error that ends the command: for a person on stderr, for a program on stdout.
    pub fn error(&mut self, error: &Error) {
        if self.json {
            let _ = self.json(&error_json(error)).and_then(|()| self.finish());
            return;
        }
        let word = paint(self.term.colour_stderr, RED.bold(), "Error:");
        self.tell(&format!("{word} {}\n", error.message()));
        for line in error.hint_text().into_iter().flat_map(str::lines) {
            self.hint(line);
        }
    }

    /// Hands everything to the reader and waits for the pager to be left.
    pub fn finish(&mut self) -> Result<()> {
        let result = match &mut self.data {
            Data::Stdout(stdout) => stdout.flush(),
            Data::Pager(pager) => pager.finish(),
        };
        self.notice(&result);
        result.at("write", Path::new("standard output"))
    }

    /// Text for stderr, after what stdout was given before it. Nothing sensible can be done when
    /// stderr is closed.
    pub fn tell(&mut self, text: &str) {
        if let Data::Stdout(stdout) = &mut self.data {
            let _ = stdout.flush();
        }
        let _ = io::stderr().write_all(text.as_bytes());
    }

    fn notice<T>(&mut self, result: &io::Result<T>) {
        self.closed |= result.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::BrokenPipe);
    }
}

/// For what is copied rather than made here, such as the bytes of a large object.
impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let result = match &mut self.data {
            Data::Stdout(stdout) => stdout.write(bytes),
            Data::Pager(pager) => pager.write(bytes),
        };
        self.notice(&result);
        result
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.data {
            Data::Stdout(stdout) => stdout.flush(),
            Data::Pager(pager) => pager.flush(),
        }
    }
}

/// `{"error": {"code", "message", "hint"}}`, the hint null where there is none.
fn error_json(error: &Error) -> serde_json::Value {
    json!({"error": {
        "code": error.kind().word(),
        "message": error.message(),
        "hint": error.hint_text(),
    }})
}

fn paint(coloured: bool, style: Style, text: impl Display) -> String {
    if coloured { format!("{style}{text}{style:#}") } else { text.to_string() }
}

/// The error of a destructive command that cannot ask.
pub fn cannot_ask(question: &str) -> Error {
    Error::new(Kind::Usage, format!("cannot ask \"{question}\" without a terminal"))
        .hint("add `--force` to do it without a question")
}
