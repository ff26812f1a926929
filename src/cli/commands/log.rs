//! `log`: versions newest first, or the ledger of promotions and deletions.

use crate::agent::ledger::{self, Step};
use crate::agent::version::{Catalog, Status, Version};
use crate::agent::via::Vias;
use crate::agent::{change, verify, view};
use crate::cli::Exit;
use crate::cli::commands::version::list::parse_limit;
use crate::cli::context::Context;
use crate::cli::output::{DIM, GREEN, RED, YELLOW};
use crate::error::{Error, Result};
use crate::store::Odb;
use serde_json::{Value, json};

/// Tell the history: versions, newest first
#[derive(Debug, clap::Args)]
pub struct Log {
    /// Tell promotions and deletions instead of versions
    #[arg(long)]
    ledger: bool,
    /// Check every record of the ledger first, from the newest to the first
    #[arg(long)]
    verify: bool,
    /// Tell at most this many
    #[arg(short = 'n', long, value_name = "N", allow_hyphen_values = true)]
    limit: Option<String>,
}

impl Log {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let limit = self.limit.as_deref().map(parse_limit).transpose()?.unwrap_or(usize::MAX);
        let project = cx.project()?;
        let load = if self.verify { Catalog::load_whole } else { Catalog::load };
        let catalog = load(project.store())?;
        if self.verify {
            let records = verify::ledger(&project, &catalog)?;
            if !cx.out.is_json() {
                cx.out.note(format!("✓ Verified the ledger: {records} record(s)."));
            }
        }
        let objects = project.store().objects();
        if self.ledger {
            let head = catalog.pointer().map(|active| active.ledger);
            let steps: Vec<Step> = ledger::steps(objects, head).take(limit).collect::<Result<_>>()?;
            let vias = Vias::load_with_ledger(project.store(), objects)?;
            return print_ledger(cx, &catalog, &steps, &vias);
        }
        let vias = Vias::load(project.store())?;
        let entries = Entries { objects, catalog: &catalog, numbers: catalog.numbers().collect(), vias };
        match cx.out.is_json() {
            true => entries.json(cx, limit),
            false => entries.print(cx, limit),
        }
    }
}

/// Versions with what changed since the one before, read one by one.
struct Entries<'a> {
    objects: &'a Odb,
    catalog: &'a Catalog<'a>,
    numbers: Vec<u64>,
    vias: Vias,
}

impl Entries<'_> {
    /// A version with the number of its changes; the inner error is the damage of its ref.
    fn get(&self, at: usize) -> Result<Result<(Version, usize), &Error>> {
        let number = self.numbers[at];
        if let Some(damage) = self.catalog.damage(number) {
            return Ok(Err(damage));
        }
        let version = self.catalog.get(number)?;
        let before = self.catalog.before(number)?.map(|version| version.state);
        let count = change::count(self.objects, before.as_ref(), Some(&version.state))?;
        Ok(Ok((version, count)))
    }

    fn json(&self, cx: &mut Context<'_>, limit: usize) -> Result<Exit> {
        let one = |at| -> Result<Value> {
            let (version, changes) = match self.get(at)? {
                Ok(found) => found,
                Err(damage) => return Ok(view::damaged(self.numbers[at], damage)),
            };
            let mut view = json!(view::summary(&version, self.catalog.status(version.number))?);
            view["changes"] = json!(changes);
            self.vias.add_to(&mut view, &version.id)?;
            Ok(view)
        };
        let all = (0..self.numbers.len().min(limit)).map(one).collect::<Result<Vec<_>>>()?;
        cx.out.json(&all)?;
        Ok(Exit::Done)
    }

    fn print(&self, cx: &mut Context<'_>, limit: usize) -> Result<Exit> {
        if self.numbers.is_empty() {
            cx.out.line("(no versions yet — run `lua-store version create` to make one)")?;
            return Ok(Exit::Done);
        }
        cx.page();
        for at in 0..self.numbers.len().min(limit) {
            if at > 0 {
                cx.out.line("")?;
            }
            match self.get(at)? {
                Ok((version, changes)) => {
                    let via = self.vias.after(&version.id);
                    print_version(cx, self.catalog.status(version.number), &version, &via, changes)?;
                }
                Err(damage) => {
                    let head = cx.out.paint(RED, format!("v{} (damaged)", self.numbers[at]));
                    cx.out.line(format!("{head}\n  {damage}"))?;
                }
            }
        }
        Ok(Exit::Done)
    }
}

fn print_version(
    cx: &mut Context<'_>,
    status: Status,
    version: &Version,
    via: &str,
    changes: usize,
) -> Result<()> {
    let style = if status == Status::Active { GREEN } else { YELLOW };
    let head = cx.out.paint(style, format!("v{} ({})", version.number, status.word()));
    let short = cx.out.paint(DIM, version.id.short());
    cx.out.line(format!("{head}  {short}"))?;
    let created = view::iso(version.meta.at_ms)?;
    cx.out.line(format!("  {} by {}{via}", minute(&created), version.meta.by))?;
    for line in version.meta.message.iter().flat_map(|message| message.lines()) {
        cx.out.line(format!("  {line}"))?;
    }
    let source = version.meta.source_version;
    cx.out.line(format!("  {changes} change(s), from source version v{source}"))
}

fn print_ledger(cx: &mut Context<'_>, catalog: &Catalog, steps: &[Step], vias: &Vias) -> Result<Exit> {
    // Beside a damaged ref a version may have no number.
    let number = |step: &Step| -> Result<Option<u64>> {
        match catalog.number_of(&step.version) {
            None if catalog.damaged() > 0 || catalog.elsewhere(&step.version).is_some() => Ok(None),
            None => Err(Error::corrupt(format!(
                "ledger record {} names a version that no ref has",
                step.id.short()
            ))
            .hint("`lua-store fsck` names what is damaged")),
            number => Ok(number),
        }
    };
    let elsewhere = |step: &Step| -> Result<Option<String>> {
        Ok(number(step)?.is_none().then(|| catalog.elsewhere(&step.version)).flatten())
    };
    if cx.out.is_json() {
        let one = |step: &Step| -> Result<Value> {
            let mut told = json!({
                "id": step.id.to_string(), "event": step.record.event.word(), "version": number(step)?,
                "elsewhere": elsewhere(step)?, "by": step.record.by, "at": view::iso(step.record.at_ms)?,
                "reason": step.record.reason,
            });
            vias.add_to(&mut told, &step.id)?;
            Ok(told)
        };
        cx.out.json(&steps.iter().map(one).collect::<Result<Vec<_>>>()?)?;
        return Ok(Exit::Done);
    }
    if steps.is_empty() {
        cx.out.line("(nothing was promoted yet — run `lua-store version promote <version>`)")?;
        return Ok(Exit::Done);
    }
    cx.page();
    for step in steps {
        let at = view::iso(step.record.at_ms)?;
        let reason = step.record.reason.as_ref().map_or(String::new(), |reason| format!("  {reason}"));
        let short = cx.out.paint(DIM, step.id.short());
        let event = step.record.event.word();
        let version = match number(step)? {
            Some(number) => format!("v{number}"),
            None => match catalog.elsewhere(&step.version) {
                Some(name) => name,
                None => format!("{} (its ref is damaged)", step.version.short()),
            },
        };
        let by = format!("{}{}", step.record.by, vias.after(&step.id));
        let line = format!("{short}  {}  {event:<7} {version}  by {by}{reason}", minute(&at));
        cx.out.line(line)?;
    }
    Ok(Exit::Done)
}

/// `2026-11-21 09:30` of an ISO time.
fn minute(iso: &str) -> String {
    iso[..16].replace('T', " ")
}
