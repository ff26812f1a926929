//! `compile`: what is read of the agent in the project, and what could not be.

use crate::cli::Exit;
use crate::cli::answer::answer;
use crate::cli::compiled_parts;
use crate::cli::compiler::{self, Compiler};
use crate::cli::context::Context;
use crate::cli::drift::{self, DriftView};
use crate::cli::output::BOLD;
use crate::cli::table::{Table, cut, one_line};
use crate::error::Result;
use crate::model::agent::{Agent, Persona};
use crate::operations::leak::{Leak, SecretGuard};
use crate::operations::missing_output;
use crate::operations::{stage, stock};
use crate::progress::Progress;
use crate::reader;
use crate::reader::compiled::{self, Dist};
use crate::report::DistView;
use crate::report::compile::CompiledView;
use serde::Serialize;
use serde_json::Value;

/// Read the agent from its TypeScript and list its primitives
///
/// Runs no code of the project, needs no Node, and stores nothing.
#[derive(Debug, clap::Args)]
pub struct Compile {
    /// Run this compiler first and use its output for values that only running the code gives: `lua`, the stock
    /// command
    #[arg(long, value_name = "COMPILER", value_enum)]
    compiler: Option<Compiler>,
    /// Print the parts of each primitive: its tools, files, packages and environment variables
    #[arg(long)]
    verbose: bool,
    /// Also compare the project with what is published on the server, as `sync --check` does
    #[arg(long)]
    sync: bool,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Answer<'a> {
    #[serde(flatten)]
    agent: CompiledView<'a>,
    secrets: &'a [Leak],
    compiled: DistView<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sync: Option<DriftView<'a>>,
}

answer!(agent: Answer<'_>);

impl Compile {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        // A project needs no store to be read.
        let project = cx.project().ok();
        let (root, allowed) = match &project {
            Some(project) => (project.root().to_owned(), project.allowed()?),
            None => (cx.directory()?, Vec::new()),
        };
        if let Some(compiler) = self.compiler {
            compiler.run(cx, &root)?;
        }
        // Files that cannot be kept stop a push, not a reading.
        let kept =
            project.as_ref().and_then(|project| stage::agent(project, &Progress::default()).ok());
        let (mut agent, mut leaks) =
            kept.map_or_else(|| reader::project(&root).map(|agent| (agent, Vec::new())), Ok)?;
        let dist = Dist::read_on_disk(&root)?;
        if self.compiler.is_some() {
            dist.require()?;
        }
        if let Some(output) = dist.output() {
            agent.dropped = missing_output::dropped(output, &root, &agent)?;
            compiled::fill(&mut agent, output, &root)?;
        }
        leaks.extend(SecretGuard::new(&root, &allowed).clean(&mut agent));
        let compiled = CompiledView::new(&agent);
        if cx.out.is_json() {
            let drift = if self.sync { Some(drift::state(cx)?) } else { None };
            cx.out.json(&Answer {
                agent: compiled,
                secrets: &leaks,
                compiled: DistView::new(&dist),
                sync: drift.as_ref().map(|drift| drift.view()),
            })?;
            return Ok(Exit::Done);
        }
        leaks.iter().for_each(|leak| cx.out.warn(leak.sentence()));
        for note in &agent.notes {
            cx.out.warn(format!("{}:{}:{}: {}", note.path, note.line, note.column, note.message));
        }
        stock::notes(&agent.dropped).into_iter().for_each(|note| cx.out.warn(note));
        compiler::remark(cx, &dist);
        cx.page();
        print_heading(cx, &agent)?;
        primitives(&compiled).print(cx.out)?;
        if self.verbose {
            compiled_parts::print(cx, &agent)?;
        }
        if self.sync { drift::print(cx) } else { Ok(Exit::Done) }
    }
}

fn print_heading(cx: &mut Context<'_>, agent: &Agent) -> Result<()> {
    let name = cx.out.paint(BOLD, one_line(&agent.name));
    cx.out.line(format!("{name} ({})", agent.entry))?;
    match agent.settings.get("model") {
        Some(Value::String(model)) => cx.out.line(format!("Model: {}", one_line(model)))?,
        Some(_) => cx.out.line("Model: chosen by a function")?,
        None => {}
    }
    match &agent.persona {
        Some(Persona::Text(text)) => {
            cx.out.line(format!("Persona: {} letters", text.chars().count()))?
        }
        Some(Persona::Object(_)) => cx.out.line("Persona: an object")?,
        None => {}
    }
    cx.out.line("")
}

/// Long descriptions are cut; `--json` has them whole.
fn primitives(compiled: &CompiledView<'_>) -> Table {
    let mut table = Table::new(["KIND", "NAME", "SOURCE", "DESCRIPTION"]);
    for primitive in compiled.primitives.iter().filter(|primitive| primitive.kind != "agent") {
        let path = primitive.source.path.unwrap_or_default();
        let line = primitive.source.line;
        let place = line.map_or(path.to_owned(), |line| format!("{path}:{line}"));
        let description = cut(&primitive.description, 60);
        table.row([primitive.kind.into(), primitive.name.into(), place.into(), description.into()]);
    }
    table
}
