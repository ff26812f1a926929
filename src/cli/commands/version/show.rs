//! `version show`: one version and what it holds.

use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::cli::live::{LiveRemoteArgs, View};
use crate::cli::proof_view::ProofView;
use crate::cli::{Exit, any_version_output, complete, hints, live_check_output, print};
use crate::error::{Hint, Result};
use crate::history::catalog::Catalog;
use crate::history::imported::{
    self, ContentOrigins, PlatformNumbers, PromotionProof, PromotionProofs,
};
use crate::history::live::{self, Unsent};
use crate::history::resolve;
use crate::history::revision::Revision;
use crate::history::state::State;
use crate::history::version::Status;
use crate::history::via::Vias;
use crate::model::agent::Dropped;
use crate::operations::{losses, stock};
use crate::report::view::{self, SnapshotView, Summary};
use crate::report::{self, PromotedView, SentView, ViaView};
use clap_complete::ArgValueCompleter;
use serde::Serialize;

/// Show one version: its author, time and content
#[derive(Debug, clap::Args)]
pub struct Show {
    /// The version: `2`, `active`, `latest`, `previous`, `source/v6` …; see `help versions`
    #[arg(allow_negative_numbers = true, add = ArgValueCompleter::new(complete::any_versions))]
    version: Revision,
    #[command(flatten)]
    whom: LiveRemoteArgs,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Answer<'a> {
    #[serde(flatten)]
    summary: Summary,
    /// Null where the agent cannot be read.
    deployable: Option<bool>,
    dropped: Option<&'a [Dropped]>,
    snapshot: SnapshotView,
    #[serde(skip_serializing_if = "Option::is_none")]
    via: Option<ViaView<'a>>,
    /// Number on the platform, where it is another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    platform: Option<u64>,
    /// Origins of the contents, of a version of the platform.
    #[serde(skip_serializing_if = "Option::is_none")]
    origins: Option<ContentOrigins>,
    /// Comparison of what ran after the last promotion on the platform.
    #[serde(skip_serializing_if = "Option::is_none")]
    proof: Option<ProofView<'a>>,
    #[serde(flatten)]
    promoted: PromotedView<'a>,
    #[serde(flatten)]
    sent: SentView<'a>,
}

answer!(version: Answer<'_>);

impl Show {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let view = self.whom.open_with(cx, &[&self.version])?;
        let catalog = view.catalog()?;
        let found = resolve::version_in(&catalog, &self.version)?;
        match found.number_in(&catalog) {
            Some(number) => show(cx, &view, &catalog, number),
            None => any_version_output::show_content(cx, &view, &found),
        }
    }
}

fn show(cx: &mut Context<'_>, view: &View, catalog: &Catalog, number: u64) -> Result<Exit> {
    let live = view.live_of(catalog)?;
    let version = catalog.get(number)?;
    let summary = view::summary(&version, catalog.status(number));
    let vias = Vias::load(view.store())?;
    let snapshot = view::snapshot(view.store().objects(), &version.state)?;
    let promoted = live::promotions(view.store(), catalog, &live, &[number])?.remove(&number);
    let platform = PlatformNumbers::load(view.store())?;
    let proofs = PromotionProofs::load(view.store())?;
    let proof = proofs.of_version(&version.id);
    let state = State::load(view.store().objects(), &version.state)?;
    let origins = imported::origins(view.store(), &state)?;
    let losses = losses::of_files(view.store(), view.store().objects(), version.source)?.ok();
    if cx.out.is_json() {
        let dropped = losses.as_deref();
        let is_unsent = |unsent: &Unsent| unsent.versions.contains(&number);
        cx.out.json(&Answer {
            summary,
            deployable: dropped.map(stock::is_deployable),
            dropped,
            snapshot,
            via: ViaView::of(&vias, &version.id),
            platform: platform.of(&version.id, number),
            origins,
            proof: proof.map(ProofView::new),
            promoted: PromotedView::new(promoted.as_ref()),
            sent: SentView::new(&live, view.now_ms(), is_unsent),
        })?;
        return Ok(Exit::Done);
    }
    let other = platform.after(&version.id, number);
    cx.out.line(format!("Version v{number}{other} ({})", summary.status))?;
    let by = format!("{}{}", summary.created_by, vias.after(&version.id));
    cx.out.line(format!("  Created: {} by {by}", summary.created_at))?;
    if let Some(since) = report::live_since(&live, number, view.now_ms()) {
        print::text(cx.out, format!("  Live {since}"))?;
    }
    if let Some(message) = &summary.message {
        cx.out.line(format!("  Message: {message}"))?;
    }
    if let Some(commit) = &summary.commit_hash {
        cx.out.line(format!("  Commit:  {commit}"))?;
    }
    cx.out.line(format!("  Source:  v{}", summary.source_manifest_version))?;
    if let Some(reason) = &summary.unread {
        cx.out.line(format!("  Agent:   not read: {reason}"))?;
    }
    print_origins(cx, origins, proof)?;
    print::content(cx.out, &snapshot)?;
    stock::notes(&losses.unwrap_or_default()).into_iter().for_each(|note| cx.out.warn(note));
    view.print_live(cx, &live);
    if catalog.status(number) == Status::Deleted {
        cx.out.hint(hints::text(&Hint::Undelete(number)));
    }
    Ok(Exit::Done)
}

/// Lines about a version of the platform: the origins of its contents, and the comparison after its promotion.
fn print_origins(
    cx: &mut Context<'_>,
    origins: Option<ContentOrigins>,
    proof: Option<&PromotionProof>,
) -> Result<()> {
    if let Some(ContentOrigins { exact, inferred, unknown }) = origins {
        cx.out.line(format!(
            "  Content: {exact} exact, {inferred} inferred from backups, {unknown} unknown"
        ))?;
    }
    if let Some(proof) = proof {
        let words = live_check_output::proof(proof);
        cx.out.line(format!("  Proved:  {} {words}", view::minute(proof.at_ms)))?;
    }
    Ok(())
}
