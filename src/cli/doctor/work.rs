//! Checkups of the work around a store: git, the output of the compiler, what was interrupted.

use super::Checkup;
use crate::cli::hints;
use crate::deploy::OpenDeployment;
use crate::error::{Hint, Result};
use crate::flow::git::with_version;
use crate::git::Repository;
use crate::history::project::Project;
use crate::history::source;
use crate::reader::compiled::Dist;
use crate::store::DIR;

/// Checkup of git: the store is safe from it, and a connected repository has all commits.
pub fn git(project: &Project) -> Checkup {
    let otherwise = "run `lua-store git status` to see the repository, or `lua-store git disconnect` to go on without it";
    git_of(project).unwrap_or_else(|error| Checkup::of_error("git", &error, otherwise))
}

fn git_of(project: &Project) -> Result<Checkup> {
    let store = project.store();
    if store.is_tracked_by_git()? {
        return Ok(Checkup::finding(
            "git",
            "git tracks files of the store, and a checkout would change them",
            "run `git rm -r -q --cached .lua` to remove them from git and keep them on the disk",
        ));
    }
    if let Some(name) = store.open_unguarded() {
        return Ok(Checkup::finding(
            "git",
            format!("{DIR}/{name} is missing or empty: `git clean -fdx` would remove the store"),
            "run `lua-store init` to restore it",
        ));
    }
    if !store.config()?.git_enabled() {
        return Ok(Checkup::ok("git", "not connected; git does not see the store"));
    }
    let repository = Repository::find(project.root())?;
    repository.check_identity()?;
    repository.check_idle()?;
    let pending = match source::latest(store)? {
        Some(pushed) => {
            with_version(project, pushed.source, |version| repository.pending(version))?
                .changes
                .len()
        }
        None => 0,
    };
    Ok(match pending {
        0 => Checkup::ok("git", "connected; everything that is pushed is committed"),
        many => Checkup::finding(
            "git",
            format!("{many} pushed file(s) are in no commit"),
            "run `lua-store push` to commit them",
        ),
    })
}

/// Checkup of `dist-v2`: an old one is ignored by a push, and would be deployed by other tools.
pub fn compiled(project: &Project) -> Checkup {
    let subject = "dist-v2";
    let reason = match Dist::read_on_disk(project.root()) {
        Ok(Dist::Absent) => return Checkup::ok(subject, "there is no output of `lua compile`"),
        Ok(Dist::Fresh(_)) => {
            return Checkup::ok(subject, "the output of `lua compile` is that of these files");
        }
        Ok(dist @ Dist::Stale(..)) => {
            format!("it is older than the project: {}", dist.reason().unwrap_or_default())
        }
        Ok(dist @ Dist::Damaged(_)) => {
            format!("it is damaged: {}", dist.reason().unwrap_or_default())
        }
        Err(error) => error.message().to_owned(),
    };
    Checkup::finding(
        subject,
        reason,
        "run `npx lua compile` to write it again, or remove the folder: a push ignores it",
    )
}

/// Checkup of merges and promotions that were interrupted.
pub fn unfinished(project: &Project) -> Checkup {
    let subject = "unfinished work";
    let store = project.store();
    let opened = store
        .open_merge_in(project.root())
        .and_then(|merge| Ok((merge, OpenDeployment::all(store)?)));
    let (merge, promotions) = match opened {
        Ok(opened) => opened,
        Err(error) => {
            return Checkup::of_error(
                subject,
                &error,
                "run `lua-store fsck` to see what is damaged",
            );
        }
    };
    if let Some(merge) = merge {
        let what = format!("a merge with \"{}\" is open", merge.remote);
        return Checkup::finding(subject, what, &hints::text(&Hint::OpenMerge));
    }
    match promotions.iter().find(|open| !open.is_under_way) {
        Some(open) => Checkup::finding(
            subject,
            format!("the promotion of v{} to {} was interrupted", open.number, open.remote),
            &hints::text(&open.hint(store)),
        ),
        None => Checkup::ok(subject, "no merge is open, and no promotion was interrupted"),
    }
}
