import { Data, LuaJob, env } from 'lua-cli';

const lowStock = new LuaJob({
  name: 'low-stock',
  description: 'Every morning: which coffees run out within the week',
  schedule: { type: 'cron', expression: '30 6 * * *', timezone: 'Europe/London' },
  timeout: 60,
  retry: { maxAttempts: 3, backoffSeconds: 30 },
  execute: async () => {
    const low = await Data.get('stock', { bagsLeft: { $lt: 20 } });
    const report = { channel: env('STOCK_ALERT_CHANNEL'), coffees: low.data.map((entry) => entry.data.sku) };
    await Data.create('stock-reports', report);
    return report;
  },
});

export default lowStock;
