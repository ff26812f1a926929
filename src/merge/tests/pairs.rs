//! Generated pairs of edits of one agent project.

use super::*;

/// Numbers that look random, the same each time (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % most
    }

    fn pick<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len())]
    }
}

/// A shop whose agent has a persona of sections, three skills in two files, tools in files of their own, two jobs.
fn base() -> Layout {
    let mut base = layout(&[
        ("src/index.ts", AGENT),
        ("src/skills/sales.ts", SALES),
        ("src/skills/help.ts", HELP),
    ]);
    base.insert("src/jobs.ts".to_owned(), JOBS.to_owned());
    for name in ["Find", "Track", "Cancel", "Refund", "Ask"] {
        base.insert(format!("src/tools/{name}Tool.ts"), tool(name));
    }
    base.insert("src/lib/store.ts".to_owned(), STORE.to_owned());
    let notes: String = (1..=12).map(|line| format!("note {line}\n\n")).collect();
    base.insert("NOTES.md".to_owned(), notes);
    base.insert("README.md".to_owned(), "# Shop\n\nSells coffee.\n\nRun it.".to_owned());
    base.insert("package.json".to_owned(), "{\n  \"name\": \"shop\"\n}\n".to_owned());
    base
}

fn tool(name: &str) -> String {
    let lower = name.to_lowercase();
    format!(
        "import {{ LuaTool }} from 'lua-cli';\nimport {{ z }} from 'zod';\nimport {{ {lower} }} from '../lib/store';\n\n\
         export class {name}Tool implements LuaTool {{\n  name = '{lower}';\n  description = 'Can {lower} things';\n  \
         inputSchema = z.object({{\n    id: z.string(),\n    count: z.number(),\n  }});\n\n  async execute(input: any) {{\n    \
         const found = {lower}(input.id);\n    if (!found) {{\n      return null;\n    }}\n    return found;\n  }}\n}}\n"
    )
}

const AGENT: &str = "\
import { LuaAgent } from 'lua-cli';
import { sales, gifts } from './skills/sales';
import { help } from './skills/help';
import { nightly, weekly } from './jobs';

export const agent = new LuaAgent({
  name: 'shop',
  model: 'openai/gpt-4o',

  persona: `You are Ava.

## Tone
You are kind.
You are brief.

## Hours
Open from 9 to 5.
Closed on Sunday.

## Limits
You never promise a refund.
You ask before you cancel.
`,

  skills: [
    sales,
    gifts,
    help,
  ],
  jobs: [nightly, weekly],
});
";

const SALES: &str = "\
import { LuaSkill } from 'lua-cli';
import { FindTool } from '../tools/FindTool';
import { TrackTool } from '../tools/TrackTool';
import { CancelTool } from '../tools/CancelTool';

export const sales = new LuaSkill({
  name: 'sales',
  description: 'Sells things',
  context: 'Use this to sell.',
  tools: [
    new FindTool(),
    new TrackTool(),
    new CancelTool(),
  ],
});

export const gifts = new LuaSkill({
  name: 'gifts',
  description: 'Wraps gifts',

  context: 'Use this for gifts.',

  tools: [],
});
";

const HELP: &str = "\
import { defineSkill } from 'lua-cli';
import { RefundTool } from '../tools/RefundTool';
import { AskTool } from '../tools/AskTool';

export const help = defineSkill({
  name: 'help',
  description: 'Helps people',
  context: 'Use this to help.',
  tools: [new RefundTool(), new AskTool()],
});
";

const JOBS: &str = "\
import { LuaJob } from 'lua-cli';

export const nightly = new LuaJob({
  name: 'nightly',
  description: 'Tidies up',
  schedule: { type: 'cron', expression: '0 3 * * *' },
  execute: async () => {
    return { done: true };
  },
});

export const weekly = new LuaJob({
  name: 'weekly',
  description: 'Counts',
  schedule: { type: 'cron', expression: '0 4 * * 1' },
  execute: async () => {
    return { done: true };
  },
});
";

const STORE: &str = "\
export function find(id: string) {
  if (!id) {
    return null;
  }
  return { id, at: 'the shelf' };
}

export function track(id: string) {
  if (!id) {
    return null;
  }
  return { id, at: 'the door' };
}

export function cancel(id: string) {
  if (!id) {
    return null;
  }
  return { id, done: true };
}

export function refund(id: string) {
  return { id, paid: 1 };
}

export function ask(id: string) {
  return { id, asked: true };
}
";

/// One edit of a side. `word` is the side's own.
fn edit(dice: &mut Dice, layout: &mut Layout, word: &str) {
    let number = dice.below(90) + 10;
    match dice.below(14) {
        0 | 1 => replace(dice, layout, word),
        2 => add_tool(dice, layout, &format!("{word}{number}")),
        3 => insert(layout, "src/index.ts", dice.pick(&["## Tone\n", "## Hours\n", "## Limits\n", "`,\n"]), &format!("## {word}\nDo {number}.\n\n")),
        4 => insert(layout, "src/lib/store.ts", dice.pick(&["export function find", "export function cancel", "export function ask"]),
            &format!("export function {word}{number}(id: string) {{\n  if (!id) {{\n    return null;\n  }}\n  return {{ id, {word}: {number} }};\n}}\n\n").to_lowercase()),
        5 => drop(layout.insert(format!("docs/{word}{}.md", dice.below(3)), format!("{word}\n"))),
        6 => rename(dice, layout, word),
        7 => remove(dice, layout),
        8..=10 => lines(dice, layout, word),
        11 => insert(layout, "src/skills/sales.ts", dice.pick(&["    new FindTool(),", "    new TrackTool(),", "  ],\n});\n\nexport const gifts"]), &format!("    // {word} {number}\n")),
        12 => insert(layout, "src/jobs.ts", dice.pick(&["  name: 'nightly'", "  execute: async () => {", "  description: 'Counts'"]), &format!("  // {word} {number}\n")),
        _ => drop(replaced(layout, "src/skills/help.ts", "description: 'Helps people'", &format!("description: 'Helps {word}'"))),
    }
}

fn replaced(layout: &mut Layout, path: &str, from: &str, to: &str) -> bool {
    let Some(text) = layout.get_mut(path).filter(|text| text.contains(from)) else { return false };
    *text = text.replacen(from, to, 1);
    true
}

fn insert(layout: &mut Layout, path: &str, before: &str, text: &str) {
    replaced(layout, path, before, &format!("{text}{before}"));
}

fn replace(dice: &mut Dice, layout: &mut Layout, word: &str) {
    let edits = [
        ("src/index.ts", "openai/gpt-4o"),
        ("src/index.ts", "You are Ava."),
        ("src/index.ts", "You are kind."),
        ("src/index.ts", "You are brief."),
        ("src/index.ts", "Open from 9 to 5."),
        ("src/index.ts", "You never promise a refund."),
        ("src/index.ts", "You ask before you cancel."),
        ("src/skills/sales.ts", "Sells things"),
        ("src/skills/sales.ts", "Use this to sell."),
        ("src/skills/sales.ts", "Wraps gifts"),
        ("src/skills/sales.ts", "Use this for gifts."),
        ("src/skills/help.ts", "Use this to help."),
        ("src/jobs.ts", "0 3 * * *"),
        ("src/jobs.ts", "Tidies up"),
        ("src/lib/store.ts", "the shelf"),
        ("src/lib/store.ts", "the door"),
        ("src/tools/AskTool.ts", "Can ask things"),
        ("src/tools/FindTool.ts", "count: z.number()"),
        ("README.md", "Run it."),
        ("README.md", "Sells coffee."),
    ];
    let (path, from) = edits[dice.below(edits.len())];
    let to = match from {
        _ if from.contains("z.number") => format!("{}: z.number()", word.to_lowercase()),
        "0 3 * * *" => format!("{} 3 * * *", dice.below(60)),
        _ => format!("{word} {}", dice.below(1000)),
    };
    replaced(layout, path, from, &to);
}

fn add_tool(dice: &mut Dice, layout: &mut Layout, name: &str) {
    layout.insert(
        format!("src/tools/{name}Tool.ts"),
        tool(name)
            .replace(&format!("{{ {} }}", name.to_lowercase()), "{ find }")
            .replace(&format!("{}(input", name.to_lowercase()), "find(input"),
    );
    let import = format!("import {{ {name}Tool }} from '../tools/{name}Tool';\n");
    match dice.below(3) {
        0 => {
            insert(layout, "src/skills/sales.ts", "import { TrackTool", &import);
            insert(
                layout,
                "src/skills/sales.ts",
                "    new FindTool(),",
                &format!("    new {name}Tool(),\n"),
            );
        }
        1 => {
            insert(layout, "src/skills/sales.ts", "\nexport const sales", &import);
            insert(
                layout,
                "src/skills/sales.ts",
                "  ],\n});\n\nexport const gifts",
                &format!("    new {name}Tool(),\n"),
            );
        }
        _ => {
            insert(layout, "src/skills/help.ts", "\nexport const help", &import);
            replaced(
                layout,
                "src/skills/help.ts",
                "new AskTool()",
                &format!("new AskTool(), new {name}Tool()"),
            );
        }
    }
}

/// Moves a file, in one case with its content changed, and the imports with it.
fn rename(dice: &mut Dice, layout: &mut Layout, word: &str) {
    let (from, to, import, imported) = match dice.below(4) {
        0 => ("NOTES.md", format!("docs/{word}.md"), "", String::new()),
        1 => ("README.md", format!("docs/{word}-readme.md"), "", String::new()),
        2 => (
            "src/lib/store.ts",
            format!("src/lib/{word}.ts"),
            "../lib/store'",
            format!("../lib/{word}'"),
        ),
        _ => ("src/jobs.ts", format!("src/jobs/{word}.ts"), "./jobs'", format!("./jobs/{word}'")),
    };
    let Some(mut text) = layout.remove(from) else { return };
    if dice.below(2) == 0 {
        text = format!(
            "{}{text}",
            if from.ends_with("ts") { format!("// {word}\n") } else { format!("{word}\n") }
        );
    }
    layout.insert(to, text);
    if !import.is_empty() {
        layout.values_mut().for_each(|text| *text = text.replace(import, &imported));
    }
}

fn remove(dice: &mut Dice, layout: &mut Layout) {
    match dice.below(4) {
        0 => drop(layout.remove("NOTES.md")),
        1 => drop(layout.remove("README.md")),
        2 => {
            replaced(layout, "src/index.ts", "    gifts,\n", "");
        }
        _ => {
            replaced(layout, "src/index.ts", "    help,\n", "");
            replaced(layout, "src/index.ts", "import { help } from './skills/help';\n", "");
            layout.remove("src/skills/help.ts");
        }
    }
}

/// Lines of a text added, doubled, removed, moved: what a difference can align in several ways.
fn lines(dice: &mut Dice, layout: &mut Layout, word: &str) {
    let path = dice.pick(&["NOTES.md", "README.md", "NOTES.md", "odd.txt"]);
    let odd = "a\n}\n\nb\n}\n\na\n}\n\nc\n}\n\n".repeat(2);
    if path == "odd.txt" {
        layout.entry(path.to_owned()).or_insert(odd);
    }
    let Some(text) = layout.get_mut(path) else { return };
    let mut all: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    for _ in 0..=dice.below(3) {
        let at = dice.below(all.len());
        match dice.below(5) {
            0 => all.insert(at, format!("{word}\n")),
            1 => all.insert(at, all[at].clone()),
            2 if all.len() > 4 => drop(all.remove(at)),
            3 => all.insert(at, dice.pick(&["\n", "}\n", "a\n", "note 3\n"]).to_owned()),
            _ => all[at] = format!("{word} {}\n", dice.below(20)),
        }
    }
    *text = all.concat();
}

pub struct Pair {
    pub base: Layout,
    pub ours: Layout,
    pub theirs: Layout,
}

/// Pair of a seed, the same each time.
pub fn pair(seed: u64) -> Pair {
    let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    dice.below(2);
    let mut base = base();
    base.insert("odd.txt".to_owned(), "a\n}\n\nb\n}\n\na\n}\n\nc\n}\n\n".repeat(2));
    let mut side = |word: &str| {
        let mut layout = base.clone();
        for _ in 0..=dice.below(4) {
            edit(&mut dice, &mut layout, word);
        }
        layout
    };
    let (ours, theirs) = (side("Uno"), side("Due"));
    Pair { ours, theirs, base: base.clone() }
}
