//! Tags of versions: `lua/v<N>`, as the stock command names them, each on the commit of a version.

use super::commit::broken;
use super::compare::{CommitComparison, ComparisonCache, VersionFiles};
use super::repository::Repository;
use crate::error::Result;
use std::collections::BTreeMap;

/// The tag of a version.
pub fn name(version: u64) -> String {
    format!("lua/v{version}")
}

impl Repository {
    /// The commit that a tag leads to.
    pub fn tagged(&self, tag: &str) -> Result<Option<String>> {
        self.git.ask(&["rev-parse", "-q", "--verify", &format!("refs/tags/{tag}^{{commit}}")])
    }

    /// All tags of versions with their commits.
    pub fn tags(&self) -> Result<BTreeMap<String, String>> {
        let format = "--format=%(refname:lstrip=2) %(objectname) %(*objectname)";
        let listed = self.git.line(&["for-each-ref", format, "refs/tags/lua/"])?;
        let pair = |line: &str| {
            let mut words = line.split(' ');
            let (name, object) = (words.next()?, words.next()?);
            // A tag with a text of its own leads to the commit.
            let commit = words.next().filter(|peeled| !peeled.is_empty()).unwrap_or(object);
            Some((name.to_owned(), commit.to_owned()))
        };
        Ok(listed.lines().filter_map(pair).collect())
    }

    /// The newest tag of a version.
    pub fn last_tag(&self) -> Result<Option<String>> {
        let args = ["for-each-ref", "--sort=-version:refname", "--sort=-creatordate", "--count=1"];
        let args = [&args[..], &["--format=%(refname:short)", "refs/tags/lua/"]].concat();
        Ok(Some(self.git.line(&args)?).filter(|line| !line.is_empty()))
    }

    /// Makes a tag; one that is there already is never moved.
    pub fn tag(&self, tag: &str, commit: &str) -> Result<()> {
        self.move_refs(&format!("lua: tag {tag}"), &format!("create refs/tags/{tag}\0{commit}\0"))
    }

    /// Takes a tag back, if it is still on this commit.
    pub fn untag(&self, tag: &str, commit: &str) -> Result<()> {
        let line = format!("delete refs/tags/{tag}\0{commit}\0");
        self.git
            .feed(&["update-ref", "--stdin", "-z"], |stdin| {
                stdin.write_all(line.as_bytes()).map_err(broken)
            })
            .map(drop)
    }

    /// Differences between a version and a commit.
    pub fn holds(
        &self,
        commit: &str,
        version: &VersionFiles<'_>,
        known: &mut ComparisonCache,
    ) -> Result<CommitComparison> {
        self.compare(version, &self.files_of(commit)?, &[], known)
    }
}
