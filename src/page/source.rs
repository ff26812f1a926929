//! One source version: a push, and what it changed.

use super::address;
use super::changes::section;
use super::frame::{Frame, PageVisitor, Tab};
use super::time::ShownTime;
use super::visible::visible;
use crate::report::Line;
use maud::html;

pub struct SourcePage<'a> {
    pub agent: &'a str,
    pub number: u64,
    pub by: String,
    pub at: ShownTime,
    pub message: Option<String>,
    pub unread: Option<String>,
    /// Versions that were made from it.
    pub versions: Vec<u64>,
    pub lines: Vec<Line>,
    pub newest: Option<u64>,
}

pub fn source_page(page: &SourcePage<'_>, visitor: &PageVisitor) -> String {
    let (agent, number) = (page.agent, page.number);
    let frame = Frame {
        title: format!("Source v{number} · {agent}"),
        agent: Some(agent),
        tab: Tab::None,
        visitor,
        newest: page.newest,
    };
    frame.around(&html! {
        h1 { "Source v" (number) }
        @if let Some(message) = &page.message { p.headline { (visible(message)) } }
        dl.facts {
            div { dt { "Pushed" } dd { (page.at) " by " (visible(&page.by)) } }
            div { dt { "Versions" } dd {
                @if page.versions.is_empty() { "none was made from it" }
                @for version in &page.versions { a href=(address::version(agent, *version)) { "v" (version) } " " }
            } }
        }
        @if let Some(reason) = &page.unread {
            p.notice { "The agent in the files was not read, and its state is that of the push before: " (visible(reason)) }
        }
        @if number > 1 { p { a href=(address::source(agent, number - 1)) { "Source v" (number - 1) } } }
        (section("Changes since the push before", &page.lines, "Nothing of the agent differs."))
    })
}
