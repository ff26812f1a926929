//! The real compiler, where it is installed: it makes what is recorded.

// Packages are linked into the project.
#![cfg(unix)]

use super::{SECRETS, fixtures, lost, project, recorded, told, with_secret};
use crate::common::Project;
use serde_json::Value;
use std::path::PathBuf;

/// Output of the real compiler for a project, if it is installed; nothing if it stops before it
/// writes.
fn real(project: &mut Project) -> Option<Option<Vec<Value>>> {
    use std::io::Write;
    use std::process::Command;
    let node = Command::new("node").arg("--version").output().is_ok();
    let Some(modules) = modules().filter(|_| node) else {
        let why =
            "needs Node, and LUA_CLI_MODULES with the path of a node_modules folder with lua-cli";
        let _ = writeln!(std::io::stderr(), "skipped: {why}");
        return None;
    };
    let now =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    let settings = project.root().with_file_name("home").join(".lua-cli");
    std::fs::create_dir(&settings).unwrap();
    let check = format!("{{\"latestVersion\":\"3.37.0\",\"checkedAt\":{now}}}");
    std::fs::write(settings.join("version-check.json"), check).unwrap();
    project.set("LUA_TELEMETRY", "false");
    std::os::unix::fs::symlink(modules, project.path("node_modules")).unwrap();
    let done = project
        .command("node")
        .args(["node_modules/.bin/lua", "compile", "--ci"])
        .output()
        .unwrap();
    let Ok(manifest) = std::fs::read(project.path("dist-v2/manifest.json")) else {
        assert!(!done.status.success(), "{done:?}");
        return Some(None);
    };
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    Some(manifest["primitives"].as_array().cloned())
}

fn modules() -> Option<PathBuf> {
    std::env::var_os("LUA_CLI_MODULES").map(PathBuf::from)
}

/// lua-cli 3.37.0 still makes the recorded output of the projects.
#[test]
fn what_is_recorded_is_what_the_real_compiler_makes() {
    for folder in fixtures() {
        let mut project = project(&folder);
        let Some(made) = real(&mut project) else { return };
        let made = made.unwrap();
        let ours = project.json("compile")["primitives"].as_array().unwrap().clone();
        assert_eq!(lost(&ours, &made), lost(&ours, &recorded(&folder)), "{folder:?}");
    }
}

/// The real compiler stops at the secrets at which we say it does.
#[test]
fn the_real_compiler_stops_at_these_secrets() {
    for (form, reason) in SECRETS {
        let mut project = with_secret(form);
        let Some(made) = real(&mut project) else { return };
        assert_eq!(made.is_none(), reason.is_some(), "{form}");
    }
}

const WIRED: &str = "import { LuaAgent } from 'lua-cli';
import { outreach } from './outreach';
import { reviewedBrief } from './reviewed-brief';
export const agent = new LuaAgent({ name: 'Shop', persona: 'You sell.', workflows: [outreach, reviewedBrief] });
";

/// The template as it is installed, without its examples, with a name, and with workflows of its examples.
#[test]
fn nothing_wrong_is_said_of_the_template() {
    let Some(template) = modules().map(|modules| modules.join("lua-cli/template")) else { return };
    for shape in ["installed", "bare", "named", "wired"] {
        let mut project = project(&template);
        if shape != "installed" {
            for file in ["outreach.ts", "reviewed-brief.ts"] {
                let text = project.read(&format!("examples/workflows/{file}"));
                project.write(&format!("src/{file}"), text);
            }
            std::fs::remove_dir_all(project.path("examples")).unwrap();
        }
        match shape {
            "named" => {
                let text = project.read("src/index.ts").replace("name: ``", "name: `Shop`");
                project.write("src/index.ts", text);
            }
            "wired" => project.write("src/index.ts", WIRED),
            _ => {}
        }
        let Some(made) = real(&mut project) else { return };
        let made = made.unwrap();
        let answer = project.json("compile");
        let ours = answer["primitives"].as_array().unwrap();
        assert_eq!(told(&answer), lost(ours, &made), "{shape}");
        project.ok("init");
        let pushed = project.json("push --dry-run --allow-dropped");
        assert_eq!(pushed["compiled"]["state"], "fresh", "{shape}: {}", pushed["compiled"]);
        let said = project.run("status").stderr;
        let nameless = shape == "installed" || shape == "bare";
        assert_eq!(
            said.contains("leaves this out: the agent without a name; "),
            nameless,
            "{shape}: {said}"
        );
        assert!(!said.contains("is ignored"), "{shape}: {said}");
    }
}
