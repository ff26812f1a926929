//! Snapshots of the form to sign in, the list of agents and an error.

use super::{main_part, served};
use crate::pages::browser::Browser;
use insta::assert_snapshot;

#[test]
fn signing_in_agents_and_errors() {
    let (_project, server, browser) = served();
    let nobody = Browser::new(&server);
    assert_snapshot!(main_part(&nobody.page(&server, "/-/login?to=/shop")), @r##"
    <h1>
    Sign in</h1>
    <form class="card narrow" method="post" action="/-/login">
    <label>
    Token<input type="password" name="token" required autocomplete="current-password" maxlength="200" aria-describedby="help"></label>
    <input type="hidden" name="to" value="/shop">
    <p class="quiet" id="help">
    The operator of the server creates one with <code>
    lua-store serve token create --agent AGENT --scope read</code>.</p>
    <button class="primary" type="submit">
    Sign in</button></form>
    <p class="quiet">
    A session ends after 12 hours, after 2 hours without a request, and when the token ends.</p>
    "##);
    assert_snapshot!(main_part(&browser.page(&server, "/")), @r##"
    <h1>
    Agents</h1>
    <div class="scroll" tabindex="0" role="region" aria-label="Agents">
    <table>
    <caption>
    Agents of this session</caption>
    <thead>
    <tr>
    <th scope="col">
    Agent</th>
    <th scope="col">
    Live</th>
    <th scope="col">
    Versions</th></tr></thead>
    <tbody>
    <tr>
    <th scope="row">
    <a href="/shop">
    shop</a></th>
    <td>
    <a href="/shop/-/versions/1">
    v1</a></td>
    <td>
    2</td></tr></tbody></table></div>
    "##);
    let id = "X-Request-Id: request-1\r\n";
    let reply = browser.ask(&server, "GET", "/shop/-/versions/9", id, "");
    assert_snapshot!(main_part(&reply.text()), @r##"
    <h1>
    Not found</h1>
    <p>
    there is no version v9</p>
    <p>
    <a href="/">
    All agents</a> · <a href="/-/login">
    Sign in</a></p>
    <p class="quiet">
    Request <code>
    request-1</code></p>
    "##);
}
