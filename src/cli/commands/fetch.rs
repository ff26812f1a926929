//! `fetch`: get everything that a remote has, and change nothing of ours.

use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::cli::import_allowance::ImportAllowance;
use crate::cli::progress::{self, Unit};
use crate::cli::{Exit, breaches, import_output, remote};
use crate::client::divergence::{AheadBehind, Divergence};
use crate::client::fetch::{self, Fetched};
use crate::client::follow;
use crate::error::Result;
use crate::history::project::Project;
use crate::history::rules::Strictness;
use crate::operations::bundle;
use clap_complete::ArgValueCompleter;
use serde::Serialize;
use std::path::Path;

/// Download everything that a remote has into the store
///
/// Changes no file, version or pointer of this project; run `lua-store pull` to merge what was fetched. Fetched
/// versions can be read without the remote.
#[derive(Debug, clap::Args)]
pub struct Fetch {
    /// The remote [default: the only one, or origin], or a file that `bundle create` wrote
    #[arg(add = ArgValueCompleter::new(crate::cli::complete::remotes))]
    remote: Option<String>,
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
    name: &'a str,
    url: String,
    new: bool,
    source_version: usize,
    version: usize,
    active: Option<u64>,
    objects: u64,
    bytes: u64,
    source: &'static str,
    versions: &'static str,
    ledger: &'static str,
    as_is: Vec<String>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct BundleAnswer<'a> {
    name: &'static str,
    url: &'a Path,
    source_version: usize,
    version: usize,
    active: Option<u64>,
    as_is: Vec<String>,
}

answer! {
    fetch: Answer<'_>,
    bundleFetch: BundleAnswer<'_>,
}

impl Fetch {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let project = cx.project()?;
        let strictness = Strictness::of(self.as_is);
        if let Some(file) =
            self.remote.as_deref().map(|name| cx.directory().map(|here| here.join(name)))
        {
            let file = file?;
            if file.is_file() {
                self.allowance.save(&project, None)?;
                return bundle(cx, &project, &file, strictness);
            }
        }
        let reached = remote::require(cx, &project, self.remote.as_deref())?;
        self.allowance.save(&project, Some(&reached.address))?;
        let store = project.store();
        let term = *cx.out.term();
        let fetched = progress::show(&term, "Receiving", Unit::Byte, |progress| {
            let (name, remote) = (&reached.name, &*reached.remote);
            let head = follow::read_head(store, name, remote, progress)?;
            let fetched = fetch::bring_with(store, name, remote, head, strictness, progress)?;
            remote.acknowledge().map(|()| fetched)
        })?;
        breaches::print(cx, &fetched.breaches);
        let standing = Divergence::of(&store.heads()?, &fetched.head, store.objects())?;
        if cx.out.is_json() {
            hint_pull(cx, &standing);
            cx.out.json(&Answer {
                name: &reached.name,
                url: reached.address.to_string(),
                new: fetched.is_new(),
                source_version: fetched.head.heads.source.len(),
                version: fetched.head.heads.versions.len(),
                active: fetched.head.heads.active.and_then(|active| active.version),
                objects: fetched.objects,
                bytes: fetched.bytes,
                source: standing.source.word(),
                versions: standing.versions.word(),
                ledger: standing.ledger.word(),
                as_is: breaches::to_json(&fetched.breaches),
            })?;
        } else {
            print_result(cx, &reached.name, &fetched, &standing)?;
            if fetched.before.is_none() {
                import_output::print_after_import(cx, store, &reached.name)?;
            }
        }
        cx.look_after(&project);
        Ok(Exit::Done)
    }
}

fn bundle(
    cx: &mut Context<'_>,
    project: &Project,
    file: &Path,
    strictness: Strictness,
) -> Result<Exit> {
    let term = *cx.out.term();
    let (heads, breaches) = progress::show(&term, "Receiving", Unit::Item, |progress| {
        bundle::fetch(project, file, bundle::NAME, strictness, progress)
    })?;
    breaches::print(cx, &breaches);
    let active = heads.active.and_then(|active| active.version);
    if cx.out.is_json() {
        cx.out.json(&BundleAnswer {
            name: bundle::NAME,
            url: file,
            source_version: heads.source.len(),
            version: heads.versions.len(),
            active,
            as_is: breaches::to_json(&breaches),
        })?;
    } else {
        let active = active.map_or("none".to_owned(), |number| format!("v{number}"));
        cx.out.line(format!("✅ Fetched from \"{}\"", file.display()))?;
        cx.out.line(format!(
            "   source version v{}, version v{}, active {active}",
            heads.source.len(),
            heads.versions.len()
        ))?;
    }
    cx.out.hint(format!("run `lua-store pull {}` to merge the new versions", file.display()));
    cx.look_after(project);
    Ok(Exit::Done)
}

fn hint_pull(cx: &mut Context<'_>, standing: &Divergence) {
    let behind = |order| matches!(order, AheadBehind::Behind | AheadBehind::Diverged);
    if [standing.source, standing.versions, standing.ledger].into_iter().any(behind) {
        cx.out.hint("run `lua-store pull` to merge the new versions");
    }
}

fn print_result(
    cx: &mut Context<'_>,
    name: &str,
    fetched: &Fetched,
    standing: &Divergence,
) -> Result<()> {
    let Fetched { head, objects, bytes, .. } = fetched;
    cx.out.line(match (fetched.is_new(), *objects) {
        (false, _) => format!("{name} has nothing new."),
        (true, 0) => format!("✅ Fetched from {name}: every object was stored already"),
        (true, _) => format!("✅ Fetched from {name}: {objects} objects, {bytes} bytes"),
    })?;
    let last = |count: usize| if count == 0 { "none".to_owned() } else { format!("v{count}") };
    let active = head.heads.active.and_then(|active| active.version);
    let active = active.map_or("none".to_owned(), |number| format!("v{number}"));
    cx.out.line(format!(
        "   source version {}, version {}, active {active}",
        last(head.heads.source.len()),
        last(head.heads.versions.len())
    ))?;
    hint_pull(cx, standing);
    Ok(())
}
