//! One run of the demo: commands as a person types them, and lines that nobody types.

use super::Edit;
use crate::cli::context::Context;
use crate::cli::output::{BOLD, DIM};
use crate::error::{At, Error, Result};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// One run of the demo.
pub struct DemoRun {
    pub program: PathBuf,
    /// The folder of the next commands.
    pub folder: PathBuf,
    pub done: Vec<DemoCommand>,
    /// Author of the demo, if nothing else is configured.
    pub author: Option<String>,
    /// Token of the next commands.
    pub token: Option<String>,
    /// Key of the platform of the next commands.
    pub key: Option<String>,
}

/// One command, and what it printed.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DemoCommand {
    command: String,
    exit_code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl DemoRun {
    pub fn new(folder: PathBuf) -> Result<DemoRun> {
        let program = std::env::current_exe().at("find", Path::new("lua-store"))?;
        Ok(DemoRun { program, folder, done: Vec::new(), author: None, token: None, key: None })
    }

    pub fn edit(&self, cx: &mut Context<'_>, edit: &Edit) -> Result<()> {
        edit.make(&self.folder)?;
        let who = self.folder.file_name().unwrap_or_default().to_string_lossy();
        self.pause(cx)?;
        self.remark(cx, &format!("{who}: edit {}: {}", edit.path(), edit.said))
    }

    pub fn pause(&self, cx: &mut Context<'_>) -> Result<()> {
        if cx.out.is_json() { Ok(()) } else { cx.out.line("") }
    }

    /// A line that nobody types.
    pub fn remark(&self, cx: &mut Context<'_>, text: &str) -> Result<()> {
        if cx.out.is_json() {
            return Ok(());
        }
        let text = cx.out.paint(DIM, format!("# {text}"));
        cx.out.line(text)
    }

    /// Types one command and lets its own output through.
    pub fn run(&mut self, cx: &mut Context<'_>, words: &[&str]) -> Result<()> {
        self.run_to(cx, words, 0)
    }

    /// The same with a command that ends with this exit code.
    pub fn run_to(&mut self, cx: &mut Context<'_>, words: &[&str], code: i32) -> Result<()> {
        self.run_command(cx, (&typed(words), self.command(words)), code)
    }

    /// Runs a command whose output is a value for the next ones. People see its messages.
    pub fn capture(&mut self, cx: &mut Context<'_>, words: &[&str]) -> Result<String> {
        let typed = typed(words);
        if !cx.out.is_json() {
            self.print_prompt(cx, &typed)?;
        }
        let output = self.command(words).output().at("start", &self.program)?;
        let DemoCommand { stdout, .. } = DemoCommand::new(&typed, &output);
        if cx.out.is_json() {
            let (stdout, stderr) = Default::default();
            self.done.push(DemoCommand { stdout, stderr, ..DemoCommand::new(&typed, &output) });
        } else {
            cx.out.notes(String::from_utf8_lossy(&output.stderr).trim_end());
        }
        match output.status.success() {
            true => Ok(stdout.trim().to_owned()),
            false => Err(self.stopped(&typed)),
        }
    }

    /// This program with these words, where the demo is now.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(words)
            .current_dir(&self.folder)
            .env("LUA_STORE_PAGER", "cat")
            .env_remove("LUA_API_KEY")
            .env_remove("LUA_STORE_TOKEN");
        // A clone has a configuration of its own, without the author.
        if let Some(author) = &self.author {
            command.env("LUA_STORE_AUTHOR", author);
        }
        if let Some(token) = &self.token {
            command.env("LUA_STORE_TOKEN", token);
        }
        if let Some(key) = &self.key {
            command.env("LUA_API_KEY", key);
        }
        command
    }

    pub fn run_command(
        &mut self,
        cx: &mut Context<'_>,
        (typed, mut command): (&str, Command),
        code: i32,
    ) -> Result<()> {
        let ended_well = if cx.out.is_json() {
            let output = command.output().at("start", &self.program)?;
            self.done.push(DemoCommand::new(typed, &output));
            output.status.code() == Some(code)
        } else {
            self.print_prompt(cx, typed)?;
            command.status().at("start", &self.program)?.code() == Some(code)
        };
        if ended_well {
            return Ok(());
        }
        Err(self.stopped(typed))
    }

    fn print_prompt(&self, cx: &mut Context<'_>, typed: &str) -> Result<()> {
        let prompt = cx.out.paint(BOLD, format!("$ {typed}"));
        self.pause(cx)?;
        cx.out.line(prompt)?;
        cx.out.finish()
    }

    fn stopped(&self, typed: &str) -> Error {
        Error::failed(format!("the demo stopped at \"{typed}\""))
            .hint(format!("the project is in {}", self.folder.display()))
    }
}

impl DemoCommand {
    fn new(command: &str, output: &Output) -> DemoCommand {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
        DemoCommand { command: command.to_owned(), exit_code: output.status.code(), stdout, stderr }
    }
}

/// The line as it is typed, with quotes where the shell needs them.
pub fn typed(words: &[&str]) -> String {
    let quoted = words.iter().map(|word| match word.contains([' ', ':']) {
        true => format!("\"{word}\""),
        false => (*word).to_owned(),
    });
    std::iter::once("lua-store".to_owned()).chain(quoted).collect::<Vec<_>>().join(" ")
}
