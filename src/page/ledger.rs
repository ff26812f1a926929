//! The ledger: every promotion and deletion, newest first.

use super::address;
use super::frame::{Frame, PageVisitor, Tab};
use super::time::ShownTime;
use super::visible::visible;
use maud::{Markup, html};

/// A record.
pub struct LedgerItem {
    pub id: String,
    /// `promote`, `delete` …
    pub event: &'static str,
    /// Number of the version; `None` for a purge, or a version that is not known.
    pub version: Option<u64>,
    pub by: String,
    pub at: ShownTime,
    pub reason: Option<String>,
}

pub struct LedgerPage<'a> {
    pub agent: &'a str,
    pub items: Vec<LedgerItem>,
    /// Number of all records.
    pub count: u64,
    /// Reason why the chain does not verify.
    pub broken: Option<String>,
    pub page: u64,
    pub has_more: bool,
    pub newest: Option<u64>,
}

pub fn ledger_page(page: &LedgerPage<'_>, visitor: &PageVisitor) -> String {
    let frame = Frame {
        title: format!("Ledger · {}", page.agent),
        agent: Some(page.agent),
        tab: Tab::Ledger,
        visitor,
        newest: page.newest,
    };
    let at = page.page.max(1);
    let address = address::ledger(page.agent);
    frame.around(&html! {
        h1 { "Ledger" }
        @match &page.broken {
            Some(why) => {
                p.notice { "The chain does not verify: " (visible(why)) }
                p { "Ask the operator of the server to run " code { "lua-store serve fsck" } "." }
            }
            None if page.count == 0 => {
                p { "Nothing was promoted yet." }
                p { "Run " code { "lua-store version promote <version>" } " in the project." }
            }
            None => {
                p { "The chain verifies: " (page.count) " record" (if page.count == 1 { "" } else { "s" })
                    ", each with the hash of the one before." }
            }
        }
        @if !page.items.is_empty() {
            (ledger_table(page.agent, &page.items, "Records, newest first"))
        }
        @if at > 1 || page.has_more {
            nav.pages aria-label="Pages of records" {
                @if at > 1 { a rel="prev" href={ (address) "?page=" (at - 1) } { "Newer" } }
                span { "Page " (at) }
                @if page.has_more { a rel="next" href={ (address) "?page=" (at + 1) } { "Older" } }
            }
        }
    })
}

pub fn ledger_table(agent: &str, items: &[LedgerItem], caption: &str) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(caption) {
            table {
                caption { (caption) }
                thead { tr {
                    th scope="col" { "Record" } th scope="col" { "Event" } th scope="col" { "Version" }
                    th scope="col" { "When" } th scope="col" { "By" } th scope="col" { "Reason" }
                } }
                tbody {
                    @for item in items {
                        tr {
                            th scope="row" { code { (item.id) } }
                            td { (item.event) }
                            td { @match item.version {
                                Some(number) => { a href=(address::version(agent, number)) { "v" (number) } }
                                None => "–"
                            } }
                            td { (item.at) }
                            td { (visible(&item.by)) }
                            td.message { (visible(item.reason.as_deref().unwrap_or("–"))) }
                        }
                    }
                }
            }
        }
    }
}
