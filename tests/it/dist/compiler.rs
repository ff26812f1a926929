//! `push --compile`: the stock compiler runs first.

// A script of the shell replaces the compiler.
#![cfg(unix)]

use super::{compiled, copy};
use crate::common::Project;
use insta::assert_snapshot;

/// A stock command of the project that does this instead.
fn stock_command(project: &Project, script: &str) {
    use std::os::unix::fs::PermissionsExt;
    project.write("node_modules/.bin/lua", format!("#!/bin/sh\n{script}\n"));
    let path = project.path("node_modules/.bin/lua");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn the_compiler_runs_first_where_it_is_asked_for() {
    let project = compiled("here");
    std::fs::rename(project.path("dist-v2"), project.path("../made")).unwrap();
    stock_command(&project, "echo \"$1 in $PWD\"; cat; cp -r ../made dist-v2");
    assert_snapshot!(project.run("push --compiler lua"), @r#"
    $ lua-store push --compiler lua
      ✅ Paint Shop pushed (agent settings, new)
      ✅ persona v1 pushed (new)
      ✅ shop v1.0.0 pushed (skill, new)
      ✅ nightly v1.0.0 pushed (job, new)
    💾 Backup at v1 (6 new file(s))
    ✅ Push complete: 4 changed
    --- stderr
    compile in [DIR]/project
    warning: src/shop.ts:17:36: "z.enum(colours as [string, ...string[]])" is kept as source text: it makes a "Map"
    warning: src/shop.ts:57:41: "process.env.TINS_AT ?? "0 1 * * *"" is kept as source text: it reads the environment variable "TINS_AT"
    hint: run `lua-store version create` to create a version of it
    "#);
    assert_eq!(project.json("compile --compiler lua")["compiled"]["state"], "fresh");
}

#[test]
fn a_compiler_that_fails_pushes_nothing() {
    let project = compiled("here");
    stock_command(&project, "echo 'src/shop.ts:3 - no' >&2; exit 7");
    assert_snapshot!(project.run("push --compiler lua"), @"
    $ lua-store push --compiler lua
    --- stderr
    src/shop.ts:3 - no
    Error: `lua compile` failed: exit status: 7
    hint: correct the errors above, or leave `--compiler` out: the agent is read without it
    --- exit 1
    ");
    stock_command(&project, "rm -r dist-v2");
    assert_snapshot!(project.run("push --compiler lua"), @r#"
    $ lua-store push --compiler lua
    --- stderr
    Error: cannot use the output of `lua compile`: there is no "dist-v2/manifest.json"
    hint: run `lua compile` to see what it does
    --- exit 1
    "#);
    std::fs::remove_dir_all(project.path("node_modules")).unwrap();
    assert_snapshot!(project.run("push --compiler lua"), @"
    $ lua-store push --compiler lua
    --- stderr
    Error: cannot find the stock command `lua`
    hint: run `npm install lua-cli` in the project, or leave `--compiler` out: the agent is read without it
    --- exit 3
    ");
    assert_eq!(project.list("source list"), serde_json::json!([]));
}

#[test]
fn the_real_compiler_gives_equal_ids_in_two_folders() {
    let Some(modules) = crate::common::stock::modules() else { return };
    let state = |below: &str| {
        let mut project = Project::new();
        let now =
            std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
        let check = format!("{{\"latestVersion\":\"3.37.0\",\"checkedAt\":{now}}}");
        let settings = project.root().with_file_name("home").join(".lua-cli");
        std::fs::create_dir(&settings).unwrap();
        std::fs::write(settings.join("version-check.json"), check).unwrap();
        project.set("LUA_TELEMETRY", "false");
        copy(&project, "project", below);
        std::os::unix::fs::symlink(&modules, project.path(format!("{below}node_modules"))).unwrap();
        project.ok(&format!("init -C ./{below}"));
        let answer = project.json(&format!("push --compiler lua -C ./{below}"));
        assert_eq!(answer["compiled"]["state"], "fresh");
        answer["state"].clone()
    };
    assert_eq!(state(""), state("a/much/longer/way/"));
}
