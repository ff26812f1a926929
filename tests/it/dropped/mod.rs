//! Losses of `lua compile`: our notes compared with the output of the real compiler.
//!
//! `fixtures/stock` holds projects in the forms that people write, and in `made.json` what lua-cli
//! 3.37.0 made of each (`benches/record_stock.py`). The notes must name every difference between
//! that and our reading.

mod real;
mod reported;

use crate::common::Project;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

/// Kind, name, the skill it is of, and the property that is empty.
type Lost = (String, String, String, String);

fn fixtures() -> Vec<PathBuf> {
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/stock");
    let mut folders: Vec<_> =
        std::fs::read_dir(all).unwrap().map(|one| one.unwrap().path()).collect();
    folders.sort();
    assert_eq!(folders.len(), 9);
    folders
}

/// A project of the fixtures, without what was made of it.
fn project(folder: &Path) -> Project {
    let project = Project::new();
    for entry in
        WalkDir::new(folder).into_iter().map(Result::unwrap).filter(|one| one.file_type().is_file())
    {
        let path = entry.path().strip_prefix(folder).unwrap().to_string_lossy().replace('\\', "/");
        if path != "made.json" {
            project.write(&path, std::fs::read(entry.path()).unwrap());
        }
    }
    project
}

fn named(name: &str) -> Project {
    project(&fixtures().into_iter().find(|folder| folder.ends_with(name)).unwrap())
}

fn recorded(folder: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.join("made.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn word(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn find<'v>(all: &'v [Value], kind: &str, name: &str) -> Option<&'v Value> {
    all.iter().find(|one| one["kind"] == kind && one["name"] == name)
}

/// False for a value that is empty for the platform.
fn says(value: &Value) -> bool {
    match value {
        Value::String(text) => !text.is_empty(),
        Value::Object(fields) => !fields.is_empty() && !fields.contains_key("$source"),
        Value::Array(items) => !items.is_empty(),
        _ => false,
    }
}

/// True if the compiler has the function of an enum in a value, and we have none.
fn swollen(mine: &Value, theirs: &Value) -> bool {
    let marks = ["toString", "[Enum: ", "null]"];
    mine != theirs
        && marks
            .iter()
            .any(|mark| theirs.to_string().contains(mark) && !mine.to_string().contains(mark))
}

/// Parts of our reading that the compiler lost or changed.
fn lost(ours: &[Value], made: &[Value]) -> BTreeSet<Lost> {
    let mut lost = BTreeSet::new();
    let mut lose = |kind: &str, name: &str, of: &str, field: &str| {
        lost.insert((kind.to_owned(), name.to_owned(), of.to_owned(), field.to_owned()));
    };
    for one in ours.iter().filter(|one| one["kind"] != "tool") {
        let (kind, name) = (word(&one["kind"]), word(&one["name"]));
        let Some(there) = find(made, &kind, &name) else {
            lose(&kind, &name, "", "");
            continue;
        };
        let fields: &[(&str, &str)] = match &*kind {
            "agent" => {
                &[("persona", "persona"), ("model", "model"), ("routingDescription", "description")]
            }
            "skill" => &[("description", "description"), ("context", "context")],
            _ => &[("description", "description")],
        };
        for (key, field) in fields {
            if says(&one[*key]) && !says(&there[*key]) || swollen(&one[*key], &there[*key]) {
                lose(&kind, &name, "", field);
            }
        }
        if kind == "skill" && one["hasCondition"] != there["hasCondition"] {
            lose(&kind, &name, "", "hasCondition");
        }
        for (key, field) in
            [("query", "querySchema"), ("headers", "headerSchema"), ("body", "bodySchema")]
        {
            if kind == "webhook" && says(&one["schemas"][key]) && !says(&there["schemas"][key]) {
                lose(&kind, &name, "", field);
            }
        }
        // The platform gets the tools that a skill names as they are named themselves.
        for tool in one["tools"].as_array().into_iter().flatten().map(word) {
            let is_listed =
                there["tools"].as_array().is_some_and(|all| all.iter().any(|one| *one == *tool));
            let (mine, theirs) = (find(ours, "tool", &tool), find(made, "tool", &tool));
            let (Some(mine), Some(theirs)) = (mine, theirs.filter(|_| is_listed)) else {
                lose("tool", &tool, &name, "");
                continue;
            };
            let text = "description";
            if says(&mine[text]) && !says(&theirs[text]) || swollen(&mine[text], &theirs[text]) {
                lose("tool", &tool, &name, "description");
            }
            let properties = |one: &Value| says(&one["schemas"]["input"]["properties"]);
            let input = |one: &Value| one["schemas"]["input"].clone();
            if properties(mine) && !properties(theirs) || swollen(&input(mine), &input(theirs)) {
                lose("tool", &tool, &name, "inputSchema");
            }
        }
    }
    lost
}

fn told(answer: &Value) -> BTreeSet<Lost> {
    let all = answer["dropped"].as_array().unwrap().iter();
    all.map(|one| (word(&one["kind"]), word(&one["name"]), word(&one["of"]), word(&one["field"])))
        .collect()
}

#[test]
fn what_is_told_is_what_the_real_compiler_lost() {
    let mut count = 0;
    for folder in fixtures() {
        let project = project(&folder);
        let answer = project.json("compile");
        let ours = answer["primitives"].as_array().unwrap();
        let lost = lost(ours, &recorded(&folder));
        let told = told(&answer);
        let missed: Vec<_> = lost.difference(&told).collect();
        let wrong: Vec<_> = told.difference(&lost).collect();
        assert!(
            missed.is_empty() && wrong.is_empty(),
            "{folder:?}\nmissed {missed:#?}\nwrong {wrong:#?}"
        );
        let all = answer["dropped"].as_array().unwrap();
        assert_eq!(answer["deployable"], all.iter().all(|one| one["otherwise"] == true));
        count += lost.len();
    }
    assert!(count > 50, "{count}");
}

/// The sentences, written here by hand for one form of each sort.
#[test]
fn each_form_is_told_with_its_place() {
    let told = |name: &str, wanted: &[&str]| {
        let said = named(name).run("compile").stderr;
        for line in wanted {
            assert!(
                said.lines().any(|other| other == format!("warning: {line}")),
                "{line}\n{said}"
            );
        }
    };
    told(
        "lists",
        &[
            "src/index.ts:27:125: `lua compile` leaves this out: tools three, two of skill guarded; \
             it does not run the call `withGuard(new TwoTool())`",
            "src/index.ts:30:141: `lua compile` leaves this out: tool two of skill conditional; \
             it does not evaluate `flag ? [new TwoTool()] : []`",
            "src/index.ts:31:110: `lua compile` leaves this out: tool four of skill renamed; \
             the skill names it `Renamed`, which is not the name of a tool for it",
            "src/index.ts:63:17: `lua compile` leaves this out: job inline; \
             `new LuaJob(…)` is in the list itself, without a name",
            "src/tools/schemas.ts:20:3: `lua compile` leaves this empty: `inputSchema` of tool short-schema of \
             skill schemas; it does not read `inputSchema` in short, without `inputSchema: `",
        ],
    );
    told(
        "values",
        &[
            "src/index.ts:65:10: `lua compile` leaves this empty: `model` of agent Values; it does not know `satisfies`",
        ],
    );
    told(
        "config",
        &["src/index.ts:6:22: `lua compile` leaves this out: agent Configured; \
           the configuration of `LuaAgent` is not written as an object"],
    );
    told(
        "nameless",
        &["src/index.ts:5:9: `lua compile` leaves this out: the agent without a name; \
           its name is empty (`lua init` sets it), and without one it is not an agent: the primitives of every file are used instead"],
    );
    told(
        "aliased",
        &[
            "src/index.ts:6:22: `lua compile` leaves this out: agent Aliased; it does not know that `Agent` creates one",
        ],
    );
    told(
        "otherwise",
        &[
            "src/skills.ts:7:89: `lua compile` makes another value of this: `inputSchema` of tool t1 of skill one; \
             `Object.keys(Colour)` has the function `toString` of the enum too there",
            "src/skills.ts:12:8: `lua compile` makes another value of this: `hasCondition` of skill three; \
             a class that extends `LuaSkill` counts as one with a condition",
            "src/hooks.ts:4:36: `lua compile` leaves this empty: `bodySchema` of webhook made; \
             it reads no schema of `new LuaWebhook({…})`",
        ],
    );
    assert_eq!(named("known").run("compile").stderr, "");
    assert_eq!(named("known").json("compile")["deployable"], true);
}

/// Secrets at which the compiler stops, and those that it reads.
const SECRETS: [(&str, Option<&str>); 7] = [
    ("secret: process.env.HUSH", Some("it does not read `process.env.HUSH` there")),
    ("secret: process.env.HUSH!", Some("it does not read `process.env.HUSH` there")),
    ("secret: hush", Some("it does not read `process.env.HUSH` there")),
    ("secret", Some("it does not read `secret` in short, without `secret: `")),
    ("secret: process.env.HUSH ?? 'x'", None),
    ("secret: 'a' + 'b'", None),
    ("secret: made()", None),
];

fn with_secret(form: &str) -> Project {
    let project = Project::new();
    // Without it the compiler stops at everything.
    project.write("tsconfig.json", "{\"compilerOptions\": {\"moduleResolution\": \"bundler\"}}");
    project.write(
        "src/index.ts",
        format!(
            "import {{ LuaAgent, defineWebhook }} from 'lua-cli';
const hush = process.env.HUSH as string;
const secret = 'x';
const made = () => 'x';
const hook = defineWebhook({{ name: 'hook', description: 'd', {form}, execute: async () => {{}} }});
export const agent = new LuaAgent({{ name: 'Shop', persona: 'You sell.', webhooks: [hook] }});
"
        ),
    );
    project
}
