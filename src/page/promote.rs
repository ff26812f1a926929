//! Page that makes a version live: what will change against what is live now, a reason, one button.

use super::address;
use super::changes::section;
use super::frame::{Frame, PageVisitor, Tab};
use super::time::ShownTime;
use super::visible::visible;
use crate::report::Line;
use maud::{Markup, html};

/// Longest reason.
pub const LONGEST_REASON: usize = 500;

/// Reason why a promotion did not happen.
pub enum PromotionRefusal {
    /// A field is not as it must be.
    Field(String),
    /// Another promotion was faster.
    Moved { number: Option<u64>, by: String, at: ShownTime, reason: Option<String> },
}

pub struct PromotePage<'a> {
    pub agent: &'a str,
    pub number: u64,
    pub message: Option<String>,
    pub live: Option<u64>,
    pub lines: Vec<Line>,
    /// Reason why the number must be typed.
    pub typed_because: Option<&'static str>,
    /// Ledger record that the promotion follows.
    pub expected: String,
    pub reason: String,
    pub refused: Option<PromotionRefusal>,
    pub newest: Option<u64>,
}

pub fn promote_page(page: &PromotePage<'_>, visitor: &PageVisitor) -> String {
    let (agent, number) = (page.agent, page.number);
    let frame = Frame {
        title: format!("Promote v{number} · {agent}"),
        agent: Some(agent),
        tab: Tab::None,
        visitor,
        newest: page.newest,
    };
    frame.around(&html! {
        h1 { "Promote v" (number) }
        @if let Some(refused) = &page.refused { (refusal(agent, refused)) }
        @if let Some(message) = &page.message { p.headline { (visible(message)) } }
        @if page.live == Some(number) {
            p { "v" (number) " is live already." }
            p { a href=(address::home(agent)) { "What is live" } }
        } @else {
            @match page.live {
                Some(live) => { p { "Live now is " a href=(address::version(agent, live)) { "v" (live) } "." } }
                None => { p { "No version is live now." } }
            }
            (section("What will change", &page.lines, "Nothing of the agent differs; only files do."))
            (form(page, visitor))
        }
    })
}

fn refusal(agent: &str, refused: &PromotionRefusal) -> Markup {
    html! {
        div.notice role="alert" {
            @match refused {
                PromotionRefusal::Field(what) => { p { (visible(what)) } }
                PromotionRefusal::Moved { number, by, at, reason } => {
                    p { "Somebody else was faster, and nothing was changed by you." }
                    p {
                        @match number {
                            Some(number) => { a href=(address::version(agent, *number)) { "v" (number) } " is live" }
                            None => "The ledger has a newer record"
                        }
                        " since " (at) ", by " (visible(by)) "."
                        @if let Some(reason) = reason { " Reason: " (visible(reason)) }
                    }
                    p { "Below is what would change now." }
                }
            }
        }
    }
}

fn form(page: &PromotePage<'_>, visitor: &PageVisitor) -> Markup {
    html! {
        form.card.narrow method="post" action=(address::promote(page.agent, page.number)) {
            label { "Reason, for the ledger"
                textarea name="reason" rows="3" required maxlength=(LONGEST_REASON) { (page.reason) }
            }
            @if let Some(because) = page.typed_because {
                label { "Type the number of the version, as " (because)
                    input name="number" required maxlength="30" autocomplete="off" placeholder={ "v" (page.number) };
                }
            }
            input type="hidden" name="expected" value=(page.expected);
            @if let Some(key) = visitor.form_key() { input type="hidden" name="key" value=(key); }
            button.primary type="submit" { "Make v" (page.number) " live" }
        }
    }
}
