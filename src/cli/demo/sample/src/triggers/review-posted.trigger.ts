import { defineTrigger } from 'lua-cli';
import { z } from 'zod';

export const reviewPosted = defineTrigger({
  name: 'review-posted',
  description: 'Somebody wrote about one of our coffees',
  inputSchema: z.object({ sku: z.string(), stars: z.number().int().min(1).max(5), text: z.string() }),
  filter: ({ body }) => body.stars <= 2,
});
