//! Page that edits the persona: a form with the current draft, and a preview by sentence.

use super::address;
use super::changes::{section, words};
use super::frame::{Frame, PageVisitor, Tab};
use super::promote::LONGEST_REASON;
use super::time::ShownTime;
use super::visible::visible;
use crate::report::Line;
use maud::{Markup, html};

/// Most letters of a persona that is edited here.
pub const LONGEST_PERSONA: usize = 50_000;

/// Reason why nothing was saved.
pub enum PersonaRefusal {
    /// A field is not as it must be, or the files cannot be edited.
    Field { what: String, hint: Option<String> },
    /// Somebody else pushed since the form was made; `lines` is the persona that changed meanwhile.
    Moved { number: u64, by: String, at: ShownTime, lines: Vec<Line> },
}

/// A text of the form: the persona, or one part of it.
pub struct PersonaArea {
    /// Name of the field.
    pub field: String,
    /// Part of an object.
    pub part: Option<String>,
    pub text: String,
}

pub struct PersonaEditPage<'a> {
    pub agent: &'a str,
    pub texts: Vec<PersonaArea>,
    pub reason: String,
    /// Id of the push that the form is about, and its number.
    pub expected: String,
    pub source: u64,
    /// Difference from the current draft to the text; `None` for the form alone.
    pub preview: Option<Vec<Line>>,
    /// Changes of the push that are in no version yet.
    pub unversioned: Vec<Line>,
    pub refused: Option<PersonaRefusal>,
    pub newest: Option<u64>,
}

pub fn persona_edit_page(page: &PersonaEditPage<'_>, visitor: &PageVisitor) -> String {
    let frame = Frame {
        title: format!("Edit the persona · {}", page.agent),
        agent: Some(page.agent),
        tab: Tab::Persona,
        visitor,
        newest: page.newest,
    };
    frame.around(&html! {
        h1 { "Edit the persona" }
        @if let Some(refused) = &page.refused { (refusal(page.agent, refused)) }
        @if let Some(lines) = &page.preview {
            (section("Preview, by sentence", lines, "The text is that of the current draft."))
        }
        p {
            "The text begins as that of the newest push, "
            a href=(address::source(page.agent, page.source)) { "source v" (page.source) }
            ". Saving makes a push that changes nothing else in the TypeScript, and a staged version. Nothing goes live."
        }
        (form(page, visitor))
        @if !page.unversioned.is_empty() {
            (section("Also in the new version: pushed, and in no version yet", &page.unversioned, ""))
        }
    })
}

fn refusal(agent: &str, refused: &PersonaRefusal) -> Markup {
    html! {
        div.notice role="alert" {
            @match refused {
                PersonaRefusal::Field { what, hint } => {
                    p { (visible(what)) }
                    @if let Some(hint) = hint { @for line in hint.lines() { p { (visible(line)) } } }
                }
                PersonaRefusal::Moved { number, by, at, lines } => {
                    p { "Somebody else pushed meanwhile, and nothing was saved. Your text and reason are still in the form." }
                    p {
                        a href=(address::source(agent, *number)) { "Source v" (number) } " is of " (at) ", by " (visible(by)) "."
                        @if lines.is_empty() { " It has the same persona." } @else { " It changed the persona:" }
                    }
                    @if !lines.is_empty() { (words(lines)) }
                    p { "Saved now, your text replaces that one: read it first." }
                }
            }
        }
    }
}

fn form(page: &PersonaEditPage<'_>, visitor: &PageVisitor) -> Markup {
    // The first line break of a text area is not a part of its text.
    html! {
        form.card method="post" action=(address::persona_edit(page.agent)) {
            @for PersonaArea { field, part, text } in &page.texts {
                label { "Persona" @if let Some(part) = part { ": " (visible(part)) }
                    textarea name=(field) rows="16" required maxlength=(LONGEST_PERSONA) { "\n" (text) }
                }
            }
            label { "Reason, for the push and the version"
                textarea name="reason" rows="2" required maxlength=(LONGEST_REASON) { "\n" (page.reason) }
            }
            input type="hidden" name="expected" value=(page.expected);
            @if let Some(key) = visitor.form_key() { input type="hidden" name="key" value=(key); }
            p.buttons {
                button type="submit" { "Preview" }
                @if page.preview.is_some() { button.primary type="submit" name="save" value="1" { "Create a staged version" } }
            }
        }
    }
}
