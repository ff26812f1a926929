//! `push`: the project as it is becomes the next source version.

use crate::cli::compiler::{self, Compiler};
use crate::cli::context::Context;
use crate::cli::live::{self, Whom};
use crate::cli::output::{DIM, GREEN, RED, YELLOW};
use crate::cli::outward::{Outward, Which};
use crate::cli::which_agent::WhichAgent;
use crate::cli::{Exit, complete};
use crate::cli::{allowing, git, print, progress};
use crate::compare::{self, Change, Item, StateChange};
use crate::error::{self, Error, Result};
use crate::history::project::Project;
use crate::history::record::Who;
use crate::history::suggest;
use crate::model::agent::SourceRef;
use crate::model::kind::{KINDS, Kind};
use crate::operations::build::Scope;
use crate::operations::push::{self, Pushed};
use crate::operations::stage::{self, Report};
use crate::operations::{create, stock};
use crate::progress::Progress;
use crate::reader::leak;
use crate::report;
use clap_complete::ArgValueCompleter;
use serde_json::{Value, json};

/// How many remarks are told before the rest is only counted.
const REMARKS: usize = 10;

/// Keep the project as it is now as the next source version
///
/// Every primitive whose content changed gets the next number; the others keep theirs. Files that no
/// ignore rule names are kept byte for byte. Nothing is live before it is promoted.
#[derive(Debug, clap::Args)]
pub struct Push {
    /// What to push: `all`, a kind such as `skill`, `persona`, or `backup` for the files alone
    #[arg(default_value = "all", add = ArgValueCompleter::new(complete::kinds))]
    what: String,
    /// Only the primitive of this name
    #[arg(long, value_name = "NAME", add = ArgValueCompleter::new(complete::names))]
    name: Option<String>,
    /// Give it this number instead of the next one
    #[arg(long, value_name = "VERSION")]
    set_version: Option<String>,
    /// What this push is about
    #[arg(short, long, value_name = "TEXT")]
    message: Option<String>,
    /// Run this compiler first, and keep what it makes: `lua`, the stock command
    #[arg(long, value_name = "COMPILER", value_enum)]
    compiler: Option<Compiler>,
    /// Push although fresh output of `lua compile` lacks some of it
    #[arg(long)]
    allow_dropped: bool,
    /// Say what would be pushed, and push nothing
    #[arg(long)]
    dry_run: bool,
    /// Keep this although it looks like a secret: a path, or KIND/NAME for the values of a primitive. Stays allowed
    #[arg(long, value_name = "PATH|KIND/NAME", conflicts_with = "dry_run")]
    allow: Vec<String>,
    /// Allow this no longer
    #[arg(long, value_name = "PATH|KIND/NAME", conflicts_with = "dry_run")]
    disallow: Vec<String>,
    /// Skip questions
    #[arg(long)]
    force: bool,
    /// Supersede what others pushed and is not here: it stays in the history, and yours becomes the newest
    #[arg(long, conflicts_with_all = ["dry_run", "offline"])]
    overwrite_remote: bool,
    #[command(flatten)]
    to: Which,
    #[command(flatten)]
    which: WhichAgent,
}

impl Push {
    /// A push of everything, as `sync` makes it.
    pub fn everything(to: Which) -> Push {
        let (name, set_version, message) = Default::default();
        Push {
            what: "all".to_owned(),
            name,
            set_version,
            message,
            allow_dropped: false,
            dry_run: false,
            allow: Vec::new(),
            disallow: Vec::new(),
            force: true,
            compiler: None,
            overwrite_remote: false,
            to,
            which: WhichAgent::default(),
        }
    }

    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let scope = scope(&self.what, self.name)?;
        let project = match scope {
            Scope::Backup if !self.which.is_named() => cx.project()?,
            _ => self.which.project(cx)?,
        };
        let who = cx.who(&project)?;
        let outward = match (self.dry_run, self.overwrite_remote) {
            (true, _) => None,
            (false, false) => Outward::begin(cx, &project, &self.to)?,
            (false, true) => match Outward::overtake(cx, &project, &self.to, self.force)? {
                None => return Ok(Exit::Done),
                some => some,
            },
        };
        allowing::change(&project, &self.allow, &self.disallow)?;
        if let Some(compiler) = self.compiler {
            compiler.run(cx, project.root())?;
        }
        let (set_version, compiled) = (self.set_version, self.compiler.is_some());
        let allow_dropped = self.allow_dropped;
        let pushed = with_progress(cx, "Pushing", |progress| {
            let request = stage::Request { scope, set_version, compiled, allow_dropped, progress };
            if self.dry_run {
                return look(&project, &request);
            }
            Ok((push::push(&project, &request, self.message.as_deref(), &who)?, None))
        })?;
        let (pushed, change) = pushed;
        if !cx.out.is_json() {
            tell(cx, &pushed, change.as_ref())?;
            finish(cx, &pushed, self.dry_run)?;
            if pushed.number.is_some() && is_versionable(&project, &who) {
                cx.out.hint("`lua-store version create` makes a version of it");
            }
        }
        let event = git::Event::Pushed { tree: pushed.report.snapshot.tree };
        let told = if self.dry_run { None } else { git::commit_after(&project, &event, &who) };
        told.iter().for_each(|told| told.tell(cx));
        let sent =
            outward.map(|outward| outward.finish(cx, &project, pushed.number)).transpose()?;
        let unsent = if sent.is_none() { self::unsent(cx, &project, &self.to)? } else { None };
        if cx.out.is_json() {
            let mut answer = to_json(&pushed, self.dry_run);
            answer["git"] = json!(told.as_ref().map(git::Outcome::to_json));
            answer["diff"] = json!(change.as_ref().map(report::to_json));
            answer["remote"] = json!(sent);
            answer["unsent"] = unsent.unwrap_or_default();
            cx.out.json(&answer)?;
        }
        cx.look_after(&project);
        Ok(Exit::Done)
    }
}

/// Whether `version create` would make a version now. A damaged version, and files that were not read, it refuses: that
/// is its own answer, and no hint.
fn is_versionable(project: &Project, who: &Who) -> bool {
    matches!(
        create::plan(project.store(), &create::Request::default(), who),
        Ok(create::Next::New(_))
    )
}

/// What waits for a push to the remote, said where nothing is sent; `None` where there is no remote.
fn unsent(cx: &mut Context<'_>, project: &Project, to: &Which) -> Result<Option<Value>> {
    let whom = Whom { remote: to.remote.clone(), offline: to.offline };
    let live = match live::of_remote(cx, project, &whom) {
        Ok(Some(live)) => live,
        Ok(None) => return Ok(None),
        // The push is done; what else is damaged is told, and no part of its answer.
        Err(error) if error.kind() == error::Kind::Corrupt => {
            cx.out.warn(format!("cannot say what else waits for the remote: {error}"));
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    report::unsent(&live).into_iter().for_each(|line| cx.out.note(line));
    Ok(live.unsent.as_ref().map(report::unsent_json))
}

/// What a push would do, and what would differ then from the pushed state.
fn look(project: &Project, request: &stage::Request) -> Result<(Pushed, Option<StateChange>)> {
    let staged = stage::look(project, request)?;
    staged.report.require_whole(request)?;
    leak::refuse(&staged.report.leaks)?;
    let from = staged.report.previous.as_ref().map(|previous| previous.state);
    let mut change = compare::between(&staged.objects, from.as_ref(), Some(&staged.report.state))?;
    change.add_rebundled(&staged.report.items);
    Ok((Pushed { number: None, healed: 0, report: staged.report }, Some(change)))
}

/// Does long work with a bar on the terminal.
pub fn with_progress<T: Send>(
    cx: &Context<'_>,
    label: &'static str,
    work: impl FnOnce(Progress) -> Result<T>,
) -> Result<T> {
    progress::show(cx.out.term(), label, progress::Unit::Item, |progress| work(progress.clone()))
}

fn scope(what: &str, name: Option<String>) -> Result<Scope> {
    let scope = match what {
        "all" => Scope::All,
        "persona" | "agent" => Scope::Persona,
        "backup" => Scope::Backup,
        "mcp" => Scope::Kind(mcp(), name.clone()),
        other => Scope::Kind(Kind::named(other).ok_or_else(|| unknown(other))?, name.clone()),
    };
    if name.is_some() && !matches!(scope, Scope::Kind(..)) {
        return Err(Error::usage(format!("--name goes with a kind, not with \"{what}\""))
            .hint("for example `lua-store push skill --name user-skill`"));
    }
    Ok(scope)
}

/// The stock command's short word.
fn mcp() -> &'static Kind {
    Kind::named("mcp-server").expect("the table has MCP servers")
}

fn unknown(what: &str) -> Error {
    let words = ["all", "persona", "backup"].into_iter().chain(KINDS.iter().map(|kind| kind.word));
    let words: Vec<&str> = words.collect();
    let error = Error::usage(format!("there is nothing called \"{what}\" to push"));
    match suggest::nearest(what, words.iter().copied()) {
        Some(word) => error.hint(format!("did you mean `{word}`?")),
        None => error.hint(format!("one of: {}", words.join(", "))),
    }
}

/// What became of each primitive, on stdout, with what differs in it where that is given; what was left
/// out or not understood, on stderr.
pub fn tell(cx: &mut Context<'_>, pushed: &Pushed, change: Option<&StateChange>) -> Result<()> {
    if cx.out.is_json() {
        return Ok(());
    }
    remarks(cx, &pushed.report);
    if let Some(reason) = &pushed.report.unread {
        cx.out.warn(format!("only the files are kept: the agent in them cannot be read: {reason}"));
    }
    let changed = pushed.report.changed();
    for item in pushed.report.items.iter().filter(|item| changed || item.rebundled) {
        let (style, text) = item_words(item, pushed.number.is_some());
        let text = cx.out.paint(style, text);
        cx.out.line(text)?;
        // Of what is new only the name it had is told, and what changed with it.
        let has_lines = match item.change {
            Change::Changed => true,
            Change::New => item.kind != "agent",
            Change::Unchanged | Change::Removed => false,
        };
        let changed = change.filter(|_| has_lines);
        let lines = changed
            .map(|change| report::item_lines(change, item.kind, &item.name))
            .unwrap_or_default();
        print::lines(cx.out, lines.into_iter().map(|line| line.indented(6)))?;
    }
    if let Some(change) = change.filter(|_| changed) {
        print::lines(cx.out, report::reached_lines(&compare::reached(change)))?;
    }
    if pushed.healed > 0 {
        cx.out.note(format!("{} damaged object(s) were stored again.", pushed.healed));
        cx.out.hint("`lua-store fsck --repair` removes the damaged copies");
    }
    if let Some(number) = pushed.number {
        cx.out.line(format!("💾 Backup at v{number} ({})", changed_files(&pushed.report)))?;
    }
    Ok(())
}

fn item_words(item: &Item, done: bool) -> (anstyle::Style, String) {
    let (sign, pushed, removed) = if done {
        ("✅", "pushed", "removed")
    } else {
        ("~ ", "would be pushed", "would be removed")
    };
    let subject = match (item.kind, &*item.name) {
        ("persona", _) => "persona",
        // One without a name yet.
        ("agent", "") => "agent",
        (_, name) => name,
    };
    let kind = match item.kind {
        "persona" => String::new(),
        kind => format!("{kind}, "),
    };
    let number = |number: &Option<String>| {
        number.as_ref().map_or(String::new(), |number| format!(" v{number}"))
    };
    let (before, after) = (number(&item.before), number(&item.after));
    match (item.change, item.kind) {
        (Change::New, "agent") => {
            (GREEN, format!("  {sign} {subject} {pushed} (agent settings, new)"))
        }
        (Change::Changed, "agent") => {
            (YELLOW, format!("  {sign} {subject} {pushed} (agent settings, changed)"))
        }
        (Change::Unchanged, "agent") => (DIM, format!("  ·  {subject} unchanged (agent settings)")),
        (Change::New, _) => (GREEN, format!("  {sign} {subject}{after} {pushed} ({kind}new)")),
        (Change::Changed, _) => {
            let from = item.before.clone().unwrap_or_default();
            let to = item.after.clone().unwrap_or_default();
            (YELLOW, format!("  {sign} {subject}{after} {pushed} ({kind}{from} → {to})"))
        }
        (Change::Unchanged, _) => {
            let code =
                if item.rebundled { format!("; {}", report::REBUNDLED) } else { String::new() };
            (DIM, format!("  ·  {subject}{after} unchanged ({}{code})", item.kind))
        }
        (Change::Removed, _) => (RED, format!("  {sign} {subject} {removed} ({kind}was{before})")),
    }
}

fn changed_files(report: &Report) -> String {
    let word = if report.previous.is_some() { "changed" } else { "new" };
    format!("{} {word} file(s)", report.files.len())
}

/// What was left out of the files, and what in the TypeScript was not evaluated.
pub fn remarks(cx: &mut Context<'_>, report: &Report) {
    let skipped =
        report.snapshot.skipped.iter().map(|s| format!("left out \"{}\": {}", s.path, s.reason));
    let notes =
        report.notes.iter().map(|n| format!("{}:{}:{}: {}", n.path, n.line, n.column, n.message));
    let files = report.snapshot.notes.iter().map(|n| {
        format!(
            "\"{}\" and \"{}\" are one name on systems that do not tell case or Unicode forms apart",
            n.path, n.collides_with
        )
    });
    for list in [
        skipped.collect::<Vec<_>>(),
        files.collect(),
        notes.collect(),
        stock::notes(&report.dropped),
    ] {
        for text in list.iter().take(REMARKS) {
            cx.out.warn(text);
        }
        if list.len() > REMARKS {
            cx.out.warn(format!(
                "… and {} more: `lua-store status --json` has all",
                list.len() - REMARKS
            ));
        }
    }
    if let Some(first) = report.snapshot.leftovers.first() {
        cx.out.warn(format!(
            "\"{first}\" is left of a restore that was cut off, and may be what somebody saved meanwhile; \
             the next restore gives that a name of its own"
        ));
    }
    for needed in report.needed.iter().take(REMARKS) {
        cx.out.note(format!("kept although ignored: {}", needed.words()));
    }
    compiler::remark(cx, &report.dist);
}

fn finish(cx: &mut Context<'_>, pushed: &Pushed, dry_run: bool) -> Result<()> {
    let moved = pushed.report.items.iter().filter(|item| item.change != Change::Unchanged).count();
    match (pushed.number, dry_run) {
        (Some(_), _) => {
            let count = if moved > 0 { format!(": {moved} changed") } else { String::new() };
            cx.out.line(format!("✅ Push complete{count}"))?;
        }
        (None, _) if !pushed.report.changed() => cx.out.line(match &pushed.report.previous {
            Some(previous) => format!("Nothing changed since source version v{}.", previous.number),
            None => "Nothing to push.".to_owned(),
        })?,
        (None, _) => {
            let files = changed_files(&pushed.report);
            cx.out.line(format!("Would push {moved} change(s), {files}. Nothing was stored."))?;
        }
    }
    Ok(())
}

pub fn to_json(pushed: &Pushed, dry_run: bool) -> Value {
    let report = &pushed.report;
    let item = |item: &Item| {
        json!({
            "kind": item.kind, "name": item.name, "change": item.change.word(),
            "from": item.before, "to": item.after, "rebundled": item.rebundled,
        })
    };
    json!({
        "changed": report.changed(),
        "dryRun": dry_run,
        "sourceVersion": pushed.number,
        "healed": pushed.healed,
        "previousSourceVersion": report.previous.as_ref().map(|previous| previous.number),
        "items": report.items.iter().map(item).collect::<Vec<_>>(),
        "files": report.snapshot.files,
        "leftOut": left_out(report),
        "keptAlthoughIgnored": kept(report),
        "notes": notes(report),
        "dropped": report.dropped,
        "deployable": stock::is_deployable(&report.dropped),
        "unread": report.unread,
        "compiled": report.dist.to_json(),
        "state": report.state.to_string(),
        "source": report.snapshot.tree.to_string(),
    })
}

pub fn left_out(report: &Report) -> Value {
    let one = |skipped: &crate::workspace::Skipped| json!({"path": skipped.path, "reason": skipped.reason.to_string()});
    report.snapshot.skipped.iter().map(one).collect()
}

/// What is kept although an ignore rule names it, and who needs it.
pub fn kept(report: &Report) -> Value {
    let by = |by: &SourceRef| format!("{}:{}", by.path, by.line);
    report
        .needed
        .iter()
        .map(|one| json!({"path": one.path, "importedBy": one.by.as_ref().map(by)}))
        .collect()
}

pub fn notes(report: &Report) -> Value {
    let one = |n: &crate::model::agent::Note| json!({"path": n.path, "line": n.line, "column": n.column, "message": n.message});
    report.notes.iter().map(one).collect()
}
