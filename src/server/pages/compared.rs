//! The page that compares two versions.

use super::answers::{PageAnswer, nothing_here};
use super::history::{AgentHistory, moved};
use crate::compare;
use crate::diff::{self, ChangeKind, DiffHunk, TreeChange};
use crate::error::Result;
use crate::history::any_version::AnyVersion;
use crate::history::version::Version;
use crate::object::{self, Leaf, Mode, Source};
use crate::operations::stock;
use crate::page::{self, ComparePage, DiffPart, FileDiff, LayoutChoice, address};
use crate::report;
use crate::report::Line;

/// Most lines of files on one page.
const LINES: usize = 3000;
/// Larger files are not compared here.
const LARGE: u64 = 2 << 20;

/// `/-/compare`: the form; with both fields, or to swap them, the address of the two.
pub fn form(history: &AgentHistory<'_>) -> Result<PageAnswer> {
    let query = history.query();
    if let (Some(from), Some(to)) = (query.get("from"), query.get("to")) {
        let [from, to] = [from, to].map(|name| {
            let name = name.trim().to_lowercase();
            let is_number = name.starts_with(|first: char| first.is_ascii_digit());
            history.number(&if is_number { format!("v{name}") } else { name })
        });
        let (from, to) = (from?.number(), to?.number());
        let (from, to) = if query.get("swap").is_some() { (to, from) } else { (from, to) };
        return Ok(PageAnswer::Moved(address::compare(history.agent(), from, to)));
    }
    Ok(show(history, None, LayoutChoice::default(), (Vec::new(), Vec::new()), Vec::new()))
}

/// `/-/compare/v5...v7`
pub fn compare(history: &AgentHistory<'_>, range: &str) -> Result<PageAnswer> {
    let (from, to) = range.split_once("...").ok_or_else(nothing_here)?;
    let (from, to) = (history.number(from)?, history.number(to)?);
    let here =
        || address::compare(history.agent(), from.number(), to.number()) + &history.query_text();
    if let Some(moved) = moved(&[&from, &to], here) {
        return Ok(moved);
    }
    let (from, to) = (history.load(from.number())?, history.load(to.number())?);
    let query = history.query();
    let layout = LayoutChoice {
        unified: query.get("view") == Some("unified"),
        ignores_space: query.get("w") == Some("1"),
        file: query.get("file").map(str::to_owned),
        part: query.count("part"),
    };
    let trees = diff::trees(history.objects(), Some(from.source), Some(to.source))?;
    let files = files(history, diff::find_renames(trees), &layout)?;
    let numbers = Some((from.number, to.number));
    Ok(show(history, numbers, layout, words(history, from, to)?, files))
}

fn show(
    history: &AgentHistory<'_>,
    versions: Option<(u64, u64)>,
    layout: LayoutChoice,
    (lines, persona): (Vec<Line>, Vec<Line>),
    files: Vec<FileDiff>,
) -> PageAnswer {
    let (agent, newest) = (history.agent(), history.newest());
    let page = ComparePage { agent, versions, lines, persona, files, layout, newest };
    PageAnswer::Html(page::compare_page(&page, &history.asked.visitor))
}

/// The sentences of `version diff` in its order, and the persona to its end.
fn words(history: &AgentHistory<'_>, from: Version, to: Version) -> Result<(Vec<Line>, Vec<Line>)> {
    let objects = history.objects();
    let change = compare::between(objects, Some(&from.state), Some(&to.state))?;
    let mut lines = report::lines(&change, false);
    let (project, caches) = (history.look.project, &history.asked.caches);
    let losses = |files| caches.losses(project, objects, files);
    let (from, to) = (AnyVersion::from(from), AnyVersion::from(to));
    let built = stock::between_by(project, objects, &losses, &from, &to)?;
    lines.extend(report::built_lines(&built));
    lines.extend(report::unread_lines([&from, &to]));
    Ok((lines, report::persona_lines(&change, true)))
}

fn files(
    history: &AgentHistory<'_>,
    changes: Vec<TreeChange>,
    layout: &LayoutChoice,
) -> Result<Vec<FileDiff>> {
    let mut left = LINES;
    let wanted = |change: &TreeChange| layout.file.as_ref().is_none_or(|only| *only == change.path);
    let mut files = Vec::new();
    for change in changes.into_iter().filter(wanted) {
        let part = match left {
            0 => DiffPart::Left,
            _ => content(history.objects(), &change, layout, &mut left)?,
        };
        files.push(FileDiff {
            what: what(&change),
            is_new: change.new.is_some(),
            path: change.path,
            part,
        });
    }
    Ok(files)
}

/// The kind of a change in words.
fn what(change: &TreeChange) -> String {
    let mode = |leaf: Option<Leaf>| leaf.map(|(mode, _)| mode);
    let is_now =
        |wanted: Mode| mode(change.new) == Some(wanted) && mode(change.old) != Some(wanted);
    let was = |wanted: Mode| mode(change.old) == Some(wanted) && mode(change.new) != Some(wanted);
    let mut words = match (change.kind, &change.from) {
        (ChangeKind::Renamed, Some(from)) => vec![format!("renamed from {from}")],
        (ChangeKind::Mode | ChangeKind::Type, _) => Vec::new(),
        (kind, _) => vec![kind.word().to_owned()],
    };
    if change.old.is_some() && change.new.is_some() {
        let turns = [
            (is_now(Mode::Executable), "executable now"),
            (was(Mode::Executable), "no longer executable"),
            (is_now(Mode::Symlink), "became a link"),
            (was(Mode::Symlink), "is a link no more"),
        ];
        words
            .extend(turns.into_iter().filter(|(holds, _)| *holds).map(|(_, word)| word.to_owned()));
    }
    words.join(", ")
}

fn content(
    objects: &dyn Source,
    change: &TreeChange,
    layout: &LayoutChoice,
    left: &mut usize,
) -> Result<DiffPart> {
    let id = |leaf: Option<Leaf>| leaf.map(|(_, id)| id);
    if id(change.old) == id(change.new) {
        return Ok(DiffPart::Same);
    }
    let size =
        |leaf: Option<Leaf>| leaf.map_or(Ok(0), |(_, id)| super::files::length(objects, &id));
    let (before, after) = (size(change.old)?, size(change.new)?);
    if before.max(after) > LARGE {
        return Ok(DiffPart::TooLarge(before, after));
    }
    let read = |leaf: Option<Leaf>| leaf.map_or(Ok(Vec::new()), |(_, id)| objects.blob(&id));
    let (old, new) = (read(change.old)?, read(change.new)?);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let is_link = |leaf: Option<Leaf>| leaf.is_some_and(|(mode, _)| mode == Mode::Symlink);
    if is_link(change.old) || is_link(change.new) {
        let target = |leaf: Option<Leaf>, bytes: &[u8]| is_link(leaf).then(|| text(bytes));
        return Ok(DiffPart::Link(target(change.old, &old), target(change.new, &new)));
    }
    if object::is_binary(&old) || object::is_binary(&new) {
        return Ok(DiffPart::Binary(before, after));
    }
    let hunks = diff::hunks(&text(&old), &text(&new), layout.ignores_space);
    let skip = match &layout.file {
        Some(_) => usize::try_from(layout.part - 1).unwrap_or(usize::MAX).saturating_mul(LINES),
        None => 0,
    };
    let (hunks, rest) = cut(hunks, skip, left);
    Ok(DiffPart::Lines { hunks, rest })
}

/// The rows after the first `skip`, so many as there is room for, and whether there are more.
fn cut(hunks: Vec<DiffHunk>, mut skip: usize, left: &mut usize) -> (Vec<DiffHunk>, bool) {
    let (mut shown, mut rest) = (Vec::new(), false);
    for DiffHunk { mut rows } in hunks {
        let passed = skip.min(rows.len());
        rows.drain(..passed);
        skip -= passed;
        rest |= rows.len() > *left;
        rows.truncate(*left);
        *left -= rows.len();
        if !rows.is_empty() {
            shown.push(DiffHunk { rows });
        }
    }
    (shown, rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::DiffRow;

    #[test]
    fn a_long_difference_comes_in_parts() {
        let hunk = |from: usize, count: usize| DiffHunk {
            rows: (from..from + count)
                .map(|new| DiffRow::Added { new, text: String::new() })
                .collect(),
        };
        let all = || vec![hunk(1, 4), hunk(10, 4)];
        let sizes = |skip: usize, most: usize| {
            let mut left = most;
            let (hunks, rest) = cut(all(), skip, &mut left);
            (hunks.iter().map(|hunk| hunk.rows.len()).collect::<Vec<_>>(), rest)
        };
        assert_eq!(sizes(0, 100), (vec![4, 4], false));
        assert_eq!(sizes(0, 6), (vec![4, 2], true));
        assert_eq!(sizes(6, 6), (vec![2], false));
        assert_eq!(sizes(8, 6), (vec![], false));
    }
}
