//! The agents of three trees, and of the base with some files as a side has them: all read in the
//! project's folder, where packages and configuration are, and nothing of it written there.

use super::Trees;
use super::items::AgentItems;
use crate::error::Result;
use crate::object::{Id, Leaf, Source};
use crate::reader::edit::file_overrides::{FileOverrides, tree_overrides};
use crate::reader::{self, Unreadable};
use std::path::{Path, PathBuf};

/// An agent, or why it cannot be read.
pub type AgentView = Result<AgentItems, Unreadable>;

pub struct AgentViews<'a> {
    pub objects: &'a dyn Source,
    root: PathBuf,
    pub base: AgentView,
    pub ours: AgentView,
    pub theirs: AgentView,
}

impl<'a> AgentViews<'a> {
    pub fn new(objects: &'a dyn Source, root: &Path, trees: &Trees) -> Result<AgentViews<'a>> {
        let tree_overrides = |tree: Id| tree_overrides(objects, trees.ours, tree);
        let at_base = trees.base.map_or_else(|| Ok(FileOverrides::new()), tree_overrides)?;
        let at_theirs = tree_overrides(trees.theirs)?;
        let base = match trees.base {
            Some(_) => agent(root, &at_base)?,
            None => Ok(AgentItems::default()),
        };
        let (ours, theirs) = (agent(root, &FileOverrides::new())?, agent(root, &at_theirs)?);
        Ok(AgentViews { objects, root: root.to_owned(), base, ours, theirs })
    }

    /// The agent of the project's own files with these put there.
    pub fn project_with(&self, file_overrides: &FileOverrides) -> Result<AgentView> {
        agent(&self.root, file_overrides)
    }

    /// Bytes of a leaf for a reader. A link gives nothing: the merge of its target counts.
    pub fn bytes(&self, leaf: Option<Leaf>) -> Result<Option<Vec<u8>>> {
        leaf.filter(|(mode, _)| mode.is_file()).map(|(_, id)| self.objects.blob(&id)).transpose()
    }
}

fn agent(root: &Path, file_overrides: &FileOverrides) -> Result<AgentView> {
    match reader::project_with(root, file_overrides) {
        Ok(agent) => Ok(Ok(AgentItems::of(&agent))),
        Err(error) => Unreadable::of(error).map(Err),
    }
}
