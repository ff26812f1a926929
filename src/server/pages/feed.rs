//! Atom feed of an agent.

use super::answers::PageAnswer;
use super::history::AgentHistory;
use crate::error::Result;
use crate::history::ledger;
use crate::history::record::iso;
use crate::page::{FeedEntry, address, feed};

/// Entries of a feed.
const ENTRIES: usize = 50;

/// `/-/feed`: the newest events of each kind, merged by time.
pub fn show(history: &AgentHistory<'_>) -> Result<PageAnswer> {
    let mut entries = versions(history);
    entries.extend(pushes(history));
    entries.extend(records(history)?);
    // The sort is stable.
    entries.sort_by_key(|(at_ms, _)| std::cmp::Reverse(*at_ms));
    let entries: Vec<FeedEntry> = entries.into_iter().take(ENTRIES).map(|(_, one)| one).collect();
    Ok(PageAnswer::Feed(feed(history.agent(), &entries)))
}

/// Time of an event in milliseconds, and the event.
type TimedEntry = (i64, FeedEntry);

fn versions(history: &AgentHistory<'_>) -> Vec<TimedEntry> {
    let entry = |(number, row): (u64, &crate::stock::VersionRow)| {
        let entry = FeedEntry {
            id: format!("version/{}", row.id),
            title: format!("v{number} was created"),
            address: address::version(history.agent(), number),
            at: iso(row.meta.at_ms),
            by: row.meta.by.clone(),
            text: row.meta.message.clone().unwrap_or_default(),
        };
        (row.meta.at_ms, entry)
    };
    history.look.view.versions().take(ENTRIES).map(entry).collect()
}

fn pushes(history: &AgentHistory<'_>) -> Vec<TimedEntry> {
    let entry = |(number, row): (u64, &crate::stock::SourceRow)| {
        let entry = FeedEntry {
            id: format!("source/{}", row.id),
            title: format!("source v{number} was pushed"),
            address: address::source(history.agent(), number),
            at: iso(row.record.at_ms),
            by: row.record.by.clone(),
            text: row.record.message.clone().unwrap_or_default(),
        };
        (row.record.at_ms, entry)
    };
    history.look.view.sources().take(ENTRIES).map(entry).collect()
}

fn records(history: &AgentHistory<'_>) -> Result<Vec<TimedEntry>> {
    let newest = history.look.view.heads.active.map(|active| active.ledger);
    let mut entries = Vec::new();
    for step in ledger::steps(history.objects(), newest).take(ENTRIES) {
        let step = step?;
        let number = step.version().and_then(|id| history.look.view.number_of(&id));
        let of = number.map_or(String::new(), |number| format!(" v{number}"));
        let (record, agent) = (&step.record, history.agent());
        let entry = FeedEntry {
            id: format!("ledger/{}", step.id),
            title: format!("{}{of}", record.event.word()),
            address: number
                .map_or(address::ledger(agent), |number| address::version(agent, number)),
            at: iso(record.at_ms),
            by: record.by.clone(),
            text: record.reason.clone().unwrap_or_default(),
        };
        entries.push((record.at_ms, entry));
    }
    Ok(entries)
}
