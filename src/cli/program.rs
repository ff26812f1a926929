//! Program: its version, commit and formats, for `--version --json`.

use super::answer::{SCHEMA_VERSION, answer};
use super::output::Output;
use crate::error::Result;
use crate::remote_store;
use crate::store;
use serde::Serialize;

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Answer {
    version: &'static str,
    /// Commit of the sources. Null in a build for development, which is not made anew for each commit.
    commit: Option<&'static str>,
    /// `release` or `debug`.
    profile: &'static str,
    target: &'static str,
    formats: NewestFormats,
}

answer!(program: Answer);

/// Newest format of each kind that this program writes. It reads all older ones.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct NewestFormats {
    /// Of `.lua/`.
    store: u32,
    /// Of a remote.
    remote_store: u32,
    bundle: u32,
    /// `schemaVersion` of the answers.
    answers: u32,
}

/// Prints the answer to `--version --json`.
pub fn print(out: &mut Output) -> Result<()> {
    out.json(&Answer {
        version: env!("CARGO_PKG_VERSION"),
        commit: Some(env!("LUA_STORE_COMMIT")).filter(|commit| !commit.is_empty()),
        profile: env!("LUA_STORE_PROFILE"),
        target: env!("LUA_STORE_TARGET"),
        formats: NewestFormats {
            store: number(store::NEWEST_FORMAT),
            remote_store: number(remote_store::NEWEST_FORMAT),
            bundle: number(store::BUNDLE_FORMAT),
            answers: SCHEMA_VERSION,
        },
    })
}

/// Number at the end of the line that names a format.
fn number(line: &str) -> u32 {
    line.trim_end().rsplit(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0)
}
