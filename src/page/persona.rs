//! The persona: its versions, the text of one, or the difference between two.

use super::address;
use super::changes::words;
use super::frame::{Frame, PageVisitor, Tab};
use super::time::ShownTime;
use super::visible::visible;
use crate::report::Line;
use maud::{Markup, html};

/// A version of the persona in the list.
pub struct PersonaItem {
    pub number: u64,
    /// `current`, `published` or `draft`.
    pub status: &'static str,
    pub by: String,
    pub at: ShownTime,
}

pub struct PersonaPage<'a> {
    pub agent: &'a str,
    pub versions: Vec<PersonaItem>,
    /// The one that is shown, with its text.
    pub shown: Option<(u64, String)>,
    /// The two that are compared, with the difference.
    pub compared: Option<(u64, u64, Vec<Line>)>,
    /// True if the visitor may push, in the name of somebody.
    pub may_edit: bool,
    pub newest: Option<u64>,
}

pub fn persona_page(page: &PersonaPage<'_>, visitor: &PageVisitor) -> String {
    let title = match (&page.compared, &page.shown) {
        (Some((from, to, _)), _) => format!("Persona v{from} → v{to}"),
        (_, Some((number, _))) => format!("Persona v{number}"),
        _ => "Persona".to_owned(),
    };
    let frame = Frame {
        title: format!("{title} · {}", page.agent),
        agent: Some(page.agent),
        tab: Tab::Persona,
        visitor,
        newest: page.newest,
    };
    frame.around(&html! {
        h1 { (title) }
        @if page.may_edit && !page.versions.is_empty() {
            p.buttons { a.button href=(address::persona_edit(page.agent)) { "Edit the persona…" } }
        }
        @if page.versions.is_empty() {
            p { "No push had a persona yet." }
            p { "Give the agent a persona in the project, and run " code { "lua-store push" } "." }
        }
        @if let Some((_, _, lines)) = &page.compared {
            @if lines.is_empty() { p { "Both have the same text." } } @else { (words(lines)) }
        }
        @if let Some((_, text)) = &page.shown { (prose(text)) }
        @if !page.versions.is_empty() { (list(page)) }
    })
}

fn prose(text: &str) -> Markup {
    html! {
        div.prose.card {
            @for line in text.lines() { p { (visible(line)) } }
        }
    }
}

fn list(page: &PersonaPage<'_>) -> Markup {
    let current =
        page.versions.iter().find(|item| item.status == "current").map(|item| item.number);
    html! {
        section {
            h2 { "Versions of the persona" }
            div.scroll tabindex="0" role="region" aria-label="Versions of the persona" {
                table {
                    caption { "Versions of the persona, newest first" }
                    thead { tr {
                        th scope="col" { "Persona" } th scope="col" { "Status" } th scope="col" { "Pushed" } th scope="col" { "Compare" }
                    } }
                    tbody {
                        @for item in &page.versions {
                            tr {
                                th scope="row" { a href=(address::persona(page.agent, item.number)) { "v" (item.number) } }
                                td { span class={ "status " (item.status) } { (item.status) } }
                                td { (item.at) " by " (visible(&item.by)) }
                                td { @if let Some(current) = current.filter(|current| *current != item.number) {
                                    a href=(address::persona_diff(page.agent, current, item.number)) { "with current v" (current) }
                                } }
                            }
                        }
                    }
                }
            }
        }
    }
}
