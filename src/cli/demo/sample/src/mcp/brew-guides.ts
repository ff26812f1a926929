import { LuaMCPServer, env } from 'lua-cli';

export const brewGuides = new LuaMCPServer({
  name: 'brew-guides',
  transport: 'streamable-http',
  url: 'https://guides.fernhill.example/mcp',
  headers: () => ({ Authorization: `Bearer ${env('KNOWLEDGE_TOKEN')}` }),
  timeout: 20000,
});
