//! The stock compiler in a copy of the files that a push sends.

use super::stub::Platform;
use crate::common::Project;
use crate::common::stock::{AGENT, Stock};
use lua_store::internals::platform::{CompileRequest, CompiledCopy, PushBodies, SentFiles};
use std::collections::BTreeMap;
use std::ffi::OsString;

/// The files of the project, as a push sends them.
fn files(stock: &Stock) -> SentFiles {
    let root = stock.project.root();
    let is_own = |entry: &walkdir::DirEntry| {
        !["node_modules", "dist-v2", ".lua"].contains(&&*entry.file_name().to_string_lossy())
    };
    let entries = walkdir::WalkDir::new(&root).into_iter().filter_entry(is_own);
    let files = entries.map(Result::unwrap).filter(|entry| entry.file_type().is_file());
    files
        .map(|file| {
            let path = file.path().strip_prefix(&root).unwrap().to_string_lossy().into_owned();
            (path, std::fs::read(file.path()).unwrap())
        })
        .collect()
}

fn environment(more: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
    let own = std::env::vars_os().filter(|(name, _)| name == "PATH");
    let more = more.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
    own.chain(more).collect()
}

/// Keys of the code and bodies by name, without what the place of the project could change.
fn shown(bodies: &PushBodies) -> BTreeMap<String, String> {
    let one = |name: String, text: String| (name, text);
    let primitives = bodies.primitives.iter().map(|body| {
        one(format!("{} {}", body.path, body.name), body.numbered("1.0.1", "id").to_string())
    });
    let servers = bodies
        .servers
        .iter()
        .map(|body| one(format!("mcp {}", body.name), serde_json::to_string(&body.body).unwrap()));
    primitives.chain(servers).collect()
}

#[test]
fn a_copy_is_compiled_to_the_same_code_without_keys_and_without_a_request() {
    let platform = Platform::start(AGENT);
    let Some(mut stock) = Stock::empty() else { return };
    stock.fill(".", AGENT);
    (stock.url, stock.token) = (platform.url(), platform.key());
    // The environment of somebody who uses the platform.
    let environment = environment(&[
        ("LUA_API_KEY", &platform.key()),
        ("LUA_API_URL", &platform.url()),
        ("HOME", &stock.project.home().to_string_lossy()),
    ]);
    let sent = files(&stock);
    let root = stock.project.root();
    let request =
        CompileRequest { root: &root, files: &sent, locks: &sent, environment: &environment };
    let mut said = Vec::new();
    let copy = request.compile(&mut |line| said.push(line.to_owned())).unwrap();
    assert!(said.iter().any(|line| line.contains("Compiled 14 primitives")), "{said:?}");
    assert!(platform.requests().is_empty(), "{:?}", platform.requests());
    assert!(copy.baked.is_empty() && copy.other_packages.is_empty());
    assert!(!root.join("dist-v2").exists(), "the project is as it was");
    assert_eq!(files(&stock), sent);
    let bodies = copy.bodies().unwrap();
    assert_eq!(bodies.primitives.len(), 10);

    // The command itself, in the project.
    stock.ok("compile");
    let given = CompiledCopy::given(&sent, &root.join("dist-v2")).unwrap();
    assert_eq!(shown(&given.bodies().unwrap()), shown(&bodies));
    let read = [("skill", "orders"), ("tool", "track_order"), ("job", "weekly")];
    assert_eq!(copy.left_out(&read).unwrap(), [("job", "weekly")]);

    let mut changed = sent.clone();
    changed.get_mut("src/store.ts").unwrap().push(b'\n');
    let error = CompiledCopy::given(&changed, &root).err().unwrap();
    assert_eq!(
        error.message(),
        "the output of `lua compile` is not of the files to push: \"src/store.ts\" differs from the file that was compiled"
    );
}

#[test]
fn values_of_the_environment_and_other_packages_are_named() {
    let Some(stock) = Stock::empty() else { return };
    stock.fill(".", AGENT);
    let hooks = "src/around.ts";
    let text = stock.project.read(hooks);
    let text = text.replace("'0 3 * * *'", "process.env.TIDY_AT ?? '0 3 * * *'");
    stock.project.write(hooks, text);
    stock.project.write(
        "package-lock.json",
        r#"{"lockfileVersion":3,"packages":{"":{},"node_modules/lua-cli":{"version":"3.40.0"}}}"#,
    );
    // A push sends no lock file.
    let locks = files(&stock);
    let mut sent = locks.clone();
    sent.remove("package-lock.json").unwrap();
    let root = stock.project.root();
    let environment = environment(&[("TIDY_AT", "7 7 * * *"), ("UNUSED", "openai/gpt-4o")]);
    let request =
        CompileRequest { root: &root, files: &sent, locks: &locks, environment: &environment };
    let copy = request.compile(&mut |_| {}).unwrap();
    let baked: Vec<_> = copy
        .baked
        .iter()
        .map(|one| format!("{}: {} {} {}", one.variable, one.kind, one.name, one.field))
        .collect();
    assert_eq!(baked, ["TIDY_AT: job nightly schedule.expression"]);
    let packages = stock.project.read("package.json");
    let is_named = packages.contains("\"lua-cli\"");
    assert!(is_named, "{packages}");
    let other = &copy.other_packages[0];
    assert_eq!((&*other.name, &*other.locked), ("lua-cli", "3.40.0"));
    assert_eq!(other.installed.as_deref(), Some("3.37.0"));
}

#[test]
fn only_the_given_files_are_seen_and_an_error_of_the_compiler_is_shown() {
    let Some(stock) = Stock::empty() else { return };
    stock.fill(".", AGENT);
    let mut sent = files(&stock);
    sent.remove("src/store.ts");
    let root = stock.project.root();
    let environment = environment(&[]);
    let request =
        CompileRequest { root: &root, files: &sent, locks: &sent, environment: &environment };
    let mut said = String::new();
    let error = request.compile(&mut |line| said += line).err().unwrap();
    assert!(error.message().starts_with("`lua compile` failed"), "{}", error.message());
    assert!(said.contains("store"), "{said}");
}

#[test]
fn an_early_compiler_and_a_missing_one_are_refused() {
    let project = Project::new();
    let (root, sent) = (project.root(), SentFiles::new());
    let environment = environment(&[]);
    let compile = || {
        let request =
            CompileRequest { root: &root, files: &sent, locks: &sent, environment: &environment };
        request.compile(&mut |_| {}).err().unwrap().message().to_owned()
    };
    assert_eq!(compile(), "cannot find lua-cli among the packages of the project");
    let package = |version: &str| {
        let text = format!(r#"{{"version":"{version}","bin":{{"lua":"dist/index.js"}}}}"#);
        project.write("node_modules/lua-cli/package.json", text);
    };
    for version in ["3.32.9", "3.33.0-alpha.1", "2.0.0"] {
        package(version);
        let expected =
            format!("lua-cli {version} of the project changes the platform while it compiles");
        assert_eq!(compile(), expected);
    }
    package("three");
    assert!(compile().ends_with("package.json\" is not of lua-cli"), "{}", compile());
    let error = CompiledCopy::given(&sent, &root).err().unwrap();
    assert!(
        error.message().starts_with("there is no \"manifest.json\" in "),
        "{}",
        error.message()
    );
}
