//! `source show`: one push and the files it kept.

use super::number;
use crate::cli::context::Context;
use crate::cli::{Exit, complete};
use crate::error::Result;
use crate::history::source;
use crate::history::via::Vias;
use crate::object::{self, Id};
use crate::report::ViaView;
use crate::report::view::{self, SourceSummary};
use clap_complete::ArgValueCompleter;
use serde::Serialize;

/// Show one source version: who pushed it, when, and its files
#[derive(Debug, clap::Args)]
pub struct Show {
    /// The source version, `3` or `v3`
    #[arg(allow_hyphen_values = true, add = ArgValueCompleter::new(complete::sources))]
    version: String,
}

#[derive(Serialize)]
struct Answer<'a> {
    #[serde(flatten)]
    summary: SourceSummary,
    files: Vec<KeptFile<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    via: Option<ViaView<'a>>,
}

#[derive(Serialize)]
struct KeptFile<'a> {
    path: &'a str,
    mode: &'static str,
    id: Id,
}

impl Show {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let project = cx.project()?;
        let version = source::get(project.store(), number(&self.version)?)?;
        let summary = view::source_summary(&version);
        let vias = Vias::load(project.store())?;
        let files = object::compare(project.store().objects(), None, Some(version.source))?;
        if cx.out.is_json() {
            let files = files.iter().filter_map(|file| {
                let (mode, id) = file.new?;
                Some(KeptFile { path: &file.path, mode: mode.word(), id })
            });
            let via = ViaView::of(&vias, &version.id);
            cx.out.json(&Answer { summary, files: files.collect(), via })?;
            return Ok(Exit::Done);
        }
        cx.page();
        cx.out.line(format!("Source version v{}", version.number))?;
        let by = format!("{}{}", summary.created_by, vias.after(&version.id));
        cx.out.line(format!("  Created:      {} by {by}", summary.created_at))?;
        cx.out.line(format!("  Triggered by: {}", summary.triggered_by))?;
        if let Some(message) = &summary.message {
            cx.out.line(format!("  Message:      {message}"))?;
        }
        cx.out.line(format!("  Hash:         {}", summary.project_hash))?;
        cx.out.line(format!("  Files:        {}", files.len()))?;
        for file in &files {
            cx.out.line(format!("    {}", file.path))?;
        }
        Ok(Exit::Done)
    }
}
