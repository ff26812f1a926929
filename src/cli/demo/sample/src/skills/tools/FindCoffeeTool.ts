import { LuaTool } from 'lua-cli';
import { z } from 'zod';
import { coffeesLike } from '@/lib/catalog';
import { pounds } from '@/lib/money';

export class FindCoffeeTool implements LuaTool {
  name = 'find_coffee';
  description = 'Find coffees by taste, roast or name';
  inputSchema = z.object({
    taste: z.string().describe('In the words of the customer'),
    limit: z.number().int().min(1).max(3).default(2),
  });

  async execute(input: z.infer<typeof this.inputSchema>) {
    const found = coffeesLike(input.taste).slice(0, input.limit);
    return found.map((coffee) => ({ name: coffee.name, notes: coffee.notes, price: pounds(coffee.pricePence) }));
  }
}
