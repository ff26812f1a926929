//! Values set in sources of every form: read back by the reader, and by Node.

#![allow(clippy::disallowed_methods, reason = "tests lay out projects")]

use super::{AgentField, Edited, set};
use crate::model::agent::Persona;
use crate::reader::project;
use proptest::prelude::*;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// Name of a form, its files, and the file that is edited.
pub type Form = (&'static str, &'static [(&'static str, &'static str)], &'static str);

/// All are JavaScript too, so that Node can run them.
pub const FORMS: [Form; 22] = [
    (
        "single quotes",
        &[("agent.mjs", "AGENT new LuaAgent({ name: 'n', persona: 'old', model: 'm' });")],
        "agent.mjs",
    ),
    (
        "double quotes",
        &[("agent.mjs", "AGENT new LuaAgent({ \"persona\": \"o\\\"ld\", name: 'n' });")],
        "agent.mjs",
    ),
    (
        "template",
        &[("agent.mjs", "AGENT new LuaAgent({\n  persona: `old\nlines \\` \\${`, // why\n});")],
        "agent.mjs",
    ),
    (
        "lines of Windows",
        &[("agent.mjs", "AGENT new LuaAgent({\r\n  persona: `old\r\n`,\r\n});\r\n")],
        "agent.mjs",
    ),
    ("mark", &[("agent.mjs", "\u{feff}AGENT new LuaAgent({ persona: 'ö' });")], "agent.mjs"),
    (
        "const",
        &[("agent.mjs", "const TEXT = 'old'; /* TEXT */ AGENT new LuaAgent({ persona: TEXT });")],
        "agent.mjs",
    ),
    (
        "shorthand",
        &[("agent.mjs", "const persona = `old`;\nAGENT new LuaAgent({ persona, name: 'n' });")],
        "agent.mjs",
    ),
    (
        "shorthand of a parameter",
        &[(
            "agent.mjs",
            "const { persona } = { persona: 'old' };\nAGENT new LuaAgent({ persona });",
        )],
        "agent.mjs",
    ),
    (
        "member",
        &[(
            "agent.mjs",
            "const texts = { a: { persona: 'old' } };\nAGENT new LuaAgent({ persona: texts.a.persona });",
        )],
        "agent.mjs",
    ),
    (
        "imported",
        &[
            (
                "agent.mjs",
                "import { one as two } from './index.mjs';\nAGENT new LuaAgent({ persona: two });",
            ),
            ("index.mjs", "export * from './persona.mjs';"),
            ("persona.mjs", "const one = 'old';\nexport { one };"),
        ],
        "persona.mjs",
    ),
    (
        "default",
        &[
            (
                "agent.mjs",
                "import text from './persona.mjs';\nAGENT new LuaAgent({ persona: text });",
            ),
            ("persona.mjs", "export default `old`;\n"),
        ],
        "persona.mjs",
    ),
    (
        "namespace",
        &[
            (
                "agent.mjs",
                "import * as texts from './persona.mjs';\nAGENT new LuaAgent({ persona: texts.one });",
            ),
            ("persona.mjs", "export const one = `old`;\n"),
        ],
        "persona.mjs",
    ),
    (
        "spread",
        &[(
            "agent.mjs",
            "const base = { persona: 'old', model: 'x' };\nAGENT new LuaAgent({ name: 'n', ...base });",
        )],
        "agent.mjs",
    ),
    (
        "config",
        &[(
            "agent.mjs",
            "const config = Object.freeze({ persona: 'old' });\nAGENT new LuaAgent(config);",
        )],
        "agent.mjs",
    ),
    (
        "computed",
        &[(
            "agent.mjs",
            "const a = 'o';\nAGENT new LuaAgent({ persona: [a, `ld${a}`].join('') });",
        )],
        "agent.mjs",
    ),
    (
        "absent",
        &[("agent.mjs", "AGENT new LuaAgent({\n  // who\n  name: 'n',\n  model: 'm',\n});")],
        "agent.mjs",
    ),
    ("empty", &[("agent.mjs", "AGENT new LuaAgent({});")], "agent.mjs"),
    (
        "a constant that others use",
        &[
            (
                "agent.mjs",
                "import { TEXT } from './texts.mjs';\nAGENT new LuaAgent({ persona: TEXT });",
            ),
            ("texts.mjs", "export const TEXT = 'old';\nexport const again = `${TEXT}!`;"),
        ],
        "agent.mjs",
    ),
    (
        "a configuration that others use",
        &[(
            "agent.mjs",
            "const config = { persona: 'old' };\nAGENT new LuaAgent(config);\nexport const other = config;",
        )],
        "agent.mjs",
    ),
    (
        "a spread that others use",
        &[(
            "agent.mjs",
            "const base = { persona: 'old' };\nAGENT new LuaAgent({ name: 'n', ...base });\nexport const other = base;",
        )],
        "agent.mjs",
    ),
    (
        "a file that is read",
        &[
            (
                "agent.mjs",
                "import { readFileSync } from 'fs';\nAGENT new LuaAgent({ persona: readFileSync(new URL('./persona.md', import.meta.url), 'utf8') });",
            ),
            ("persona.md", "old"),
        ],
        "persona.md",
    ),
    (
        "a file that is read, as bytes",
        &[
            (
                "agent.mjs",
                "import * as fs from 'node:fs';\nimport path from 'node:path';\nAGENT new LuaAgent({ persona: fs.readFileSync(path.join(import.meta.dirname, 'persona.md')).toString() });",
            ),
            ("persona.md", "old"),
        ],
        "persona.md",
    ),
];

pub fn lay_out(folder: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let text =
            text.replace("AGENT", "import { LuaAgent } from 'lua-cli'; export const agent =");
        let file = folder.join("src").join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
}

fn persona(root: &Path) -> String {
    match project(root).unwrap().persona {
        Some(Persona::Text(text)) => text,
        other => panic!("{other:?}"),
    }
}

/// Lengths of the common start and end of two texts.
fn around(edited: &Edited) -> (usize, usize) {
    let same = |a: &mut dyn Iterator<Item = char>, b: &mut dyn Iterator<Item = char>| {
        a.zip(b).take_while(|(a, b)| a == b).count()
    };
    let (before, after) = (&edited.before, &edited.after);
    let front = same(&mut before.chars(), &mut after.chars());
    (front, same(&mut before.chars().rev(), &mut after.chars().rev()))
}

const HARD: [&str; 9] = [
    "",
    "plain",
    "it's \"quoted\" `ticked`",
    "back\\slash \\n \\",
    "${hole} $ $${x} {}",
    "a\nb\r\nc\rd\n",
    "tab\t nul\u{0}1 \u{7f} \u{2028} \u{feff}",
    "Größe 🙂 \u{301}",
    "*/ // </script> '];",
];

#[test]
fn every_form_gets_every_text_and_nothing_else_changes() {
    for (form, files, path) in FORMS {
        let folder = TempDir::new().unwrap();
        lay_out(folder.path(), files);
        let others = |folder: &Path| {
            let others = files.iter().filter(|(other, _)| *other != path);
            others
                .map(|(other, _)| std::fs::read(folder.join("src").join(other)).unwrap())
                .collect::<Vec<_>>()
        };
        let untouched = others(folder.path());
        let first = set(folder.path(), &AgentField::Persona, "X")
            .unwrap_or_else(|error| panic!("{form}: {error:?}"));
        assert_eq!(first.path, format!("src/{path}"), "{form}");
        let (front, back) = around(&first);
        for text in HARD {
            let edited = set(folder.path(), &AgentField::Persona, text)
                .unwrap_or_else(|error| panic!("{form}: {error:?}"));
            assert_eq!(persona(folder.path()), text, "{form}");
            let written = std::fs::read_to_string(folder.path().join("src").join(path)).unwrap();
            assert_eq!(written, edited.after, "{form}");
            // The text around the first value is unchanged.
            let head: String = first.before.chars().take(front).collect();
            let tail: String = first.before.chars().rev().take(back).collect();
            assert!(
                written.starts_with(head.trim_end_matches(['X', '`', '\''])),
                "{form}: {written}"
            );
            assert!(
                written.chars().rev().collect::<String>().starts_with(&tail),
                "{form}: {written}"
            );
        }
        assert_eq!(others(folder.path()), untouched, "{form}");
    }
}

#[test]
fn the_edited_source_is_as_a_person_would_write_it() {
    let cases: [(&str, AgentField, &str, &str); 7] = [
        ("{ name: 'a' }", AgentField::Name, "it's", "{ name: 'it\\'s' }"),
        (
            "{ name: 'a' }",
            AgentField::Model,
            "openai/gpt-4o",
            "{ name: 'a', model: 'openai/gpt-4o' }",
        ),
        (
            "{\n  name: 'a',\n  skills: [],\n}",
            AgentField::Persona,
            "One.\nTwo.",
            "{\n  name: 'a',\n  persona: `One.\nTwo.`,\n  skills: [],\n}",
        ),
        ("{ skills: [] }", AgentField::Name, "a", "{ skills: [], name: 'a' }"),
        (
            "{ persona: { base: 'a', voice: 'b' } }",
            AgentField::PersonaPart("voice".to_owned()),
            "c",
            "{ persona: { base: 'a', voice: 'c' } }",
        ),
        ("{ persona: { base: 'a', voice: 'b' } }", AgentField::Persona, "c", "{ persona: 'c' }"),
        ("{ name: ('a' as const) }", AgentField::Name, "b", "{ name: ('b' as const) }"),
    ];
    for (config, field, value, expected) in cases {
        let folder = TempDir::new().unwrap();
        let source = |config: &str| {
            format!(
                "import {{ LuaAgent }} from 'lua-cli';\nexport default new LuaAgent({config});\n"
            )
        };
        std::fs::write(folder.path().join("index.ts"), source(config)).unwrap();
        let edited = set(folder.path(), &field, value).unwrap();
        assert_eq!(edited.after, source(expected));
        assert_eq!(set(folder.path(), &field, value).unwrap().before, edited.after);
    }
}

#[test]
#[cfg(unix)]
fn a_link_and_the_modes_of_a_file_stay() {
    use std::os::unix::fs::PermissionsExt;
    let folder = TempDir::new().unwrap();
    let (link, file) = (folder.path().join("index.ts"), folder.path().join("real.ts"));
    std::fs::write(&file, "import { LuaAgent } from 'lua-cli';\nnew LuaAgent({ name: 'a' });\n")
        .unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o750)).unwrap();
    std::os::unix::fs::symlink("real.ts", &link).unwrap();
    set(folder.path(), &AgentField::Name, "b").unwrap();
    assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o750);
    assert!(std::fs::read_to_string(&file).unwrap().contains("name: 'b'"));
}

#[test]
fn text_files_are_set_as_they_are() {
    let folder = TempDir::new().unwrap();
    let source = "import { LuaAgent } from 'lua-cli';\nimport persona from './persona.md';\nnew LuaAgent({ persona });\n";
    std::fs::write(folder.path().join("index.ts"), source).unwrap();
    std::fs::write(folder.path().join("persona.md"), "# Old\n").unwrap();
    let edited = set(folder.path(), &AgentField::Persona, "# New `${x}` \\\n").unwrap();
    assert_eq!((edited.path.as_str(), edited.after.as_str()), ("persona.md", "# New `${x}` \\\n"));
    assert_eq!(std::fs::read_to_string(folder.path().join("index.ts")).unwrap(), source);
}

#[test]
fn what_code_computes_is_not_guessed_and_nothing_is_written() {
    let sources = [
        "let p = 'a'; p = 'b'; new LuaAgent({ persona: p });",
        "const make = (c: any) => new LuaAgent(c); make({ persona: 'a' });",
        "new LuaAgent({ persona: process.env.PERSONA ?? 'a' });",
        "const parts = ['a']; new LuaAgent({ persona: parts[Math.floor(Math.random())] });",
    ];
    for source in sources {
        let folder = TempDir::new().unwrap();
        let text = format!("import {{ LuaAgent }} from 'lua-cli';\n{source}\n");
        std::fs::write(folder.path().join("index.ts"), &text).unwrap();
        let error = set(folder.path(), &AgentField::Persona, "b").unwrap_err();
        assert!(
            error.message().starts_with("cannot set \"persona\""),
            "{source}: {}",
            error.message()
        );
        assert_eq!(std::fs::read_to_string(folder.path().join("index.ts")).unwrap(), text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn any_text_survives(text in "([\\PC\n\r\t\u{0}-\u{1f}]|\\$\\{|`|\\\\|'|\"){0,40}", form in 0..FORMS.len()) {
        let folder = TempDir::new().unwrap();
        lay_out(folder.path(), FORMS[form].1);
        set(folder.path(), &AgentField::Persona, &text).unwrap();
        prop_assert_eq!(persona(folder.path()), text);
    }
}

/// Node runs the result: the reader and the writer cannot agree on a mistake.
#[test]
fn node_sees_the_same_texts() {
    if Command::new("node").arg("--version").output().is_err() {
        let _ = std::io::Write::write_all(&mut std::io::stderr(), b"skipped: there is no Node\n");
        return;
    }
    let folder = TempDir::new().unwrap();
    let package = folder.path().join("node_modules/lua-cli");
    std::fs::create_dir_all(&package).unwrap();
    std::fs::write(
        package.join("package.json"),
        r#"{ "name": "lua-cli", "type": "module", "main": "index.js" }"#,
    )
    .unwrap();
    std::fs::write(
        package.join("index.js"),
        "export class LuaAgent { constructor(config) { Object.assign(this, config); } }\n",
    )
    .unwrap();
    let mut script = String::from("const personas = [];\n");
    let mut expected = Vec::new();
    for (at, (_, files, _)) in FORMS.iter().enumerate() {
        for (case, text) in HARD.iter().enumerate() {
            let root = folder.path().join(format!("{at}-{case}"));
            lay_out(&root, files);
            set(&root, &AgentField::Persona, text).unwrap();
            script += &format!(
                "personas.push((await import('./{at}-{case}/src/agent.mjs')).agent.persona);\n"
            );
            expected.push((*text).to_owned());
        }
    }
    script += "console.log(JSON.stringify(personas));\n";
    std::fs::write(folder.path().join("all.mjs"), script).unwrap();
    let output = Command::new("node").arg(folder.path().join("all.mjs")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let personas: Vec<String> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(personas, expected);
}
