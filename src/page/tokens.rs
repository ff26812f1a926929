//! Tokens of an agent, for its administrators: the list, a form for a new one, and a page that revokes one.

use super::address;
use super::frame::{Frame, PageVisitor, Tab};
use super::time::ShownTime;
use super::visible::visible;
use maud::{Markup, html};

/// Most bytes of a note and of an author.
pub const LONGEST_NOTE: usize = 1024;

/// A token in the list.
pub struct TokenItem {
    pub id: String,
    pub note: Option<String>,
    /// The author that it is bound to.
    pub author: Option<String>,
    pub scope: &'static str,
    /// Its agents, if it is for others than this one too.
    pub agents: Option<String>,
    pub created: ShownTime,
    pub expires: Option<ShownTime>,
    pub is_expired: bool,
    /// The hour of its last use.
    pub used: Option<ShownTime>,
    /// True if this session has it.
    pub is_own: bool,
}

/// Values of the form, as they were typed.
#[derive(Default)]
pub struct TokenForm {
    pub note: String,
    pub author: String,
    pub scope: String,
    pub expires: String,
}

pub struct TokensPage<'a> {
    pub agent: &'a str,
    pub tokens: Vec<TokenItem>,
    pub scopes: Vec<&'static str>,
    pub form: TokenForm,
    pub refused: Option<String>,
    /// Id and secret of the token that was just created.
    pub created: Option<(String, String)>,
    pub page: u64,
    pub has_more: bool,
    pub newest: Option<u64>,
}

pub fn tokens_page(page: &TokensPage<'_>, visitor: &PageVisitor) -> String {
    let frame = frame(("Tokens", page.agent), page.newest, visitor);
    frame.around(&html! {
        h1 { "Tokens" }
        @if let Some((id, secret)) = &page.created { (shown_once(id, secret)) }
        @if page.tokens.is_empty() {
            p { "There is no token on this page of the list." }
        } @else {
            (list(page))
        }
        (pages(page))
        section {
            h2 { "Create a token" }
            @if let Some(refused) = &page.refused { p.notice role="alert" { (visible(refused)) } }
            (form(page, visitor))
        }
    })
}

fn frame<'a>(
    (title, agent): (&str, &'a str),
    newest: Option<u64>,
    visitor: &'a PageVisitor,
) -> Frame<'a> {
    let title = format!("{title} · {agent}");
    Frame { title, agent: Some(agent), tab: Tab::Tokens, visitor, newest }
}

fn shown_once(id: &str, secret: &str) -> Markup {
    html! {
        section.card.live role="status" {
            h2 { "Token " (id) " was created" }
            p { "Copy it now: it is shown only once, and the server stores a hash of it." }
            p { code.secret { (secret) } }
            p.quiet { "On the client, " code { "lua-store login" } " stores it; a browser signs in with it." }
        }
    }
}

fn list(page: &TokensPage<'_>) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="Tokens" {
            table {
                caption { "Tokens for " (page.agent) ", oldest first" }
                thead { tr {
                    th scope="col" { "Token" } th scope="col" { "Note" } th scope="col" { "Author" } th scope="col" { "Scope" }
                    th scope="col" { "Created" } th scope="col" { "Expires" } th scope="col" { "Last used" }
                    th scope="col" { "Revoke" }
                } }
                tbody { @for item in &page.tokens { (row(page.agent, item)) } }
            }
        }
    }
}

fn row(agent: &str, item: &TokenItem) -> Markup {
    let or_none = |text: &Option<String>| visible(text.as_deref().unwrap_or("–")).into_owned();
    html! {
        tr {
            th scope="row" {
                code { (item.id) }
                @if item.is_own { br; span.quiet { "of this session" } }
            }
            td { (or_none(&item.note)) }
            td { (or_none(&item.author)) }
            td { (item.scope) @if let Some(agents) = &item.agents { br; span.quiet { "on " (visible(agents)) } } }
            td { (item.created) }
            td {
                @match &item.expires { Some(time) => (time), None => "never" }
                @if item.is_expired { " " span.status.deleted { "expired" } }
            }
            td { @match &item.used { Some(hour) => (hour), None => "never" } }
            td { a href=(address::token(agent, &item.id)) { "Revoke " (item.id) "…" } }
        }
    }
}

fn pages(page: &TokensPage<'_>) -> Markup {
    let (at, address) = (page.page.max(1), address::tokens(page.agent));
    html! {
        @if at > 1 || page.has_more {
            nav.pages aria-label="Pages of tokens" {
                @if at > 1 { a rel="prev" href={ (address) "?page=" (at - 1) } { "Before" } }
                span { "Page " (at) }
                @if page.has_more { a rel="next" href={ (address) "?page=" (at + 1) } { "Next" } }
            }
        }
    }
}

fn form(page: &TokensPage<'_>, visitor: &PageVisitor) -> Markup {
    let TokenForm { note, author, scope, expires } = &page.form;
    html! {
        form.card.narrow method="post" action=(address::tokens(page.agent)) {
            label { "Note: its owner or its purpose"
                input name="note" maxlength=(LONGEST_NOTE) value=(note) autocomplete="off";
            }
            label { "Author that it is bound to, if it is for one person"
                input name="for" maxlength=(LONGEST_NOTE) value=(author) autocomplete="off" placeholder="ana@example.com";
            }
            label { "Scope: each includes those before it"
                select name="scope" required {
                    @for word in &page.scopes { option value=(word) selected[word == scope] { (word) } }
                }
            }
            label { "Expires: 12h, 30d, 8w, 2027-01-31; empty for never"
                input name="expires" maxlength="40" value=(expires) autocomplete="off";
            }
            @if let Some(key) = visitor.form_key() { input type="hidden" name="key" value=(key); }
            button.primary type="submit" { "Create the token" }
        }
    }
}

pub struct RevokePage<'a> {
    pub agent: &'a str,
    pub token: TokenItem,
    pub newest: Option<u64>,
}

pub fn revoke_page(page: &RevokePage<'_>, visitor: &PageVisitor) -> String {
    let TokenItem { id, note, author, scope, agents, used, is_own, .. } = &page.token;
    let title = format!("Revoke token {id}");
    frame((&title, page.agent), page.newest, visitor).around(&html! {
        h1 { (title) }
        dl.facts {
            div { dt { "Note" } dd { (visible(note.as_deref().unwrap_or("–"))) } }
            div { dt { "Author" } dd { (visible(author.as_deref().unwrap_or("–"))) } }
            div { dt { "Scope" } dd { (scope) " on " (visible(agents.as_deref().unwrap_or(page.agent))) } }
            div { dt { "Last used" } dd { @match used { Some(hour) => (hour), None => "never" } } }
        }
        p { "From the next request on it is not valid any more. This cannot be undone." }
        @if *is_own { p.notice { "This session uses it: you are signed out if it has no other token." } }
        form method="post" action=(address::token(page.agent, id)) {
            @if let Some(key) = visitor.form_key() { input type="hidden" name="key" value=(key); }
            button.primary type="submit" { "Revoke " (id) }
        }
        p { a href=(address::tokens(page.agent)) { "All tokens" } }
    })
}
