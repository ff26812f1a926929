//! Ignore rules: built-in ones, `.luaignore` and `.gitignore`.
//!
//! Only files inside the project count, so that two machines agree. The deepest rule file decides
//! first, its last matching line wins, and nothing below an ignored folder can be taken back in:
//! git's rules. All `.luaignore` files together are stronger than all `.gitignore` files.

use super::glob::{self, GlobPattern};
use crate::object::Id;
use std::sync::OnceLock;

/// Built by a tool, or the tool's own: no part of a project by themselves, at any depth. Names, and nothing more:
/// `Dist` is another one on the systems where agents are built, and is kept on all.
const NEVER: [&str; 9] =
    ["node_modules", "dist", "dist-v2", ".git", ".lua", ".temp", "coverage", ".next", ".turbo"];

/// Entries of a folder without which it is no project: a store, or git's pointer from a linked work tree.
pub const PROJECT_MARKS: [&str; 2] = [".lua", ".git"];

fn is_never(name: &[u8]) -> bool {
    NEVER.iter().any(|never| never.as_bytes() == name)
}

/// The names of rule files, the stronger first.
pub const RULE_FILES: [&str; 2] = [".luaignore", ".gitignore"];

/// The rule files of one folder, and through `above` those of the folders it is in.
pub struct Rules<'a> {
    above: Option<&'a Rules<'a>>,
    /// The path of the folder they are in, with a slash behind it; empty for the project itself.
    folder: String,
    texts: [Option<Vec<u8>>; RULE_FILES.len()],
    patterns: [OnceLock<Vec<GlobPattern>>; RULE_FILES.len()],
    /// True if the folder itself is ignored.
    is_ignored: bool,
    digest: Id,
}

impl<'a> Rules<'a> {
    /// `folder` is the path in the project, empty for its root; `texts` are in the order of
    /// [`RULE_FILES`].
    pub fn new(
        above: Option<&'a Rules<'a>>,
        folder: &str,
        texts: [Option<Vec<u8>>; 2],
    ) -> Rules<'a> {
        let folder = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let digest = digest(above, &folder, &texts);
        Rules { above, folder, texts, patterns: Default::default(), is_ignored: false, digest }
    }

    /// Those of an ignored folder: nothing in it can be taken back in, so that its rule files say nothing.
    pub fn of_ignored() -> Rules<'a> {
        let (texts, patterns) = Default::default();
        let digest = Id::of_blob(b"ignored");
        Rules { above: None, folder: String::new(), texts, patterns, is_ignored: true, digest }
    }

    /// Equal digests: the same rules apply here as then.
    pub fn digest(&self) -> Id {
        self.digest
    }

    /// True if a path of the project is ignored, given that no folder above it is but the one of
    /// these rules.
    pub fn ignores(&self, path: &[u8], is_folder: bool) -> bool {
        let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or(path);
        self.is_ignored
            || is_never(name)
            || (0..RULE_FILES.len())
                .find_map(|which| self.decide(which, path, is_folder))
                .unwrap_or(false)
    }

    fn decide(&self, which: usize, path: &[u8], is_folder: bool) -> Option<bool> {
        let mut rules = Some(self);
        while let Some(here) = rules {
            if let Some(text) = &here.texts[which] {
                let patterns = here.patterns[which].get_or_init(|| glob::parse(text));
                let below = &path[here.folder.len()..];
                if let Some(decided) = last_match(patterns, below, is_folder) {
                    return Some(decided);
                }
            }
            rules = here.above;
        }
        None
    }
}

/// Decision of the last line that matches.
fn last_match(patterns: &[GlobPattern], path: &[u8], is_folder: bool) -> Option<bool> {
    let last = patterns.iter().rev().find(|pattern| pattern.matches(path, is_folder))?;
    Some(!last.takes_back)
}

fn digest(above: Option<&Rules<'_>>, folder: &str, texts: &[Option<Vec<u8>>]) -> Id {
    let inherited = above.map(|rules| rules.digest);
    if texts.iter().all(Option::is_none)
        && let Some(digest) = inherited
    {
        return digest;
    }
    let mut hasher = Id::blob_hasher();
    hasher.update(inherited.as_ref().map_or(&[], |id| id.as_bytes()));
    hasher.update(&folder.matches('/').count().to_le_bytes());
    for text in texts {
        let text = text.as_deref().map(Id::of_blob);
        hasher.update(text.as_ref().map_or(&[0], |id| id.as_bytes()));
    }
    hasher.finalize().into()
}

/// A list of patterns in the same syntax, matched against paths of the project.
pub struct Patterns(Vec<GlobPattern>);

impl Patterns {
    pub fn new(patterns: &[String]) -> Patterns {
        Patterns(glob::parse(patterns.join("\n").as_bytes()))
    }

    /// True if the path matches, or else the nearest folder above it that a pattern decides on.
    pub fn matches(&self, path: &str) -> bool {
        let above = std::iter::successors(Some(path), |path| {
            path.rsplit_once('/').map(|(folder, _)| folder)
        });
        let mut decisions =
            above.enumerate().map(|(nth, path)| last_match(&self.0, path.as_bytes(), nth > 0));
        decisions.find_map(|decided| decided).unwrap_or(false)
    }
}
