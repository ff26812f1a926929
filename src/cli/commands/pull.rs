//! `pull`: what others pushed comes into the files and before what is not pushed here.

use crate::cli::Exit;
use crate::cli::context::Context;
use crate::cli::output::ErrorView;
use crate::cli::print;
use crate::cli::progress::{self, Unit};
use crate::cli::remote;
use crate::cli::terminal::{Terminal, print_git};
use crate::client::fetch;
use crate::error::Result;
use crate::flow::pull;
use crate::flow::remote::NamedRemote;
use crate::history::project::Project;
use crate::history::rules::Strictness;
use crate::merge::Side;
use crate::merge::pull::{PullConflicts, PullOutcome, Pulled};
use crate::operations::bundle;
use crate::report::{self, PullConflictsView, PulledView};
use crate::store::Heads;
use clap_complete::ArgValueCompleter;
use serde::Serialize;

/// Bring here what others pushed, and merge it
///
/// Different files merge, and different primitives of one file. What cannot both stand is named, and then
/// nothing is changed. Versions that only you have get the next free numbers.
#[derive(Debug, clap::Args)]
pub struct Pull {
    /// The remote [default: the only one, or origin], or a file that `bundle create` made
    #[arg(add = ArgValueCompleter::new(crate::cli::complete::remotes))]
    remote: Option<String>,
    /// Where both changed the same, keep yours
    #[arg(long, conflicts_with = "theirs")]
    ours: bool,
    /// Where both changed the same, take theirs
    #[arg(long)]
    theirs: bool,
}

#[derive(Serialize)]
struct NothingNew<'a> {
    name: &'a str,
    new: bool,
}

#[derive(Serialize)]
struct Refusal<'a> {
    #[serde(flatten)]
    refused: PullConflictsView<'a>,
    name: &'a str,
    error: ErrorView<'a>,
}

#[derive(Serialize)]
struct Answer<'a> {
    #[serde(flatten)]
    pulled: PulledView<'a>,
    name: &'a str,
    new: bool,
}

impl Pull {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let choice = match (self.ours, self.theirs) {
            (true, _) => Some(Side::Ours),
            (_, true) => Some(Side::Theirs),
            _ => None,
        };
        let project = cx.project()?;
        let who = cx.who(&project)?;
        let (name, there) = fetch(cx, &project, self.remote.as_deref())?;
        let mut terminal = Terminal::new(cx);
        let (outcome, git) = pull::pull(&mut terminal, (&project, &who), &there, choice)?;
        match outcome {
            PullOutcome::UpToDate if cx.out.is_json() => {
                cx.out.json(&NothingNew { name: &name, new: false })?
            }
            PullOutcome::UpToDate => {
                cx.out.line(format!("{name} has nothing that is not here."))?
            }
            PullOutcome::Refused(refused) => return refuse(cx, &name, &refused),
            PullOutcome::Pulled(pulled) => {
                print_result(cx, &name, &pulled)?;
                git.iter().for_each(|git| print_git(cx, git));
            }
        }
        cx.look_after(&project);
        Ok(Exit::Done)
    }
}

/// Heads of the remote, or of the bundle, with their objects fetched.
fn fetch(cx: &mut Context<'_>, project: &Project, from: Option<&str>) -> Result<(String, Heads)> {
    let term = *cx.out.term();
    if let Some(name) = from {
        let file = cx.directory()?.join(name);
        if file.is_file() {
            let (heads, _) = progress::show(&term, "Receiving", Unit::Item, |progress| {
                bundle::fetch(project, &file, bundle::NAME, Strictness::Refuse, progress)
            })?;
            return Ok((name.to_owned(), heads));
        }
    }
    let NamedRemote { name, remote, .. } = remote::require(cx, project, from)?;
    let fetched = progress::show(&term, "Receiving", Unit::Byte, |progress| {
        fetch::fetch(project.store(), &name, &*remote, progress)
    })?;
    Ok((name, fetched.head.heads))
}

fn refuse(cx: &mut Context<'_>, name: &str, refused: &PullConflicts) -> Result<Exit> {
    let error = report::refusal(name, refused);
    if cx.out.is_json() {
        let (refused, error) = (PullConflictsView::new(refused), ErrorView::new(&error));
        cx.out.json(&Refusal { refused, name, error })?;
        return Ok(Exit::Found);
    }
    print::lines(cx.out, report::refusal_lines(refused))?;
    Err(error)
}

fn print_result(cx: &mut Context<'_>, name: &str, pulled: &Pulled) -> Result<()> {
    if cx.out.is_json() {
        return cx.out.json(&Answer { pulled: PulledView::new(pulled), name, new: true });
    }
    print::lines(cx.out, report::incoming_lines(&pulled.incoming))?;
    cx.out.line(format!("✅ Pulled from {name}: {} file(s) changed", pulled.files.len()))?;
    report::inherited(&pulled.allowed, name).iter().for_each(|line| cx.out.note(line));
    for path in &pulled.texts {
        cx.out.line(format!("   {path} holds changes of both sides"))?;
    }
    for conflict in &pulled.decided {
        cx.out.line(format!("   decided: {}", report::conflict_sentence(conflict)))?;
    }
    print::lines(
        cx.out,
        report::renumbered_lines(&pulled.rebased).into_iter().map(|line| line.indented(3)),
    )?;
    if let Some(kept) = pulled.kept {
        cx.out.note(format!("Your files as they were are kept as safety snapshot {kept}."));
        cx.out.hint(format!(
            "`lua-store source rollback --snapshot {kept} --force` brings them back"
        ));
    }
    Ok(())
}
