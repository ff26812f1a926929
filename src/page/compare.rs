//! Two versions compared: in words, then the persona by sentence, then the files.

use super::address;
use super::changes::{section, words};
use super::frame::{Frame, PageVisitor, Tab};
use super::visible::visible;
use crate::diff::{self, DiffHunk, DiffRow, WordSpan};
use crate::report::Line;
use maud::{Markup, html};

/// Longest line in which the words that differ are marked.
const LONGEST: usize = 500;

/// Layout of changed files, as the query has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LayoutChoice {
    pub unified: bool,
    pub ignores_space: bool,
    /// The only file to show.
    pub file: Option<String>,
    /// Part of the only file, from 1.
    pub part: u64,
}

impl LayoutChoice {
    /// The query of this choice.
    fn query(&self) -> String {
        let mut fields = Vec::new();
        fields.extend(self.unified.then(|| "view=unified".to_owned()));
        fields.extend(self.ignores_space.then(|| "w=1".to_owned()));
        fields.extend(self.file.as_ref().map(|file| format!("file={}", address::query(file))));
        fields.extend((self.part > 1).then(|| format!("part={}", self.part)));
        if fields.is_empty() { String::new() } else { format!("?{}", fields.join("&")) }
    }
}

/// Part of a changed file that is shown.
pub enum DiffPart {
    /// `rest` is true if there are more lines.
    Lines {
        hunks: Vec<DiffHunk>,
        rest: bool,
    },
    /// Sizes before and after.
    Binary(u64, u64),
    TooLarge(u64, u64),
    /// Targets of a link before and after.
    Link(Option<String>, Option<String>),
    /// Only the path or the mode changed.
    Same,
    /// There was no room for it on this page.
    Left,
}

/// A changed file.
pub struct FileDiff {
    pub path: String,
    /// `added`, `removed`, `modified`, `renamed from a.ts`, `executable now` …
    pub what: String,
    pub is_new: bool,
    pub part: DiffPart,
}

pub struct ComparePage<'a> {
    pub agent: &'a str,
    /// The two versions; `None` for the form alone.
    pub versions: Option<(u64, u64)>,
    /// The sentences of `version diff`.
    pub lines: Vec<Line>,
    /// The persona by sentence, to its end.
    pub persona: Vec<Line>,
    pub files: Vec<FileDiff>,
    pub layout: LayoutChoice,
    pub newest: Option<u64>,
}

pub fn compare_page(page: &ComparePage<'_>, visitor: &PageVisitor) -> String {
    let title = match page.versions {
        Some((from, to)) => format!("Diff v{from} → v{to}"),
        None => "Compare versions".to_owned(),
    };
    let frame = Frame {
        title: format!("{title} · {}", page.agent),
        agent: Some(page.agent),
        tab: Tab::Compare,
        visitor,
        newest: page.newest,
    };
    frame.around(&html! {
        h1 { (title) }
        (form(page))
        @if let Some((from, to)) = page.versions {
            (section("In words", &page.lines, "The agent is the same."))
            @if !page.persona.is_empty() {
                section { h2 { "Persona, by sentence" } (words(&page.persona)) }
            }
            (files(page, from, to))
        } @else if page.newest.is_none() {
            p { "There is no version to compare: run " code { "lua-store version create" } " in the project." }
        }
    })
}

fn form(page: &ComparePage<'_>) -> Markup {
    let (from, to) = page.versions.map_or((None, None), |(from, to)| (Some(from), Some(to)));
    let shown = |number: Option<u64>| number.map(|number| format!("v{number}")).unwrap_or_default();
    html! {
        form.filter method="get" action=(address::compare_form(page.agent)) aria-label="Versions to compare" {
            label { "Older" input name="from" required maxlength="30" value=(shown(from)) placeholder="active"; }
            label { "Newer" input name="to" required maxlength="30" value=(shown(to)) placeholder="latest"; }
            button type="submit" { "Compare" }
            @if page.versions.is_some() { button type="submit" name="swap" value="1" { "Swap" } }
        }
    }
}

fn files(page: &ComparePage<'_>, from: u64, to: u64) -> Markup {
    let layout = &page.layout;
    let address = address::compare(page.agent, from, to);
    let other = LayoutChoice { unified: !layout.unified, ..layout.clone() };
    let space = LayoutChoice { ignores_space: !layout.ignores_space, ..layout.clone() };
    let all = LayoutChoice { file: None, part: 0, ..layout.clone() };
    html! {
        section {
            h2 { "Files" }
            @if page.files.is_empty() { p.quiet { "No file differs." } } @else {
                ul.links {
                    li { a href={ (address) (other.query()) } { (if layout.unified { "Side by side" } else { "One column" }) } }
                    li { a href={ (address) (space.query()) } {
                        (if layout.ignores_space { "Show white space" } else { "Ignore white space" })
                    } }
                    @if layout.file.is_some() { li { a href={ (address) (all.query()) } { "All files" } } }
                }
            }
            @for file in &page.files { (changed_file(page, file, (from, to), &address)) }
        }
    }
}

fn changed_file(
    page: &ComparePage<'_>,
    file: &FileDiff,
    (from, to): (u64, u64),
    address: &str,
) -> Markup {
    let number = if file.is_new { to } else { from };
    let only = LayoutChoice { file: Some(file.path.clone()), part: 1, ..page.layout.clone() };
    let next = LayoutChoice { part: page.layout.part.max(1) + 1, ..only.clone() };
    html! {
        article.file {
            h3 { a href=(address::files(page.agent, number, &file.path)) { (visible(&file.path)) } " " span.quiet { (visible(&file.what)) } }
            @match &file.part {
                DiffPart::Same => { p.quiet { "The content is the same." } }
                DiffPart::Left => { p { a href={ (address) (only.query()) } { "Show this file" } } }
                DiffPart::Binary(old, new) => { p.quiet { "Binary: " (old) " → " (new) " bytes." } }
                DiffPart::TooLarge(old, new) => {
                    p.quiet { "Too large to be compared here: " (old) " → " (new) " bytes." }
                }
                DiffPart::Link(old, new) => {
                    @if let Some(old) = old { p { "− link to " code { (visible(old)) } } }
                    @if let Some(new) = new { p { "+ link to " code { (visible(new)) } } }
                }
                DiffPart::Lines { hunks, .. } if hunks.is_empty() => {
                    p.quiet { (if page.layout.ignores_space { "Only white space differs." } else { "No line differs." }) }
                }
                DiffPart::Lines { hunks, rest } => {
                    (table(hunks, page.layout.unified, &file.path))
                    @if *rest { p { a href={ (address) (next.query()) } { "Show the rest of this file" } } }
                }
            }
        }
    }
}

fn table(hunks: &[DiffHunk], unified: bool, path: &str) -> Markup {
    let label = format!("Changed lines of {path}");
    html! {
        div.scroll.code tabindex="0" role="region" aria-label=(visible(&label)) {
            table class=(if unified { "lines diff" } else { "lines diff sides" }) {
                caption.hidden { (visible(&label)) }
                @if !unified { colgroup { col.number; col; col.number; col; } }
                @for hunk in hunks {
                    tbody {
                        @for (old, new) in pairs(&hunk.rows) {
                            @if unified { (in_one_column(old, new)) } @else { (side_by_side(old, new)) }
                        }
                    }
                }
            }
        }
    }
}

/// Rows side by side: of changed lines the first removed one beside the first added one.
fn pairs(rows: &[DiffRow]) -> Vec<(Option<&DiffRow>, Option<&DiffRow>)> {
    let mut pairs = Vec::new();
    let (mut removed, mut added): (Vec<&DiffRow>, Vec<&DiffRow>) = (Vec::new(), Vec::new());
    let flush = |removed: &mut Vec<_>, added: &mut Vec<_>, pairs: &mut Vec<_>| {
        for at in 0..removed.len().max(added.len()) {
            pairs.push((removed.get(at).copied(), added.get(at).copied()));
        }
        removed.clear();
        added.clear();
    };
    for row in rows {
        match row {
            DiffRow::Removed { .. } => removed.push(row),
            DiffRow::Added { .. } => added.push(row),
            DiffRow::Same { .. } => {
                flush(&mut removed, &mut added, &mut pairs);
                pairs.push((Some(row), Some(row)));
            }
        }
    }
    flush(&mut removed, &mut added, &mut pairs);
    pairs
}

/// Cells of a pair: number, sign and text of each side.
struct Cells<'a> {
    old: Option<(usize, &'a str)>,
    new: Option<(usize, &'a str)>,
    is_same: bool,
}

fn cells<'a>(old: Option<&'a DiffRow>, new: Option<&'a DiffRow>) -> Cells<'a> {
    if let Some(DiffRow::Same { old, new, text }) = old {
        return Cells { old: Some((*old, text)), new: Some((*new, text)), is_same: true };
    }
    let side = |row: Option<&'a DiffRow>| match row {
        Some(DiffRow::Removed { old: number, text } | DiffRow::Added { new: number, text }) => {
            Some((*number, &**text))
        }
        _ => None,
    };
    Cells { old: side(old), new: side(new), is_same: false }
}

fn side_by_side(old: Option<&DiffRow>, new: Option<&DiffRow>) -> Markup {
    let Cells { old, new, is_same } = cells(old, new);
    let (left, right) = marked(old.map(|side| side.1), new.map(|side| side.1));
    let (gone, came) = if is_same { ("same", "same") } else { ("removed", "added") };
    html! {
        tr class=(if is_same { "same" } else { "change" }) {
            (half(old.map(|side| side.0), if is_same { " " } else { "−" }, gone, &left))
            (half(new.map(|side| side.0), if is_same { " " } else { "+" }, came, &right))
        }
    }
}

fn half(number: Option<usize>, sign: &str, class: &str, text: &Markup) -> Markup {
    html! {
        @match number {
            Some(number) => {
                td.number { (number) }
                td class=(class) { span.sign { (sign) } (text) }
            }
            None => { td.number.empty {} td.empty {} }
        }
    }
}

fn in_one_column(old: Option<&DiffRow>, new: Option<&DiffRow>) -> Markup {
    let Cells { old, new, is_same } = cells(old, new);
    let (left, right) = marked(old.map(|side| side.1), new.map(|side| side.1));
    if let (true, Some((before, _)), Some((after, _))) = (is_same, old, new) {
        return html! {
            tr.same { td.number { (before) } td.number { (after) } td.same { span.sign { " " } (right) } }
        };
    }
    html! {
        @if let Some((number, _)) = old {
            tr.change { td.number { (number) } td.number {} td.removed { span.sign { "−" } (left) } }
        }
        @if let Some((number, _)) = new {
            tr.change { td.number {} td.number { (number) } td.added { span.sign { "+" } (right) } }
        }
    }
}

/// Both texts, the words that differ marked where most of the line is the same.
fn marked(old: Option<&str>, new: Option<&str>) -> (Markup, Markup) {
    let plain = |text: Option<&str>| html! { (visible(text.unwrap_or_default())) };
    let (Some(before), Some(after)) = (old, new) else { return (plain(old), plain(new)) };
    if before == after || before.len().max(after.len()) > LONGEST {
        return (plain(old), plain(new));
    }
    let spans = diff::words(before, after);
    let same = |span: &WordSpan| if let WordSpan::Same(text) = span { text.len() } else { 0 };
    if spans.iter().map(same).sum::<usize>() * 2 < before.len().min(after.len()) {
        return (plain(old), plain(new));
    }
    let side = |wanted: fn(&WordSpan) -> Option<(&str, bool)>| {
        html! {
            @for (text, differs) in spans.iter().filter_map(wanted) {
                @if differs { strong { (visible(text)) } } @else { (visible(text)) }
            }
        }
    };
    let left = side(|span| match span {
        WordSpan::Same(text) => Some((text, false)),
        WordSpan::Removed(text) => Some((text, true)),
        WordSpan::Added(_) => None,
    });
    let right = side(|span| match span {
        WordSpan::Same(text) => Some((text, false)),
        WordSpan::Added(text) => Some((text, true)),
        WordSpan::Removed(_) => None,
    });
    (left, right)
}
