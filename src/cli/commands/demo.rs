//! `demo`: the main job on a sample agent, command by command, as a person would type it.

use crate::agent::project::Project;
use crate::cli::Exit;
use crate::cli::context::Context;
use crate::cli::demo;
use crate::cli::output::{BOLD, DIM};
use crate::error::{At, Error, Result};
use crate::fs;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Watch the main job done on a sample agent
///
/// Writes a small shop-support agent into a new temporary folder, then really runs the commands of a working day on it. The
/// folder stays, so that you can go on there.
#[derive(Debug, clap::Args)]
pub struct Demo {}

/// What is typed before the agent is edited.
const BEFORE: &[&[&str]] = &[
    &["init"],
    &["push", "-m", "first push"],
    &["version", "create", "-m", "launch"],
    &["version", "promote", "v1"],
];

const AFTER: &[&[&str]] = &[
    &["status"],
    &["push", "-m", "grinds, and a clearer order lookup"],
    &["version", "create", "-m", "grind advice"],
    &["version", "diff", "v1", "v2"],
    &["version", "promote", "v2", "-m", "the diff looks right"],
    &["log"],
    &["version", "promote", "v1", "-m", "customers are confused: back to launch"],
    &["log", "--ledger"],
    &["source", "rollback", "--version", "1", "--force"],
    &["version", "list"],
    &["fsck"],
];

const AUTHOR: &str = "you@example.com";

impl Demo {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let folder = fs::temporary_folder("lua-store-demo-")?;
        demo::write(&folder)?;
        let mut show = Show::new(folder)?;
        show.remark(cx, &format!("a sample agent is in {}", show.folder.display()))?;
        for (number, command) in BEFORE.iter().enumerate() {
            show.run(cx, command)?;
            if number == 0 {
                show.introduce(cx)?;
            }
        }
        show.pause(cx)?;
        for edit in demo::EDITS {
            edit.make(&show.folder)?;
            show.remark(cx, &format!("edit {}: {}", edit.path(), edit.said))?;
        }
        for command in AFTER {
            show.run(cx, command)?;
        }
        show.farewell(cx)?;
        Ok(Exit::Done)
    }
}

/// One run of the demo.
struct Show {
    program: PathBuf,
    folder: PathBuf,
    done: Vec<Done>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Done {
    command: String,
    exit_code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Show {
    fn new(folder: PathBuf) -> Result<Show> {
        let program = std::env::current_exe().at("find", Path::new("lua-store"))?;
        Ok(Show { program, folder, done: Vec::new() })
    }

    fn pause(&self, cx: &mut Context<'_>) -> Result<()> {
        if cx.out.is_json() { Ok(()) } else { cx.out.line("") }
    }

    /// A line that nobody types.
    fn remark(&self, cx: &mut Context<'_>, text: &str) -> Result<()> {
        if cx.out.is_json() {
            return Ok(());
        }
        let text = cx.out.paint(DIM, format!("# {text}"));
        cx.out.line(text)
    }

    /// Types one command and lets its own output through.
    fn run(&mut self, cx: &mut Context<'_>, words: &[&str]) -> Result<()> {
        let typed = typed(words);
        let mut command = Command::new(&self.program);
        command.args(words).current_dir(&self.folder).env("LUA_STORE_PAGER", "cat");
        let ended_well = if cx.out.is_json() {
            let output = command.output().at("start", &self.program)?;
            self.done.push(Done::new(&typed, &output));
            output.status.success()
        } else {
            let prompt = cx.out.paint(BOLD, format!("$ {typed}"));
            self.pause(cx)?;
            cx.out.line(prompt)?;
            cx.out.finish()?;
            command.status().at("start", &self.program)?.success()
        };
        if ended_well {
            return Ok(());
        }
        Err(Error::failed(format!("the demo stopped at \"{typed}\""))
            .hint(format!("the project is in {}", self.folder.display())))
    }

    /// Where nothing says who is at work, versions still need an author.
    fn introduce(&self, cx: &mut Context<'_>) -> Result<()> {
        let project = Project::open(&self.folder)?;
        if cx.who(&project).is_ok() {
            return Ok(());
        }
        let store = project.store();
        let lock = store.lock()?;
        let mut config = store.config()?;
        config.set_author(AUTHOR);
        config.save(&lock)?;
        self.remark(
            cx,
            &format!("nothing says who you are, so the author here is {AUTHOR} (.lua/config.toml)"),
        )
    }

    fn farewell(&self, cx: &mut Context<'_>) -> Result<()> {
        let folder = self.folder.display();
        if cx.out.is_json() {
            return cx.out.json(&serde_json::json!({"folder": folder.to_string(), "commands": self.done}));
        }
        cx.out.line(format!("\nThe project is in {folder}. Go on there:"))?;
        cx.out.line(format!("  cd {folder}"))?;
        cx.out.line(format!("  alias lua-store={}", self.program.display()))?;
        cx.out.line("  lua-store help")
    }
}

impl Done {
    fn new(command: &str, output: &Output) -> Done {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
        Done { command: command.to_owned(), exit_code: output.status.code(), stdout, stderr }
    }
}

/// The line as it is typed, with quotes where the shell needs them.
fn typed(words: &[&str]) -> String {
    let quoted = words.iter().map(|word| match word.contains([' ', ':']) {
        true => format!("\"{word}\""),
        false => (*word).to_owned(),
    });
    std::iter::once("lua-store".to_owned()).chain(quoted).collect::<Vec<_>>().join(" ")
}
