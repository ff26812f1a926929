//! The one error type: what could not be done, what kind of failure it is, and what to try next.
//!
//! Messages name the thing in quotes and end without a full stop; the hint is the exact command to run.

mod details;
mod hint;

pub(crate) use details::Details;
pub use hint::Hint;

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// Result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Kind of failure. The command line turns it into an exit code, and `--json` into a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Anything that is none of the others.
    Failed,
    /// The request itself is wrong: a flag, an argument.
    Usage,
    /// The code of a project cannot be read as an agent.
    Unreadable,
    /// The named thing does not exist.
    NotFound,
    /// Stored bytes are not what they must be. Definition: a read that would have succeeded on
    /// every state this program can leave behind, crashes included, found something else.
    Corrupt,
    /// Somebody else moved what this command expected to find.
    Conflict,
    /// A remote has not everything any more that was seen there.
    Rewritten,
    /// The disk, the server or a lock cannot be reached now.
    Unavailable,
    /// A server's certificate is not trusted.
    Untrusted,
    /// Authentication failed.
    Auth,
    /// Authenticated, but not allowed.
    Forbidden,
}

impl Kind {
    /// The stable word of this kind in `--json` output.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Failed => "failed",
            Kind::Usage => "usage",
            Kind::Unreadable => "unreadable",
            Kind::NotFound => "not_found",
            Kind::Corrupt => "corrupt",
            Kind::Conflict => "conflict",
            Kind::Rewritten => "rewritten",
            Kind::Unavailable => "unavailable",
            Kind::Untrusted => "untrusted",
            Kind::Auth => "auth",
            Kind::Forbidden => "forbidden",
        }
    }

    /// The process exit code of this kind (the table of the stock command).
    pub fn exit_code(self) -> u8 {
        match self {
            Kind::Failed | Kind::Unreadable | Kind::Corrupt | Kind::Conflict | Kind::Rewritten => 1,
            Kind::Usage => 2,
            Kind::NotFound => 3,
            Kind::Auth | Kind::Untrusted => 9,
            Kind::Forbidden => 10,
            Kind::Unavailable => 11,
        }
    }
}

/// An error for a person: kind, message, hint, and where it has any data for programs. Boxed so that `Result<T>` stays small.
pub struct Error(Box<Inner>);

struct Inner {
    kind: Kind,
    message: String,
    hints: Vec<Hint>,
    details: Option<Arc<dyn Details>>,
    source: Option<io::Error>,
}

impl Error {
    /// An error of a kind. The message says what could not be done, and names the thing in quotes.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        let (message, hints) = (message.into(), Vec::new());
        Error(Box::new(Inner { kind, message, hints, details: None, source: None }))
    }

    /// An error that is none of the other kinds.
    pub fn failed(message: impl Into<String>) -> Self {
        Error::new(Kind::Failed, message)
    }

    /// The request itself is wrong.
    pub fn usage(message: impl Into<String>) -> Self {
        Error::new(Kind::Usage, message)
    }

    /// The named thing does not exist.
    pub fn not_found(message: impl Into<String>) -> Self {
        Error::new(Kind::NotFound, message)
    }

    /// Stored bytes are not what they must be.
    pub fn corrupt(message: impl Into<String>) -> Self {
        Error::new(Kind::Corrupt, message)
    }

    /// Somebody else moved what was expected.
    pub fn conflict(message: impl Into<String>) -> Self {
        Error::new(Kind::Conflict, message)
    }

    /// The disk, the server or a lock cannot be reached now.
    pub fn unavailable(message: impl Into<String>) -> Self {
        Error::new(Kind::Unavailable, message)
    }

    /// Authentication failed.
    pub fn auth(message: impl Into<String>) -> Self {
        Error::new(Kind::Auth, message)
    }

    /// An I/O failure with the action and the path in the message: `cannot read "x": …`.
    pub fn io(action: &str, path: &Path, source: io::Error) -> Self {
        let message = format!("cannot {action} \"{}\": {}", path.display(), reason(&source));
        let mut error = Error::new(Kind::Failed, message);
        error.0.source = Some(source);
        error
    }

    /// Adds what helps. A second call replaces the first.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<Hint>) -> Self {
        self.0.hints = vec![hint.into()];
        self
    }

    /// Adds what helps too, after what was said before.
    #[must_use]
    pub(crate) fn also(mut self, hint: impl Into<Hint>) -> Self {
        self.0.hints.push(hint.into());
        self
    }

    /// The same with nothing said of what helps.
    #[must_use]
    pub(crate) fn without_hints(mut self) -> Self {
        self.0.hints.clear();
        self
    }

    /// Puts what was being done in front: `context: message`. Kind and hint stay.
    #[must_use]
    pub fn context(mut self, context: impl fmt::Display) -> Self {
        self.0.message = format!("{context}: {}", self.0.message);
        self
    }

    /// The same once more. Of the operating system's part only the kind of failure stays.
    #[must_use]
    pub fn repeat(&self) -> Self {
        let mut error = Error::new(self.0.kind, self.0.message.clone());
        error.0.source = self.io_kind().map(io::Error::from);
        error.0.hints = self.0.hints.clone();
        error.0.details = self.0.details.clone();
        error
    }

    /// Kind of failure: the part that callers branch on.
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// Message: the thing that could not be done, without the hint.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Next steps, for the front end to print.
    pub(crate) fn hints(&self) -> &[Hint] {
        &self.0.hints
    }

    /// Next step as text, if it is no command of the program.
    pub fn hint_text(&self) -> Option<&str> {
        self.0.hints.iter().find_map(|hint| match hint {
            Hint::Text(text) => Some(&**text),
            _ => None,
        })
    }

    /// Adds what a program needs of this refusal besides its sentence.
    #[must_use]
    pub(crate) fn with_details(mut self, details: impl Details + 'static) -> Self {
        self.0.details = Some(Arc::new(details));
        self
    }

    /// Data of a refusal that carries some.
    pub(crate) fn details(&self) -> Option<&dyn Details> {
        self.0.details.as_deref()
    }

    /// The operating system's kind of failure, where there is one below.
    pub fn io_kind(&self) -> Option<io::ErrorKind> {
        self.0.source.as_ref().map(io::Error::kind)
    }

    /// True if the disk takes no writes now: it is full, or read-only. Reads still work.
    pub fn is_unwritable(&self) -> bool {
        use io::ErrorKind::{QuotaExceeded, ReadOnlyFilesystem, StorageFull};
        matches!(self.io_kind(), Some(StorageFull | QuotaExceeded | ReadOnlyFilesystem))
    }
}

/// The operating system's words without Rust's ` (os error 2)`.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.0.kind, self.0.message)?;
        match &self.0.hints[..] {
            [] => Ok(()),
            hints => write!(f, " (hints: {hints:?})"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_ref().map(|e| e as _)
    }
}

/// Gives an `io::Result` the action and the path it lacks.
pub trait At<T> {
    fn at(self, action: &str, path: &Path) -> Result<T>;
}

impl<T> At<T> for io::Result<T> {
    fn at(self, action: &str, path: &Path) -> Result<T> {
        self.map_err(|error| Error::io(action, path, error))
    }
}
