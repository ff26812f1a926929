import { LuaSkill } from 'lua-cli';
import OpenReturnTool from './tools/OpenReturnTool';
import { TrackOrderTool } from './tools/TrackOrderTool';

const orderSkill = new LuaSkill({
  name: 'order-skill',
  description: 'Finds orders and starts returns',
  context:
    'Use track_order for every question about a parcel. ' +
    'Use open_return only after the customer has said what is wrong and has agreed to send it back.',
  tools: [new TrackOrderTool(), new OpenReturnTool()],
});

export default orderSkill;
