//! Home of an agent: what is live, what is not live yet, and the versions, newest first.

use super::address;
use super::changes::words;
use super::frame::{Frame, PageVisitor, Tab};
use super::time::ShownTime;
use super::visible::visible;
use crate::history::version::Status;
use crate::report::Line;
use maud::{Markup, html};

/// The live version.
pub struct LivePanel {
    pub number: u64,
    pub message: Option<String>,
    pub since: Option<ShownTime>,
    pub by: Option<String>,
    pub reason: Option<String>,
}

/// The newest push beside what is live.
pub struct NewestPush {
    pub number: u64,
    /// Standing in the words of `sync`: `ahead of what is live` …
    pub standing: &'static str,
    pub by: String,
    pub at: ShownTime,
    pub lines: Vec<Line>,
}

/// A version in the list.
pub struct VersionItem {
    pub number: u64,
    pub status: Status,
    /// `None` for a version that cannot be read.
    pub made: Option<(String, ShownTime)>,
    pub message: Option<String>,
    /// Number of changes since the version before.
    pub changes: Option<usize>,
    pub before: Option<u64>,
}

/// Choice of versions: the values of the query.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VersionChoice {
    pub status: Option<String>,
    pub by: Option<String>,
    pub day: Option<String>,
    /// Counts from 1.
    pub page: u64,
}

impl VersionChoice {
    pub fn is_used(&self) -> bool {
        self.status.is_some() || self.by.is_some() || self.day.is_some()
    }

    /// Address of the list with this choice, at a page.
    fn address(&self, agent: &str, page: u64) -> String {
        let fields = [("status", &self.status), ("by", &self.by), ("day", &self.day)];
        let mut query: Vec<String> = fields
            .into_iter()
            .filter_map(|(name, value)| Some(format!("{name}={}", address::query(value.as_ref()?))))
            .collect();
        query.extend((page > 1).then(|| format!("page={page}")));
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{}{mark}{}", address::home(agent), query.join("&"))
    }
}

pub struct HomePage<'a> {
    pub agent: &'a str,
    pub live: Option<LivePanel>,
    /// `None` if nothing is live.
    pub push: Option<NewestPush>,
    pub versions: Vec<VersionItem>,
    pub filter: VersionChoice,
    /// True if there are more versions than those of this page.
    pub has_more: bool,
    /// Number of pushes.
    pub pushes: u64,
    pub newest: Option<u64>,
}

pub fn home_page(page: &HomePage<'_>, visitor: &PageVisitor) -> String {
    let frame = Frame {
        title: page.agent.to_owned(),
        agent: Some(page.agent),
        tab: Tab::Versions,
        visitor,
        newest: page.newest,
    };
    frame.around(&html! {
        h1 { (page.agent) }
        (live(page))
        @if let Some(push) = page.push.as_ref().filter(|push| !push.lines.is_empty()) { (not_live_yet(page, push)) }
        section {
            h2 { "Versions" }
            (filter_form(page))
            (list(page))
            (pages(page))
        }
        p { a href=(address::feed(page.agent)) type="application/atom+xml" { "Feed (Atom)" } }
    })
}

fn live(page: &HomePage<'_>) -> Markup {
    html! {
        section.card.live aria-labelledby="live" {
            h2 #live { "Live now" }
            @match &page.live {
                Some(panel) => {
                    p.headline {
                        a href=(address::version(page.agent, panel.number)) { "v" (panel.number) }
                        @if let Some(message) = &panel.message { " " span { (visible(message)) } }
                    }
                    @if let Some(since) = &panel.since {
                        p { "Since " (since) @if let Some(by) = &panel.by { ", promoted by " (visible(by)) } }
                    }
                    @match &panel.reason {
                        Some(reason) => { p { "Reason: " (visible(reason)) } }
                        None => { p.quiet { "No reason was given." } }
                    }
                    @if let Some(push) = page.push.as_ref().filter(|push| push.lines.is_empty()) {
                        p {
                            "The newest push, " a href=(address::source(page.agent, push.number)) { "source v" (push.number) }
                            ", is " (push.standing) "."
                        }
                    }
                }
                None if page.pushes == 0 => {
                    p { "Nothing was pushed to this agent yet." }
                    p { "Run " code { "lua-store push" } " in the project, with this server as its remote." }
                }
                None if page.newest.is_none() => {
                    p { "There is no version yet, so nothing is live." }
                    p { "Run " code { "lua-store version create" } " in the project." }
                }
                None => {
                    p { "No version is live." }
                    p { "Run " code { "lua-store version promote <version>" } " in the project." }
                }
            }
        }
    }
}

fn not_live_yet(page: &HomePage<'_>, push: &NewestPush) -> Markup {
    html! {
        section.card {
            h2 { "Not live yet" }
            p {
                "The newest push, " a href=(address::source(page.agent, push.number)) { "source v" (push.number) }
                " by " (visible(&push.by)) ", " (push.at) ", is " (push.standing) "."
            }
            (words(&push.lines))
        }
    }
}

const STATUSES: [&str; 4] = ["active", "staged", "superseded", "deleted"];

fn filter_form(page: &HomePage<'_>) -> Markup {
    let VersionChoice { status, by, day, .. } = &page.filter;
    html! {
        form.filter method="get" action=(address::home(page.agent)) role="search" aria-label="Choose versions" {
            label { "Status"
                select name="status" {
                    option value="" { "any" }
                    @for word in STATUSES {
                        option value=(word) selected[status.as_deref() == Some(word)] { (word) }
                    }
                }
            }
            label { "Author" input name="by" value=(by.as_deref().unwrap_or_default()) maxlength="200"; }
            label { "Day" input type="date" name="day" value=(day.as_deref().unwrap_or_default()); }
            button type="submit" { "Show" }
            @if page.filter.is_used() { a href=(address::home(page.agent)) { "Show all" } }
        }
    }
}

fn list(page: &HomePage<'_>) -> Markup {
    if page.versions.is_empty() {
        let words = match (page.filter.is_used(), page.filter.page > 1) {
            (true, _) => "No version matches. Show all, or choose another status, author or day.",
            (false, true) => "There are no more versions.",
            (false, false) => "There is no version yet.",
        };
        return html! { p { (words) } };
    }
    html! {
        div.scroll tabindex="0" role="region" aria-label="Versions" {
            table {
                caption { "Versions, newest first" }
                thead { tr {
                    th scope="col" { "Version" } th scope="col" { "Status" } th scope="col" { "Message" }
                    th scope="col" { "Created" } th scope="col" { "Changes" } th scope="col" { "Compare" }
                } }
                tbody { @for item in &page.versions { (row(page, item)) } }
            }
        }
    }
}

fn row(page: &HomePage<'_>, item: &VersionItem) -> Markup {
    let live = page.live.as_ref().map(|live| live.number).filter(|live| *live != item.number);
    html! {
        tr {
            th scope="row" { a href=(address::version(page.agent, item.number)) { "v" (item.number) } }
            td { (status(item.status)) }
            td.message { (visible(item.message.as_deref().unwrap_or_default())) }
            @match &item.made {
                Some((by, at)) => { td { (at) br; "by " (visible(by)) } }
                None => { td { "cannot be read" } }
            }
            td { @match item.changes { Some(count) => (count), None => "–" } }
            td {
                @if item.made.is_some() {
                    @if let Some(before) = item.before.filter(|before| Some(*before) != live) {
                        a href=(address::compare(page.agent, before, item.number)) { "with v" (before) }
                    }
                    @if let Some(live) = live {
                        " " a href=(address::compare(page.agent, live, item.number)) { "with live v" (live) }
                    }
                }
            }
        }
    }
}

/// A status, as a word that has a colour as well.
pub fn status(status: Status) -> Markup {
    html! { span class={ "status " (status.word()) } { (status.word()) } }
}

fn pages(page: &HomePage<'_>) -> Markup {
    let at = page.filter.page.max(1);
    html! {
        @if at > 1 || page.has_more {
            nav.pages aria-label="Pages of versions" {
                @if at > 1 { a rel="prev" href=(page.filter.address(page.agent, at - 1)) { "Newer" } }
                span { "Page " (at) }
                @if page.has_more { a rel="next" href=(page.filter.address(page.agent, at + 1)) { "Older" } }
            }
        }
    }
}
