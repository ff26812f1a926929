//! Files of a version: a folder, or one file with numbered lines.

use super::address;
use super::frame::{Frame, PageVisitor, Tab};
use super::highlight::highlighted;
use super::visible::visible;
use maud::{Markup, html};

/// An entry of a folder.
pub struct FolderRow {
    pub name: String,
    pub is_folder: bool,
    /// Remark: `executable`, `link`.
    pub note: Option<&'static str>,
}

pub struct FolderPage<'a> {
    pub agent: &'a str,
    pub number: u64,
    /// Empty for all files.
    pub path: &'a str,
    pub rows: Vec<FolderRow>,
    pub newest: Option<u64>,
}

/// Content of a file as a page shows it.
pub enum FileText {
    /// Lines from the first on. `rest` is true if there are more.
    Lines {
        lines: Vec<String>,
        rest: bool,
    },
    Binary,
    /// Target of a link.
    Link(String),
}

pub struct FilePage<'a> {
    pub agent: &'a str,
    pub number: u64,
    pub path: &'a str,
    pub text: FileText,
    pub bytes: u64,
    pub is_executable: bool,
    /// Versions in which this file changed, newest first.
    pub changed_in: Vec<u64>,
    /// True if older versions were not looked at.
    pub is_cut: bool,
    pub newest: Option<u64>,
}

fn frame<'a>(
    (agent, number, path): (&'a str, u64, &str),
    newest: Option<u64>,
    visitor: &'a PageVisitor,
) -> Frame<'a> {
    let name = if path.is_empty() { "Files" } else { path };
    Frame {
        title: format!("{name} in v{number} · {agent}"),
        agent: Some(agent),
        tab: Tab::Files,
        visitor,
        newest,
    }
}

pub fn folder_page(page: &FolderPage<'_>, visitor: &PageVisitor) -> String {
    let FolderPage { agent, number, path, .. } = *page;
    frame((agent, number, path), page.newest, visitor).around(&html! {
        h1 { "Files of " a href=(address::version(agent, number)) { "v" (number) } }
        (trail(agent, number, path))
        @if page.rows.is_empty() { p { "This folder is empty." } }
        ul.tree {
            @for row in &page.rows {
                @let full = if path.is_empty() { row.name.clone() } else { format!("{path}/{}", row.name) };
                li {
                    a href=(address::files(agent, number, &full)) { (visible(&row.name)) @if row.is_folder { "/" } }
                    @if let Some(note) = row.note { " " span.quiet { "(" (note) ")" } }
                }
            }
        }
    })
}

pub fn file_page(page: &FilePage<'_>, visitor: &PageVisitor) -> String {
    let FilePage { agent, number, path, .. } = *page;
    frame((agent, number, path), page.newest, visitor).around(&html! {
        h1 { "File in " a href=(address::version(agent, number)) { "v" (number) } }
        (trail(agent, number, path))
        p.quiet {
            (page.bytes) " bytes"
            @if page.is_executable { ", executable" }
            ". " a href=(address::raw(agent, number, path)) { "Download" }
        }
        @match &page.text {
            FileText::Binary => { p { "This file is binary, and is not shown." } }
            FileText::Link(target) => { p { "A link to " code { (visible(target)) } "." } }
            FileText::Lines { lines, .. } if lines.is_empty() => { p { "This file is empty." } }
            FileText::Lines { lines, rest } => {
                (numbered(path, lines))
                @if *rest {
                    p.notice { "Only the first part is shown. " a href=(address::raw(agent, number, path)) { "Download the whole file" } }
                }
            }
        }
        section {
            h2 { "Changed in" }
            @if page.changed_in.is_empty() { p.quiet { "No version that was looked at changed it." } }
            ul.names {
                @for version in &page.changed_in {
                    li { a href=(address::files(agent, *version, path)) { "v" (version) } }
                }
            }
            @if page.is_cut { p.quiet { "Older versions were not looked at." } }
        }
    })
}

fn numbered(path: &str, lines: &[String]) -> Markup {
    html! {
        div.scroll.code tabindex="0" role="region" aria-label="Content" {
            table.lines {
                caption.hidden { "Lines of the file" }
                tbody {
                    @for (number, line) in (1..).zip(highlighted(path, lines)) {
                        tr id={ "L" (number) } {
                            th scope="row" { a href={ "#L" (number) } { (number) } }
                            td { (line) }
                        }
                    }
                }
            }
        }
    }
}

/// The folders above a path, each a link.
fn trail(agent: &str, number: u64, path: &str) -> Markup {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    html! {
        nav.trail aria-label="Folders" {
            ol {
                li { a href=(address::files(agent, number, "")) { "all files" } }
                @for (at, part) in parts.iter().enumerate() {
                    @let is_last = at + 1 == parts.len();
                    li {
                        a href=(address::files(agent, number, &parts[..=at].join("/"))) aria-current=[is_last.then_some("page")] {
                            (visible(part))
                        }
                    }
                }
            }
        }
    }
}
