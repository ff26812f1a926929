//! Operation of the log, in words and as JSON.

use crate::object::Id;
use crate::store::{Active, Operation, SeriesChange};
use jiff::Timestamp;
use serde::Serialize;

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct OperationView<'a> {
    number: u64,
    command: &'a str,
    by: Option<&'a str>,
    /// RFC 3339.
    at: Option<String>,
    source: SeriesView<'a>,
    versions: SeriesView<'a>,
    active: ActiveView,
    /// True if files of the project changed.
    files: bool,
    undoes: Option<u64>,
    undone_by: Option<u64>,
    #[serde(skip)]
    pub operation: &'a Operation,
}

/// Ids behind those that stayed; the first has the number `from`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct SeriesView<'a> {
    from: usize,
    before: &'a [Id],
    after: &'a [Id],
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ActiveView {
    before: Option<u64>,
    after: Option<u64>,
}

impl<'a> OperationView<'a> {
    pub fn new(operation: &'a Operation, undone_by: Option<u64>) -> OperationView<'a> {
        let series = |change: &'a SeriesChange| SeriesView {
            from: change.kept + 1,
            before: &change.before,
            after: &change.after,
        };
        let number = |active: Option<Active>| active.and_then(|active| active.version);
        OperationView {
            number: operation.number,
            command: &operation.command,
            by: operation.by.as_deref(),
            at: Timestamp::from_millisecond(operation.at_ms).ok().map(|at| at.to_string()),
            source: series(&operation.source),
            versions: series(&operation.versions),
            active: ActiveView {
                before: number(operation.active_before),
                after: number(operation.active_after),
            },
            files: operation.files.is_some(),
            undoes: operation.undoes,
            undone_by,
            operation,
        }
    }

    /// The operation that it undid, or that undid it.
    pub fn state(&self) -> String {
        match (self.undoes, self.undone_by) {
            (Some(number), _) => format!(" (of operation {number})"),
            (None, Some(number)) => format!(" (undone by operation {number})"),
            (None, None) => String::new(),
        }
    }

    /// Changes that it made.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let series = [("source version", &self.source), ("version", &self.versions)];
        for (what, change) in series {
            let list = |ids: &[Id]| -> Vec<String> {
                let name = |(at, id): (usize, &Id)| {
                    format!("v{} ({})", change.from + at, &id.to_string()[..8])
                };
                ids.iter().enumerate().map(name).collect()
            };
            let (before, after) = (list(change.before), list(change.after));
            match (before.is_empty(), after.is_empty()) {
                (true, true) => {}
                (true, false) => lines.push(format!("{what} {} created", after.join(", "))),
                (false, true) => lines.push(format!("{what} {} taken back", before.join(", "))),
                (false, false) => {
                    lines.push(format!("{what} {} became {}", before.join(", "), after.join(", ")))
                }
            }
        }
        let name = |number: Option<u64>| number.map_or("none".to_owned(), |one| format!("v{one}"));
        let (before, after) = (self.operation.active_before, self.operation.active_after);
        if before != after {
            let (was, is) = (name(self.active.before), name(self.active.after));
            lines.push(match was == is {
                true => format!("ledger changed, active {is}"),
                false => format!("active {was} → {is}"),
            });
        }
        if self.files {
            lines.push("files changed".to_owned());
        }
        lines
    }

    /// Changes that taking it back makes.
    pub fn undone_lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (what, change) in [("source version", &self.source), ("version", &self.versions)] {
            let numbers = change.from..change.from + change.after.len();
            let numbers: Vec<String> = numbers.map(|number| format!("v{number}")).collect();
            if !numbers.is_empty() {
                lines.push(format!("{what} {} taken back", numbers.join(", ")));
            }
        }
        if self.operation.active_before != self.operation.active_after {
            let before = self.active.before;
            lines
                .push(before.map_or("nothing is active".to_owned(), |v| format!("v{v} is active")));
        }
        if self.files {
            lines.push("files are as they were before".to_owned());
        }
        lines
    }
}
