//! `source show`: one push and the files it kept.

use super::number;
use crate::cli::context::Context;
use crate::cli::{Exit, complete};
use crate::error::Result;
use crate::history::source;
use crate::history::via::Vias;
use crate::object;
use crate::report::view;
use clap_complete::ArgValueCompleter;
use serde_json::json;

/// Show one source version: who pushed it, when, and its files
#[derive(Debug, clap::Args)]
pub struct Show {
    /// The source version, `3` or `v3`
    #[arg(allow_hyphen_values = true, add = ArgValueCompleter::new(complete::sources))]
    version: String,
}

impl Show {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let project = cx.project()?;
        let version = source::get(project.store(), number(&self.version)?)?;
        let summary = view::source_summary(&version)?;
        let vias = Vias::load(project.store())?;
        let files = object::compare(project.store().objects(), None, Some(version.source))?;
        if cx.out.is_json() {
            let files: Vec<_> = files
                .iter()
                .filter_map(|file| Some((file, file.new?)))
                .map(|(file, (mode, id))| json!({"path": file.path, "mode": mode.word(), "id": id.to_string()}))
                .collect();
            let mut answer = json!(summary);
            answer["files"] = json!(files);
            vias.add_to(&mut answer, &version.id)?;
            cx.out.json(&answer)?;
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
