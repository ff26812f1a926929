//! One snapshot of each page: its main part, one element a line.

use super::served;
use insta::assert_snapshot;

/// The main part of a page, without what differs from run to run.
pub fn main_part(page: &str) -> String {
    let main = page.split_once("<main").unwrap().1.split_once("</main>").unwrap().0;
    let main = main.split_once('>').unwrap().1;
    let mut lines = String::new();
    for part in main.split_inclusive('>') {
        let closes = part.trim_start().starts_with("</");
        if closes {
            lines = lines.trim_end_matches('\n').to_owned();
        }
        lines.push_str(part);
        let inline = ["</a>", "</span>", "</code>", "</strong>", "</time>", "</dt>", "</th>"];
        if !inline.iter().any(|end| part.ends_with(end)) || part.ends_with("</th>") {
            lines.push('\n');
        }
    }
    lines
}

#[test]
fn home() {
    let (_project, server, browser) = served();
    assert_snapshot!(main_part(&browser.page(&server, "/shop")), @r##"
    <h1>
    shop</h1>
    <section class="card live" aria-labelledby="live">
    <h2 id="live">
    Live now</h2>
    <p class="headline">
    <a href="/shop/-/versions/1">
    v1</a> <span>
    first</span></p>
    <p>
    Since <time datetime="2026-11-21T09:30:00.000Z">
    2026-11-21 09:30 UTC</time> <span class="quiet">
    (just now)</span>, promoted by ana@example.com</p>
    <p>
    Reason: it was tried</p></section>
    <section class="card">
    <h2>
    Not live yet</h2>
    <p>
    The newest push, <a href="/shop/-/source/v2">
    source v2</a> by ana@example.com, <time datetime="2026-11-21T09:30:00.000Z">
    2026-11-21 09:30 UTC</time> <span class="quiet">
    (just now)</span>, is ahead of what is live: it was changed, and not promoted yet.</p>
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
    <section>
    <h2>
    Versions</h2>
    <form class="filter" method="get" action="/shop" role="search" aria-label="Choose versions">
    <label>
    Status<select name="status">
    <option value="">
    any</option>
    <option value="active">
    active</option>
    <option value="staged">
    staged</option>
    <option value="superseded">
    superseded</option>
    <option value="deleted">
    deleted</option></select></label>
    <label>
    Author<input name="by" value="" maxlength="200"></label>
    <label>
    Day<input type="date" name="day" value=""></label>
    <button type="submit">
    Show</button></form>
    <div class="scroll" tabindex="0" role="region" aria-label="Versions">
    <table>
    <caption>
    Versions, newest first</caption>
    <thead>
    <tr>
    <th scope="col">
    Version</th>
    <th scope="col">
    Status</th>
    <th scope="col">
    Message</th>
    <th scope="col">
    Created</th>
    <th scope="col">
    Changes</th>
    <th scope="col">
    Compare</th></tr></thead>
    <tbody>
    <tr>
    <th scope="row">
    <a href="/shop/-/versions/2">
    v2</a></th>
    <td>
    <span class="status staged">
    staged</span></td>
    <td class="message">
    second</td>
    <td>
    <time datetime="2026-11-21T09:30:00.000Z">
    2026-11-21 09:30 UTC</time> <span class="quiet">
    (just now)</span><br>
    by ana@example.com</td>
    <td>
    3</td>
    <td>
     <a href="/shop/-/compare/v1...v2">
    with live v1</a></td></tr>
    <tr>
    <th scope="row">
    <a href="/shop/-/versions/1">
    v1</a></th>
    <td>
    <span class="status active">
    active</span></td>
    <td class="message">
    first</td>
    <td>
    <time datetime="2026-11-21T09:30:00.000Z">
    2026-11-21 09:30 UTC</time> <span class="quiet">
    (just now)</span><br>
    by ana@example.com</td>
    <td>
    7</td>
    <td></td></tr></tbody></table></div></section>
    <p>
    <a href="/shop/-/feed" type="application/atom+xml">
    Feed (Atom)</a></p>
    "##);
}

#[test]
fn version() {
    let (_project, server, browser) = served();
    assert_snapshot!(main_part(&browser.page(&server, "/shop/-/versions/1")), @r##"
    <h1>
    v1 <span class="status active">
    active</span></h1>
    <p class="headline">
    first</p>
    <dl class="facts">
    <div>
    <dt>
    Created</dt><dd>
    <time datetime="2026-11-21T09:30:00.000Z">
    2026-11-21 09:30 UTC</time> <span class="quiet">
    (just now)</span> by ana@example.com</dd></div>
    <div>
    <dt>
    Source version</dt><dd>
    <a href="/shop/-/source/v1">
    v1</a></dd></div>
    <div>
    <dt>
    Model</dt><dd>
    openai/gpt-4o</dd></div>
    <div>
    <dt>
    Persona</dt><dd>
    <a href="/shop/-/persona/v1">
    v1</a></dd></div></dl>
    <ul class="links">
    <li>
    <a href="/shop/-/files/v1">
    Files</a></li></ul>
    <section>
    <h2>
    Content</h2>
    <h3>
    Skills (2)</h3>
    <ul class="names">
    <li>
    catalog <span class="quiet">
    1.0.0</span></li>
    <li>
    orders <span class="quiet">
    1.0.0</span></li></ul>
    <h3>
    Jobs (1)</h3>
    <ul class="names">
    <li>
    nightly <span class="quiet">
    1.0.0</span></li></ul>
    <h3>
    MCP servers (1)</h3>
    <ul class="names">
    <li>
    docs <span class="quiet">
    1.0.0</span></li></ul></section>
    <section>
    <h2>
    Ledger</h2>
    <div class="scroll" tabindex="0" role="region" aria-label="Records of this version, newest first">
    <table>
    <caption>
    Records of this version, newest first</caption>
    <thead>
    <tr>
    <th scope="col">
    Record</th>
    <th scope="col">
    Event</th>
    <th scope="col">
    Version</th>
    <th scope="col">
    When</th>
    <th scope="col">
    By</th>
    <th scope="col">
    Reason</th></tr></thead>
    <tbody>
    <tr>
    <th scope="row">
    <code>
    bd1365e5</code></th>
    <td>
    promote</td>
    <td>
    <a href="/shop/-/versions/1">
    v1</a></td>
    <td>
    <time datetime="2026-11-21T09:30:00.000Z">
    2026-11-21 09:30 UTC</time> <span class="quiet">
    (just now)</span></td>
    <td>
    ana@example.com</td>
    <td class="message">
    it was tried</td></tr></tbody></table></div></section>
    "##);
}

#[test]
fn compare() {
    let (_project, server, browser) = served();
    assert_snapshot!(main_part(&browser.page(&server, "/shop/-/compare/v1...v2?view=unified")), @r##"
    <h1>
    Diff v1 → v2</h1>
    <form class="filter" method="get" action="/shop/-/compare" aria-label="Versions to compare">
    <label>
    Older<input name="from" required maxlength="30" value="v1" placeholder="active"></label>
    <label>
    Newer<input name="to" required maxlength="30" value="v2" placeholder="latest"></label>
    <button type="submit">
    Compare</button>
    <button type="submit" name="swap" value="1">
    Swap</button></form>
    <section>
    <h2>
    In words</h2>
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
    <section>
    <h2>
    Persona, by sentence</h2>
    <ul class="words">
    <li class="line removed in0">
    - You help customers <strong>
    shop.</strong></li>
    <li class="line added in0">
    + You help customers <strong>
    shop well.</strong></li></ul></section>
    <section>
    <h2>
    Files</h2>
    <ul class="links">
    <li>
    <a href="/shop/-/compare/v1...v2">
    Side by side</a></li>
    <li>
    <a href="/shop/-/compare/v1...v2?view=unified&amp;w=1">
    Ignore white space</a></li></ul>
    <article class="file">
    <h3>
    <a href="/shop/-/files/v2/src/index.ts">
    src/index.ts</a> <span class="quiet">
    modified</span></h3>
    <div class="scroll code" tabindex="0" role="region" aria-label="Changed lines of src/index.ts">
    <table class="lines diff">
    <caption class="hidden">
    Changed lines of src/index.ts</caption>
    <tbody>
    <tr class="same">
    <td class="number">
    6</td>
    <td class="number">
    6</td>
    <td class="same">
    <span class="sign"> </span>const docs = new LuaMCPServer({</td></tr>
    <tr class="same">
    <td class="number">
    7</td>
    <td class="number">
    7</td>
    <td class="same">
    <span class="sign"> </span>  name: 'docs',</td></tr>
    <tr class="same">
    <td class="number">
    8</td>
    <td class="number">
    8</td>
    <td class="same">
    <span class="sign"> </span>  transport: 'streamable-http',</td></tr>
    <tr class="change">
    <td class="number">
    9</td>
    <td class="number"></td>
    <td class="removed">
    <span class="sign">
    −</span>  url: 'https://docs.example.com/mcp',</td></tr>
    <tr class="change">
    <td class="number"></td>
    <td class="number">
    9</td>
    <td class="added">
    <span class="sign">
    +</span>  url: 'https://help.example.com/mcp',</td></tr>
    <tr class="same">
    <td class="number">
    10</td>
    <td class="number">
    10</td>
    <td class="same">
    <span class="sign"> </span>});</td></tr>
    <tr class="same">
    <td class="number">
    11</td>
    <td class="number">
    11</td>
    <td class="same">
    <span class="sign"> </span></td></tr>
    <tr class="same">
    <td class="number">
    12</td>
    <td class="number">
    12</td>
    <td class="same">
    <span class="sign"> </span>export const agent = new LuaAgent({</td></tr>
    <tr class="same">
    <td class="number">
    13</td>
    <td class="number">
    13</td>
    <td class="same">
    <span class="sign"> </span>  name: 'shop',</td></tr>
    <tr class="same">
    <td class="number">
    14</td>
    <td class="number">
    14</td>
    <td class="same">
    <span class="sign"> </span>  persona: `You are Ava.</td></tr>
    <tr class="change">
    <td class="number">
    15</td>
    <td class="number"></td>
    <td class="removed">
    <span class="sign">
    −</span>You help customers <strong>
    shop.`,</strong></td></tr>
    <tr class="change">
    <td class="number"></td>
    <td class="number">
    15</td>
    <td class="added">
    <span class="sign">
    +</span>You help customers <strong>
    shop well.`,</strong></td></tr>
    <tr class="same">
    <td class="number">
    16</td>
    <td class="number">
    16</td>
    <td class="same">
    <span class="sign"> </span>  model: 'openai/gpt-4o',</td></tr>
    <tr class="same">
    <td class="number">
    17</td>
    <td class="number">
    17</td>
    <td class="same">
    <span class="sign"> </span>  skills: [orders, catalog],</td></tr>
    <tr class="same">
    <td class="number">
    18</td>
    <td class="number">
    18</td>
    <td class="same">
    <span class="sign"> </span>  jobs: [nightly],</td></tr></tbody></table></div></article>
    <article class="file">
    <h3>
    <a href="/shop/-/files/v2/src/skills/catalog.skill.ts">
    src/skills/catalog.skill.ts</a> <span class="quiet">
    modified</span></h3>
    <div class="scroll code" tabindex="0" role="region" aria-label="Changed lines of src/skills/catalog.skill.ts">
    <table class="lines diff">
    <caption class="hidden">
    Changed lines of src/skills/catalog.skill.ts</caption>
    <tbody>
    <tr class="same">
    <td class="number">
    3</td>
    <td class="number">
    3</td>
    <td class="same">
    <span class="sign"> </span></td></tr>
    <tr class="same">
    <td class="number">
    4</td>
    <td class="number">
    4</td>
    <td class="same">
    <span class="sign"> </span>const search = defineTool({</td></tr>
    <tr class="same">
    <td class="number">
    5</td>
    <td class="number">
    5</td>
    <td class="same">
    <span class="sign"> </span>  name: 'search',</td></tr>
    <tr class="change">
    <td class="number">
    6</td>
    <td class="number"></td>
    <td class="removed">
    <span class="sign">
    −</span>  description: 'Finds <strong>
    products',</strong></td></tr>
    <tr class="change">
    <td class="number"></td>
    <td class="number">
    6</td>
    <td class="added">
    <span class="sign">
    +</span>  description: 'Finds <strong>
    products by name',</strong></td></tr>
    <tr class="same">
    <td class="number">
    7</td>
    <td class="number">
    7</td>
    <td class="same">
    <span class="sign"> </span>  inputSchema: z.object({ query: z.string() }),</td></tr>
    <tr class="same">
    <td class="number">
    8</td>
    <td class="number">
    8</td>
    <td class="same">
    <span class="sign"> </span>  execute: async (input) =&gt; [input.query],</td></tr>
    <tr class="same">
    <td class="number">
    9</td>
    <td class="number">
    9</td>
    <td class="same">
    <span class="sign"> </span>});</td></tr></tbody></table></div></article></section>
    "##);
}

#[test]
fn persona_and_source() {
    let (_project, server, browser) = served();
    assert_snapshot!(main_part(&browser.page(&server, "/shop/-/persona/v1...v2")), @r##"
    <h1>
    Persona v1 → v2</h1>
    <ul class="words">
    <li class="line removed in0">
    - You help customers <strong>
    shop.</strong></li>
    <li class="line added in0">
    + You help customers <strong>
    shop well.</strong></li></ul>
    <section>
    <h2>
    Versions of the persona</h2>
    <div class="scroll" tabindex="0" role="region" aria-label="Versions of the persona">
    <table>
    <caption>
    Versions of the persona, newest first</caption>
    <thead>
    <tr>
    <th scope="col">
    Persona</th>
    <th scope="col">
    Status</th>
    <th scope="col">
    Pushed</th>
    <th scope="col">
    Compare</th></tr></thead>
    <tbody>
    <tr>
    <th scope="row">
    <a href="/shop/-/persona/v2">
    v2</a></th>
    <td>
    <span class="status draft">
    draft</span></td>
    <td>
    <time datetime="2026-11-21T09:30:00.000Z">
    2026-11-21 09:30 UTC</time> <span class="quiet">
    (just now)</span> by ana@example.com</td>
    <td>
    <a href="/shop/-/persona/v1...v2">
    with current v1</a></td></tr>
    <tr>
    <th scope="row">
    <a href="/shop/-/persona/v1">
    v1</a></th>
    <td>
    <span class="status current">
    current</span></td>
    <td>
    <time datetime="2026-11-21T09:30:00.000Z">
    2026-11-21 09:30 UTC</time> <span class="quiet">
    (just now)</span> by ana@example.com</td>
    <td></td></tr></tbody></table></div></section>
    "##);
    assert_snapshot!(main_part(&browser.page(&server, "/shop/-/source/v2")), @r##"
    <h1>
    Source v2</h1>
    <dl class="facts">
    <div>
    <dt>
    Pushed</dt><dd>
    <time datetime="2026-11-21T09:30:00.000Z">
    2026-11-21 09:30 UTC</time> <span class="quiet">
    (just now)</span> by ana@example.com</dd></div>
    <div>
    <dt>
    Versions</dt><dd>
    <a href="/shop/-/versions/2">
    v2</a> </dd></div></dl>
    <p>
    <a href="/shop/-/source/v1">
    Source v1</a></p>
    <section>
    <h2>
    Changes since the push before</h2>
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
    "##);
}

#[test]
fn files_and_ledger() {
    let (_project, server, browser) = served();
    assert_snapshot!(main_part(&browser.page(&server, "/shop/-/files/v1")), @r##"
    <h1>
    Files of <a href="/shop/-/versions/1">
    v1</a></h1>
    <nav class="trail" aria-label="Folders">
    <ol>
    <li>
    <a href="/shop/-/files/v1">
    all files</a></li></ol></nav>
    <ul class="tree">
    <li>
    <a href="/shop/-/files/v1/src">
    src/</a></li>
    <li>
    <a href="/shop/-/files/v1/.gitignore">
    .gitignore</a></li>
    <li>
    <a href="/shop/-/files/v1/package.json">
    package.json</a></li></ul>
    "##);
    assert_snapshot!(main_part(&browser.page(&server, "/shop/-/files/v1/package.json")), @r##"
    <h1>
    File in <a href="/shop/-/versions/1">
    v1</a></h1>
    <nav class="trail" aria-label="Folders">
    <ol>
    <li>
    <a href="/shop/-/files/v1">
    all files</a></li>
    <li>
    <a href="/shop/-/files/v1/package.json" aria-current="page">
    package.json</a></li></ol></nav>
    <p class="quiet">
    37 bytes. <a href="/shop/-/raw/v1/package.json">
    Download</a></p>
    <div class="scroll code" tabindex="0" role="region" aria-label="Content">
    <table class="lines">
    <caption class="hidden">
    Lines of the file</caption>
    <tbody>
    <tr id="L1">
    <th scope="row">
    <a href="#L1">
    1</a></th>
    <td>
    { <span class="t-name">
    &quot;name&quot;</span>: <span class="t-text">
    &quot;shop&quot;</span>, <span class="t-name">
    &quot;type&quot;</span>: <span class="t-text">
    &quot;module&quot;</span> }</td></tr></tbody></table></div>
    <section>
    <h2>
    Changed in</h2>
    <ul class="names">
    <li>
    <a href="/shop/-/files/v1/package.json">
    v1</a></li></ul></section>
    "##);
    assert_snapshot!(main_part(&browser.page(&server, "/shop/-/ledger")), @r##"
    <h1>
    Ledger</h1>
    <p>
    The chain verifies: 1 record, each with the hash of the one before.</p>
    <div class="scroll" tabindex="0" role="region" aria-label="Records, newest first">
    <table>
    <caption>
    Records, newest first</caption>
    <thead>
    <tr>
    <th scope="col">
    Record</th>
    <th scope="col">
    Event</th>
    <th scope="col">
    Version</th>
    <th scope="col">
    When</th>
    <th scope="col">
    By</th>
    <th scope="col">
    Reason</th></tr></thead>
    <tbody>
    <tr>
    <th scope="row">
    <code>
    bd1365e5</code></th>
    <td>
    promote</td>
    <td>
    <a href="/shop/-/versions/1">
    v1</a></td>
    <td>
    <time datetime="2026-11-21T09:30:00.000Z">
    2026-11-21 09:30 UTC</time> <span class="quiet">
    (just now)</span></td>
    <td>
    ana@example.com</td>
    <td class="message">
    it was tried</td></tr></tbody></table></div>
    "##);
}

#[test]
fn signing_in_agents_and_errors() {
    let (_project, server, browser) = served();
    let nobody = super::Browser::new(&server);
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
