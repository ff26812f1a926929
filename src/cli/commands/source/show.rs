//! `source show`: one push and the files it kept.

use super::{find, name};
use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::cli::{Exit, complete};
use crate::error::Result;
use crate::history::any_version::VersionContent;
use crate::history::record::iso;
use crate::history::revision::Revision;
use crate::history::via::Vias;
use crate::object::{self, Id};
use crate::report::view::{self, SourceSummary};
use crate::report::{AnyVersionView, ViaView};
use clap_complete::ArgValueCompleter;
use serde::Serialize;

/// Show one source version: who pushed it, when, and its files
#[derive(Debug, clap::Args)]
pub struct Show {
    /// The source version, `3` or `v3`, or another version; see `help versions`
    #[arg(allow_negative_numbers = true, add = ArgValueCompleter::new(complete::sources))]
    version: Revision,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Answer<'a> {
    #[serde(flatten)]
    version: VersionFields<'a>,
    files: Vec<KeptFile<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    via: Option<ViaView<'a>>,
}

answer!(sourceVersion: Answer<'_>);

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
enum VersionFields<'a> {
    Source(SourceSummary),
    Other(AnyVersionView<'a>),
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct KeptFile<'a> {
    path: &'a str,
    mode: &'static str,
    id: Id,
}

impl Show {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let (view, version) = find(cx, self.version)?;
        let vias = Vias::load(view.store())?;
        let files = object::compare(view.store().objects(), None, Some(version.files()))?;
        if cx.out.is_json() {
            let files = files.iter().filter_map(|file| {
                let (mode, id) = file.new?;
                Some(KeptFile { path: &file.path, mode: mode.word(), id })
            });
            let via = ViaView::of(&vias, &version.id());
            let fields = match &version.content {
                VersionContent::Source(pushed) => {
                    VersionFields::Source(view::source_summary(pushed))
                }
                _ => VersionFields::Other(AnyVersionView::new(&version)),
            };
            cx.out.json(&Answer { version: fields, files: files.collect(), via })?;
            return Ok(Exit::Done);
        }
        cx.page();
        let kind = match &version.content {
            VersionContent::Source(_) => "Source version",
            _ => "Version",
        };
        cx.out.line(format!("{kind} {}", name(&version)))?;
        let by = format!("{}{}", version.by(), vias.after(&version.id()));
        cx.out.line(format!("  Created:      {} by {by}", iso(version.at_ms())))?;
        if let Some(triggered_by) = version.triggered_by() {
            cx.out.line(format!("  Triggered by: {triggered_by}"))?;
        }
        if let Some(message) = version.message() {
            cx.out.line(format!("  Message:      {message}"))?;
        }
        cx.out.line(format!("  Hash:         {}", version.files()))?;
        cx.out.line(format!("  Files:        {}", files.len()))?;
        for file in &files {
            cx.out.line(format!("    {}", file.path))?;
        }
        Ok(Exit::Done)
    }
}
