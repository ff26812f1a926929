//! Blocks: mappings and lists whose elements are lines of their own.

use super::line::{self, Style, YamlLine};
use super::unsafe_at;
use crate::error::Result;

/// Lines of a mapping, or of a field with everything below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YamlBlock {
    /// The first line, in whose content the first key begins at `offset`.
    pub start: usize,
    pub offset: usize,
    /// Column of the keys.
    pub column: usize,
    /// The line after the last.
    pub end: usize,
    /// Place after the colon of a section's key.
    pub value_from: usize,
}

/// A field of a mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YamlField {
    pub key: String,
    pub line: usize,
    /// Place after its colon.
    pub value_from: usize,
    /// The line after the last that belongs to it.
    pub end: usize,
}

/// An element of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YamlItem {
    pub start: usize,
    pub end: usize,
    pub indent: usize,
}

fn is_item(line: &YamlLine) -> bool {
    line.content() == "-" || line.content().starts_with("- ")
}

/// The section of the file with this key.
pub fn section(lines: &[YamlLine], name: &str) -> Result<Option<YamlBlock>> {
    let mut found: Option<YamlBlock> = None;
    let mut has_content = false;
    for (at, line) in lines.iter().enumerate() {
        if line.is_blank() || line.is_comment() || line.indent > 0 {
            continue;
        }
        if !has_content && line.content().trim_end() == "---" {
            continue;
        }
        has_content = true;
        // A list may begin in the column of its key.
        if is_item(line) {
            continue;
        }
        if let Some(section) = &mut found
            && section.end == lines.len()
        {
            section.end = at;
        }
        let Some((key, value_from)) = line::key(line.content()) else {
            return Err(unsafe_at(&lines[at], "it does not begin with a key"));
        };
        if key == name {
            let end = lines.len();
            found = Some(YamlBlock { start: at, offset: 0, column: 0, end, value_from });
        }
    }
    Ok(found)
}

/// Refuses a file whose keys are not at the beginning of their lines, so that no key can be added.
pub fn check_keys(lines: &[YamlLine]) -> Result<()> {
    let is_content = |line: &YamlLine| !line.is_blank() && !line.is_comment();
    let first = lines.iter().find(|line| is_content(line) && line.content().trim_end() != "---");
    match first.filter(|line| line.indent > 0) {
        Some(line) => Err(unsafe_at(line, "its first key is not at the beginning of the line")),
        None => Ok(()),
    }
}

/// Elements of a list.
pub fn items(lines: &[YamlLine], section: &YamlBlock) -> Result<Vec<YamlItem>> {
    check_header(lines, section)?;
    let mut items: Vec<YamlItem> = Vec::new();
    for (at, line) in below(lines, section) {
        let indent = items.first().map_or(line.indent, |first| first.indent);
        if line.is_comment() && (items.is_empty() || line.indent <= indent) {
            continue;
        }
        match items.last_mut() {
            Some(last) if line.indent > indent => last.end = at + 1,
            _ if line.indent == indent && is_item(line) => {
                items.push(YamlItem { start: at, end: at + 1, indent });
            }
            _ => return Err(unsafe_at(&lines[at], "it is not an element of the list")),
        }
    }
    Ok(items)
}

/// The mapping that an element is.
pub fn of_item(lines: &[YamlLine], item: &YamlItem) -> Result<YamlBlock> {
    let content = lines[item.start].content();
    let inner = content[1..].trim_start_matches(' ');
    if !inner.is_empty() && !inner.starts_with('#') {
        let offset = content.len() - inner.len();
        let column = item.indent + offset;
        return Ok(YamlBlock { start: item.start, offset, column, end: item.end, value_from: 0 });
    }
    let is_content = |at: &usize| !lines[*at].is_blank() && !lines[*at].is_comment();
    let start = (item.start + 1..item.end).find(is_content);
    let start = start.ok_or_else(|| unsafe_at(&lines[item.start], "the element is empty"))?;
    let column = lines[start].indent;
    Ok(YamlBlock { start, offset: 0, column, end: item.end, value_from: 0 })
}

/// The mapping that a section is.
pub fn of_section(lines: &[YamlLine], section: &YamlBlock) -> Result<YamlBlock> {
    check_header(lines, section)?;
    let first = below(lines, section).find(|(_, line)| !line.is_comment());
    let (start, line) =
        first.ok_or_else(|| unsafe_at(&lines[section.start], "it has no fields"))?;
    Ok(YamlBlock { start, column: line.indent, ..section.clone() })
}

/// Fields of a mapping.
pub fn entries(lines: &[YamlLine], block: &YamlBlock) -> Result<Vec<YamlField>> {
    let mut entries: Vec<YamlField> = Vec::new();
    for (at, line) in lines.iter().enumerate().take(block.end).skip(block.start) {
        let is_first = at == block.start;
        let is_deeper = !is_first && line.indent > block.column;
        let is_inner = line.indent == block.column && is_item(line);
        if line.is_blank() || (line.is_comment() && !is_deeper) {
            continue;
        }
        if !is_first && (is_deeper || is_inner) {
            if let Some(last) = entries.last_mut() {
                last.end = at + 1;
            }
            continue;
        }
        let offset = if is_first { block.offset } else { 0 };
        let key = line::key(&line.content()[offset..]);
        let Some((key, value_from)) = key.filter(|_| is_first || line.indent == block.column)
        else {
            return Err(unsafe_at(&lines[at], wrong(&line.content()[offset..])));
        };
        let value_from = offset + value_from;
        entries.push(YamlField { key: key.to_owned(), line: at, value_from, end: at + 1 });
    }
    Ok(entries)
}

fn wrong(text: &str) -> &'static str {
    match text.chars().next() {
        Some('{' | '[') => "it is in brackets",
        Some('&' | '*' | '<') => "it has an anchor",
        Some('!') => "it has a tag",
        _ => "it does not begin with a key",
    }
}

/// Refuses a section whose value begins beside its key.
fn check_header(lines: &[YamlLine], section: &YamlBlock) -> Result<()> {
    let content = lines[section.start].content();
    let token = line::token(content, section.value_from);
    match token.style {
        Style::Empty => Ok(()),
        _ => Err(unsafe_at(&lines[section.start], wrong(&content[token.at]))),
    }
}

/// Lines below the key of a section that are not blank.
fn below<'l>(
    lines: &'l [YamlLine],
    section: &YamlBlock,
) -> impl Iterator<Item = (usize, &'l YamlLine)> {
    let inner = lines.iter().enumerate().take(section.end).skip(section.start + 1);
    inner.filter(|(_, line)| !line.is_blank())
}
