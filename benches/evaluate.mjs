// Runs the agents of generated projects, and prints what they are in the shape of the stock manifest: the truth
// for every form, those included that the stock compiler leaves out. Usage: node evaluate.mjs MODULES PROJECT...
// where MODULES is a node_modules folder with esbuild, zod and zod-to-json-schema (lua-cli brings all three).
import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [modules, ...projects] = process.argv.slice(2);
const require = createRequire(join(resolve(modules), 'x.js'));
const esbuild = require('esbuild');
const { zodToJsonSchema } = require('zod-to-json-schema');
const USUAL = ['index.ts', 'src/index.ts', 'agent.ts', 'src/agent.ts', 'main.ts', 'src/main.ts'];

// What the classes and functions of lua-cli come to: an object with the fields they are given.
const names = ['Skill', 'Webhook', 'Trigger', 'Job', 'MCPServer', 'Device', 'DeviceTrigger', 'Voice', 'Tool', 'Preprocessor', 'Postprocessor'];
const classes = [...names.map((name) => `Lua${name}`), 'PreProcessor', 'PostProcessor'];
const functions = [...names, 'PreProcessor', 'PostProcessor'].map((name) => `define${name}`);
const standIn = `
class Made { constructor(config) { Object.assign(this, config); } addTool(tool) { (this.tools ??= []).push(tool); return this; } addTools(tools) { tools.forEach((tool) => this.addTool(tool)); return this; } }
${classes.map((name) => `export class ${name} extends Made {}`).join('\n')}
${functions.map((name) => `export const ${name} = (config) => new Made(config);`).join('\n')}
export class LuaAgent extends Made { constructor(config) { super(config); globalThis.agents.push(this); } }
export const defineAgent = (config) => new LuaAgent(config);
export const env = (name) => process.env[name];
`;
// An enum; a brace within a text does not end it.
const ENUM = /(\benum (\w+) \{(?:[^}'"`]|'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`)*\})/g;
const plugin = {
  name: 'stand-in',
  setup(build) {
    build.onResolve({ filter: /^lua-cli(\/|$)/ }, () => ({ path: 'lua-cli', namespace: 'stand-in' }));
    build.onLoad({ filter: /.*/, namespace: 'stand-in' }, () => ({ contents: standIn }));
    // The stock compiler's evaluator gives each enum a member `toString`, which shows in `z.nativeEnum`.
    build.onLoad({ filter: /\.m?tsx?$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      const contents = text.replace(ENUM, '$1\n($2 as any).toString = () => "";\n');
      return { contents, loader: path.endsWith('x') ? 'tsx' : 'ts' };
    });
    build.onResolve({ filter: /^zod$/ }, () => ({ path: require.resolve('zod') }));
  },
};

const schema = (one) => {
  const { $schema, ...json } = zodToJsonSchema(one, { target: 'jsonSchema7' });
  return json;
};
const schemas = (made, keys) => {
  const found = Object.entries(keys).filter(([key]) => made[key] !== undefined);
  return found.length ? { schemas: Object.fromEntries(found.map(([key, word]) => [word, schema(made[key])])) } : {};
};
const some = (made, keys) => Object.fromEntries(keys.filter((key) => made[key] !== undefined).map((key) => [key, made[key]]));

const named = (kind, made) => ({ kind, name: made.name, description: made.description ?? '' });
const tool = (made) => ({ ...named('tool', made), hasCondition: made.condition !== undefined, ...schemas(made, { inputSchema: 'input' }) });
const skill = (made) => ({ ...named('skill', made), context: made.context, tools: made.tools.map((one) => one.name), hasCondition: made.condition !== undefined });
const KINDS = {
  webhooks: (made) => ({ ...named('webhook', made), ...schemas(made, { querySchema: 'query', headerSchema: 'headers', bodySchema: 'body' }) }),
  triggers: (made) => ({ ...named('trigger', made), ...schemas(made, { inputSchema: 'body' }) }),
  jobs: (made) => ({ ...named('job', made), ...some(made, ['schedule', 'timeout', 'retry']) }),
  preProcessors: (made) => ({ ...named('preprocessor', made), isAsync: made.async ?? false, ...some(made, ['priority']) }),
  postProcessors: (made) => ({ ...named('postprocessor', made), ...some(made, ['priority']) }),
  mcpServers: (made) => {
    const config = some(made, ['transport']);
    const resolvers = {};
    if (typeof made.url === 'function') resolvers.hasUrlResolver = true;
    else config.url = made.url;
    if (typeof made.headers === 'function') resolvers.hasHeadersResolver = true;
    return { ...named('mcp-server', made), config, ...resolvers };
  },
  devices: (made) => ({ ...named('device', made), ...some(made, ['group']) }),
  deviceTriggers: (made) => ({ ...named('device-trigger', made), ...schemas(made, { payloadSchema: 'payload' }) }),
};

async function evaluate(project) {
  const entry = USUAL.map((path) => join(project, path)).find((path) => existsSync(path));
  const outfile = join(project, '.evaluated.mjs');
  await esbuild.build({ entryPoints: [entry], bundle: true, platform: 'node', format: 'esm', outfile, plugins: [plugin], logLevel: 'error', absWorkingDir: resolve(project) });
  globalThis.agents = [];
  await import(pathToFileURL(resolve(outfile)));
  const agent = globalThis.agents[0];
  const primitives = [{ kind: 'agent', ...some(agent, ['name', 'persona', 'model', 'modelSettings']), description: agent.persona }];
  for (const one of agent.skills) primitives.push(skill(one), ...one.tools.map(tool));
  for (const [key, read] of Object.entries(KINDS)) primitives.push(...(agent[key] ?? []).map(read));
  return { primitives };
}

for (const project of projects) {
  console.log(JSON.stringify(await evaluate(project)));
}
