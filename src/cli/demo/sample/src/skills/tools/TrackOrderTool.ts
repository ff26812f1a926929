import { LuaTool } from 'lua-cli';
import { z } from 'zod';
import { pounds } from '@/lib/money';
import { findOrder } from '@/lib/orders';

export class TrackOrderTool implements LuaTool {
  name = 'track_order';
  description = 'Look up an order by its number and say where the parcel is';
  inputSchema = z.object({
    orderNumber: z.string().describe('As printed in the confirmation, for example FH-20419'),
  });

  async execute(input: z.infer<typeof this.inputSchema>) {
    const order = await findOrder(input.orderNumber);
    if (!order) {
      return { found: false };
    }
    return { found: true, status: order.status, carrier: order.carrier, total: pounds(order.totalPence) };
  }
}
