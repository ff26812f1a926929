//! A small agent that tests push, edit and push again.

use super::Project;

const INDEX: &str = "\
import { LuaAgent, LuaMCPServer } from 'lua-cli';
import orders from './skills/orders.skill';
import { catalog } from './skills/catalog.skill';
import nightly from './jobs/nightly';

const docs = new LuaMCPServer({
  name: 'docs',
  transport: 'streamable-http',
  url: 'https://docs.example.com/mcp',
});

export const agent = new LuaAgent({
  name: 'shop',
  persona: `You are Ava.
You help customers shop.`,
  model: 'openai/gpt-4o',
  skills: [orders, catalog],
  jobs: [nightly],
  mcpServers: [docs],
});
";

const ORDERS: &str = "\
import { LuaSkill } from 'lua-cli';
import { TrackOrderTool } from './tools/TrackOrderTool';

export default new LuaSkill({
  name: 'orders',
  description: 'Knows about orders',
  context: 'Use this when a customer asks about an order.',
  tools: [new TrackOrderTool()],
});
";

const TRACK_ORDER: &str = "\
import { LuaTool } from 'lua-cli';
import { z } from 'zod';
import { find } from '../../lib/store';

export class TrackOrderTool implements LuaTool {
  name = 'track_order';
  description = 'Tells where an order is';
  inputSchema = z.object({ id: z.string() });

  async execute(input: any) {
    return find(input.id);
  }
}
";

pub const CATALOG: &str = "\
import { defineSkill, defineTool } from 'lua-cli';
import { z } from 'zod';

const search = defineTool({
  name: 'search',
  description: 'Finds products',
  inputSchema: z.object({ query: z.string() }),
  execute: async (input) => [input.query],
});

export const catalog = defineSkill({
  name: 'catalog',
  description: 'Knows the products',
  context: 'Use this to find products.',
  tools: [search],
});
";

const NIGHTLY: &str = "\
import { LuaJob } from 'lua-cli';

export default new LuaJob({
  name: 'nightly',
  description: 'Tidies up',
  schedule: { type: 'cron', expression: '0 3 * * *' },
  execute: async () => ({ done: true }),
});
";

const STORE: &str = "export const find = (id: string) => ({ id, at: 'the door' });\n";

/// Writes the agent into the project: two skills, a job, an MCP server, a persona.
pub fn write(project: &Project) {
    project.write("src/index.ts", INDEX);
    project.write("src/skills/orders.skill.ts", ORDERS);
    project.write("src/skills/tools/TrackOrderTool.ts", TRACK_ORDER);
    project.write("src/skills/catalog.skill.ts", CATALOG);
    project.write("src/jobs/nightly.ts", NIGHTLY);
    project.write("src/lib/store.ts", STORE);
    project.write("package.json", "{ \"name\": \"shop\", \"type\": \"module\" }\n");
}

/// A project with a store and the agent, nothing pushed.
pub fn project() -> Project {
    let project = Project::new();
    write(&project);
    project.ok("init");
    project
}

/// The same with everything pushed once and made v1.
pub fn versioned() -> Project {
    let project = project();
    project.ok("push");
    project.ok("version create -m first");
    project
}

/// Replaces text in a file; it must be there.
pub fn edit(project: &Project, path: &str, from: &str, to: &str) {
    let text = project.read(path);
    assert!(text.contains(from), "{path} does not hold {from:?}");
    project.write(path, text.replace(from, to));
}

/// Two versions: a tool's description, the persona and the MCP server's address differ.
pub fn two_versions() -> Project {
    let project = versioned();
    edit(&project, "src/skills/catalog.skill.ts", "Finds products", "Finds products by name");
    edit(&project, "src/index.ts", "You help customers shop.", "You help customers shop well.");
    edit(&project, "src/index.ts", "docs.example.com", "help.example.com");
    project.ok("push");
    project.ok("version create -m second");
    project
}
