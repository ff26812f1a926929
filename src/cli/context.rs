//! Context of a command: the project, the clock, the user, the person at the terminal. The only
//! source of these for commands; it is passed down as values.

use super::args::Global;
use super::output::{Output, cannot_ask};
use super::{term, time};
use crate::deploy::DeployOptions;
use crate::error::{At, Error, Kind, Result};
use crate::history::project::Project;
use crate::operations::upkeep;
use crate::store::Journal;
use jiff::Timestamp;
use std::fs::File;
use std::io::{self, BufRead};
use std::path::{Path, PathBuf};

pub struct Context<'a> {
    pub out: &'a mut Output,
    global: Global,
    /// Changes of the command, for the operation log.
    pub journal: Journal,
    /// Author of the command, once it is known.
    pub by: Option<String>,
    /// Options of a deployment to the platform.
    pub deploy: DeployOptions,
}

impl<'a> Context<'a> {
    pub fn new(global: Global, out: &'a mut Output) -> Context<'a> {
        if let Some(directory) = &global.directory {
            out.set_directory(directory);
        }
        let deploy = DeployOptions::default();
        Context { out, global, journal: Journal::default(), by: None, deploy }
    }

    /// Options of the command line that every command has.
    pub fn global(&self) -> Global {
        self.global.clone()
    }

    /// The directory that relative paths of the command line are relative to (`-C`).
    pub fn directory(&self) -> Result<PathBuf> {
        let directory = self.global.directory.as_deref().unwrap_or(Path::new("."));
        let found = directory.canonicalize().map_err(|error| cannot_open(directory, error))?;
        if found.is_dir() {
            return Ok(found);
        }
        Err(Error::usage(format!("\"{}\" is not a directory", directory.display())))
    }

    /// Opens a file that the command line names.
    pub fn open(&self, path: &Path) -> Result<File> {
        let file =
            File::open(self.directory()?.join(path)).map_err(|error| cannot_open(path, error))?;
        if file.metadata().at("read", path)?.is_dir() {
            return Err(Error::usage(format!("\"{}\" is a directory", path.display())));
        }
        Ok(file)
    }

    /// The project that the directory is in, with its store.
    pub fn project(&self) -> Result<Project> {
        Ok(Project::find(&self.directory()?)?.journaled(&self.journal))
    }

    /// True if a token may cross the network in plain text.
    pub fn insecure(&self) -> bool {
        self.global.insecure
    }

    /// Damage that ended a command is taken note of, for the commands that can heal it.
    pub fn note(&self, error: &Error) {
        if error.kind() == Kind::Corrupt
            && let Ok(project) = self.project()
        {
            project.store().note_damage();
        }
    }

    pub fn now(&self) -> Result<Timestamp> {
        time::now()
    }

    /// The author that an option names.
    pub fn author_option(&self) -> Option<String> {
        self.global.author.clone()
    }

    /// Compacts packs if they have piled up, after a command has done its work and printed its
    /// result. A failure here is a warning and fails nothing.
    pub fn look_after(&mut self, project: &Project) {
        if self.out.finish().is_ok()
            && let Err(error) = upkeep::after_write(project)
        {
            self.out.warn(format!("packs could not be combined: {error}"));
        }
    }

    /// Asks before something is destroyed; no is the default.
    pub fn confirm(&mut self, question: &str, force: bool) -> Result<bool> {
        if force {
            return Ok(true);
        }
        let answer = self.ask(&format!("{question} [y/N]"))?.ok_or_else(|| cannot_ask(question))?;
        let yes = matches!(answer.to_lowercase().as_str(), "y" | "yes");
        if !yes {
            self.out.note("Aborted.");
        }
        Ok(yes)
    }

    /// True if a person can be asked.
    pub fn can_ask(&self) -> bool {
        !(self.global.ci || term::in_ci() || self.out.is_json()) && self.out.term().can_ask()
    }

    /// A line typed by a person, or `None` where there is nobody to ask.
    pub fn ask(&mut self, question: &str) -> Result<Option<String>> {
        if !self.can_ask() {
            return Ok(None);
        }
        self.out.question(question);
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line).at("read", Path::new("standard input"))?;
        Ok(Some(line.trim().to_owned()))
    }

    /// Long output follows: a pager shows it on a terminal.
    pub fn page(&mut self) {
        self.out.page(self.global.no_pager);
    }
}

/// A named file that is not there is "not found" to the caller, exit code 3.
fn cannot_open(path: &Path, error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::NotFound => Error::not_found(Error::io("open", path, error).message()),
        _ => Error::io("open", path, error),
    }
}
