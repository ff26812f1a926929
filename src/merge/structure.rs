//! Merge of code by its structure: the items of a list (properties, elements, imports, members, declarations) that
//! each side added, changed or removed, whatever lines they are on.
//!
//! The text stays that of ours, and gets what theirs did. Only what both changed in different ways clashes, and
//! there one side wins.

use super::file::Side;
use super::list_items::{ListItem, ListItems};
use crate::diff::{ChangedBy, HunkSide, MergeTexts};
use crate::reader::{Outline, OutlineShape, outline};
use std::collections::BTreeMap;

/// A text, and its outline or that of a part of it.
#[derive(Clone, Copy)]
struct Part<'a> {
    text: &'a str,
    outline: &'a Outline,
}

impl<'a> Part<'a> {
    fn own(self) -> &'a str {
        &self.text[self.outline.span.clone()]
    }

    fn parts(self) -> impl Iterator<Item = Part<'a>> {
        self.outline.parts.iter().map(move |outline| Part { text: self.text, outline })
    }

    /// The code between the parts.
    fn gaps(self) -> Vec<&'a str> {
        let mut at = self.outline.span.start;
        let mut gaps = Vec::new();
        for part in &self.outline.parts {
            gaps.push(&self.text[at..part.span.start]);
            at = part.span.end;
        }
        gaps.push(&self.text[at..self.outline.span.end]);
        gaps
    }
}

/// The merge of a script where one side wins what clashes; `None` where one of the texts does not parse.
pub fn merged(path: &str, texts: [&str; 3], winner: Side) -> Option<String> {
    let [base, ours, theirs] = texts;
    let outlines = [outline(path, base)?, outline(path, ours)?, outline(path, theirs)?];
    let part = |at: usize| Part { text: texts[at], outline: &outlines[at] };
    let merge = StructureMerge { winner };
    debug_assert_eq!((part(1).own(), part(2).own()), (ours, theirs));
    Some(merge.part(part(0), part(1), part(2)))
}

struct StructureMerge {
    winner: Side,
}

/// The text where only one side changed it, or both did the same.
fn simple<'a>(base: &str, ours: &'a str, theirs: &'a str) -> Option<&'a str> {
    if ours == theirs || base == theirs {
        return Some(ours);
    }
    (base == ours).then_some(theirs)
}

impl StructureMerge {
    fn won<'a>(&self, ours: &'a str, theirs: &'a str) -> &'a str {
        match self.winner {
            Side::Ours => ours,
            Side::Theirs => theirs,
        }
    }

    fn part(&self, base: Part<'_>, ours: Part<'_>, theirs: Part<'_>) -> String {
        if let Some(text) = simple(base.own(), ours.own(), theirs.own()) {
            return text.to_owned();
        }
        let all = [base, ours, theirs];
        let shape = base.outline.shape;
        let is_same_shape = all.iter().all(|part| part.outline.shape == shape);
        let count = base.outline.parts.len();
        let has_same_parts = all.iter().all(|part| part.outline.parts.len() == count);
        match shape {
            _ if !is_same_shape => self.won(ours.own(), theirs.own()).to_owned(),
            OutlineShape::Commas | OutlineShape::Lines => self
                .list(base, ours, theirs)
                .unwrap_or_else(|| self.lines(base.own(), ours.own(), theirs.own())),
            OutlineShape::Text => self.quoted(base.own(), ours.own(), theirs.own()),
            OutlineShape::Code if count > 0 && has_same_parts => self.code(base, ours, theirs),
            OutlineShape::Code => self.lines(base.own(), ours.own(), theirs.own()),
        }
    }

    /// A string or a template: the text between its quotes.
    fn quoted(&self, base: &str, ours: &str, theirs: &str) -> String {
        let quote = |text: &str| text.chars().next();
        let inner = |text: &str| text.get(1..text.len() - 1).map(str::to_owned);
        let (Some(open), Some(base), Some(our), Some(their)) =
            (quote(base), inner(base), inner(ours), inner(theirs))
        else {
            return self.won(ours, theirs).to_owned();
        };
        if quote(ours) != Some(open) || quote(theirs) != Some(open) {
            return self.won(ours, theirs).to_owned();
        }
        format!("{open}{}{open}", prose(&base, &our, &their, self.winner))
    }

    /// Code whose parts correspond.
    fn code(&self, base: Part<'_>, ours: Part<'_>, theirs: Part<'_>) -> String {
        let gaps: Vec<String> = base
            .gaps()
            .into_iter()
            .zip(ours.gaps())
            .zip(theirs.gaps())
            .map(|((base, ours), theirs)| self.between(base, ours, theirs))
            .collect();
        let parts = base
            .parts()
            .zip(ours.parts())
            .zip(theirs.parts())
            .map(|((base, ours), theirs)| self.part(base, ours, theirs));
        let mut text = String::new();
        for (gap, part) in gaps.iter().zip(parts) {
            text.push_str(gap);
            text.push_str(&part);
        }
        text + gaps.last().map_or("", |gap| gap)
    }

    /// Line by line, as git merges.
    fn lines(&self, base: &str, ours: &str, theirs: &str) -> String {
        let texts = MergeTexts::new(base.as_bytes(), ours.as_bytes(), theirs.as_bytes());
        let merged = texts.with(|_, hunk| match hunk.changed {
            ChangedBy::Ours | ChangedBy::Both => HunkSide::Ours,
            ChangedBy::Theirs => HunkSide::Theirs,
            ChangedBy::Clash => self.winner.hunk_side(),
        });
        String::from_utf8(merged).unwrap_or_else(|_| self.won(ours, theirs).to_owned())
    }

    /// Layout and comments between items. Layout alone is no clash.
    fn between(&self, base: &str, ours: &str, theirs: &str) -> String {
        let is_layout = |text: &str| text.chars().all(char::is_whitespace);
        match simple(base, ours, theirs) {
            Some(text) => text.to_owned(),
            None if is_layout(ours) && is_layout(theirs) => ours.to_owned(),
            None => self.lines(base, ours, theirs),
        }
    }

    /// The items of a list; `None` where two items of a text have one key, both sides changed the order, or the
    /// comment of a removed item is still of use.
    fn list(&self, base: Part<'_>, ours: Part<'_>, theirs: Part<'_>) -> Option<String> {
        let [base, ours, theirs] =
            [base, ours, theirs].map(|part| ListItems::of(part.text, part.outline));
        let (base, ours, theirs) = (base?, ours?, theirs?);
        if base.has_left_comment(&ours, &theirs) || base.has_left_comment(&theirs, &ours) {
            return None;
        }
        let order = |side: &ListItems<'_>| -> Vec<String> {
            let in_all = |key: &&str| [&base, &ours, &theirs].iter().all(|one| one.has(key));
            side.keys().filter(in_all).map(str::to_owned).collect()
        };
        let orders = [order(&base), order(&ours), order(&theirs)];
        if orders[0] != orders[2] && orders[1] != orders[2] {
            if orders[0] != orders[1] {
                return None;
            }
            // Only theirs moved items: its order counts.
            return Some(self.items(&base, &theirs, &ours, Side::Theirs));
        }
        Some(self.items(&base, &ours, &theirs, Side::Ours))
    }

    /// The list of one side with what the other did. Of new items at one place theirs come first: they were pushed before.
    fn items(
        &self,
        base: &ListItems<'_>,
        one: &ListItems<'_>,
        other: &ListItems<'_>,
        side: Side,
    ) -> String {
        let mut kept: Vec<(String, ListItem)> = Vec::new();
        for item in one.items() {
            if let Some(merged) = self.item(base, item, other.get(&item.key), side) {
                kept.push((item.key.clone(), merged));
            }
        }
        let mut added: BTreeMap<Option<String>, Vec<&ListItem>> = BTreeMap::new();
        let mut after: Option<String> = None;
        for item in other.items() {
            match (base.get(&item.key), one.get(&item.key)) {
                (_, Some(_)) => after = Some(item.key.clone()),
                (None, None) => added.entry(after.clone()).or_default().push(item),
                // One removed it; the other changed it, and wins.
                (Some(old), None) if old.own() != item.own() && self.winner != side => {
                    added.entry(after.clone()).or_default().push(item);
                }
                (Some(_), None) => {}
            }
        }
        let mut result = Vec::new();
        result.extend(added.remove(&None).into_iter().flatten().cloned());
        for (key, item) in kept {
            let come = added.remove(&Some(key)).unwrap_or_default();
            result.push(item);
            result.extend(come.into_iter().cloned());
        }
        // After an item that is gone.
        result.extend(added.into_values().flatten().cloned());
        let tails = match side {
            Side::Ours => [base.tail(), one.tail(), other.tail()],
            Side::Theirs => [base.tail(), other.tail(), one.tail()],
        };
        one.rendered(&result, base, other, &self.between(tails[0], tails[1], tails[2]))
    }

    /// An item of one side as the merge has it; `None` where it is removed.
    fn item(
        &self,
        base: &ListItems<'_>,
        item: &ListItem,
        other: Option<&ListItem>,
        side: Side,
    ) -> Option<ListItem> {
        let old = base.get(&item.key);
        let (Some(old), Some(other)) = (old, other) else {
            return match (old, other) {
                (Some(old), None) if old.own() == item.own() || self.winner != side => None,
                (None, Some(other)) if self.winner != side => Some(other.clone()),
                _ => Some(item.clone()),
            };
        };
        let (ours, theirs) = if side == Side::Ours { (item, other) } else { (other, item) };
        let between = |of: fn(&ListItem) -> &str| self.between(of(old), of(ours), of(theirs));
        Some(ListItem {
            key: item.key.clone(),
            lead: between(|item| &item.lead),
            text: self.part(old.part(), ours.part(), theirs.part()),
            before_comma: between(|item| &item.before_comma),
            comment: between(|item| &item.comment),
            is_first: item.is_first,
            outline: item.outline.clone(),
        })
    }
}

impl ListItem {
    fn part(&self) -> Part<'_> {
        Part { text: &self.text, outline: &self.outline }
    }
}

/// The heading that lines begin with.
fn heading<'a>(lines: &[&'a [u8]]) -> Option<&'a [u8]> {
    let first = lines.iter().find(|line| !line.trim_ascii().is_empty())?;
    first.starts_with(b"#").then_some(first)
}

/// Text for people, line by line. Lines that touch do not clash where each side only replaced its own, nor do new
/// sections at one place, each under a heading of its own.
pub fn prose(base: &str, ours: &str, theirs: &str, winner: Side) -> String {
    // The last line counts like any other.
    let [base, ours, theirs] = [base, ours, theirs].map(|text| format!("{text}\n"));
    let texts = MergeTexts::touching(base.as_bytes(), ours.as_bytes(), theirs.as_bytes());
    let merged = texts.joined(|text, _, hunk| {
        let [base, ours, theirs] = texts.lines(hunk);
        let headings = [heading(ours), heading(theirs)];
        let is_added =
            base.is_empty() && headings.iter().all(Option::is_some) && headings[0] != headings[1];
        let taken = match (hunk.changed, winner) {
            (ChangedBy::Clash, _) if is_added && headings[0] != headings[1] => [theirs, ours],
            (ChangedBy::Ours | ChangedBy::Both, _) | (ChangedBy::Clash, Side::Ours) => [ours, &[]],
            (ChangedBy::Theirs, _) | (ChangedBy::Clash, Side::Theirs) => [theirs, &[]],
        };
        taken.iter().flat_map(|lines| lines.iter()).for_each(|line| text.extend_from_slice(line));
    });
    let mut merged = String::from_utf8_lossy(&merged).into_owned();
    merged.pop();
    merged
}
