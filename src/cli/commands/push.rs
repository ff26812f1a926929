//! `push`: the project as it is becomes the next source version.

use crate::cli::compiler::Compiler;
use crate::cli::context::Context;
use crate::cli::live::{self, Whom};
use crate::cli::outward::{Outward, Which};
use crate::cli::which_agent::WhichAgent;
use crate::cli::{Exit, complete};
use crate::cli::{allowing, git, progress, push_output};
use crate::compare::{self, StateChange};
use crate::error::{self, Error, Result};
use crate::history::project::Project;
use crate::history::record::Who;
use crate::history::suggest;
use crate::model::kind::{KINDS, Kind};
use crate::operations::build::Scope;
use crate::operations::leak;
use crate::operations::push::{self, Pushed};
use crate::operations::{create, stage};
use crate::report;
use clap_complete::ArgValueCompleter;
use serde_json::{Value, json};

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
        let pushed = progress::with_progress(cx, "Pushing", |progress| {
            let request = stage::Request { scope, set_version, compiled, allow_dropped, progress };
            if self.dry_run {
                return look(&project, &request);
            }
            Ok((push::push(&project, &request, self.message.as_deref(), &who)?, None))
        })?;
        let (pushed, change) = pushed;
        if !cx.out.is_json() {
            push_output::tell(cx, &pushed, change.as_ref())?;
            push_output::finish(cx, &pushed, self.dry_run)?;
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
            let mut answer = push_output::to_json(&pushed, self.dry_run);
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
