//! Snapshot of two versions compared.

use super::{main_part, served};
use insta::assert_snapshot;

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
