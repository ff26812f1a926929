//! Page to sign in with a token.

use super::frame::{Frame, PageVisitor};
use super::visible::visible;
use maud::html;

pub struct SignInPage<'a> {
    /// Address to return to.
    pub then: &'a str,
    /// Reason why the token was refused.
    pub refused: Option<String>,
}

pub fn sign_in_page(page: &SignInPage<'_>, visitor: &PageVisitor) -> String {
    let again = visitor.form_key().is_some();
    let title = if again { "Add a token" } else { "Sign in" };
    // Somebody who signs in needs no link to this page.
    let around = if again { visitor } else { &PageVisitor::Anybody };
    Frame::plain(title, around).around(&html! {
        h1 { (title) }
        @if let Some(refused) = &page.refused { p.notice role="alert" { (visible(refused)) } }
        form.card.narrow method="post" action="/-/login" {
            label { "Token"
                input type="password" name="token" required autocomplete="current-password" maxlength="200"
                    aria-describedby="help";
            }
            input type="hidden" name="to" value=(page.then);
            @if let Some(key) = visitor.form_key() { input type="hidden" name="key" value=(key); }
            p.quiet #help {
                "The operator of the server creates one with "
                code { "lua-store serve token create --agent AGENT --scope read" } "."
            }
            button.primary type="submit" { (title) }
        }
        p.quiet { "A session ends after 12 hours, after 2 hours without a request, and when the token ends." }
    })
}
