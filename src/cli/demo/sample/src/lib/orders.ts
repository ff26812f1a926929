import { Data } from 'lua-cli';

export interface Order {
  number: string;
  status: 'roasting' | 'packed' | 'sent' | 'delivered';
  carrier?: string;
  totalPence: number;
}

/** The order with this number, if the shop has one. */
export async function findOrder(number: string): Promise<Order | undefined> {
  const found = await Data.get('orders', { number }, 1, 1);
  return found.data[0]?.data as Order | undefined;
}
