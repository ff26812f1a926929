import { LuaAgent, LuaMCPServer, env } from 'lua-cli';
import lowStock from './jobs/low-stock.job';
import { persona } from './persona';
import { addOrderHint } from './processors/add-order-hint';
import { softenRefusals } from './processors/soften-refusals';
import { catalogSkill } from './skills/catalog.skill';
import orderSkill from './skills/order.skill';
import { reviewPosted } from './triggers/review-posted.trigger';
import parcelEvents from './webhooks/parcel-events.webhook';

const knowledgeBase = new LuaMCPServer({
  name: 'brew-guides',
  transport: 'streamable-http',
  url: 'https://guides.fernhill.example/mcp',
  headers: () => ({ Authorization: `Bearer ${env('KNOWLEDGE_TOKEN')}` }),
  timeout: 20000,
});

export const agent = new LuaAgent({
  name: 'fernhill-support',
  persona,
  model: 'anthropic/claude-sonnet-4-5',
  skills: [orderSkill, catalogSkill],
  webhooks: [parcelEvents],
  triggers: [reviewPosted],
  jobs: [lowStock],
  preProcessors: [addOrderHint],
  postProcessors: [softenRefusals],
  mcpServers: [knowledgeBase],
});
