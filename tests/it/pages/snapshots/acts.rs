//! Snapshots of the pages that change something, and of the search.

use super::main_part;
use crate::common::server::{Server, token};
use crate::common::{Project, shop};
use crate::pages::browser::Browser;
use crate::pages::publish;
use insta::assert_snapshot;

/// A browser that may do everything, in the name of somebody.
fn served() -> (Project, Server, Browser) {
    let project = shop::two_versions();
    let server = publish(&project, "");
    let mut browser = Browser::new(&server);
    let secret = token(&project, "--agent shop --scope admin --for rita@example.com --note rita");
    browser.sign_in(&server, &secret);
    (project, server, browser)
}

/// A page without the values that differ from run to run.
fn shown(browser: &Browser, server: &Server, path: &str) -> String {
    let page = main_part(&browser.page(server, path));
    let key = browser.form_key(server);
    let mut page = page.replace(&key, "KEY");
    // Ids of tokens are 12 digits.
    while let Some(at) = page.find("/-/tokens/") {
        let start = at + "/-/tokens/".len();
        let id = page[start..].split('"').next().unwrap().to_owned();
        page = page.replace("/-/tokens/", "/-/TOKENS/").replace(&id, "ID");
    }
    page.replace("/-/TOKENS/", "/-/tokens/")
}

#[test]
fn promote() {
    let (_project, server, browser) = served();
    assert_snapshot!(shown(&browser, &server, "/shop/-/promote/v2"), @r#"
    <h1>
    Promote v2</h1>
    <p class="headline">
    second</p>
    <p>
    Live now is <a href="/shop/-/versions/1">
    v1</a>.</p>
    <section>
    <h2>
    What will change</h2>
    <ul class="words">
    <li class="line plain in0">
    Skills:</li>
    <li class="line changed in1">
    ~ catalog 1.0.0 → 1.0.1</li>
    <li class="line changed in3">
    ~ tool search</li>
    <li class="line plain in5">
    description:</li>
    <li class="line removed in6">
    - Finds products</li>
    <li class="line added in6">
    + Finds products<strong>
     by name</strong></li>
    <li class="line plain in0">
    MCP servers:</li>
    <li class="line changed in1">
    ~ docs (config changed: url)</li>
    <li class="line plain in3">
    url: https://docs.example.com/mcp → https://help.example.com/mcp</li>
    <li class="line plain in0">
    Persona: v1 → v2</li>
    <li class="line removed in1">
    - You help customers <strong>
    shop.</strong></li>
    <li class="line added in1">
    + You help customers <strong>
    shop well.</strong></li>
    <li class="line rest in0">
    No changes: webhooks, jobs, preprocessors, postprocessors, triggers, model, voice</li></ul></section>
    <form class="card narrow" method="post" action="/shop/-/promote/v2">
    <label>
    Reason, for the ledger<textarea name="reason" rows="3" required maxlength="500"></textarea></label>
    <input type="hidden" name="expected" value="bd1365e59659ee30a00a8e4c0e4078852c0715d38e34857315082d49970002c9">
    <input type="hidden" name="key" value="KEY">
    <button class="primary" type="submit">
    Make v2 live</button></form>
    "#);
}

#[test]
fn delete() {
    let (_project, server, browser) = served();
    assert_snapshot!(shown(&browser, &server, "/shop/-/delete/v2"), @r#"
    <h1>
    Delete v2 <span class="status staged">
    staged</span></h1>
    <p class="headline">
    second</p>
    <p>
    It cannot be promoted any more. It stays in the list with all of its content.</p>
    <p>
    In the project, <code>
    lua-store version undelete v2</code> restores it.</p>
    <form method="post" action="/shop/-/delete/v2">
    <input type="hidden" name="key" value="KEY">
    <button class="primary" type="submit">
    Delete v2</button></form>
    <p>
    <a href="/shop/-/versions/2">
    Back to v2</a></p>
    "#);
}

#[test]
fn search() {
    let (_project, server, browser) = served();
    assert_snapshot!(shown(&browser, &server, "/shop/-/search?q=customer"), @r#"
    <h1>
    Search</h1>
    <form class="filter" method="get" action="/shop/-/search" role="search" aria-label="Search">
    <label>
    Text<input type="search" name="q" required maxlength="200" value="customer"></label>
    <label>
    Content of version<input name="version" maxlength="30" value="" placeholder="active"></label>
    <button type="submit">
    Search</button></form>
    <p class="quiet">
    Numbers, messages, reasons and authors of all versions and pushes; names of primitives, persona and files of one version.</p>
    <section>
    <h2>
    Results</h2>
    <p>
    3 places contain this text.</p>
    <p class="quiet">
    The content searched is that of <a href="/shop/-/versions/1">
    v1</a>.</p>
    <div class="scroll" tabindex="0" role="region" aria-label="Results">
    <table>
    <caption>
    Places, and the text there</caption>
    <thead>
    <tr>
    <th scope="col">
    Place</th>
    <th scope="col">
    Text</th></tr></thead>
    <tbody>
    <tr>
    <td>
    <a href="/shop/-/persona/v1">
    persona of v1</a></td>
    <td class="message">
    You help customers shop.</td></tr>
    <tr>
    <td>
    <a href="/shop/-/files/v1/src/index.ts#L15">
    src/index.ts:15</a></td>
    <td class="message">
    You help customers shop.`,</td></tr>
    <tr>
    <td>
    <a href="/shop/-/files/v1/src/skills/orders.skill.ts#L7">
    src/skills/orders.skill.ts:7</a></td>
    <td class="message">
      context: 'Use this when a customer asks about an order.',</td></tr></tbody></table></div></section>
    "#);
}

#[test]
fn edit_the_persona() {
    let (_project, server, browser) = served();
    assert_snapshot!(shown(&browser, &server, "/shop/-/persona/edit"), @r#"
    <h1>
    Edit the persona</h1>
    <p>
    The text begins as that of the newest push, <a href="/shop/-/source/v2">
    source v2</a>. Saving makes a push that changes nothing else in the TypeScript, and a staged version. Nothing goes live.</p>
    <form class="card" method="post" action="/shop/-/persona/edit">
    <label>
    Persona<textarea name="persona" rows="16" required maxlength="50000">

    You are Ava.
    You help customers shop well.</textarea></label>
    <label>
    Reason, for the push and the version<textarea name="reason" rows="2" required maxlength="500">
    </textarea></label>
    <input type="hidden" name="expected" value="481347a27155a120319ca3e70be7d8fd1d1f323d2efd47c13e6d3356ddfb8286">
    <input type="hidden" name="key" value="KEY">
    <p class="buttons">
    <button type="submit">
    Preview</button></p></form>
    "#);
}

#[test]
fn revoke_a_token() {
    let (project, server, browser) = served();
    let list = project.list("serve token list --data ../data");
    let rita = list.as_array().unwrap().iter().find(|one| one["note"] == "rita").unwrap();
    let id = rita["id"].as_str().unwrap();
    let page = shown(&browser, &server, &format!("/shop/-/tokens/{id}"));
    assert_snapshot!(page.replace(id, "ID"), @r#"
    <h1>
    Revoke token ID</h1>
    <dl class="facts">
    <div>
    <dt>
    Note</dt><dd>
    rita</dd></div>
    <div>
    <dt>
    Author</dt><dd>
    rita@example.com</dd></div>
    <div>
    <dt>
    Scope</dt><dd>
    admin on shop</dd></div>
    <div>
    <dt>
    Last used</dt><dd>
    <time datetime="2026-11-21T09:00:00.000Z">
    2026-11-21 09:00 UTC</time></dd></div></dl>
    <p>
    From the next request on it is not valid any more. This cannot be undone.</p>
    <p class="notice">
    This session uses it: you are signed out if it has no other token.</p>
    <form method="post" action="/shop/-/tokens/ID">
    <input type="hidden" name="key" value="KEY">
    <button class="primary" type="submit">
    Revoke ID</button></form>
    <p>
    <a href="/shop/-/tokens">
    All tokens</a></p>
    "#);
}
