import { Data, defineWebhook, env } from 'lua-cli';
import { z } from 'zod';

const parcelEvents = defineWebhook({
  name: 'parcel-events',
  description: 'The carrier tells where a parcel is',
  headerSchema: z.object({ 'x-carrier-secret': z.string() }),
  bodySchema: z.object({
    orderNumber: z.string(),
    status: z.enum(['sent', 'delivered']),
    carrier: z.string(),
  }),
  execute: async ({ headers, body }) => {
    if (headers?.['x-carrier-secret'] !== env('CARRIER_WEBHOOK_SECRET')) {
      throw new Error('the secret of the carrier does not match');
    }
    const event = await Data.create('parcel-events', body, { searchText: body.orderNumber });
    return { received: event.id };
  },
});

export default parcelEvents;
