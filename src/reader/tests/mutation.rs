//! Damaged sources: the reader answers, with an agent or an error, and never panics.

use super::Project;
use crate::error::Kind;

const SOURCE: &str = r#"import { LuaAgent, LuaSkill, LuaTool, createWorkflow, createStep } from 'lua-cli';
import { z } from 'zod';
enum Size { Small = 1, Large }
const base = z.object({ id: z.string().min(1), size: z.nativeEnum(Size).optional() }).strict();
abstract class Base implements LuaTool {
  static readonly prefix = `x_${Size.Large}`;
  constructor(protected readonly label = 'l') { this.extra = [...label, { a: label }]; }
  get name() { return Base.prefix + this.label; }
  inputSchema = base.extend({ tags: z.array(z.union([z.literal('a'), z.literal(2)])) }).partial({ id: true });
  async execute({ id, ...rest }: any) { for (const x of rest) { if (x) return x?.y ?? /[(]/g; } }
}
class Leaf extends Base { constructor() { super('leaf'); } description = 'a' + 'b'.repeat(3); }
const flow = createWorkflow({ name: 'flow' }).then(createStep({ id: 's' })).commit();
const tools = [1, 2].map((n) => new Leaf()).filter(Boolean).slice(-1);
const agent = new LuaAgent({
  name: `a${1 + 2}`, persona: { base: ['a', "b"].join('\n') }, ...(true ? { model: 'm' } : {}),
  skills: [new LuaSkill({ name: 's', tools: [...tools] })], workflows: [flow],
});
"#;

/// A small generator, so that each run tries the same.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }
}

fn answers(project: &Project, bytes: &[u8]) {
    std::fs::write(project.root().join("src/index.ts"), bytes).unwrap();
    if let Err(error) = project.try_read() {
        assert_eq!(error.kind(), Kind::Unreadable, "{error:?}\n{}", String::from_utf8_lossy(bytes));
        assert!(
            !error.message().contains("the reader stopped"),
            "{}",
            String::from_utf8_lossy(bytes)
        );
    }
}

/// Metadata of a job that this code makes, with its notes.
fn made_by(code: &str) -> (serde_json::Value, Vec<String>) {
    let config =
        "name: 'a', jobs: [new LuaJob({ name: 'j', metadata: { made }, execute: async () => 1 })]";
    let agent = Project::agent(config, code, &[]).read();
    let made = agent.primitives[0].definition["metadata"]["made"].clone();
    (made, agent.notes.into_iter().map(|note| note.message).collect())
}

#[test]
fn what_takes_too_much_memory_is_source_text() {
    let half = "const half = 'x'.repeat(500000);";
    for code in [
        "const all = []; for (let i = 0; i < 300; i++) { all.push(half + i); } const made = all[299];",
        "const made = 'x'.repeat(300).split('').map((one) => half + one)[299];",
    ] {
        let (made, notes) = made_by(&format!("{half} {code}"));
        assert!(made.to_string().len() < 1_000, "{code}");
        assert!(
            notes.iter().any(|note| note.contains("takes too much memory to evaluate")),
            "{code}: {notes:?}"
        );
    }
    let (made, notes) = made_by("const made = 'x'.repeat(100000).split('').length;");
    assert_eq!((made, notes), (100_000.into(), vec![]), "much is not too much");
}

#[test]
fn the_whole_source_is_read() {
    let project = Project::new(&[("src/index.ts", SOURCE)]);
    let agent = project.read();
    assert_eq!((agent.name.as_str(), agent.primitives.len()), ("a3", 2));
    assert_eq!(agent.primitives[0].definition["tools"][0]["name"], "x_2leaf");
    assert_eq!(agent.notes, []);
}

#[test]
fn beginnings_of_a_source_are_answered() {
    let project = Project::new(&[("src/index.ts", "")]);
    for end in (0..SOURCE.len()).step_by(7) {
        answers(&project, &SOURCE.as_bytes()[..end]);
    }
}

#[test]
fn damaged_sources_are_answered() {
    let project = Project::new(&[("src/index.ts", "")]);
    let mut random = Random(7);
    let words = [
        "(", "{", "`${", "...", "=>", "class ", "new ", "await ", "\u{0}", "\u{7f}", "é", "'",
        "/*", "?.", "this.",
    ];
    for _ in 0..400 {
        let mut bytes = SOURCE.as_bytes().to_vec();
        for _ in 0..=random.below(3) {
            let at = random.below(bytes.len());
            match random.below(4) {
                0 => bytes[at] = u8::try_from(random.below(256)).unwrap(),
                1 => drop(bytes.drain(at..(at + random.below(40)).min(bytes.len()))),
                2 => drop(bytes.splice(at..at, words[random.below(words.len())].bytes())),
                _ => {
                    let from = random.below(bytes.len());
                    let part = bytes[from..(from + random.below(80)).min(bytes.len())].to_vec();
                    drop(bytes.splice(at..at, part));
                }
            }
            if bytes.is_empty() {
                bytes.push(b' ');
            }
        }
        answers(&project, &bytes);
    }
}
