//! `pull`: what others pushed comes into the files and before what is not pushed here.

use crate::cli::Exit;
use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::cli::hints;
use crate::cli::import_allowance::ImportAllowance;
use crate::cli::output::ErrorView;
use crate::cli::print;
use crate::cli::progress::{self, Unit};
use crate::cli::pull_version;
use crate::cli::remote;
use crate::cli::safety_snapshot::print_kept;
use crate::cli::terminal::{Terminal, print_git};
use crate::client::fetch;
use crate::error::{Error, Hint, Result};
use crate::flow::pull;
use crate::flow::remote::NamedRemote;
use crate::history::project::Project;
use crate::history::revision::Revision;
use crate::history::rules::Strictness;
use crate::merge::pull::{PullConflicts, PullMarkers, PullOutcome, Pulled};
use crate::merge::{ChoiceTarget, Choices, PullRequest, Side, open};
use crate::operations::bundle;
use crate::report::{self, ConflictView, PullConflictsView, PulledView};
use crate::store::Heads;
use clap_complete::ArgValueCompleter;
use serde::Serialize;

/// Download what others pushed, and merge it
///
/// Whatever `git merge` merges is merged, and so are different properties, tools and declarations on adjacent lines.
/// If there is a conflict, it is printed and nothing is changed. Versions that only this store has get the next free
/// numbers.
#[derive(Debug, clap::Args)]
pub struct Pull {
    /// The remote [default: the only one, or origin], or a file that `bundle create` wrote
    #[arg(add = ArgValueCompleter::new(crate::cli::complete::remotes))]
    remote: Option<String>,
    /// Resolve conflicts with your side: all of them, or those of a path or of one part of the agent
    ///
    /// WHAT is a file, a folder, `persona`, `setting model`, or a kind and a name: `skill orders`. The option can be
    /// repeated and combined with --theirs; without WHAT it resolves every conflict that no other option names.
    #[arg(long, value_name = "WHAT", num_args = 0..=1, default_missing_value = "")]
    ours: Vec<String>,
    /// Resolve conflicts with the remote's side, in the same way
    #[arg(long, value_name = "WHAT", num_args = 0..=1, default_missing_value = "")]
    theirs: Vec<String>,
    /// Restore the files of this version instead, and merge nothing
    #[arg(long, value_name = "N", conflicts_with_all = ["ours", "theirs", "markers", "allow"], allow_negative_numbers = true, add = ArgValueCompleter::new(crate::cli::complete::versions))]
    version: Option<Revision>,
    /// Overwrite the files without a question
    #[arg(long, requires = "version")]
    force: bool,
    /// Where conflicts remain, write conflict markers into the files and leave the merge open
    ///
    /// `status` lists the files. Edit them, then run `pull --continue`, or `pull --abort` to restore the files as
    /// they were.
    #[arg(long)]
    markers: bool,
    #[command(flatten)]
    allowance: ImportAllowance,
    /// Complete the open merge with the files as they are now
    #[arg(long = "continue", conflicts_with_all = ["remote", "ours", "theirs", "markers", "version", "allow"])]
    finish: bool,
    /// Restore the files as they were before the open merge
    #[arg(long, conflicts_with_all = ["remote", "ours", "theirs", "markers", "version", "finish", "allow"])]
    abort: bool,
}

/// The answer where markers were written.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct MarkersAnswer<'a> {
    name: &'a str,
    new: bool,
    open: bool,
    conflicts: Vec<ConflictView<'a>>,
    /// Files with markers.
    files: &'a [String],
    snapshot: Option<u64>,
    error: ErrorView<'a>,
}

/// The answer of `--abort`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Aborted {
    aborted: bool,
    /// The safety snapshot with the edits since.
    snapshot: Option<u64>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct NothingNew<'a> {
    name: &'a str,
    new: bool,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Refusal<'a> {
    #[serde(flatten)]
    refused: PullConflictsView<'a>,
    name: &'a str,
    error: ErrorView<'a>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Answer<'a> {
    #[serde(flatten)]
    pulled: PulledView<'a>,
    name: &'a str,
    new: bool,
}

answer! {
    pullMarkers: MarkersAnswer<'_>,
    pullAbort: Aborted,
    pullNothing: NothingNew<'_>,
    pullConflicts: Refusal<'_>,
    pull: Answer<'_>,
}

impl Pull {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let project = cx.project()?;
        if let Some(version) = &self.version {
            return pull_version::run(cx, &project, self.remote.as_deref(), version, self.force);
        }
        if self.finish {
            return finish(cx, &project);
        }
        if self.abort {
            return abort(cx, &project);
        }
        let choices = self.choices(&project)?;
        let who = cx.who(&project)?;
        let (name, there) = self.fetch(cx, &project)?;
        let request = PullRequest { choices, markers: self.markers.then(|| name.clone()) };
        let mut terminal = Terminal::new(cx);
        let (outcome, git) = pull::pull(&mut terminal, (&project, &who), &there, &request)?;
        match outcome {
            PullOutcome::UpToDate if cx.out.is_json() => {
                cx.out.json(&NothingNew { name: &name, new: false })?
            }
            PullOutcome::UpToDate => cx.out.line(format!("{name} has nothing new."))?,
            PullOutcome::Refused(refused) => return refuse(cx, &name, &refused),
            PullOutcome::Open(markers) => return leave_open(cx, &name, &markers),
            PullOutcome::Pulled(pulled) => {
                print_result(cx, &name, &pulled)?;
                git.iter().for_each(|git| print_git(cx, git));
            }
        }
        cx.look_after(&project);
        Ok(Exit::Done)
    }
}

impl Pull {
    /// Heads of the remote, or of the bundle, with their objects fetched.
    fn fetch(&self, cx: &mut Context<'_>, project: &Project) -> Result<(String, Heads)> {
        let term = *cx.out.term();
        let from = self.remote.as_deref();
        if let Some(name) = from {
            let file = cx.directory()?.join(name);
            if file.is_file() {
                self.allowance.save(project, None)?;
                let (heads, _) = progress::show(&term, "Receiving", Unit::Item, |progress| {
                    bundle::fetch(project, &file, bundle::NAME, Strictness::Refuse, progress)
                })?;
                return Ok((name.to_owned(), heads));
            }
        }
        let NamedRemote { name, remote, address, .. } = remote::require(cx, project, from)?;
        self.allowance.save(project, Some(&address))?;
        let fetched = progress::show(&term, "Receiving", Unit::Byte, |progress| {
            fetch::fetch(project.store(), &name, &*remote, progress)
        })?;
        Ok((name, fetched.head.heads))
    }

    fn choices(&self, project: &Project) -> Result<Choices> {
        let is_all = |given: &[String]| given.iter().any(String::is_empty);
        let all = match (is_all(&self.ours), is_all(&self.theirs)) {
            (true, true) => {
                return Err(Error::usage("cannot resolve all conflicts for both sides").hint(
                    "add a path or a name to one of the options: `--theirs 'skill orders'`",
                ));
            }
            (true, _) => Some(Side::Ours),
            (_, true) => Some(Side::Theirs),
            _ => None,
        };
        let mut choices = Choices::all(all);
        let config = project.store().config()?;
        let is_remote = |what: &str| config.remotes().iter().any(|(name, _)| *name == what);
        for (given, side, option) in
            [(&self.ours, Side::Ours, "--ours"), (&self.theirs, Side::Theirs, "--theirs")]
        {
            for what in given.iter().filter(|what| !what.is_empty()) {
                // `pull --theirs origin` reads like a remote, and nothing else says which one is meant.
                if self.remote.is_none() && is_remote(what) {
                    return Err(Error::usage(format!(
                        "\"{what}\" after {option} can be the remote or a path"
                    ))
                    .hint(format!(
                        "run `lua-store pull {what} {option}`, or write the path as ./{what}"
                    )));
                }
                choices.add(ChoiceTarget::parse(what), side);
            }
        }
        Ok(choices)
    }
}

/// Conflicts are in the files now: a person goes on.
fn leave_open(cx: &mut Context<'_>, name: &str, markers: &PullMarkers) -> Result<Exit> {
    let files = match markers.paths.len() {
        1 => "1 file has".to_owned(),
        count => format!("{count} files have"),
    };
    let error = Error::conflict(format!(
        "cannot merge all of \"{name}\": {files} conflict markers, and the merge is open"
    ))
    .hint(Hint::OpenMerge);
    if cx.out.is_json() {
        let conflicts = markers.conflicts.iter().map(ConflictView::new).collect();
        cx.out.hints_of(&error);
        let (files, snapshot, error) = (&*markers.paths, markers.kept, ErrorView::new(&error));
        let answer =
            MarkersAnswer { name, new: true, open: true, conflicts, files, snapshot, error };
        cx.out.json(&answer)?;
        return Ok(Exit::Found);
    }
    print::lines(cx.out, markers.conflicts.iter().flat_map(report::conflict_lines))?;
    markers.paths.iter().try_for_each(|path| cx.out.line(format!("markers in {path}")))?;
    Err(error)
}

fn finish(cx: &mut Context<'_>, project: &Project) -> Result<Exit> {
    let name = project.store().open_merge()?.map(|merge| merge.remote).unwrap_or_default();
    match open::finish(project)? {
        PullOutcome::Refused(refused) => return refuse(cx, &name, &refused),
        PullOutcome::Pulled(pulled) if cx.out.is_json() => {
            cx.out.hint(hints::text(&Hint::PushMerge));
            print_result(cx, &name, &pulled)?;
        }
        PullOutcome::Pulled(pulled) => {
            cx.out.line(format!("✅ Merged {name}, with the files as they are now"))?;
            let renumbered = report::renumbered_lines(&pulled.rebased);
            print::lines(cx.out, renumbered.into_iter().map(|line| line.indented(3)))?;
            cx.out.hint(hints::text(&Hint::PushMerge));
        }
        _ if cx.out.is_json() => cx.out.json(&NothingNew { name: &name, new: false })?,
        _ => cx.out.line("The merge was complete already; it is closed now.")?,
    }
    Ok(Exit::Done)
}

fn abort(cx: &mut Context<'_>, project: &Project) -> Result<Exit> {
    let who = cx.who(project)?;
    let term = *cx.out.term();
    let kept = progress::show(&term, "Restoring", Unit::Item, |progress| {
        open::abort(project, &who, progress)
    })?;
    if cx.out.is_json() {
        cx.out.json(&Aborted { aborted: true, snapshot: kept })?;
        return Ok(Exit::Done);
    }
    cx.out.line("✅ Aborted the merge: the files are as they were before")?;
    if let Some(kept) = kept {
        cx.out.note(format!("The files with markers are stored as safety snapshot {kept}."));
    }
    Ok(Exit::Done)
}

fn refuse(cx: &mut Context<'_>, name: &str, refused: &PullConflicts) -> Result<Exit> {
    let error = report::refusal(name, refused);
    if cx.out.is_json() {
        cx.out.hints_of(&error);
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
        cx.out.line(format!("   {path} contains changes of both sides"))?;
    }
    for conflict in &pulled.decided {
        cx.out.line(format!("   decided: {}", report::conflict_sentence(conflict)))?;
    }
    for conflict in &pulled.missing {
        let sentence = report::conflict_sentence(conflict);
        cx.out.line(format!(
            "   check: {sentence}, and the result contains the change of one side only"
        ))?;
    }
    print::lines(
        cx.out,
        report::renumbered_lines(&pulled.rebased).into_iter().map(|line| line.indented(3)),
    )?;
    print_kept(cx, pulled.kept);
    Ok(())
}
