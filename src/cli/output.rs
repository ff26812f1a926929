//! Output: data to stdout, everything else to stderr; text or `--json`; errors too.
//!
//! The one way out, so that nothing foreign reaches a terminal raw: text is escaped here, at the
//! end, whatever was put into it. Our own colours pass, because [`Output::paint`] marks them with a
//! word that nobody else knows.

use super::answer::{self, JsonAnswer, answer};
use super::hints;
use super::ink::Ink;
use super::next;
use super::pager::Pager;
use super::term::Term;
use crate::error::{At, Error, Kind, Result};
use crate::text;
use anstyle::{AnsiColor, Style};
use serde::Serialize;
use serde_json::{Map, Value};
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
    ink: Ink,
    /// Incomplete bytes for a terminal.
    bytes: text::TextDecoder,
    /// Messages that follow the data of a pager.
    after: Vec<u8>,
    closed: bool,
    /// An answer that waits for the rest of its `next`.
    answer: Option<Map<String, Value>>,
    /// Commands that hints named, under `--json`.
    next: Vec<Vec<String>>,
    /// The directory of `-C`, for the commands in `next`.
    directory: Option<String>,
}

enum Data {
    Stdout(BufWriter<Stdout>),
    Pager(Pager),
}

impl Output {
    pub fn new(term: Term, json: bool) -> Output {
        let data = Data::Stdout(BufWriter::new(io::stdout()));
        Output {
            term,
            json,
            data,
            ink: Ink::default(),
            bytes: text::TextDecoder::default(),
            after: Vec::new(),
            closed: false,
            answer: None,
            next: Vec::new(),
            directory: None,
        }
    }

    /// True if the answer is wanted as JSON.
    pub fn is_json(&self) -> bool {
        self.json
    }

    pub fn term(&self) -> &Term {
        &self.term
    }

    /// True if the reader of stdout went away, as `head` does. That ends a command, but is no
    /// error.
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
        if self.term.colour_stdout { self.ink.paint(style, text) } else { text.to_string() }
    }

    /// One line of data: what else would begin another one is escaped.
    pub fn line(&mut self, text: impl Display) -> Result<()> {
        let line = self.ink.show(&text.to_string(), text::line);
        self.own(&format!("{line}\n"))
    }

    /// Lines of data.
    pub fn lines(&mut self, text: impl Display) -> Result<()> {
        let lines = self.ink.show(&text.to_string(), text::lines);
        self.own(&format!("{lines}\n"))
    }

    /// The answer of a command under `--json`. It is printed at the end of the command, with the commands that hints
    /// before and after it named.
    pub fn json<A: JsonAnswer>(&mut self, value: &A) -> Result<()> {
        self.print_answer()?;
        self.answer = Some(answer::fields(value)?);
        Ok(())
    }

    /// The same at once and on one line, so that a script can wait for it.
    pub fn json_line<A: JsonAnswer>(&mut self, value: &A) -> Result<()> {
        self.print_answer()?;
        let fields = self.with_next(answer::fields(value)?);
        self.print_json(serde_json::to_string(&fields))
    }

    fn print_answer(&mut self) -> Result<()> {
        let Some(fields) = self.answer.take() else { return Ok(()) };
        let fields = self.with_next(fields);
        self.print_json(serde_json::to_string_pretty(&fields))
    }

    fn with_next(&mut self, mut fields: Map<String, Value>) -> Map<String, Value> {
        let next = std::mem::take(&mut self.next);
        fields.insert("next".to_owned(), next.into());
        fields
    }

    /// A value that people read as JSON too.
    pub fn pretty(&mut self, value: &Value) -> Result<()> {
        self.print_json(serde_json::to_string_pretty(value))
    }

    fn print_json(&mut self, text: serde_json::Result<String>) -> Result<()> {
        let text = text
            .map_err(|error| Error::failed(format!("cannot write the answer as JSON: {error}")))?;
        self.own(&format!("{}\n", text::json(&text)))
    }

    /// Directory that the commands in `next` begin with.
    pub fn set_directory(&mut self, directory: &Path) {
        self.directory = Some(directory.display().to_string());
    }

    /// A command to run next, for a program; a person reads it in a hint or in the answer.
    pub fn suggest(&mut self, command: &str) {
        if self.json {
            self.add_next(next::arguments(command));
        }
    }

    fn add_next(&mut self, commands: impl IntoIterator<Item = Vec<String>>) {
        for mut command in commands {
            if let Some(directory) = &self.directory {
                command.splice(1..1, ["-C".to_owned(), directory.clone()]);
            }
            if !self.next.contains(&command) {
                self.next.push(command);
            }
        }
    }

    /// Bytes of data: as they are, but on a terminal.
    pub fn bytes(&mut self, bytes: &[u8]) -> Result<()> {
        self.write_all(bytes).at("write", Path::new("standard output"))
    }

    /// Text that is this program's alone, such as its help, with its colours.
    pub fn own(&mut self, text: &str) -> Result<()> {
        let rest = self.bytes.end();
        let written = self.put(rest.as_bytes()).and_then(|()| self.put(text.as_bytes()));
        written.at("write", Path::new("standard output"))
    }

    /// A remark for the person: never data, so it goes to stderr, and not at all under `--json`.
    pub fn note(&mut self, text: impl Display) {
        if !self.json {
            self.print_message("", &text.to_string());
        }
    }

    /// A remark in several lines.
    pub fn notes(&mut self, text: impl Display) {
        text.to_string().split('\n').for_each(|line| self.note(line));
    }

    /// The same that is this program's alone, with its colours.
    pub fn own_note(&mut self, text: &str) {
        if !self.json {
            self.put_err(format!("{text}\n").as_bytes());
        }
    }

    /// A warning: like a note, with the word in front. It is printed with `--json` as well.
    pub fn warn(&mut self, text: impl Display) {
        self.print_message(&self.word(YELLOW.bold(), "warning: "), &text.to_string());
    }

    /// A line that says what to do next. Under `--json` its commands are in `next`.
    pub fn hint(&mut self, text: impl Display) {
        let text = text.to_string();
        match self.json {
            true => self.add_next(next::commands(&text)),
            false => self.print_message(&self.word(CYAN, "hint: "), &text),
        }
    }

    /// The hints of an error, which may be a part of an answer.
    pub fn hints_of(&mut self, error: &Error) {
        for line in hints::of(error).iter().flat_map(|hint| hint.lines()) {
            self.hint(line);
        }
    }

    /// The error that ends the command: for a person on stderr, for a program on stdout.
    pub fn error(&mut self, error: &Error) {
        if self.json {
            let _ = self.json(&ErrorAnswer::new(error));
        } else {
            self.print_message(&self.word(RED.bold(), "Error: "), error.message());
        }
        self.hints_of(error);
        if self.json {
            let _ = self.finish();
        }
    }

    /// Hands everything to the reader and waits for the pager to be left.
    pub fn finish(&mut self) -> Result<()> {
        self.print_answer()?;
        let rest = self.bytes.end();
        let result = self.put(rest.as_bytes()).and_then(|()| match &mut self.data {
            Data::Stdout(stdout) => stdout.flush(),
            Data::Pager(pager) => pager.finish(),
        });
        self.notice(&result);
        self.data = Data::Stdout(BufWriter::new(io::stdout()));
        self.put_err(&[]);
        result.at("write", Path::new("standard output"))
    }

    /// A question, after which the person types.
    pub fn question(&mut self, text: &str) {
        let text = self.ink.show(text, text::line);
        self.put_err(format!("{text} ").as_bytes());
    }

    /// A word of ours before a line for stderr.
    fn word(&self, style: Style, word: &str) -> String {
        let end = word.trim_end();
        let painted =
            if self.term.colour_stderr { format!("{style}{end}{style:#}") } else { end.to_owned() };
        painted + &word[end.len()..]
    }

    /// A line for stderr. Where there are more, they are indented: none of them passes for one of ours.
    fn print_message(&mut self, word: &str, text: &str) {
        let mut told = word.to_owned();
        for (at, line) in text.lines().enumerate() {
            if at > 0 {
                told.push_str(if line.starts_with(' ') { "\n" } else { "\n    " });
            }
            told.push_str(&self.ink.show(line, text::line));
        }
        self.put_err(format!("{told}\n").as_bytes());
    }

    /// To stderr, after what stdout was given before it. Nothing sensible can be done when stderr is closed.
    fn put_err(&mut self, text: &[u8]) {
        self.after.extend_from_slice(text);
        if let Data::Stdout(stdout) = &mut self.data {
            let _ = stdout.flush();
            let _ = io::stderr().write_all(&std::mem::take(&mut self.after));
        }
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        let result = match &mut self.data {
            Data::Stdout(stdout) => stdout.write_all(bytes),
            Data::Pager(pager) => pager.write_all(bytes),
        };
        self.notice(&result);
        result
    }

    fn notice<T>(&mut self, result: &io::Result<T>) {
        self.closed |=
            result.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::BrokenPipe);
    }
}

/// For what is copied rather than made here, such as the bytes of a large object.
impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.term.stdout {
            let shown = self.bytes.next(bytes);
            self.put(shown.as_bytes())?;
        } else {
            self.put(bytes)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.data {
            Data::Stdout(stdout) => stdout.flush(),
            Data::Pager(pager) => pager.flush(),
        }
    }
}

/// The answer of a command that failed.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ErrorAnswer<'a> {
    error: ErrorView<'a>,
}

answer!(error: ErrorAnswer<'_>);

/// An error in an answer.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ErrorView<'a> {
    code: &'static str,
    message: &'a str,
    hint: Option<String>,
    /// Of a refusal that carries data.
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<Value>,
}

impl<'a> ErrorAnswer<'a> {
    fn new(error: &'a Error) -> ErrorAnswer<'a> {
        ErrorAnswer { error: ErrorView::new(error) }
    }
}

impl<'a> ErrorView<'a> {
    pub fn new(error: &'a Error) -> ErrorView<'a> {
        ErrorView {
            code: error.kind().word(),
            message: error.message(),
            hint: hints::of(error),
            details: error.details().and_then(|details| details.to_value().ok()),
        }
    }
}

/// The error of a destructive command that cannot ask.
pub fn cannot_ask(question: &str) -> Error {
    Error::new(Kind::Usage, format!("cannot ask \"{question}\" without a terminal"))
        .hint("add `--force` to run it without a question")
}
