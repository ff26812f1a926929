//! One version: who made it, what it holds, and its history in the ledger.

use super::address;
use super::frame::{Frame, PageVisitor, Tab};
use super::home::status;
use super::ledger::{LedgerItem, ledger_table};
use super::time::ShownTime;
use super::visible::visible;
use crate::history::version::Status;
use maud::{Markup, html};

/// Primitives of one kind: the name and the number of each.
pub struct ContentGroup {
    pub label: &'static str,
    pub items: Vec<(String, Option<String>)>,
}

pub struct VersionPage<'a> {
    pub agent: &'a str,
    pub number: u64,
    pub status: Status,
    pub message: Option<String>,
    pub by: String,
    pub at: ShownTime,
    pub commit: Option<String>,
    pub source_version: u64,
    /// Reason why the agent in the files was not read.
    pub unread: Option<String>,
    pub groups: Vec<ContentGroup>,
    pub persona: Option<u64>,
    pub model: Option<String>,
    pub voice: Option<String>,
    pub before: Option<u64>,
    pub live: Option<u64>,
    /// Ledger records of this version, newest first.
    pub ledger: Vec<LedgerItem>,
    /// True if the visitor may make it live.
    pub may_promote: bool,
    /// True if it is not the only one.
    pub may_delete: bool,
    pub newest: Option<u64>,
}

pub fn version_page(page: &VersionPage<'_>, visitor: &PageVisitor) -> String {
    let (agent, number) = (page.agent, page.number);
    let frame = Frame {
        title: format!("v{number} · {agent}"),
        agent: Some(agent),
        tab: Tab::None,
        visitor,
        newest: page.newest,
    };
    frame.around(&html! {
        h1 { "v" (number) " " (status(page.status)) }
        @if let Some(message) = &page.message { p.headline { (visible(message)) } }
        dl.facts {
            div { dt { "Created" } dd { (page.at) " by " (visible(&page.by)) } }
            div { dt { "Source version" } dd { a href=(address::source(agent, page.source_version)) { "v" (page.source_version) } } }
            @if let Some(commit) = &page.commit { div { dt { "Git commit" } dd { code { (visible(commit)) } } } }
            @if let Some(model) = &page.model { div { dt { "Model" } dd { (visible(model)) } } }
            @if let Some(voice) = &page.voice { div { dt { "Voice" } dd { (visible(voice)) } } }
            @if let Some(persona) = page.persona {
                div { dt { "Persona" } dd { a href=(address::persona(agent, persona)) { "v" (persona) } } }
            }
        }
        @if let Some(reason) = &page.unread {
            p.notice { "The agent in the files was not read, and its state is that of the version before: " (visible(reason)) }
        }
        (buttons(page))
        ul.links {
            li { a href=(address::files(agent, number, "")) { "Files" } }
            @if let Some(before) = page.before {
                li { a href=(address::compare(agent, before, number)) { "Compare with v" (before) } }
            }
            @if let Some(live) = page.live.filter(|live| *live != number) {
                li { a href=(address::compare(agent, live, number)) { "Compare with live v" (live) } }
            }
        }
        section {
            h2 { "Content" }
            @if page.groups.is_empty() { p.quiet { "It has no primitives." } }
            @for group in &page.groups {
                h3 { (group.label) " (" (group.items.len()) ")" }
                ul.names {
                    @for (name, number) in &group.items {
                        li { (visible(name)) @if let Some(number) = number { " " span.quiet { (visible(number)) } } }
                    }
                }
            }
        }
        section {
            h2 { "Ledger" }
            @if page.ledger.is_empty() {
                p { "It was never live. Run " code { "lua-store version promote v" (number) } " in the project to make it live." }
            } @else {
                (ledger_table(agent, &page.ledger, "Records of this version, newest first"))
            }
        }
    })
}

fn buttons(page: &VersionPage<'_>) -> Markup {
    let (agent, number) = (page.agent, page.number);
    let can_act = page.may_promote && matches!(page.status, Status::Staged | Status::Superseded);
    html! {
        @if can_act {
            p.buttons {
                a.button href=(address::promote(agent, number)) { "Promote v" (number) "…" }
                @if page.may_delete { a.button href=(address::delete(agent, number)) { "Delete v" (number) "…" } }
            }
        }
    }
}
