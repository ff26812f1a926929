import { PreProcessor } from 'lua-cli';

const ORDER_NUMBER = /\bFH-\d{5}\b/;

export const addOrderHint = new PreProcessor({
  name: 'add-order-hint',
  description: 'Notices an order number, so that it is looked up first',
  priority: 10,
  execute: async (_user, messages) => {
    const texts = messages.flatMap((message) => (message.type === 'text' ? [message.text] : []));
    const number = texts.join(' ').match(ORDER_NUMBER)?.[0];
    return number ? { action: 'proceed', metadata: { orderNumber: number } } : { action: 'proceed' };
  },
});
