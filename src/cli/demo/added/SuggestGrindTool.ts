import { LuaTool } from 'lua-cli';
import { z } from 'zod';

const GRINDS = { espresso: 'fine', filter: 'medium', cafetiere: 'coarse' } as const;

export class SuggestGrindTool implements LuaTool {
  name = 'suggest_grind';
  description = 'Say how fine to grind for a way of brewing';
  inputSchema = z.object({
    brewer: z.enum(['espresso', 'filter', 'cafetiere']),
  });

  async execute(input: z.infer<typeof this.inputSchema>) {
    return { grind: GRINDS[input.brewer] };
  }
}
