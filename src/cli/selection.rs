//! Selection: parts of an agent on the command line, for `restore`, `diff` and `log`. One grammar: `skill NAME` or
//! another kind, `persona`, paths.

use super::context::Context;
use crate::compare::{self, StateChange};
use crate::diff::TreeChange;
use crate::error::{Error, Result};
use crate::history::revision::Revision;
use crate::model::kind::Kind;
use crate::object::{Id, Source};
use crate::operations::restore;
use std::collections::BTreeSet;

/// Part of a project on the command line.
#[derive(Clone, Debug)]
pub enum Selection {
    Path(String),
    Primitive(&'static Kind, String),
    Persona,
}

/// Selected parts of an agent, beside paths.
#[derive(Debug, Default)]
pub struct AgentParts {
    primitives: Vec<(&'static Kind, String)>,
    persona: bool,
}

/// Words of a command line that takes versions and parts.
#[derive(Debug, Default)]
pub struct Words {
    pub versions: Vec<Revision>,
    pub paths: Vec<String>,
    pub parts: AgentParts,
}

/// Reads words without versions. After the name of a kind comes the name of a primitive, unless both are paths.
pub fn read(cx: &Context<'_>, words: &[String]) -> Result<Vec<Selection>> {
    let directory = cx.directory()?;
    let exists = |word: &String| directory.join(word).symlink_metadata().is_ok();
    let mut found = Vec::new();
    let mut words = words.iter().peekable();
    while let Some(word) = words.next() {
        let is_path = exists(word);
        found.push(match (Kind::named(word), words.peek()) {
            (Some(_), Some(next)) if is_path && exists(next) => Selection::Path(word.clone()),
            (Some(kind), Some(_)) => {
                Selection::Primitive(kind, words.next().cloned().unwrap_or_default())
            }
            (Some(_), None) if is_path => Selection::Path(word.clone()),
            (Some(kind), None) => {
                return Err(Error::usage(format!(
                    "the name of the {} is missing: `{word} NAME`",
                    kind.one
                ))
                .hint(format!("write `-- {word}` for a path of this name")));
            }
            (None, _) if word == "persona" => Selection::Persona,
            (None, _) => Selection::Path(word.clone()),
        });
    }
    Ok(found)
}

/// Reads at most `most` versions, then parts. A word that names neither a version nor a part has to be a path that
/// exists; every word after `--` is a path.
pub fn split(cx: &Context<'_>, words: &[String], after: &[String], most: usize) -> Result<Words> {
    let is_version = |word: &&String| word.parse::<Revision>().is_ok();
    let count = words.iter().take(most).take_while(is_version).count();
    let (versions, rest) = words.split_at(count);
    let mut found = Words::default();
    for word in versions {
        found.versions.push(word.parse()?);
    }
    for one in read(cx, rest)? {
        match one {
            Selection::Primitive(kind, name) => found.parts.primitives.push((kind, name)),
            Selection::Persona => found.parts.persona = true,
            Selection::Path(word) => {
                require_path(cx, &word, most)?;
                found.paths.push(word);
            }
        }
    }
    found.paths.extend_from_slice(after);
    Ok(found)
}

fn require_path(cx: &Context<'_>, word: &str, most: usize) -> Result<()> {
    if cx.directory()?.join(word).symlink_metadata().is_ok() {
        return Ok(());
    }
    Err(match word.parse::<Revision>() {
        Err(error) => error
            .also(format!("a path that is not in the project goes after `--`: `-- {word}`")),
        Ok(_) => Error::usage(format!("there is no path \"{word}\" in the project"))
            .hint(format!("at most {most} versions can be given; a path that is not in the project goes after `--`")),
    })
}

impl AgentParts {
    pub fn is_empty(&self) -> bool {
        self.primitives.is_empty() && !self.persona
    }

    /// The change of these parts between two states.
    pub fn change<S: Source + ?Sized>(
        &self,
        source: &S,
        from: Option<&Id>,
        to: Option<&Id>,
    ) -> Result<StateChange> {
        let mut change = compare::between(source, from, to)?;
        self.narrow(&mut change);
        Ok(change)
    }

    /// Leaves the change of these parts.
    pub fn narrow(&self, change: &mut StateChange) {
        let has = |kind: &Kind, name: &str| {
            self.primitives.iter().any(|(one, named)| *one == kind && named == name)
        };
        change.keep(has, self.persona);
    }

    /// Files that the parts were read from in either state. A primitive has to be in one of them.
    pub fn files(&self, source: &dyn Source, states: [Option<Id>; 2]) -> Result<BTreeSet<String>> {
        let mut files = BTreeSet::new();
        for (kind, name) in &self.primitives {
            let found = states.iter().rev().flatten();
            let mut found: Vec<Result<Vec<String>>> =
                found.map(|state| restore::files_of(source, state, kind, name)).collect();
            if found.iter().all(Result::is_err)
                && let Some(refused) = found.pop()
            {
                refused?;
            }
            files.extend(found.into_iter().flatten().flatten());
        }
        Ok(files)
    }
}

/// Of these the changes at the paths.
pub fn keep_files(mut changes: Vec<TreeChange>, files: &BTreeSet<String>) -> Vec<TreeChange> {
    changes.retain(|change| files.contains(&change.path));
    changes
}
