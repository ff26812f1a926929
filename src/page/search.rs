//! Search of an agent: what was found, and where.

use super::address;
use super::frame::{Frame, PageVisitor, Tab};
use super::visible::visible;
use maud::{Markup, html};

/// Most letters of a text that is searched for.
pub const LONGEST_QUERY: usize = 200;

/// A place that contains the text.
pub struct SearchHit {
    /// `message of v7`, `src/index.ts:12` …
    pub place: String,
    pub address: String,
    pub text: String,
}

pub struct SearchPage<'a> {
    pub agent: &'a str,
    /// Text that is searched for; empty for the form alone.
    pub query: String,
    /// Version as it was asked for.
    pub version: String,
    /// Version whose content was searched.
    pub searched: Option<u64>,
    pub hits: Vec<SearchHit>,
    /// True if there are more hits than those shown.
    pub has_more: bool,
    /// Number of files that are too large to be searched, or no text.
    pub left_out: usize,
    pub refused: Option<String>,
    pub newest: Option<u64>,
}

pub fn search_page(page: &SearchPage<'_>, visitor: &PageVisitor) -> String {
    let frame = Frame {
        title: format!("Search · {}", page.agent),
        agent: Some(page.agent),
        tab: Tab::Search,
        visitor,
        newest: page.newest,
    };
    frame.around(&html! {
        h1 { "Search" }
        @if let Some(refused) = &page.refused { p.notice role="alert" { (visible(refused)) } }
        (form(page))
        @if page.refused.is_none() && !page.query.is_empty() { (results(page)) }
    })
}

fn form(page: &SearchPage<'_>) -> Markup {
    html! {
        form.filter method="get" action=(address::search(page.agent)) role="search" aria-label="Search" {
            label { "Text"
                input type="search" name="q" required maxlength=(LONGEST_QUERY) value=(page.query);
            }
            label { "Content of version"
                input name="version" maxlength="30" value=(page.version) placeholder="active";
            }
            button type="submit" { "Search" }
        }
        p.quiet {
            "Numbers, messages, reasons and authors of all versions and pushes; names of primitives, persona and files of one version."
        }
    }
}

fn results(page: &SearchPage<'_>) -> Markup {
    html! {
        section {
            h2 { "Results" }
            p {
                @match page.hits.len() {
                    0 => "Nothing contains this text.",
                    1 => "One place contains this text.",
                    count => { (count) " places contain this text." }
                }
                @if page.has_more { " There are more: search for a longer text." }
            }
            @match page.searched {
                Some(number) => {
                    p.quiet {
                        "The content searched is that of " a href=(address::version(page.agent, number)) { "v" (number) } "."
                        @if page.left_out > 0 { " Files that are binary or too large were left out: " (page.left_out) "." }
                    }
                }
                None => { p.quiet { "There is no version yet, so no content was searched." } }
            }
            @if !page.hits.is_empty() { (list(page)) }
        }
    }
}

fn list(page: &SearchPage<'_>) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="Results" {
            table {
                caption { "Places, and the text there" }
                thead { tr { th scope="col" { "Place" } th scope="col" { "Text" } } }
                tbody {
                    @for hit in &page.hits {
                        tr {
                            td { a href=(hit.address) { (visible(&hit.place)) } }
                            td.message { (visible(&hit.text)) }
                        }
                    }
                }
            }
        }
    }
}
