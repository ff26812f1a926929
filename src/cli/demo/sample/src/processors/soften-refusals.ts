import { PostProcessor } from 'lua-cli';

export const softenRefusals = new PostProcessor({
  name: 'soften-refusals',
  description: 'A no comes with what we can do instead',
  execute: async (_user, _message, response) => {
    const refuses = /\b(cannot|can't|unable to)\b/i.test(response);
    const offer = ' If that does not help, a person of our team reads this chat within a day.';
    return { modifiedResponse: refuses ? response + offer : response };
  },
});
