//! Reading of a project: its files and its agent, both of one moment. `stage` builds a state of it.

mod snapshots;
#[cfg(test)]
mod tests;

use super::build::PushScope;
use super::reached;
use super::stage::PushRequest;
use crate::error::{Error, Hint, Kind, Result};
use crate::history::project::Project;
use crate::history::rules;
use crate::model::agent::Agent;
use crate::object::{Id, Source};
use crate::operations::leak::{self, Leak, SecretGuard};
use crate::parallel;
use crate::reader::cache::{AgentCache, CachedAgent, PrimitiveIds};
use crate::reader::{self, Agreement, CacheKey, ReadFiles};
use crate::store;
use crate::workspace::{Snapshot, Tracked};
pub use snapshots::{Previews, Snapshots, Storing};

/// The files and the agent of one moment.
pub struct Reading {
    pub snapshot: Snapshot,
    /// `None` where only files are pushed, and they cannot be read as an agent.
    pub agent: Option<Agent>,
    /// Key for the cache of an agent that was just read.
    cache_key: Option<(ReadFiles, CacheKey)>,
    /// The agent that was read last, from other files.
    earlier: Option<CachedAgent>,
    /// Ids of the primitives of a cached agent, in their order.
    pub ids: Vec<PrimitiveIds>,
    /// True if it is the cached one, which was read from the files of the snapshot alone.
    pub is_kept: bool,
    /// Reason why the agent cannot be read, where only files are pushed.
    pub unread: Option<String>,
}

impl Reading {
    fn of(snapshot: Snapshot, agent: Option<Agent>) -> Reading {
        let (ids, unread) = (Vec::new(), None);
        Reading { snapshot, agent, cache_key: None, earlier: None, ids, is_kept: false, unread }
    }

    /// Takes the secrets that must not be kept out of the agent, and returns them. Only an agent
    /// without any is cached for the next command, so a cached agent is clean.
    pub fn clean<S: Source + ?Sized>(
        &mut self,
        project: &Project,
        request: &PushRequest,
        objects: &S,
    ) -> Result<Vec<Leak>> {
        let Some(agent) = self.agent.as_mut().filter(|_| !self.is_kept) else {
            return Ok(Vec::new());
        };
        let allowed = project.allowed()?;
        let guard = SecretGuard::new(project.root(), &allowed);
        let mut leaks = guard.files(agent, &self.snapshot, objects)?;
        // A primitive that is the same in a cached agent is clean.
        let earlier = self.earlier.take().filter(|earlier| earlier.allows(&allowed));
        let all = agent.primitives.iter().enumerate();
        let ids: Vec<_> = all.map(|(at, one)| earlier.as_ref()?.ids_of(one, at)).collect();
        leaks.extend(guard.clean_others(agent, &|at| ids[at].is_some()));
        if let Some(cache_key) = self.cache_key.take().filter(|_| leaks.is_empty()) {
            let all = agent.primitives.iter().zip(ids);
            let ids = all.map(|(one, ids)| ids.map_or_else(|| PrimitiveIds::of(one), Ok));
            self.ids = ids.collect::<Result<_>>()?;
            let cache = agent_cache(project);
            // A cache that cannot be written costs the next command time, and nothing else.
            let (snapshot, agent) = ((&self.snapshot, &*allowed), (&*agent, &*self.ids));
            self.is_kept = cache.keep(objects, snapshot, cache_key, agent).unwrap_or(false);
        }
        // A backup keeps files alone: files that it leaves out are reported, and the agent may
        // reach them.
        Ok(if request.scope == PushScope::Backup { Vec::new() } else { leaks })
    }

    pub fn check_inside(&self, request: &PushRequest) -> Result<()> {
        let pushed = self.agent.as_ref().filter(|_| request.scope != PushScope::Backup);
        pushed.map_or(Ok(()), reached::check_inside)
    }
}

/// Cache of the agent that was last read from a project.
pub fn agent_cache(project: &Project) -> AgentCache {
    AgentCache::at(project.cache(store::AGENT), project.cache(store::COMPILED))
}

/// The files and the agent of one moment. An agent that was read from the very same files is not read again. Else
/// the bytes that it was read from are compared with those of the snapshot, so that each file is looked at once; both
/// are taken again when they differ. Where only files are pushed, the agent need not be readable.
pub fn read(
    project: &Project,
    request: &PushRequest,
    pushed: Option<Id>,
    snapshots: &mut dyn Snapshots,
) -> Result<Reading> {
    let mut earlier = agent_cache(project).load();
    let mut tracked = reached::tracked_before(earlier.as_ref(), project.store().objects(), pushed)?;
    let mut first = None;
    if let Some(kept) = earlier.take() {
        let snapshot = snapshots.take(&tracked)?;
        let (root, allowed) = (project.root(), project.allowed()?);
        if kept.is_of(root, snapshots.objects(), (&snapshot, &allowed))? {
            let (agent, ids) = kept.into_agent();
            return Ok(Reading { ids, is_kept: true, ..Reading::of(snapshot, Some(agent)) });
        }
        (first, earlier) = (Some(snapshot), Some(kept));
    }
    for _ in 0..5 {
        let read = || reader::project_with_reads(project.root());
        let (agent, snapshot) = match first.take() {
            Some(snapshot) => (read(), snapshot),
            None => {
                let (agent, snapshot) = parallel::both(read, || snapshots.take(&tracked));
                (agent, snapshot?)
            }
        };
        let made = match agent {
            Err(error) if request.scope == PushScope::Backup => {
                let tracked = Tracked::in_tree(project.store().objects(), pushed)?;
                let snapshot = snapshots.take(&tracked)?;
                return Ok(Reading { unread: reason(&error), ..Reading::of(snapshot, None) });
            }
            agent => agent.map_err(kept_anyway)?,
        };
        tracked = reached::tracked(&made.agent);
        if let Some(snapshot) = same_moment(snapshots, snapshot, &made.read, &tracked)? {
            let cache_key = made.cache_key.map(|cache_key| (made.read, cache_key));
            return Ok(Reading { cache_key, earlier, ..Reading::of(snapshot, Some(made.agent)) });
        }
    }
    Err(Error::new(Kind::Unavailable, "the project keeps changing while it is read")
        .hint("try again when the files have come to rest"))
}

/// The snapshot of the files that an agent was read from; `None` if they changed meanwhile. Without other evidence
/// they did not if a second snapshot is equal.
fn same_moment(
    snapshots: &mut dyn Snapshots,
    snapshot: Snapshot,
    read: &ReadFiles,
    tracked: &Tracked,
) -> Result<Option<Snapshot>> {
    match read.agreement(snapshots.objects(), snapshot.tree)? {
        Agreement::Different => Ok(None),
        Agreement::Same if snapshot.kept.iter().all(|path| tracked.has(path)) => Ok(Some(snapshot)),
        Agreement::Same | Agreement::Unknown => {
            let again = snapshots.take(tracked)?;
            Ok((again.tree == snapshot.tree).then_some(again))
        }
    }
}

/// One line. It quotes code, which may contain a secret, and a backup must be possible nevertheless.
fn reason(error: &Error) -> Option<String> {
    error.message().lines().next().map(leak::shown).map(rules::shortened)
}

/// An agent that cannot be read stops a push of it; a backup of the files is still possible.
fn kept_anyway(error: Error) -> Error {
    if !reader::is_about_code(&error) {
        return error;
    }
    error.also(Hint::PushBackup)
}
