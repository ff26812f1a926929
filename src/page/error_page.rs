//! Error page: what went wrong, what to do, and the id of the request for the operator's log.

use super::frame::{Frame, PageVisitor};
use super::visible::visible;
use maud::html;

pub struct ErrorPage<'a> {
    pub status: u16,
    pub message: &'a str,
    /// Lines that say what to do.
    pub hint: Option<&'a str>,
    /// Id of the request.
    pub request: &'a str,
}

pub fn error_page(page: &ErrorPage<'_>) -> String {
    let title = match page.status {
        400 => "The request cannot be read",
        401 => "Sign in first",
        403 => "Not allowed",
        404 => "Not found",
        405 => "Not a method of this address",
        409 => "Something else happened meanwhile",
        421 => "Not a name of this server",
        429 => "Too many requests",
        503 => "Busy",
        507 => "No room",
        _ => "Something went wrong",
    };
    // The page says nothing of the session, so that all visitors get the same bytes.
    Frame::plain(title, &PageVisitor::Anybody).around(&html! {
        h1 { (title) }
        p { (visible(page.message)) }
        @if let Some(hint) = page.hint {
            @for line in hint.lines() { p { (visible(line)) } }
        }
        p { a href="/" { "All agents" } " · " a href="/-/login" { "Sign in" } }
        p.quiet { "Request " code { (page.request) } }
    })
}
