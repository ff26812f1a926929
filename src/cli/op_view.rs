//! Operation of the log, in words and as JSON.

use crate::object::Id;
use crate::store::{Active, HeadsChange, Operation, SeriesChange};
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
    /// Null for an operation that cannot be taken back.
    source: Option<SeriesView<'a>>,
    versions: Option<SeriesView<'a>>,
    active: Option<ActiveView>,
    /// Files of the project that changed.
    files: &'a [String],
    undoes: Option<u64>,
    undone_by: Option<u64>,
    /// Reason why it cannot be taken back.
    cannot_undo: Option<&'a str>,
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
        let heads = operation.heads.as_ref();
        let active = |heads: &HeadsChange| ActiveView {
            before: number(heads.active_before),
            after: number(heads.active_after),
        };
        OperationView {
            number: operation.number,
            command: &operation.command,
            by: operation.by.as_deref(),
            at: Timestamp::from_millisecond(operation.at_ms).ok().map(|at| at.to_string()),
            source: heads.map(|heads| series(&heads.source)),
            versions: heads.map(|heads| series(&heads.versions)),
            active: heads.map(active),
            files: operation.files.as_ref().map_or(&[], |files| &files.paths),
            undoes: operation.undoes,
            undone_by,
            cannot_undo: operation.cannot_undo.as_deref(),
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

    fn series(&self) -> impl Iterator<Item = (&'static str, &SeriesView<'a>)> {
        let series = [("source version", &self.source), ("version", &self.versions)];
        series.into_iter().filter_map(|(what, change)| Some((what, change.as_ref()?)))
    }

    /// Version that was active before and after, where the ledger changed.
    fn active(&self) -> Option<(Option<u64>, Option<u64>)> {
        let heads = self.operation.heads.as_ref()?;
        let active = self.active.as_ref()?;
        (heads.active_before != heads.active_after).then_some((active.before, active.after))
    }

    /// Changes that it made.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (what, change) in self.series() {
            let (before, after) = (change.list(change.before), change.list(change.after));
            match (before.is_empty(), after.is_empty()) {
                (true, true) => {}
                (true, false) => lines.push(format!("{what} {after} created")),
                (false, true) => lines.push(format!("{what} {before} taken back")),
                (false, false) => lines.push(format!("{what} {before} became {after}")),
            }
        }
        let name = |number: Option<u64>| number.map_or("none".to_owned(), |one| format!("v{one}"));
        lines.extend(self.active().map(|(before, after)| match before == after {
            true => format!("ledger changed, active {}", name(after)),
            false => format!("active {} → {}", name(before), name(after)),
        }));
        lines.extend(files(self.files, "changed"));
        lines.extend(self.cannot_undo.map(|reason| format!("cannot be undone: {reason}")));
        lines
    }

    /// Changes that taking it back makes.
    pub fn undone_lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (what, change) in self.series() {
            let numbers = change.from..change.from + change.after.len();
            let numbers: Vec<String> = numbers.map(|number| format!("v{number}")).collect();
            if !numbers.is_empty() {
                lines.push(format!("{what} {} taken back", numbers.join(", ")));
            }
        }
        lines.extend(self.active().map(|(before, _)| {
            before.map_or("nothing is active".to_owned(), |v| format!("v{v} is active"))
        }));
        lines.extend(files(self.files, "restored"));
        lines
    }
}

impl SeriesView<'_> {
    /// Numbers and short ids.
    fn list(&self, ids: &[Id]) -> String {
        let name = |(at, id): (usize, &Id)| format!("v{} ({})", self.from + at, id.short());
        ids.iter().enumerate().map(name).collect::<Vec<_>>().join(", ")
    }
}

fn files(paths: &[String], verb: &str) -> Option<String> {
    match paths {
        [] => None,
        [path] => Some(format!("{path} {verb}")),
        paths => Some(format!("{} files {verb}", paths.len())),
    }
}
