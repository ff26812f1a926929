import { LuaSkill } from 'lua-cli';
import { FindCoffeeTool } from './tools/FindCoffeeTool';

export const catalogSkill = new LuaSkill({
  name: 'catalog-skill',
  description: 'Knows the coffees and finds one to try',
  context: 'Offer at most two coffees, and say in one sentence why each of them fits.',
  tools: [new FindCoffeeTool()],
});
