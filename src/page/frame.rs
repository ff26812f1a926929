//! Frame: what every page has around its content.

use super::address;
use super::asset::ASSETS;
use super::visible::visible;
use maud::{DOCTYPE, Markup, html};

/// Visitor of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PageVisitor {
    /// Signed in, with the value that forms of the session send.
    SignedIn {
        form_key: String,
        /// True on the pages of an agent that a token of the session administers.
        is_admin: bool,
    },
    /// The person who runs `lua-store ui`, with a remark above each page.
    Local {
        form_key: String,
        note: Option<String>,
    },
    Stranger,
    /// Nobody has to sign in.
    Open,
    /// Page that is the same for all.
    Anybody,
}

impl PageVisitor {
    pub fn form_key(&self) -> Option<&str> {
        match self {
            PageVisitor::SignedIn { form_key, .. } | PageVisitor::Local { form_key, .. } => {
                Some(form_key)
            }
            _ => None,
        }
    }

    /// The same with another remark, for a visitor who gets one.
    #[must_use]
    pub fn with_note(self, note: Option<String>) -> PageVisitor {
        match self {
            PageVisitor::Local { form_key, .. } => PageVisitor::Local { form_key, note },
            other => other,
        }
    }
}

/// Part of an agent that a page belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    Versions,
    Compare,
    Files,
    Persona,
    Ledger,
    Search,
    Tokens,
    None,
}

/// Surroundings of a page.
pub struct Frame<'a> {
    pub title: String,
    pub agent: Option<&'a str>,
    pub tab: Tab,
    pub visitor: &'a PageVisitor,
    /// Newest version, whose files the bar links to.
    pub newest: Option<u64>,
}

impl<'a> Frame<'a> {
    /// Frame of a page that belongs to no agent.
    pub fn plain(title: &str, visitor: &'a PageVisitor) -> Frame<'a> {
        Frame { title: title.to_owned(), agent: None, tab: Tab::None, visitor, newest: None }
    }

    /// The page as it is sent.
    pub fn around(&self, content: &Markup) -> String {
        let [style, script] = &*ASSETS;
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta name="robots" content="noindex, nofollow";
                    title { (visible(&self.title)) " · lua-store" }
                    link rel="icon" href="data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=";
                    link rel="stylesheet" href=(style.address());
                    script src=(script.address()) defer {}
                }
                body {
                    a.skip href="#main" { "Skip to content" }
                    (self.bar())
                    main #main tabindex="-1" {
                        @if let PageVisitor::Local { note: Some(note), .. } = self.visitor {
                            p.notice { (visible(note)) }
                        }
                        (content)
                    }
                    footer {
                        p { "lua-store " (env!("CARGO_PKG_VERSION")) " · times are in UTC" }
                    }
                }
            }
        };
        page.into_string()
    }

    fn bar(&self) -> Markup {
        html! {
            header.bar {
                div.brand {
                    a href="/" { "lua-store" }
                    @if let Some(agent) = self.agent {
                        span.quiet aria-hidden="true" { "/" }
                        a.agent href=(address::home(agent)) { (agent) }
                    }
                }
                @if let Some(agent) = self.agent { (self.tabs(agent)) }
                div.who { (self.session()) }
            }
        }
    }

    fn tabs(&self, agent: &str) -> Markup {
        let is_admin = matches!(self.visitor, PageVisitor::SignedIn { is_admin: true, .. });
        let newest = self.newest.map(|number| address::files(agent, number, ""));
        let tabs = [
            (Tab::Versions, "Versions", Some(address::home(agent))),
            (Tab::Compare, "Compare", Some(address::compare_form(agent))),
            (Tab::Files, "Files", newest),
            (Tab::Persona, "Persona", Some(address::personas(agent))),
            (Tab::Ledger, "Ledger", Some(address::ledger(agent))),
            (Tab::Search, "Search", Some(address::search(agent))),
            (Tab::Tokens, "Tokens", is_admin.then(|| address::tokens(agent))),
        ];
        html! {
            nav aria-label="Agent" {
                ul {
                    @for (tab, name, address) in tabs {
                        @if let Some(address) = address {
                            li { a href=(address) rel=[(tab == Tab::Search).then_some("search")] aria-current=[(tab == self.tab).then_some("page")] { (name) } }
                        }
                    }
                }
            }
        }
    }

    fn session(&self) -> Markup {
        html! {
            @match self.visitor {
                PageVisitor::SignedIn { form_key, .. } => {
                    a href="/-/login" { "Add a token" }
                    form method="post" action="/-/logout" {
                        input type="hidden" name="key" value=(form_key);
                        button.link type="submit" { "Sign out" }
                    }
                }
                PageVisitor::Local { .. } => { span.quiet { "on this machine" } }
                PageVisitor::Stranger => { a href="/-/login" { "Sign in" } }
                PageVisitor::Open => { span.quiet { "no sign-in needed" } }
                PageVisitor::Anybody => {}
            }
        }
    }
}
