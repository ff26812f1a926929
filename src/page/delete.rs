//! Page that deletes a version.

use super::address;
use super::frame::{Frame, PageVisitor, Tab};
use super::home::status;
use super::visible::visible;
use crate::history::version::Status;
use maud::html;

pub struct DeletePage<'a> {
    pub agent: &'a str,
    pub number: u64,
    pub status: Status,
    pub message: Option<String>,
    pub newest: Option<u64>,
}

pub fn delete_page(page: &DeletePage<'_>, visitor: &PageVisitor) -> String {
    let (agent, number) = (page.agent, page.number);
    let frame = Frame {
        title: format!("Delete v{number} · {agent}"),
        agent: Some(agent),
        tab: Tab::None,
        visitor,
        newest: page.newest,
    };
    frame.around(&html! {
        h1 { "Delete v" (number) " " (status(page.status)) }
        @if let Some(message) = &page.message { p.headline { (visible(message)) } }
        @if page.status == Status::Deleted {
            p { "v" (number) " is deleted already." }
        } @else {
            p { "It cannot be promoted any more. It stays in the list with all of its content." }
            p { "In the project, " code { "lua-store version undelete v" (number) } " restores it." }
            form method="post" action=(address::delete(agent, number)) {
                @if let Some(key) = visitor.form_key() { input type="hidden" name="key" value=(key); }
                button.primary type="submit" { "Delete v" (number) }
            }
        }
        p { a href=(address::version(agent, number)) { "Back to v" (number) } }
    })
}
