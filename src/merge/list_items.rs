//! Items of a list in code: each with the layout and the comments that belong to it, so that it can be moved into
//! another text.

use crate::reader::{Outline, OutlineShape};
use std::collections::HashMap;

/// An item, with its surroundings. Its outline counts from its own start.
#[derive(Clone, Debug)]
pub struct ListItem {
    pub key: String,
    /// Layout and comments before it.
    pub lead: String,
    pub text: String,
    /// Layout and comments between it and its comma.
    pub before_comma: String,
    /// The comment at the end of its line.
    pub comment: String,
    /// True for the first item of its list.
    pub is_first: bool,
    pub outline: Outline,
}

impl ListItem {
    /// The item without the layout around it.
    pub fn own(&self) -> &str {
        &self.text
    }
}

pub struct ListItems<'a> {
    items: Vec<ListItem>,
    by_key: HashMap<String, usize>,
    has_commas: bool,
    has_last_comma: bool,
    /// Layout and comments behind the last item.
    tail: &'a str,
}

impl<'a> ListItems<'a> {
    /// The items of a list; `None` where two have one key.
    pub fn of(text: &'a str, list: &Outline) -> Option<ListItems<'a>> {
        let has_commas = list.shape == OutlineShape::Commas;
        let mut items = Vec::new();
        let mut by_key = HashMap::new();
        let mut has_last_comma = false;
        let mut at = list.span.start;
        for (number, part) in list.parts.iter().enumerate() {
            let next = list.parts.get(number + 1).map_or(list.span.end, |next| next.span.start);
            let lead = &text[at..part.span.start];
            let mut rest = &text[part.span.end..next];
            let mut before_comma = "";
            has_last_comma = false;
            if let Some(comma) = comma(rest).filter(|_| has_commas) {
                (before_comma, rest) = (&rest[..comma], &rest[comma + 1..]);
                has_last_comma = true;
            }
            let comment = comment_of_line(rest);
            at = next - rest.len() + comment.len();
            if by_key.insert(part.key.clone(), number).is_some() {
                return None;
            }
            items.push(ListItem {
                key: part.key.clone(),
                lead: lead.to_owned(),
                text: text[part.span.clone()].to_owned(),
                before_comma: before_comma.to_owned(),
                comment: comment.to_owned(),
                is_first: number == 0,
                outline: moved(part, part.span.start),
            });
        }
        let tail = &text[at..list.span.end];
        Some(ListItems { items, by_key, has_commas, has_last_comma, tail })
    }

    pub fn items(&self) -> &[ListItem] {
        &self.items
    }

    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.items.iter().map(|item| &*item.key)
    }

    pub fn has(&self, key: &str) -> bool {
        self.by_key.contains_key(key)
    }

    pub fn get(&self, key: &str) -> Option<&ListItem> {
        self.by_key.get(key).map(|at| &self.items[*at])
    }

    pub fn tail(&self) -> &'a str {
        self.tail
    }

    /// True if one side removed an item and kept its comment, or the other changed that comment.
    pub fn has_left_comment(&self, one: &ListItems<'_>, other: &ListItems<'_>) -> bool {
        self.items.iter().filter(|item| !one.has(&item.key)).any(|item| {
            let comment = format!("{}{}", item.lead.trim(), item.comment.trim());
            let is_kept = !comment.is_empty()
                && one.items.iter().map(|item| &*item.lead).chain([one.tail]).any(|lead| {
                    lead.contains(item.lead.trim()) && lead.contains(item.comment.trim())
                });
            let changed = other.get(&item.key).is_some_and(|other| {
                (other.lead.trim(), other.comment.trim()) != (item.lead.trim(), item.comment.trim())
            });
            is_kept || changed
        })
    }

    /// Text of these items as a list that was this one, and another since the base.
    pub fn rendered(
        &self,
        items: &[ListItem],
        base: &ListItems<'_>,
        other: &ListItems<'_>,
        tail: &str,
    ) -> String {
        let has_last_comma = match self.has_last_comma == base.has_last_comma {
            _ if base.items.is_empty() => self.has_last_comma || other.has_last_comma,
            true => other.has_last_comma,
            false => self.has_last_comma,
        };
        let starts_line =
            self.items.first().is_some_and(|item| item.lead.starts_with(['\n', '\r']));
        let mut text = String::new();
        for (at, item) in items.iter().enumerate() {
            match (at, item.is_first) {
                (0, false) if !starts_line => text.push_str(item.lead.trim_start()),
                (1.., true) if !self.has_commas && !item.lead.contains('\n') => {
                    text.push('\n');
                    text.push_str(&item.lead);
                }
                (1.., true) if item.lead.is_empty() => text.push(' '),
                _ => text.push_str(&item.lead),
            }
            text.push_str(&item.text);
            text.push_str(&item.before_comma);
            if self.has_commas && (at + 1 < items.len() || has_last_comma) {
                text.push(',');
            }
            text.push_str(&item.comment);
        }
        text + tail
    }
}

/// The outline of a part by itself.
fn moved(part: &Outline, by: usize) -> Outline {
    Outline {
        span: part.span.start - by..part.span.end - by,
        key: part.key.clone(),
        shape: part.shape,
        parts: part.parts.iter().map(|part| moved(part, by)).collect(),
    }
}

/// The first comma outside of comments.
fn comma(text: &str) -> Option<usize> {
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with(',') {
            return Some(at);
        }
        at += comment(rest).map_or_else(|| rest.chars().next().map_or(1, char::len_utf8), str::len);
    }
    None
}

/// Comment at the start of a text, without the end of its line.
fn comment(text: &str) -> Option<&str> {
    if text.starts_with("//") {
        return Some(text.lines().next().unwrap_or_default());
    }
    let inner = text.strip_prefix("/*")?;
    Some(inner.find("*/").map_or(text, |end| &text[..end + 4]))
}

/// A comment at the end of the line that an item ends.
fn comment_of_line(rest: &str) -> &str {
    let blank = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    let Some(comment) = comment(&rest[blank..]) else { return "" };
    let end = blank + comment.len();
    let ends_line = rest[end..].trim_start_matches([' ', '\t', '\r']).starts_with('\n');
    if ends_line && !comment.contains('\n') { &rest[..end] } else { "" }
}
