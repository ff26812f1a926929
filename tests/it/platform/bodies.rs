//! Bodies of a push: the real command pushes a project, and ours are equal to what it sent.

use super::stub::Platform;
use crate::common::stock::{AGENT, Stock, fixtures};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lua_store::internals::platform::{EnvValues, PushBodies};
use lua_store::internals::reader::compiled::Dist;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

/// Fields with code inside: base64 of gzip.
const INLINE: [&str; 5] =
    ["sourceArchive", "bundle", "urlResolver", "headersResolver", "modelResolver"];
/// Fields with the key of code that is stored elsewhere.
const KEYS: [&str; 3] = ["codeS3Hash", "condition", "conditionS3Hash"];

/// A body with its code in place of keys and of packed text, so that two programs that pack differently can be compared.
fn unpacked(value: &Value, code: &dyn Fn(&str) -> Vec<u8>) -> Value {
    match value {
        Value::Object(fields) => {
            let one = |(name, value): (&String, &Value)| {
                let text = value.as_str();
                let value = match text {
                    Some(text) if INLINE.contains(&&**name) => {
                        json!(gunzip(&STANDARD.decode(text).unwrap()))
                    }
                    Some(key) if KEYS.contains(&&**name) => json!(gunzip(&code(key))),
                    _ => unpacked(value, code),
                };
                (name.clone(), value)
            };
            Value::Object(fields.iter().map(one).collect())
        }
        Value::Array(all) => all.iter().map(|one| unpacked(one, code)).collect(),
        other => other.clone(),
    }
}

fn gunzip(bytes: &[u8]) -> String {
    let mut text = String::new();
    flate2::read::GzDecoder::new(bytes).read_to_string(&mut text).unwrap();
    text
}

/// Bodies by the names of their routes and primitives.
type Bodies = BTreeMap<String, Value>;

/// Bodies that the command sent to the platform.
fn sent(platform: &Platform) -> Bodies {
    let code = |key: &str| platform.blob(AGENT, key).expect("the code was sent before");
    let mut bodies = Bodies::new();
    for request in platform.requests() {
        let body = unpacked(&request.json(), &code);
        match request.number {
            "#2" => drop(bodies.insert(format!("{} {}", request.route(), name(&body)), body)),
            "#3" => {
                let live = platform.primitive_name(AGENT, &request.id);
                bodies.insert(format!("{} {live}", request.route()), body);
            }
            "#7" => drop(bodies.insert(format!("#7 {}", name(&body)), body)),
            "#12" => drop(bodies.insert("#12".into(), body)),
            "#10" => {
                let mut fields = body.as_object().cloned().unwrap();
                fields.remove("id");
                let all = bodies.entry("#10".into()).or_insert(json!({}));
                all.as_object_mut().unwrap().extend(fields);
            }
            _ => {}
        }
    }
    bodies
}

fn name(body: &Value) -> &str {
    body["name"].as_str().unwrap()
}

/// Bodies that this program makes of the output that the command left behind.
fn made(root: &Path, platform: &Platform) -> Bodies {
    let dist = Dist::read_on_disk(root).unwrap();
    dist.require().unwrap();
    let output = dist.output().unwrap();
    let mut read = |path: &str| Ok(std::fs::read(root.join(path)).ok());
    let made = PushBodies::of(root, output, &mut read).unwrap();
    let code: BTreeMap<String, Vec<u8>> = made
        .primitives
        .iter()
        .flat_map(|one| one.bundles.iter().map(|bundle| (bundle.key.clone(), bundle.gzip.clone())))
        .collect();
    let code = |key: &str| code[key].clone();
    let values = std::fs::read(root.join(".env")).ok().map(|bytes| EnvValues::parse(&bytes));
    let mut bodies = Bodies::new();
    for one in &made.primitives {
        let id = platform.primitive_id(AGENT, one.path, &one.name);
        let create = unpacked(&Value::Object(one.create.clone()), &code);
        bodies.insert(format!("#2 {} {}", one.path, one.name), create);
        let numbered = one.numbered_with("1.0.1", &id, values.as_ref()).unwrap();
        let numbered = unpacked(&numbered, &code);
        bodies.insert(format!("#3 {} {}", one.path, one.name), numbered);
    }
    for server in &made.servers {
        let body = unpacked(&Value::Object(server.body.clone()), &code);
        bodies.insert(format!("#7 {}", server.name), body);
    }
    if let Some(persona) = &made.agent.persona {
        bodies.insert("#12".into(), json!({"persona": persona}));
    }
    let mut fields = made.agent.fields.clone();
    let voice =
        |name: &String| json!({"voiceId": platform.primitive_id(AGENT, "voice-agents", name)});
    fields.insert("voices".into(), made.agent.voices.iter().map(voice).collect());
    // The command clears the settings that the code does not have.
    for field in ["modelSettings", "batchingConfig", "browser"] {
        fields.entry(field).or_insert(Value::Null);
    }
    bodies.insert("#10".into(), unpacked(&Value::Object(fields), &code));
    bodies
}

/// Compares body by body, so that a difference names its request and field.
fn compare(sent: &Bodies, made: &Bodies) {
    assert!(sent.keys().eq(made.keys()), "{:?}\n{:?}", sent.keys(), made.keys());
    for (route, theirs) in sent {
        let (theirs, ours) = (fields(theirs), fields(&made[route]));
        let names: Vec<_> = theirs.keys().chain(ours.keys()).collect();
        for name in names {
            assert_eq!(theirs.get(name), ours.get(name), "{name} of {route}");
        }
    }
}

fn fields(body: &Value) -> Map<String, Value> {
    body.as_object().cloned().unwrap()
}

fn pushed(platform: &Platform, fill: impl FnOnce(&Stock)) -> Option<Stock> {
    let mut stock = Stock::empty()?;
    (stock.url, stock.token) = (platform.url(), platform.key());
    fill(&stock);
    let said = stock.ok("push all --force");
    assert!(said.contains("Push All Complete"), "{said}");
    Some(stock)
}

/// A file of values, each line of another form.
const VALUES: &str = "\u{feff}# values of the digest
DIGEST_ZONE=Europe/Berlin
TEAM_PLAIN=plain=yes
TEAM_QUOTED=\"quo'ted\"\r
TEAM_COMMENTED=commented # after it
export TEAM_EXPORTED=\"a\\nb\"
  TEAM_SPACED = spaced
TEAM_LINES='one
two'
TEAM_COLON: colon # after it
UNUSED=unused
";

#[test]
fn values_of_the_environment_are_those_of_the_command() {
    let platform = Platform::start(AGENT);
    let stock = pushed(&platform, |stock| {
        stock.fill(".", AGENT);
        let digest = std::fs::read(fixtures().join("workflow/digest.ts")).unwrap();
        stock.project.write("src/digest.ts", digest);
        stock.project.write(".env", VALUES);
        let index = stock.project.read("src/index.ts");
        let index =
            index.replace("import { line }", "import { digest } from './digest';\nimport { line }");
        let index = index.replace("  voices:", "  workflows: [digest],\n  voices:");
        stock.project.write("src/index.ts", index);
    });
    let Some(stock) = stock else { return };
    let sent = sent(&platform);
    let overlay = sent["#3 workflows digest"]["envOverlay"].as_object().expect("it has values");
    assert_eq!(overlay.len(), 8, "{overlay:?}");
    compare(&sent, &made(&stock.project.root(), &platform));
}

#[test]
fn bodies_of_every_kind_are_those_of_the_command() {
    let platform = Platform::start(AGENT);
    let stock = pushed(&platform, |stock| {
        stock.fill(".", AGENT);
        let brief = std::fs::read(fixtures().join("workflow/brief.ts")).unwrap();
        stock.project.write("src/brief.ts", brief);
        let index = stock.project.read("src/index.ts");
        let index =
            index.replace("import { line }", "import { brief } from './brief';\nimport { line }");
        stock
            .project
            .write("src/index.ts", index.replace("  voices:", "  workflows: [brief],\n  voices:"));
    });
    let Some(stock) = stock else { return };
    let sent = sent(&platform);
    let kinds: Vec<&str> = sent.keys().filter_map(|key| key.strip_prefix("#3 ")).collect();
    assert_eq!(kinds.len(), 11, "a primitive of every kind: {kinds:?}");
    compare(&sent, &made(&stock.project.root(), &platform));
}

#[test]
fn a_workflow_that_is_a_script_is_sent_as_by_the_command() {
    const SCRIPT: &str = "workflows/adversarial-verify.workflow.script.js";
    let platform = Platform::start(AGENT);
    let stock = pushed(&platform, |stock| {
        stock.fill(".", AGENT);
        let examples = stock.project.path("node_modules/lua-cli/template/examples");
        stock
            .project
            .write(&format!("src/{SCRIPT}"), std::fs::read(examples.join(SCRIPT)).unwrap());
    });
    let Some(stock) = stock else { return };
    let sent = sent(&platform);
    assert_eq!(sent["#3 workflows adversarial-verify"]["form"], "script");
    compare(&sent, &made(&stock.project.root(), &platform));
}

#[test]
fn bodies_with_conditions_resolvers_and_settings_are_those_of_the_command() {
    let platform = Platform::start(AGENT);
    let stock = pushed(&platform, |stock| {
        stock.fill(".", AGENT);
        std::fs::remove_dir_all(stock.project.path("src")).unwrap();
        let forms = fixtures().with_file_name("forms");
        for entry in walkdir::WalkDir::new(&forms).into_iter().map(Result::unwrap) {
            let path = entry.path().strip_prefix(&forms).unwrap().to_string_lossy().into_owned();
            if entry.file_type().is_file()
                && path != "lua.skill.yaml"
                && path != "stock-manifest.json"
            {
                stock.project.write(&path, std::fs::read(entry.path()).unwrap());
            }
        }
    });
    let Some(stock) = stock else { return };
    let sent = sent(&platform);
    for (route, field) in [
        ("#3 skills support", "conditionS3Hash"),
        ("#7 search", "urlResolver"),
        ("#7 search", "headersResolver"),
        ("#3 jobs nightly-report", "retry"),
        ("#10", "modelSettings"),
    ] {
        assert!(sent[route].get(field).is_some_and(|value| !value.is_null()), "{field} of {route}");
    }
    compare(&sent, &made(&stock.project.root(), &platform));
}
