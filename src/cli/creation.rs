//! Creation of a version: its promotion, and remarks on what it does not contain and on its number.

use super::context::Context;
use super::deploy_output::DeployedView;
use super::follower_output::{self, FollowerView};
use super::remote::RemoteArgs;
use super::terminal::{Terminal, print_git};
use crate::client::Address;
use crate::error::{Kind, Result};
use crate::flow::git::GitOutcome;
use crate::flow::pointer::PointerRequest;
use crate::flow::promote::{self, Promoted};
use crate::flow::remote::choose;
use crate::history::catalog::Catalog;
use crate::history::project::Project;
use crate::history::record::Author;
use crate::history::revision::Revision;
use crate::object::Id;
use crate::operations::not_included::NotIncluded;
use crate::operations::promote::PromoteRequest;
use serde::Serialize;

/// Number of paths that a remark names.
const NAMED: usize = 3;

/// The promotion of a version that was just created.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CreatedPromotionView<'a> {
    version: u64,
    previous_active: Option<u64>,
    git: Option<&'a GitOutcome>,
    /// Requests that changed the agent on the Lua platform.
    deployed: Option<DeployedView<'a>>,
    /// Other remotes of an agent on the platform, whose pointers follow.
    followers: Vec<FollowerView<'a>>,
}

impl CreatedPromotionView<'_> {
    pub fn new(promoted: &Promoted) -> CreatedPromotionView<'_> {
        let Promoted { promotion, git, step } = promoted;
        CreatedPromotionView {
            version: promotion.number,
            previous_active: promotion.previous,
            git: git.as_ref(),
            deployed: step.deployed.as_ref().map(DeployedView::new),
            followers: follower_output::views(&step.followers),
        }
    }
}

/// Promotes the version with this id, and no other one: its number may be another version's at the remote.
pub fn promote(
    cx: &mut Context<'_>,
    project: &Project,
    at: &RemoteArgs,
    who: &Author,
    id: Id,
) -> Result<Promoted> {
    let version = Revision::IdPrefix(id.to_string());
    let remotes = at.reach_all(cx, project)?;
    let step = PointerRequest {
        action: "promote the new version",
        remote: at.remote.as_deref(),
        dry_run: false,
        theirs: false,
    };
    let at = (project, who);
    let prepared = promote::prepare(&mut Terminal::new(cx), at, remotes, &step, &version, None)?;
    prepared.apply(&mut Terminal::new(cx), at, &PromoteRequest::default())
}

pub fn print_promoted(cx: &mut Context<'_>, promoted: &Promoted, at: &RemoteArgs) -> Result<()> {
    let Promoted { promotion, git, .. } = promoted;
    let number = promotion.number;
    git.iter().for_each(|git| print_git(cx, git));
    match promotion.previous {
        Some(previous) => {
            cx.out.line(format!("✓ Promoted v{number}. Previous active: v{previous}."))?;
            cx.out.hint(format!(
                "run `lua-store version promote v{previous}{}` to take it back",
                at.options()
            ));
            Ok(())
        }
        None => cx.out.line(format!("✓ Promoted v{number}. (No previous active version.)")),
    }
}

/// Says which version stays active where nothing was created.
pub fn print_not_promoted(
    cx: &mut Context<'_>,
    project: &Project,
    latest: u64,
    at: &RemoteArgs,
) -> Result<()> {
    let active = Catalog::load(project.store())?.active_number();
    if active == Some(latest) {
        cx.out.note(format!("Nothing was promoted: v{latest} is active."));
        return Ok(());
    }
    let active = active.map_or("no version".to_owned(), |active| format!("v{active}"));
    cx.out.warn(format!(
        "nothing was promoted: {active} is active, and v{latest} is the newest version"
    ));
    cx.out.hint(format!("run `lua-store version promote v{latest}{}` to promote it", at.options()));
    Ok(())
}

/// Work that a version does not contain. A project whose files cannot be compared gets a warning.
pub fn not_included(cx: &mut Context<'_>, project: &Project, version: u64) -> NotIncluded {
    let found = Catalog::load(project.store())
        .and_then(|catalog| NotIncluded::of(project, &catalog.get(version)?));
    found.unwrap_or_else(|error| {
        cx.out.warn(format!("cannot say which edits are not in v{version}: {error}"));
        NotIncluded::default()
    })
}

pub fn print_not_included(cx: &mut Context<'_>, version: u64, left_out: &NotIncluded) {
    let NotIncluded { edited, source_versions } = left_out;
    if let (Some(first), Some(last)) = (source_versions.first(), source_versions.last()) {
        let range = if first == last { format!("v{first}") } else { format!("v{first}..v{last}") };
        cx.out.note(format!("Not in v{version}: source version {range}, which changes files only"));
    }
    if edited.is_empty() {
        return;
    }
    let mut named = edited.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    if edited.len() > NAMED {
        named = format!("{named}, … and {} more", edited.len() - NAMED);
    }
    cx.out.note(format!(
        "Not in v{version}: {} edited file(s) that are not pushed: {named}",
        edited.len()
    ));
    cx.out.hint("run `lua-store push`, then `lua-store version create`, to include them");
}

/// Says that a number is not reserved, where there is a remote that does not have the version. The Lua platform gives a
/// number to a version that is promoted, and to no other.
pub fn print_not_reserved(cx: &mut Context<'_>, project: &Project, number: u64) -> Result<()> {
    let config = project.store().config()?;
    let name = match choose(project, &config, None) {
        Ok(None | Some((_, Address::Platform(_)))) => return Ok(()),
        Ok(Some((name, _))) => name,
        // There are several remotes, and none is meant.
        Err(error) if error.kind() == Kind::Usage => return Ok(()),
        Err(error) => return Err(error),
    };
    cx.out.note(format!("v{number} was not sent to {name}: its number is not reserved there"));
    cx.out.hint("run `lua-store push` to send it; `version create --send` creates and sends");
    Ok(())
}
