export interface Coffee {
  sku: string;
  name: string;
  roast: 'light' | 'medium' | 'dark';
  notes: string[];
  pricePence: number;
}

export const COFFEES: Coffee[] = [
  { sku: 'FH-01', name: 'Morning Lane', roast: 'light', notes: ['peach', 'jasmine'], pricePence: 1150 },
  { sku: 'FH-02', name: 'Station House', roast: 'medium', notes: ['hazelnut', 'caramel'], pricePence: 980 },
  { sku: 'FH-03', name: 'Night Ferry', roast: 'dark', notes: ['cocoa', 'walnut'], pricePence: 960 },
];

export function coffeesLike(words: string): Coffee[] {
  const wanted = words.toLowerCase().split(/\s+/);
  return COFFEES.filter((coffee) => {
    const known = [coffee.name, coffee.roast, ...coffee.notes].join(' ').toLowerCase();
    return wanted.some((word) => known.includes(word));
  });
}
