//! `remote show`: one remote, and what is known of it.

use crate::cli::Exit;
use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::cli::import_output::{self, LossesView};
use crate::cli::open_promotion::{self, OpenPromotionView};
use crate::deploy::OpenDeployment;
use crate::error::Result;
use crate::flow::remote::{DEFAULT, unknown};
use crate::history::imported::ImportRecord;
use crate::report::view;
use clap_complete::ArgValueCompleter;
use serde::Serialize;

/// Show a remote: its address, and the versions that it had at its last answer
///
/// Of an agent on the Lua platform it also lists what no import can bring here. Contacts nobody.
#[derive(Debug, clap::Args)]
pub struct Show {
    /// Its name
    #[arg(default_value = DEFAULT, add = ArgValueCompleter::new(crate::cli::complete::remotes))]
    name: String,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    name: &'a str,
    url: &'a str,
    source_version: usize,
    version: usize,
    active: Option<u64>,
    /// Time of the last answer.
    asked_at: Option<String>,
    platform: Option<PlatformAnswer<'a>>,
    /// The promotion there that was interrupted.
    #[serde(skip_serializing_if = "Option::is_none")]
    open_promotion: Option<&'a OpenPromotionView>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct PlatformAnswer<'a> {
    /// Number of imported backups and versions.
    backups: usize,
    versions: usize,
    losses: LossesView<'a>,
}

answer!(remoteShow: Answer<'_>);

impl Show {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let project = cx.project()?;
        let (store, config) = (project.store(), project.store().config()?);
        let url = config.remote(&self.name).ok_or_else(|| unknown(&self.name, &config))?;
        let known = store.remote(&self.name)?.unwrap_or_default().heads;
        let record = ImportRecord::find(store, &self.name)?;
        let asked = store.last_known(&self.name).map(|last| last.at_ms);
        let open =
            OpenDeployment::find(store, &self.name)?.map(|one| OpenPromotionView::new(store, one));
        let answer = Answer {
            name: &self.name,
            url,
            source_version: known.source.len(),
            version: known.versions.len(),
            active: known.active.and_then(|active| active.version),
            asked_at: asked.map(crate::history::record::iso),
            platform: record.as_ref().map(|record| PlatformAnswer {
                backups: record.backups.len(),
                versions: record.versions.len(),
                losses: LossesView::new(&record.losses),
            }),
            open_promotion: open.as_ref(),
        };
        if cx.out.is_json() {
            open_promotion::suggest(cx, open.as_slice());
            cx.out.json(&answer)?;
            return Ok(Exit::Done);
        }
        let number =
            |count: usize| if count == 0 { "none".to_owned() } else { format!("v{count}") };
        cx.out.line(format!("Remote {} ({url})", self.name))?;
        cx.out.line(format!("  Source:   {}", number(known.source.len())))?;
        cx.out.line(format!("  Versions: {}", number(known.versions.len())))?;
        let active = answer.active.map_or("none".to_owned(), |number| format!("v{number}"));
        cx.out.line(format!("  Active:   {active}"))?;
        let asked = asked.map_or("never".to_owned(), view::minute);
        cx.out.line(format!("  Asked:    {asked}"))?;
        open_promotion::print(cx, open.as_slice())?;
        if let Some(record) = &record {
            let (backups, versions) = (record.backups.len(), record.versions.len());
            cx.out.line(format!("  Imported: {backups} backup(s), {versions} version(s)"))?;
            cx.out.line("  Not imported, as the platform does not show it:")?;
            for line in import_output::lines(&record.losses) {
                cx.out.line(format!("    {line}"))?;
            }
        }
        Ok(Exit::Done)
    }
}
