//! List of the agents that a visitor may see.

use super::address;
use super::frame::{Frame, PageVisitor};
use maud::html;

/// An agent in the list.
pub struct AgentRow {
    pub id: String,
    pub live: Option<u64>,
    pub versions: u64,
}

pub struct AgentsPage {
    pub agents: Vec<AgentRow>,
    /// Counts from 1.
    pub page: u64,
    pub has_more: bool,
}

pub fn agents_page(page: &AgentsPage, visitor: &PageVisitor) -> String {
    let at = page.page.max(1);
    Frame::plain("Agents", visitor).around(&html! {
        h1 { "Agents" }
        @if page.agents.is_empty() {
            @if *visitor == PageVisitor::Open {
                p { "No agent was pushed here yet." }
                p { "Run " code { "lua-store remote add origin URL/AGENT" } " and " code { "lua-store push" } " in a project." }
            } @else {
                p { "The tokens of this session are for no agent that exists." }
                p { "Ask the operator of the server for a token: " code { "lua-store serve token create --agent AGENT --scope read" } }
            }
        } @else {
            div.scroll tabindex="0" role="region" aria-label="Agents" {
                table {
                    caption { "Agents of this session" }
                    thead { tr { th scope="col" { "Agent" } th scope="col" { "Live" } th scope="col" { "Versions" } } }
                    tbody {
                        @for agent in &page.agents {
                            tr {
                                th scope="row" { a href=(address::home(&agent.id)) { (agent.id) } }
                                td { @match agent.live {
                                    Some(number) => { a href=(address::version(&agent.id, number)) { "v" (number) } }
                                    None => "nothing"
                                } }
                                td { (agent.versions) }
                            }
                        }
                    }
                }
            }
        }
        @if at > 1 || page.has_more {
            nav.pages aria-label="Pages of agents" {
                @if at > 1 { a rel="prev" href={ "/?page=" (at - 1) } { "Before" } }
                span { "Page " (at) }
                @if page.has_more { a rel="next" href={ "/?page=" (at + 1) } { "Next" } }
            }
        }
    })
}
