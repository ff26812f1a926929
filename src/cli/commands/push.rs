//! `push`: the project as it is becomes the next source version.

use crate::cli::compiler::Compiler;
use crate::cli::context::Context;
use crate::cli::deploy_args::DeployArgs;
use crate::cli::inclusion::InclusionArgs;
use crate::cli::remote::RemoteArgs;
use crate::cli::version_creation::{Creation, WhenSent};
use crate::cli::which_agent::WhichAgent;
use crate::cli::{Exit, checkout, complete, push};
use crate::deploy::ReadScope;
use crate::error::{Error, Result};
use crate::flow;
use crate::flow::remote::NamedRemote;
use crate::history::project::Project;
use crate::history::suggest;
use crate::model::kind::{KINDS, Kind};
use crate::operations::build::PushScope;
use crate::operations::stage;
use crate::progress::Progress;
use clap_complete::ArgValueCompleter;

/// Store the project as the next source version
///
/// Each primitive whose content changed gets the next number. Files are stored byte for byte, except those that
/// an ignore rule names. A push changes nothing for users until a version of it is promoted.
#[derive(Debug, clap::Args)]
pub struct Push {
    /// What to push: `all`, a kind such as `skill`, `persona`, or `backup` for the files alone
    #[arg(default_value = "all", add = ArgValueCompleter::new(complete::kinds))]
    what: String,
    /// Only the primitive of this name
    #[arg(long, value_name = "NAME", add = ArgValueCompleter::new(complete::names))]
    name: Option<String>,
    /// Use this number instead of the next one
    #[arg(long, value_name = "VERSION")]
    set_version: Option<String>,
    /// A message for this push
    #[arg(short, long, value_name = "TEXT")]
    message: Option<String>,
    /// Run this compiler first and store its output: `lua`, the stock command
    #[arg(long, value_name = "COMPILER", value_enum)]
    compiler: Option<Compiler>,
    /// Push even if fresh output of `lua compile` lacks parts of the agent
    #[arg(long)]
    allow_dropped: bool,
    /// Show what would be pushed, and push nothing
    #[arg(long)]
    dry_run: bool,
    /// Store this even if it looks like a secret: a path, or KIND/NAME for the values of a primitive. The permission
    /// is saved
    #[arg(long, value_name = "PATH|KIND/NAME", conflicts_with = "dry_run")]
    allow: Vec<String>,
    /// Remove such a permission
    #[arg(long, value_name = "PATH|KIND/NAME", conflicts_with = "dry_run")]
    disallow: Vec<String>,
    /// Push only if this source version is the newest one, locally and at the remote; `v0` if there is none
    #[arg(long, value_name = "VERSION", value_parser = source_number)]
    expect_source: Option<u64>,
    /// Ask no questions
    #[arg(long)]
    force: bool,
    /// Supersede what others pushed and you do not have: it stays in the history, and your push becomes the newest
    #[arg(long, conflicts_with_all = ["dry_run", "offline"])]
    overwrite_remote: bool,
    /// Create a version of the push too: `version create --auto-push`, sent to the remote
    #[arg(long, conflicts_with_all = [
        "name", "set_version", "compiler", "allow_dropped", "dry_run", "allow", "disallow", "expect_source",
        "overwrite_remote", "agent"
    ])]
    create: bool,
    /// With `--create`: promote the version that was created
    #[arg(long, requires = "create")]
    promote: bool,
    #[command(flatten)]
    deploy: DeployArgs,
    #[command(flatten)]
    inclusion: InclusionArgs,
    #[command(flatten)]
    to: RemoteArgs,
    #[command(flatten)]
    which: WhichAgent,
}

impl Push {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let scope = scope(&self.what, self.name.clone())?;
        self.deploy.apply(cx, self.force, &[])?;
        cx.deploy.is_dry_run = self.dry_run;
        self.inclusion.apply(cx)?;
        if self.create {
            require_all(&scope, &self.what)?;
            let creation = Creation {
                message: self.message,
                auto_push: true,
                delivery: WhenSent::Remote,
                promote: self.promote,
                at: self.to,
                ..Creation::default()
            };
            return creation.run(cx);
        }
        if !self.dry_run && !self.overwrite_remote && self.deploy.plan.is_none() {
            cx.deploy.scope = ReadScope::History;
        }
        let (project, remote) = self.project(cx, &scope)?;
        self.inclusion.check(&project, (&self.to, matches!(scope, PushScope::All)))?;
        let request = stage::PushRequest {
            scope,
            set_version: self.set_version,
            compiled: self.compiler.is_some(),
            allow_dropped: self.allow_dropped,
            expect_source: self.expect_source,
            progress: Progress::default(),
        };
        if self.dry_run {
            return push::preview(cx, &project, &request, &self.to, self.compiler, remote);
        }
        project.require_no_merge("push")?;
        self.inclusion.warning().into_iter().for_each(|warning| cx.out.note(warning));
        let (message, allow, disallow) = (self.message.as_deref(), &self.allow, &self.disallow);
        let options = push::Options {
            push: flow::push::Push { message, allow, disallow },
            compiler: self.compiler,
            overwrite_remote: self.overwrite_remote,
            force: self.force,
            to: &self.to,
        };
        push::run(cx, &project, &request, &options, remote)
    }

    /// The project, and the remote unless nothing goes there. A checkout without a store gets one, where the remote
    /// is
    /// given by its address.
    fn project(
        &self,
        cx: &mut Context<'_>,
        scope: &PushScope,
    ) -> Result<(Project, Option<NamedRemote>)> {
        if let Some(url) = self.to.url().filter(|_| cx.project().is_err()) {
            let (project, remote) = checkout::open(cx, &self.which, url, &self.to)?;
            return Ok((project, Some(remote)));
        }
        let project = match scope {
            PushScope::Backup if !self.which.is_named() => cx.project()?,
            _ => self.which.project(cx)?,
        };
        // A dry run asks nobody, but for the plan of a deployment.
        let is_asked = !self.dry_run || self.to.is_platform(&project)?;
        let remote = if is_asked { self.to.reach(cx, &project)? } else { None };
        Ok((project, remote))
    }
}

/// A source version as one types it: `9`, `v9` or `source/v9`.
fn source_number(text: &str) -> Result<u64> {
    let digits = text.strip_prefix("source/").unwrap_or(text);
    let digits = digits.strip_prefix(['v', 'V']).unwrap_or(digits);
    digits
        .parse()
        .map_err(|_| Error::usage(format!("\"{text}\" is not the number of a source version")))
}

fn scope(what: &str, name: Option<String>) -> Result<PushScope> {
    let scope = match what {
        "all" => PushScope::All,
        "persona" | "agent" => PushScope::Persona,
        "backup" => PushScope::Backup,
        "mcp" => PushScope::Kind(mcp(), name.clone()),
        other => PushScope::Kind(Kind::named(other).ok_or_else(|| unknown(other))?, name.clone()),
    };
    if name.is_some() && !matches!(scope, PushScope::Kind(..)) {
        return Err(Error::usage(format!("`--name` needs a kind, not \"{what}\""))
            .hint("run for example `lua-store push skill --name user-skill`"));
    }
    Ok(scope)
}

/// A version is one of everything.
fn require_all(scope: &PushScope, what: &str) -> Result<()> {
    match scope {
        PushScope::All => Ok(()),
        _ => Err(Error::usage(format!("cannot create a version of \"{what}\" alone"))
            .hint("run `lua-store push --create` to push everything and create a version of it")),
    }
}

/// The stock command's short word.
fn mcp() -> &'static Kind {
    Kind::named("mcp-server").expect("the table has MCP servers")
}

fn unknown(what: &str) -> Error {
    let words = ["all", "persona", "backup"].into_iter().chain(KINDS.iter().map(|kind| kind.word));
    let words: Vec<&str> = words.collect();
    let error = Error::usage(format!("cannot push \"{what}\": there is no such kind"));
    match suggest::nearest(what, words.iter().copied()) {
        Some(word) => error.hint(format!("did you mean `{word}`?")),
        None => error.hint(format!("one of: {}", words.join(", "))),
    }
}
