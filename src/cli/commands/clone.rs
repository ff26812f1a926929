//! `clone`: make a project from a remote or a bundle.

use crate::cli::answer::answer;
use crate::cli::breaches;
use crate::cli::clone_source::CloneSource;
use crate::cli::context::Context;
use crate::cli::import_allowance::ImportAllowance;
use crate::cli::import_output;
use crate::cli::progress::{self, Unit};
use crate::cli::remote;
use crate::cli::{Exit, token};
use crate::client::clone::{self, ClonedProject, Origin};
use crate::client::fetch::tracking;
use crate::client::remembered;
use crate::error::{Kind, Result};
use crate::flow::remote::{DEFAULT, NamedRemote};
use crate::history::project::Project;
use crate::history::rules::Strictness;
use crate::operations::bundle;
use crate::operations::restore_clone::RestoredClone;
use crate::protocol::AgentId;
use crate::report;
use crate::store::{self, Heads};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Create a project from a remote or a bundle
///
/// Downloads all versions and writes the files of the last push. If a clone is interrupted, run it again to
/// continue. On a terminal it asks for the token that a server needs, and stores it.
#[derive(Debug, clap::Args)]
pub struct Clone {
    /// `https://host/AGENT`, the path of a folder that ends in the agent's id, `lua://AGENT` on the Lua platform, or a
    /// file written by `bundle create`
    url: String,
    /// The folder to create [default: the id of the agent, or the name of the file]
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Accept records that break the current rules: written before the rules existed, by somebody you trust
    #[arg(long)]
    as_is: bool,
    #[command(flatten)]
    allowance: ImportAllowance,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    project: &'a Path,
    url: &'a Path,
    /// Of a remote; a bundle has none.
    agent: Option<&'a AgentId>,
    files: usize,
    /// Number of transferred bytes.
    bytes: Option<u64>,
    source_version: usize,
    version: usize,
    active: Option<u64>,
    allowed: &'a [String],
    as_is: Vec<String>,
}

answer!(clone: Answer<'_>);

impl<'a> Answer<'a> {
    fn new(
        project: &'a Path,
        url: &'a Path,
        adopted: &'a RestoredClone,
        heads: &Heads,
    ) -> Answer<'a> {
        Answer {
            project,
            url,
            agent: None,
            files: adopted.files,
            bytes: None,
            source_version: heads.source.len(),
            version: heads.versions.len(),
            active: heads.active.and_then(|active| active.version),
            allowed: &adopted.allowed,
            as_is: Vec::new(),
        }
    }
}

impl Clone {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let here = cx.directory()?;
        let strictness = Strictness::of(self.as_is);
        let address = match CloneSource::find(&self.url, &here)? {
            CloneSource::Remote(address) => address,
            CloneSource::Bundle(file) => {
                let name = file.file_stem().unwrap_or_default().to_owned();
                let root = here.join(self.folder.unwrap_or_else(|| name.into()));
                self.allowance.patterns(None)?;
                return bundle(cx, &file, &root, strictness);
            }
        };
        let root = here.join(self.folder.unwrap_or_else(|| address.agent().as_str().into()));
        let url = address.to_string();
        let insecure = cx.insecure();
        let allowed = self.allowance.patterns(Some(&address))?;
        let reached = {
            let store = store::dir_in(&root);
            if !allowed.is_empty() {
                clone::check_empty(&root, DEFAULT, &url)?;
                remote::prepare_import(&address, &store, &allowed)?;
            }
            remote::open_in(cx, DEFAULT.to_owned(), address, insecure, &store)?
        };
        let term = *cx.out.term();
        let receive = |reached: &NamedRemote| {
            progress::show(&term, "Receiving", Unit::Byte, |progress| {
                let origin = Origin { name: DEFAULT, url: &url, insecure };
                clone::clone(&root, origin, &*reached.remote, strictness, progress)
            })
        };
        let ClonedProject { head, bytes, adopted, breaches } = match receive(&reached) {
            // Nothing was made yet: the remote is asked first.
            Err(error) if error.kind() == Kind::Auth && cx.can_ask() => {
                cx.out.note(error.message());
                receive(&token::login(cx, reached.name, reached.address, insecure)?)?
            }
            other => other?,
        };
        let store = Project::open(&root)?.store().clone();
        breaches::print(cx, &breaches);
        remembered::remember(&store, DEFAULT, tracking(&head), cx.now()?.as_millisecond());
        if cx.out.is_json() {
            let answer = Answer::new(&root, Path::new(&url), &adopted, &head.heads);
            let (agent, bytes) = (Some(&head.agent), Some(bytes));
            let as_is = breaches::to_json(&breaches);
            cx.out.json(&Answer { agent, bytes, as_is, ..answer })?;
            cx.out.set_directory(&root);
            cx.out.suggest("lua-store version list");
            return Ok(Exit::Done);
        }
        let done = print_cloned(cx, head.agent.as_str(), &root, &adopted, &head.heads)?;
        import_output::print_after_import(cx, &store, DEFAULT)?;
        Ok(done)
    }
}

fn bundle(cx: &mut Context<'_>, file: &Path, root: &Path, strictness: Strictness) -> Result<Exit> {
    let term = *cx.out.term();
    let bundle::Cloned { heads, adopted, breaches } =
        progress::show(&term, "Receiving", Unit::Item, |progress| {
            bundle::clone(file, root, strictness, progress)
        })?;
    breaches::print(cx, &breaches);
    if cx.out.is_json() {
        let as_is = breaches::to_json(&breaches);
        cx.out.json(&Answer { as_is, ..Answer::new(root, file, &adopted, &heads) })?;
        cx.out.set_directory(root);
        cx.out.suggest("lua-store version list");
        return Ok(Exit::Done);
    }
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    print_cloned(cx, &name, root, &adopted, &heads)
}

fn print_cloned(
    cx: &mut Context<'_>,
    what: &str,
    root: &Path,
    adopted: &RestoredClone,
    heads: &Heads,
) -> Result<Exit> {
    cx.out.line(format!("✓ Cloned {what} into {}", root.display()))?;
    print_outer(cx, root);
    cx.out.line(format!(
        "   {} file(s), {} source version(s), {} version(s)",
        adopted.files,
        heads.source.len(),
        heads.versions.len()
    ))?;
    if let Some(active) = heads.active.and_then(|active| active.version) {
        cx.out.line(format!("   Active: v{active}"))?;
    }
    report::inherited(&adopted.allowed, what).iter().for_each(|line| cx.out.note(line));
    cx.out.hint(
        "the files are those that were pushed last; run `lua-store version list` to list all versions",
    );
    Ok(Exit::Done)
}

/// Says that a clone is inside of another project, as git does of a repository inside a repository.
fn print_outer(cx: &mut Context<'_>, root: &Path) {
    // `../shop` is beside the project, and not in it.
    let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    let outer = root.parent().and_then(|above| store::project::find(above).ok());
    if let Some(outer) = outer {
        cx.out.warn(format!(
            "the clone is inside the project \"{}\", whose pushes leave it out",
            outer.display()
        ));
    }
}
