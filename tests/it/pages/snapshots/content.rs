//! Snapshots of personas, pushes, files and the ledger.

use super::{main_part, served};
use insta::assert_snapshot;

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
