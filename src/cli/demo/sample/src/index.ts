import { LuaAgent } from 'lua-cli';
import lowStock from './jobs/low-stock.job';
import { brewGuides } from './mcp/brew-guides';
import { persona } from './persona';
import { addOrderHint } from './processors/add-order-hint';
import { softenRefusals } from './processors/soften-refusals';
import { catalogSkill } from './skills/catalog.skill';
import orderSkill from './skills/order.skill';
import { reviewPosted } from './triggers/review-posted.trigger';
import parcelEvents from './webhooks/parcel-events.webhook';

export const agent = new LuaAgent({
  name: 'fernhill-support',
  persona: persona,
  model: 'anthropic/claude-sonnet-4-5',
  skills: [orderSkill, catalogSkill],
  webhooks: [parcelEvents],
  triggers: [reviewPosted],
  jobs: [lowStock],
  preProcessors: [addOrderHint],
  postProcessors: [softenRefusals],
  mcpServers: [brewGuides],
});
