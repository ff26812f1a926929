//! Ignore rules: what never belongs to the project, `.luaignore`, `.gitignore`.
//!
//! Only files inside the project count, so that two machines agree. The deepest rule file decides
//! first, its last matching line wins, and nothing below an ignored folder can be taken back in:
//! git's rules. All `.luaignore` files together are stronger than all `.gitignore` files.

use crate::fs::DRAFT_PREFIX;
use crate::object::Id;
use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use std::path::Path;
use std::sync::OnceLock;

/// Built by a tool, or the tool's own: never part of a project, at any depth.
const NEVER: [&str; 9] =
    ["node_modules", "dist", "dist-v2", ".git", ".lua", ".temp", "coverage", ".next", ".turbo"];

/// Whether a name is never part of a project. Compared without case, because some file systems do.
pub fn is_never(name: &str) -> bool {
    NEVER.iter().any(|never| name.eq_ignore_ascii_case(never)) || name.starts_with(DRAFT_PREFIX)
}

/// The names of rule files, the stronger first.
pub const RULE_FILES: [&str; 2] = [".luaignore", ".gitignore"];

/// The rule files of one folder, and through `above` those of the folders it is in.
pub struct Rules<'a> {
    above: Option<&'a Rules<'a>>,
    /// How many folders the one they stand in is below the root of the project.
    depth: usize,
    texts: [Option<String>; RULE_FILES.len()],
    matchers: [OnceLock<Gitignore>; RULE_FILES.len()],
    digest: Id,
}

impl<'a> Rules<'a> {
    /// `folder` is the path in the project, empty for its root; `texts` are in the order of
    /// [`RULE_FILES`].
    pub fn new(above: Option<&'a Rules<'a>>, folder: &str, texts: [Option<Vec<u8>>; 2]) -> Rules<'a> {
        let depth = Path::new(folder).components().count();
        let texts = texts.map(|text| text.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()));
        let digest = digest(above, depth, &texts);
        Rules { above, depth, texts, matchers: Default::default(), digest }
    }

    /// Equal digests: the same rules apply here as then.
    pub fn digest(&self) -> Id {
        self.digest
    }

    /// Whether a path of the project is ignored, if no folder above it is.
    pub fn ignores(&self, path: &Path, is_folder: bool) -> bool {
        let name = path.file_name().and_then(|name| name.to_str());
        if name.is_some_and(|name| NEVER.contains(&name) || name.starts_with(DRAFT_PREFIX)) {
            return true;
        }
        (0..RULE_FILES.len()).find_map(|which| self.decide(which, path, is_folder)).unwrap_or(false)
    }

    fn decide(&self, which: usize, path: &Path, is_folder: bool) -> Option<bool> {
        let mut rules = Some(self);
        while let Some(here) = rules {
            if let Some(text) = &here.texts[which] {
                let matcher = here.matchers[which].get_or_init(|| build(text));
                match matcher.matched(here.below(path), is_folder) {
                    Match::Ignore(_) => return Some(true),
                    Match::Whitelist(_) => return Some(false),
                    Match::None => {}
                }
            }
            rules = here.above;
        }
        None
    }

    /// The path as seen from this folder.
    fn below<'p>(&self, path: &'p Path) -> &'p Path {
        let mut parts = path.components();
        parts.by_ref().take(self.depth).for_each(drop);
        parts.as_path()
    }
}

fn digest(above: Option<&Rules<'_>>, depth: usize, texts: &[Option<String>]) -> Id {
    let inherited = above.map(|rules| rules.digest);
    if texts.iter().all(Option::is_none)
        && let Some(digest) = inherited
    {
        return digest;
    }
    let mut hasher = Id::blob_hasher();
    hasher.update(inherited.as_ref().map_or(&[], |id| id.as_bytes()));
    hasher.update(&depth.to_le_bytes());
    for text in texts {
        let text = text.as_deref().map(|text| Id::of_blob(text.as_bytes()));
        hasher.update(text.as_ref().map_or(&[0], |id| id.as_bytes()));
    }
    hasher.finalize().into()
}

/// A line that is no pattern is passed over, as git does.
fn build(text: &str) -> Gitignore {
    let mut builder = GitignoreBuilder::new("");
    for line in text.trim_start_matches('\u{feff}').lines() {
        let _ = builder.add_line(None, line);
    }
    builder.build().unwrap_or_else(|_| Gitignore::empty())
}

/// A list of patterns in the same syntax, matched against paths of the project.
pub struct Patterns(Gitignore);

impl Patterns {
    pub fn new(patterns: &[String]) -> Patterns {
        Patterns(build(&patterns.join("\n")))
    }

    pub fn matches(&self, path: &str) -> bool {
        self.0.matched_path_or_any_parents(path, false).is_ignore()
    }
}
