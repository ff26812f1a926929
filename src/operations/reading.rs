//! Reading of a project: its files and its agent, both of one moment. `stage` builds a state of it.

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
use crate::reader::cache::AgentCache;
use crate::reader::{self, CacheKey};
use crate::store;
use crate::workspace::{Snapshot, Tracked};

/// The files and the agent of one moment.
pub struct Reading {
    pub snapshot: Snapshot,
    /// `None` where only files are pushed, and they cannot be read as an agent.
    pub agent: Option<Agent>,
    /// Key for the cache of an agent that was just read.
    cache_key: Option<CacheKey>,
    is_kept: bool,
    /// Reason why the agent cannot be read, where only files are pushed.
    pub unread: Option<String>,
}

impl Reading {
    /// Takes the secrets that must not be kept out of the agent, and returns them. Only an agent
    /// without any is cached for the next command, so a cached agent is clean.
    pub fn clean<S: Source>(
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
        leaks.extend(guard.clean(agent));
        if let Some(cache_key) = self.cache_key.take().filter(|_| leaks.is_empty()) {
            let cache = agent_cache(project);
            // A cache that cannot be written costs the next command time, and nothing else.
            drop(cache.keep(objects, (self.snapshot.tree, &allowed), cache_key, agent));
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

/// The files and the agent of one moment. An agent that was read from the very same files is not read
/// again. Else both are read side by side; then the files are looked at once
/// more, with all that the agent was read from, and both are taken again when something moved meanwhile, or
/// the agent needs more than was looked at. Where only files are pushed, the agent need not be readable.
pub fn read(
    project: &Project,
    request: &PushRequest,
    pushed: Option<Id>,
    mut take: impl FnMut(&Tracked) -> Result<Snapshot>,
) -> Result<Reading> {
    let kept = agent_cache(project).load();
    let mut tracked = reached::tracked_before(kept.as_ref(), project.store().objects(), pushed)?;
    if let Some(kept) = kept {
        let snapshot = take(&tracked)?;
        if let Some(agent) = kept.agent_of(project.root(), &snapshot.tree, &project.allowed()?) {
            return Ok(Reading {
                snapshot,
                agent: Some(agent),
                cache_key: None,
                is_kept: true,
                unread: None,
            });
        }
    }
    for _ in 0..5 {
        let (agent, snapshot) =
            parallel::both(|| reader::project_and_cache_key(project.root()), || take(&tracked));
        let (snapshot, (agent, cache_key)) = match (snapshot?, agent) {
            (_, Err(error)) if request.scope == PushScope::Backup => {
                // The reason quotes code, which may hold a secret, and a backup must be possible
                // nevertheless.
                let unread = error.message().lines().next().map(leak::shown).map(rules::shortened);
                let tracked = Tracked::in_tree(project.store().objects(), pushed)?;
                return Ok(Reading {
                    snapshot: take(&tracked)?,
                    agent: None,
                    cache_key: None,
                    is_kept: false,
                    unread,
                });
            }
            (snapshot, agent) => (snapshot, agent.map_err(kept_anyway)?),
        };
        tracked = reached::tracked(&agent);
        let again = take(&tracked)?;
        if again.tree == snapshot.tree {
            return Ok(Reading {
                snapshot: again,
                agent: Some(agent),
                cache_key,
                is_kept: false,
                unread: None,
            });
        }
    }
    Err(Error::new(Kind::Unavailable, "the project keeps changing while it is read")
        .hint("try again when the files have come to rest"))
}

/// An agent that cannot be read stops a push of it; a backup of the files is still possible.
fn kept_anyway(error: Error) -> Error {
    if !reader::is_about_code(&error) {
        return error;
    }
    error.also(Hint::PushBackup)
}
