//! Merges of code whose lines clash in git. What must come out is worked out by hand.

use super::*;

fn check(base: &Layout, ours: &Layout, theirs: &Layout, path: &str, expected: &str) {
    let merged = merged(Some(base), ours, theirs, None).map_err(|c| sentences(&c));
    let merged = merged.unwrap_or_else(|conflicts| panic!("{conflicts:#?}"));
    assert_eq!(merged[path], expected, "{}", merged[path]);
    // Once more, as after a crash.
    let again = super::merged(Some(base), &merged, theirs, None).map_err(|c| sentences(&c));
    assert_eq!(again.as_ref().map(|again| &*again[path]), Ok(expected));
}

const SKILL: &str = "\
import { LuaSkill } from 'lua-cli';
import { A } from './a';

export const orders = new LuaSkill({
  name: 'orders',
  description: 'Knows about orders',
  context: 'Use this for orders.',
  tools: [
    new A(),
  ],
});

export const catalog = new LuaSkill({
  name: 'catalog',
  description: 'Knows the products',
  context: 'Use this for products.',
  tools: [],
});
";

fn tool(name: &str) -> String {
    format!(
        "import {{ LuaTool }} from 'lua-cli';\nimport {{ z }} from 'zod';\n\nexport class {name} implements LuaTool {{\n  name = '{name}';\n  description = 'Can {name}';\n  inputSchema = z.object({{}});\n  async execute() {{\n    return 1;\n  }}\n}}\n"
    )
}

fn project() -> Layout {
    let (a, b, c) = (tool("A"), tool("B"), tool("C"));
    with(
        &shop(),
        &[
            ("src/skills.ts", Some(SKILL)),
            ("src/a.ts", Some(&a)),
            ("src/b.ts", Some(&b)),
            ("src/c.ts", Some(&c)),
        ],
    )
}

fn skill(base: &Layout, edits: &[(&str, &str)]) -> Layout {
    edits.iter().fold(base.clone(), |layout, (from, to)| edited(&layout, "src/skills.ts", from, to))
}

#[test]
fn two_tools_added_at_one_place_merge_with_their_imports() {
    let base = project();
    let add = |name: &str, from: &str| {
        skill(
            &base,
            &[
                ("from './a';\n", &format!("from './a';\nimport {{ {name} }} from './{from}';\n")),
                (
                    "    new A(),\n",
                    &format!("    new A(),\n    // for {name}\n    new {name}(),\n"),
                ),
            ],
        )
    };
    let expected = SKILL
        .replace(
            "from './a';\n",
            "from './a';\nimport { C } from './c';\nimport { B } from './b';\n",
        )
        .replace(
            "    new A(),\n",
            "    new A(),\n    // for C\n    new C(),\n    // for B\n    new B(),\n",
        );
    check(&base, &add("B", "b"), &add("C", "c"), "src/skills.ts", &expected);
}

#[test]
fn tools_of_one_line_merge() {
    let base = skill(
        &project(),
        &[
            (
                "import { A } from './a';",
                "import { A } from './a';\nimport { B } from './b';\nimport { C } from './c';",
            ),
            ("[\n    new A(),\n  ]", "[new A()]"),
        ],
    );
    let ours = skill(&base, &[("[new A()]", "[new A(), new B()]")]);
    let theirs = skill(&base, &[("[new A()]", "[new A(), new C()]")]);
    let expected = base["src/skills.ts"].replace("[new A()]", "[new A(), new C(), new B()]");
    check(&base, &ours, &theirs, "src/skills.ts", &expected);
    // An empty list, and names of one import.
    let ours = skill(&base, &[("tools: [],", "tools: [new B()],")]);
    let theirs = skill(&base, &[("tools: [],", "tools: [new C()],")]);
    let expected = base["src/skills.ts"].replace("tools: [],", "tools: [new C(), new B()],");
    check(&base, &ours, &theirs, "src/skills.ts", &expected);
}

#[test]
fn properties_on_lines_that_touch_merge() {
    let base = project();
    let ours = skill(&base, &[("Knows about orders", "Knows orders")]);
    let theirs = skill(
        &base,
        &[
            ("Use this for orders.", "Use it."),
            ("  tools: [\n", "  condition: async () => true,\n  tools: [\n"),
        ],
    );
    let expected = SKILL
        .replace("Knows about orders", "Knows orders")
        .replace("Use this for orders.", "Use it.")
        .replace("  tools: [\n", "  condition: async () => true,\n  tools: [\n");
    check(&base, &ours, &theirs, "src/skills.ts", &expected);
}

#[test]
fn a_property_that_one_removed_and_the_other_changed_is_a_conflict() {
    let base = project();
    let ours = skill(&base, &[("  context: 'Use this for orders.',\n", "")]);
    let theirs = skill(&base, &[("Use this for orders.", "Use it.")]);
    let conflicts = sentences(&merged(Some(&base), &ours, &theirs, None).unwrap_err());
    assert_eq!(conflicts, ["skill \"orders\" was changed on both sides in \"src/skills.ts\""]);
    for (choice, won) in [(Side::Ours, &ours), (Side::Theirs, &theirs)] {
        assert_eq!(&merged(Some(&base), &ours, &theirs, Some(choice)).unwrap(), won);
    }
}

#[test]
fn a_removed_item_and_a_change_beside_it_merge() {
    let base = project();
    let ours = skill(&base, &[("  context: 'Use this for orders.',\n", "")]);
    let theirs = skill(&base, &[("Knows about orders", "Knows orders")]);
    let expected = SKILL
        .replace("  context: 'Use this for orders.',\n", "")
        .replace("Knows about orders", "Knows orders");
    check(&base, &ours, &theirs, "src/skills.ts", &expected);
}

#[test]
fn parts_of_a_persona_merge() {
    let base = shop();
    let persona = |layout: &Layout, from: &str, to: &str| edited(layout, "src/index.ts", from, to);
    // Lines that touch.
    let ours = persona(&base, "You are Ava.", "You are Eve.");
    let theirs = persona(&base, "You help customers.", "You help people.");
    let expected = persona(&ours, "You help customers.", "You help people.");
    check(&base, &ours, &theirs, "src/index.ts", &expected["src/index.ts"]);
    // New sections at one place.
    let section = |name: &str| {
        persona(&base, "You are brief.`", &format!("You are brief.\n\n## {name}\nDo {name}.`"))
    };
    let expected =
        persona(&base, "You are brief.`", "You are brief.\n\n## Due\nDo Due.\n\n## Uno\nDo Uno.`");
    let merged = merged(Some(&base), &section("Uno"), &section("Due"), None);
    assert_eq!(merged.map_err(|c| sentences(&c)), Ok(expected));
    // The same line.
    let ours = persona(&base, "You are Ava.", "You are Eve.");
    let theirs = persona(&base, "You are Ava.", "You are Zoe.");
    let conflicts = sentences(&super::merged(Some(&base), &ours, &theirs, None).unwrap_err());
    assert_eq!(conflicts, ["the persona was changed on both sides in \"src/index.ts\""]);
}

#[test]
fn a_persona_in_a_file_of_its_own_merges_as_one_in_code() {
    let base = edited(
        &shop(),
        "src/index.ts",
        "persona: `You are Ava.\nYou help customers.\nYou are brief.`",
        "persona",
    );
    let base = edited(
        &base,
        "src/index.ts",
        "import { orders",
        "import persona from './persona.md?raw';\nimport { orders",
    );
    let base = with(&base, &[("src/persona.md", Some("You are Ava.\nYou help.\n"))]);
    let ours = edited(&base, "src/persona.md", "Ava", "Eve");
    let theirs = edited(&base, "src/persona.md", "You help.", "You sell.");
    check(&base, &ours, &theirs, "src/persona.md", "You are Eve.\nYou sell.\n");
    // Any other text is for git's rule.
    let ours = edited(&base, "README.md", "one", "1");
    let theirs = edited(&base, "README.md", "two", "2");
    assert!(merged(Some(&base), &ours, &theirs, None).is_err());
}

#[test]
fn statements_of_one_function_do_not_merge_by_structure() {
    let base = shop();
    let ours = edited(
        &base,
        "src/find.ts",
        "  return 'the door';\n",
        "  log('a');\n  return 'the door';\n",
    );
    let theirs = edited(
        &base,
        "src/find.ts",
        "  return 'the door';\n",
        "  log('b');\n  return 'the door';\n",
    );
    let conflicts = sentences(&merged(Some(&base), &ours, &theirs, None).unwrap_err());
    assert_eq!(conflicts, ["skill \"catalog\" was changed on both sides in \"src/find.ts\""]);
    // New functions at one place do.
    let add = |name: &str| {
        edited(
            &base,
            "src/find.ts",
            "export function unused",
            &format!("export function {name}() {{\n  return 2;\n}}\n\nexport function unused"),
        )
    };
    let expected = FIND.replace("export function unused", "export function due() {\n  return 2;\n}\n\nexport function uno() {\n  return 2;\n}\n\nexport function unused");
    check(&base, &add("uno"), &add("due"), "src/find.ts", &expected);
}

#[test]
fn members_of_one_class_merge() {
    let base = project();
    let ours = edited(&base, "src/a.ts", "description = 'Can A'", "description = 'Does A'");
    let theirs = edited(&base, "src/a.ts", "z.object({})", "z.object({ id: z.string() })");
    let ours = skill(&ours, &[("Knows about orders", "Knows orders")]);
    let expected = tool("A")
        .replace("Can A", "Does A")
        .replace("z.object({})", "z.object({ id: z.string() })");
    check(&base, &ours, &theirs, "src/a.ts", &expected);
}
