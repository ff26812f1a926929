//! Pages about versions, pushes and the ledger.

use super::answers::{PageAnswer, nothing_here};
use super::deletion;
use super::history::{AgentHistory, numbered};
use super::ledger_step::author;
use crate::compare;
use crate::error::{Kind, Result};
use crate::history::ledger::{self, LedgerEntry};
use crate::history::version::Status;
use crate::operations::drift::{Drift, DriftStates, DriftStatus};
use crate::page::{
    self, ContentGroup, HomePage, LedgerPage, LivePanel, NewestPush, SourcePage, VersionChoice,
    VersionItem, VersionPage, address,
};
use crate::protocol::TokenScope;
use crate::report::{self, view};
use serde_json::Value;

/// Entries of one page of a list.
const ROWS: usize = 50;

pub fn home(history: &AgentHistory<'_>) -> Result<PageAnswer> {
    let query = history.query();
    let field = |name: &str| query.get(name).map(|text| text.chars().take(200).collect());
    let (status, by, day) = (field("status"), field("by"), field("day"));
    let filter = VersionChoice { status, by, day, page: query.count("page") };
    let (versions, has_more) = items(history, &filter)?;
    let home = HomePage {
        agent: history.agent(),
        live: live(history)?,
        push: push(history)?,
        versions,
        filter,
        has_more,
        pushes: history.look.view.heads.source.len() as u64,
        newest: history.newest(),
    };
    Ok(PageAnswer::Html(page::home_page(&home, &history.asked.visitor)))
}

fn live(history: &AgentHistory<'_>) -> Result<Option<LivePanel>> {
    let view = &history.look.view;
    let Some((number, row)) =
        view.active().and_then(|number| Some((number, view.version(number)?)))
    else {
        return Ok(None);
    };
    let record = view.promotion().map(|id| history.record(&id)).transpose()?;
    let record = record.map(|entry| entry.record);
    Ok(Some(LivePanel {
        number,
        message: row.meta.message.clone(),
        since: record.as_ref().map(|record| history.time(record.at_ms)),
        by: record.as_ref().map(|record| record.by.clone()),
        reason: record.and_then(|record| record.reason),
    }))
}

/// The newest push beside what is live. The version that was published last tells which of both moved.
fn push(history: &AgentHistory<'_>) -> Result<Option<NewestPush>> {
    let view = &history.look.view;
    let state = |number| view.version(number).map(|row| row.state);
    let (Some((number, push)), Some(server)) =
        (view.newest_source(), view.active().and_then(state))
    else {
        return Ok(None);
    };
    let was_live = |number: &u64| {
        let row = view.version(*number);
        row.is_some_and(|row| view.ledger().promoted.contains_key(&row.id))
            && view.status(*number) != Status::Deleted
    };
    let published = view.versions().map(|(number, _)| number).find(was_live).and_then(state);
    let sides = DriftStates { server, local: push.state, base: published };
    let drift = Drift::between(history.objects(), &sides)?;
    let lines = match drift.parts.is_empty() {
        true => Vec::new(),
        false => report::lines(&drift.change, false),
    };
    Ok(Some(NewestPush {
        number,
        standing: standing(drift.standing()),
        by: push.record.by.clone(),
        at: history.time(push.record.at_ms),
        lines,
    }))
}

fn standing(status: DriftStatus) -> &'static str {
    match status {
        DriftStatus::InSync => "in sync with what is live",
        DriftStatus::Ahead => "ahead of what is live: it was changed, and not promoted yet",
        DriftStatus::Behind => "behind what is live: another version was promoted since",
        DriftStatus::Diverged => {
            "diverged from what is live: it was changed, and another version was promoted"
        }
        DriftStatus::Unknown => {
            "not compared with what is live: the content of some numbers is unknown"
        }
    }
}

/// The versions of one page of the list, and whether there are more.
fn items(history: &AgentHistory<'_>, filter: &VersionChoice) -> Result<(Vec<VersionItem>, bool)> {
    let view = &history.look.view;
    let skip = usize::try_from(filter.page - 1).unwrap_or(usize::MAX).saturating_mul(ROWS);
    let wanted = view.versions().filter(|(number, row)| {
        let status =
            filter.status.as_deref().is_none_or(|word| view.status(*number).word() == word);
        let by = filter.by.as_deref().is_none_or(|by| row.meta.by.eq_ignore_ascii_case(by));
        let minute = || view::minute(row.meta.at_ms);
        status && by && filter.day.as_deref().is_none_or(|day| minute().starts_with(day))
    });
    let mut found: Vec<_> = wanted.skip(skip).take(ROWS + 1).collect();
    let has_more = found.len() > ROWS;
    found.truncate(ROWS);
    let item = |(number, row): (u64, &crate::stock::VersionRow)| -> Result<VersionItem> {
        let before = number.checked_sub(1).filter(|before| *before > 0);
        let earlier = before.and_then(|before| view.version(before)).map(|row| row.state);
        Ok(VersionItem {
            number,
            status: view.status(number),
            made: Some((row.meta.by.clone(), history.time(row.meta.at_ms))),
            message: row.meta.message.clone(),
            changes: Some(history.asked.caches.count(history.objects(), earlier, row.state)?),
            before,
        })
    };
    Ok((found.into_iter().map(item).collect::<Result<_>>()?, has_more))
}

/// `/-/versions/7`; with a word or `v7` the address of the number.
pub fn version(history: &AgentHistory<'_>, name: &str) -> Result<PageAnswer> {
    if name.is_empty() {
        return Ok(PageAnswer::Moved(address::home(history.agent())));
    }
    let is_number = name.starts_with(|first: char| first.is_ascii_digit());
    let named = if is_number { format!("v{name}") } else { name.to_owned() };
    let number = history.number(&named)?.number();
    if !is_number {
        return Ok(PageAnswer::Moved(address::version(history.agent(), number)));
    }
    let (version, view) = (history.load(number)?, &history.look.view);
    let content = view::snapshot(history.objects(), &version.state)?;
    let groups = content.kinds.0.into_iter().filter(|(_, items)| !items.is_empty());
    let groups = groups.map(|(kind, items)| ContentGroup {
        label: kind.label,
        items: items.into_iter().map(|item| (item.name, item.version)).collect(),
    });
    let of_version = |entry: &LedgerEntry| entry.version() == Some(version.id);
    let entries = steps(history).filter(|step| step.as_ref().map_or(true, of_version));
    let entries: Vec<LedgerEntry> = entries.take(ROWS).collect::<Result<_>>()?;
    let page = VersionPage {
        agent: history.agent(),
        number,
        status: view.status(number),
        message: version.meta.message,
        by: version.meta.by,
        at: history.time(version.meta.at_ms),
        commit: version.meta.commit,
        source_version: version.meta.source_version,
        unread: version.meta.unread,
        groups: groups.collect(),
        persona: content.persona.version,
        model: words(&content.model),
        voice: words(&content.voice),
        before: Some(number - 1).filter(|before| *before > 0),
        live: view.active(),
        ledger: entries.iter().map(|entry| history.item(entry)).collect(),
        may_promote: author(&history.asked.admitted, TokenScope::Promote).is_ok(),
        may_delete: deletion::check(history, number).is_ok_and(|can| can),
        newest: history.newest(),
    };
    Ok(PageAnswer::Html(page::version_page(&page, &history.asked.visitor)))
}

/// A setting in words; `None` where there is none.
fn words(value: &Value) -> Option<String> {
    match compare::shown(value) {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    }
}

fn steps<'a>(history: &AgentHistory<'a>) -> impl Iterator<Item = Result<LedgerEntry>> + 'a {
    let newest = history.look.view.heads.active.map(|active| active.ledger);
    ledger::steps(history.look.objects, newest)
}

/// `/-/source/v12`
pub fn source(history: &AgentHistory<'_>, name: &str) -> Result<PageAnswer> {
    let view = &history.look.view;
    if name == "latest"
        && let Some((number, _)) = view.newest_source()
    {
        return Ok(PageAnswer::Moved(address::source(history.agent(), number)));
    }
    let number = numbered(name).ok_or_else(nothing_here)?;
    let push = history.source(number)?;
    let before = view.source(number - 1).map(|row| row.state);
    let change = compare::between(history.objects(), before.as_ref(), Some(&push.state))?;
    let lines = if change.is_empty() { Vec::new() } else { report::lines(&change, false) };
    let made = view.versions().filter(|(_, row)| row.meta.source_version == number);
    let page = SourcePage {
        agent: history.agent(),
        number,
        by: push.record.by,
        at: history.time(push.record.at_ms),
        message: push.record.message,
        unread: push.record.unread,
        versions: made.map(|(number, _)| number).take(ROWS).collect(),
        lines,
        newest: history.newest(),
    };
    Ok(PageAnswer::Html(page::source_page(&page, &history.asked.visitor)))
}

/// `/-/ledger`
pub fn ledger(history: &AgentHistory<'_>) -> Result<PageAnswer> {
    let at = history.query().count("page");
    let skip = usize::try_from(at - 1).unwrap_or(usize::MAX).saturating_mul(ROWS);
    let (mut items, mut count, mut broken) = (Vec::new(), 0, None);
    for step in steps(history) {
        let step = match step {
            Ok(step) => step,
            Err(error) if error.kind() == Kind::Corrupt => {
                broken = Some(error.message().to_owned());
                break;
            }
            Err(error) => return Err(error),
        };
        let unknown = step.version().filter(|id| history.look.view.number_of(id).is_none());
        if let (Some(_), None) = (unknown, &broken) {
            let id = step.id.short();
            broken = Some(format!("record {id} names a version that does not exist"));
        }
        if count >= skip && items.len() <= ROWS {
            items.push(history.item(&step));
        }
        count += 1;
    }
    let has_more = items.len() > ROWS;
    items.truncate(ROWS);
    let count = count as u64;
    let (agent, newest) = (history.agent(), history.newest());
    let page = LedgerPage { agent, items, count, broken, page: at, has_more, newest };
    Ok(PageAnswer::Html(page::ledger_page(&page, &history.asked.visitor)))
}
