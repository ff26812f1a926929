//! The files that an agent was read from: a version holds them all, or it could not be read again.

use crate::error::{Error, Hint, Result};
use crate::model::agent::{Agent, SourceRef};
use crate::object::{Id, Source};
use crate::reader::cache::CachedAgent;
use crate::workspace::Tracked;

/// A file that is kept although an ignore rule names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Needed {
    pub path: String,
    /// First import or read in the agent's code.
    pub by: Option<SourceRef>,
}

impl Needed {
    /// `dist/helper.ts, imported by src/index.ts:3`
    pub fn words(&self) -> String {
        match &self.by {
            Some(by) => format!("{}, imported by {}:{}", self.path, by.path, by.line),
            None => self.path.clone(),
        }
    }
}

/// Of the paths that a snapshot kept although they are ignored: why each was.
pub fn needed(agent: Option<&Agent>, kept: &[String]) -> Vec<Needed> {
    let by = |path: &String| agent.and_then(|agent| agent.importers.get(path)).cloned();
    kept.iter().map(|path| Needed { path: path.clone(), by: by(path) }).collect()
}

/// Files that a snapshot for this agent must hold, ignored or not.
pub fn tracked(agent: &Agent) -> Tracked {
    Tracked::of(agent.files.iter().map(String::as_str))
}

/// The same of the agent that was read last, or where none is known of the files that were pushed last.
pub fn tracked_before(
    kept: Option<&CachedAgent>,
    source: &dyn Source,
    pushed: Option<Id>,
) -> Result<Tracked> {
    match kept {
        Some(kept) => Ok(tracked(kept.agent())),
        None => Tracked::in_tree(source, pushed),
    }
}

/// Refuses an agent that needs a file beside its project, which no version of the project could hold.
pub fn check_inside(agent: &Agent) -> Result<()> {
    let Some(path) = agent.files.iter().find(|path| path.starts_with("../")) else { return Ok(()) };
    let by =
        agent.importers.get(path).map_or(String::new(), |by| format!("{}:{}: ", by.path, by.line));
    Err(Error::failed(format!(
        "{by}cannot push: \"{path}\" is imported, and is outside of the project"
    ))
    .hint(Hint::MoveInside))
}
