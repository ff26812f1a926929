//! `bundle create`: a file with everything, or with some versions.

use super::{HeadsFields, summary};
use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::cli::{Exit, progress};
use crate::error::{Error, Result};
use crate::operations::bundle::{self, BundleSelection};
use crate::store::Store;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Write versions into one file
///
/// The file contains everything unless `--versions` names a range. Objects of earlier versions are then left out, so
/// the receiver must have these versions.
#[derive(Debug, clap::Args)]
pub struct Create {
    /// The file to create; it must not exist
    file: PathBuf,
    /// Only these: `v7`, `v5..v7`, `v5..`, `v1,v2,v3`, or `all`
    #[arg(long, value_name = "VERSIONS", default_value = "all")]
    versions: String,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Answer<'a> {
    #[serde(flatten)]
    heads: HeadsFields<'a>,
    file: &'a Path,
    objects: u32,
    bytes: u64,
}

answer!(bundle: Answer<'_>);

impl Create {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let project = cx.project()?;
        let store = project.store();
        let BundleSelection { heads, have } = choose(store, &self.versions)?;
        if heads.source.is_empty() {
            return Err(Error::failed("cannot create a bundle: nothing was pushed yet")
                .hint("run `lua-store push` to store the project"));
        }
        let file = cx.directory()?.join(&self.file);
        let (objects, bytes) =
            progress::show(cx.out.term(), "Bundling", progress::Unit::Item, |progress| {
                store.bundle(&heads, &have, &file, progress)
            })?;
        if cx.out.is_json() {
            let heads = HeadsFields::new(&heads);
            cx.out.json(&Answer { heads, file: &self.file, objects, bytes })?;
            return Ok(Exit::Done);
        }
        let (name, told) = (self.file.display(), summary(&heads));
        cx.out.line(format!("✓ Wrote \"{name}\": {told}; {objects} object(s), {bytes} bytes."))?;
        if !have.is_empty() {
            cx.out.note(
                "It does not contain the earlier versions: only a store that has them can read it.",
            );
        }
        Ok(Exit::Done)
    }
}

fn choose(store: &Store, text: &str) -> Result<BundleSelection> {
    if text.trim() == "all" {
        return bundle::everything(store);
    }
    let newest = store.heads()?.versions.len() as u64;
    let mut ranges = Vec::new();
    for part in text.split(',') {
        ranges.push(range(part.trim(), newest).ok_or_else(|| invalid(text))?);
    }
    ranges.sort_unstable();
    let (first, mut last) = ranges[0];
    for (begin, end) in ranges {
        if begin > last + 1 {
            let message =
                format!("cannot create a bundle of \"{text}\": the list lacks v{}", last + 1);
            return Err(Error::usage(message).hint(format!(
                "use `--versions v{first}..v{end}` to include the versions between: a bundle has no gaps"
            )));
        }
        last = last.max(end);
    }
    bundle::range(store, first, last)
}

/// `v5..v7`, `v5..`, `..v7` or `v7`; the `v` may be left out.
fn range(text: &str, newest: u64) -> Option<(u64, u64)> {
    let number =
        |text: &str| text.strip_prefix('v').unwrap_or(text).parse::<u64>().ok().filter(|n| *n > 0);
    match text.split_once("..") {
        None => number(text).map(|number| (number, number)),
        Some((first, last)) => {
            let first = if first.is_empty() { Some(1) } else { number(first) };
            let last = if last.is_empty() { Some(newest) } else { number(last) };
            Some((first?, last?)).filter(|(first, last)| first <= last)
        }
    }
}

fn invalid(text: &str) -> Error {
    Error::usage(format!("\"{text}\" is not a range of versions"))
        .hint("use a range such as `--versions v5..v7`, or `--versions all`")
}
