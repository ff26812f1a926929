import { Data, LuaTool } from 'lua-cli';
import { z } from 'zod';
import { findOrder } from '@/lib/orders';

const REASONS = ['damaged', 'wrong_item', 'not_to_taste'] as const;

export default class OpenReturnTool implements LuaTool {
  name = 'open_return';
  description = 'Open a return for a delivered order';
  inputSchema = z.object({
    orderNumber: z.string(),
    reason: z.enum(REASONS),
    note: z.string().max(500).optional(),
  });

  async execute(input: z.infer<typeof this.inputSchema>) {
    const order = await findOrder(input.orderNumber);
    if (order?.status !== 'delivered') {
      return { opened: false, because: 'only a delivered order can be returned' };
    }
    const entry = await Data.create('returns', { ...input, status: 'open' });
    return { opened: true, returnId: entry.id };
  }
}
