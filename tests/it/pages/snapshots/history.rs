//! Snapshots of the home page and of a version.

use super::{main_part, served};
use insta::assert_snapshot;

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
