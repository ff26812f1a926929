//! Output of `lua compile` for the shop, made by hand: its code is the text of the files, and its fields are read from them.

use crate::common::Project;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const FILES: [&str; 6] = [
    "package.json",
    "src/index.ts",
    "src/jobs/nightly.ts",
    "src/lib/store.ts",
    "src/skills/catalog.skill.ts",
    "src/skills/orders.skill.ts",
];

/// The part of a text between two others.
fn between<'t>(text: &'t str, from: &str, to: &str) -> &'t str {
    let (_, rest) = text.split_once(from).unwrap_or_else(|| panic!("{text:?} lacks {from:?}"));
    rest.split_once(to).map_or(rest, |(part, _)| part)
}

fn hash(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    digest[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Writes the output beside the project, and gives the options that name it.
pub fn output(project: &Project) -> String {
    let read = |path: &str| project.read(path);
    let description = |text: &str| between(text, "description: '", "'").to_owned();
    let (index, orders, catalog) = (
        read("src/index.ts"),
        read("src/skills/orders.skill.ts"),
        read("src/skills/catalog.skill.ts"),
    );
    let nightly = read("src/jobs/nightly.ts");
    let tool_files: Vec<String> = between(&orders, "tools: [", "]")
        .split(", ")
        .map(|tool| format!("src/skills/tools/{}.ts", between(tool, "new ", "()")))
        .collect();
    let tools: Vec<String> = tool_files.iter().map(|path| read(path)).collect();
    let tool_name = |text: &String| between(text, "name = '", "'").to_owned();
    let mut primitives = Vec::new();
    let mut add = |kind: &str, name: &str, code: &str, fields: Value| {
        let path = format!("artifacts/{kind}/{name}.js");
        project.write(&format!("../out/dist-v2/{path}"), code);
        let mut one = json!({
            "kind": kind, "name": name, "path": path, "hash": hash(code),
            "sourcePath": "/elsewhere/src/index.ts",
        });
        for (field, value) in fields.as_object().unwrap() {
            one[field] = value.clone();
        }
        primitives.push(one);
    };
    let skill = |text: &str, tools: Vec<String>| {
        let context = between(text, "context: '", "'");
        json!({"description": between(&text[text.rfind("Skill({").unwrap()..], "description: '", "'"), "context": context, "tools": tools, "hasCondition": false})
    };
    let tool = |description: &str, input: &str| {
        let schema = json!({"type": "object", "properties": {input: {"type": "string"}}, "required": [input]});
        json!({"description": description, "hasCondition": false, "schemas": {"input": schema}})
    };
    let persona = between(&index, "persona: `", "`");
    let model = index.contains("model: '").then(|| between(&index, "model: '", "'"));
    add("agent", "shop", &index, json!({"persona": persona, "model": model}));
    add("skill", "orders", &orders, skill(&orders, tools.iter().map(tool_name).collect()));
    for text in &tools {
        let code = text.clone() + &read("src/lib/store.ts");
        add("tool", &tool_name(text), &code, tool(between(text, "description = '", "'"), "id"));
    }
    add("skill", "catalog", &catalog, skill(&catalog, vec!["search".to_owned()]));
    add("tool", "search", &catalog, tool(&description(&catalog), "query"));
    if index.contains("jobs: [nightly]") {
        let schedule =
            json!({"type": "cron", "expression": between(&nightly, "expression: '", "'")});
        add(
            "job",
            "nightly",
            &nightly,
            json!({"description": description(&nightly), "schedule": schedule}),
        );
    }
    if index.contains("new LuaMCPServer") {
        let config = json!({"transport": "streamable-http", "url": between(&index, "url: '", "'")});
        add("mcp-server", "docs", "", json!({"config": config}));
    }
    if index.contains("new LuaVoice") {
        add("voice", "ava", "", json!({"llm": {"kind": "inference", "model": "openai/gpt-4o"}}));
    }
    let live = project.path("src/live.ts").exists().then(|| read("src/live.ts"));
    for (kind, name, fields) in live.iter().flat_map(|text| unversioned(text)) {
        add(kind, name, live.as_deref().unwrap_or_default(), fields);
    }
    let files = FILES.iter().copied().chain(tool_files.iter().map(String::as_str));
    let files = files.chain(live.as_ref().map(|_| "src/live.ts"));
    let files: Vec<Value> =
        files.map(|path| json!({"relativePath": path, "hash": hash(&read(path))})).collect();
    let manifest = json!({"version": "2.0.0", "primitives": primitives, "projectFiles": files});
    project.write("../out/dist-v2/manifest.json", manifest.to_string());
    "--compiled ../out".to_owned()
}

/// A workflow, a device and a device trigger of one file, in this order.
fn unversioned(text: &str) -> [(&'static str, &'static str, Value); 3] {
    let mut keys: Vec<&str> =
        text.split("env.template('").skip(1).map(|rest| between(rest, "", "'")).collect();
    keys.sort_unstable();
    let own = |class: &str| between(&text[text.find(class).unwrap()..], "description: '", "'");
    let graph = json!({"steps": [between(text, ".agentStep('", "'")]});
    let workflow = json!({
        "description": own("createWorkflow({"), "form": "graph", "graph": graph,
        "graphHash": hash(text), "stepMeta": {}, "envTemplateKeys": keys,
    });
    let device =
        json!({"description": own("LuaDevice({"), "group": between(text, "group: '", "'")});
    let schema = json!({"type": "object", "properties": {"door": {"type": "string"}}});
    let trigger = json!({"description": own("DeviceTrigger({"), "schemas": {"payload": schema}});
    [
        ("workflow", "digest", workflow),
        ("device", "label-printer", device),
        ("device-trigger", "doorbell", trigger),
    ]
}
