//! Completions of a shell that know the project, manual pages, and suggestions for a mistyped word.

use crate::common::{Project, shop};
use insta::assert_snapshot;

/// Completions of fish for a line; the last word is the one being typed.
fn offered(project: &Project, words: &[&str]) -> Vec<String> {
    let mut command = project.lua_store("");
    command.env("LUA_STORE_COMPLETE", "fish").arg("--").arg("lua-store").args(words);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{words:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().filter(|line| !line.starts_with('-')).map(str::to_owned).collect()
}

#[test]
fn versions_and_names_are_offered() {
    let project = shop::versioned();
    shop::edit(&project, "src/index.ts", "You help", "You gladly help");
    project.ok("version create --auto-push -m \"kinder words\"");
    project.ok("version promote 1");
    assert_eq!(
        offered(&project, &["version", "diff", "v"]),
        ["v2\tstaged: kinder words", "v1\tactive: first"]
    );
    assert_eq!(offered(&project, &["version", "diff", "v1", "2"]), ["2\tstaged: kinder words"]);
    assert_eq!(
        offered(&project, &["version", "promote", "pre"]),
        ["previous\tthe version that was live before"]
    );
    assert_eq!(offered(&project, &["source", "show", "v"]), ["v2", "v1"]);
    assert_eq!(offered(&project, &["persona", "show", "v"]), ["v2\tdraft", "v1\tcurrent"]);
    assert_eq!(offered(&project, &["push", "sk"]), ["skill"]);
    assert_eq!(offered(&project, &["push", "skill", "--name", "o"]), ["orders\tskill"]);
    assert_eq!(offered(&project, &["vers"])[0].split('\t').next(), Some("version"));
}

#[test]
fn paths_inside_a_version_are_offered_folder_by_folder() {
    let project = shop::versioned();
    let inside = |word: &str| offered(&project, &["show", word]);
    assert_eq!(
        inside("v1:"),
        ["v1:.gitignore", "v1:package.json", "v1:src/", "v1:meta", "v1:source/", "v1:state/"]
    );
    assert_eq!(inside("v1:src/s"), ["v1:src/skills/"]);
    assert_eq!(inside("1:src/skills/o"), ["1:src/skills/orders.skill.ts"]);
    assert_eq!(inside("latest:state/j"), ["latest:state/jobs/"]);
    assert_eq!(
        offered(&project, &["cat-file", "source/v1:source/p"]),
        ["source/v1:source/package.json"]
    );
    assert_eq!(offered(&project, &["ls-tree", "v"]), ["v1\tstaged: first"]);
    assert_eq!(inside("v9:"), [""; 0]);
    assert_eq!(inside("v1:nowhere/"), [""; 0]);
}

#[test]
fn without_a_project_commands_are_still_offered() {
    let project = Project::new();
    assert_eq!(offered(&project, &["version", "show", "v"]), [""; 0]);
    assert!(offered(&project, &["hash"])[0].starts_with("hash-object\t"));
}

#[test]
fn the_script_of_every_shell_asks_the_program() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = Project::new().ok(&format!("completions {shell}"));
        assert!(
            script.contains("LUA_STORE_COMPLETE") && script.contains("lua-store"),
            "{shell}: {script}"
        );
    }
}

/// Completion of bash for the last word of a line, which it breaks at colons.
#[cfg(unix)]
fn bash(project: &Project, line: &str) -> Vec<String> {
    let words = line.replace(':', " : ");
    let current = line.rsplit([' ', ':']).next().unwrap();
    let script = format!(
        "source <(lua-store completions bash)\n\
        COMP_LINE='{line}' COMP_POINT={} COMP_WORDS=({words}) COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)) COMP_TYPE=9\n\
        _clap_complete_lua_store lua-store '{current}' show\n\
        printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        line.len()
    );
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_lua-store"));
    let path =
        format!("{}:{}", program.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let output = project.command("bash").args(["-c", &script]).env("PATH", path).output().unwrap();
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

#[cfg(unix)]
#[test]
fn bash_completes_a_version_and_paths_inside() {
    let project = shop::versioned();
    assert_eq!(bash(&project, "lua-store version show v"), ["v1"]);
    assert_eq!(bash(&project, "lua-store show v1:src/s"), ["src/skills/"]);
    assert_eq!(bash(&project, "lua-store show v1:p"), ["package.json"]);
    assert_eq!(bash(&project, "lua-store rev-parse v1:package.json source/v1:r"), ["record"]);
}

#[test]
fn every_command_has_a_manual_page() {
    let project = Project::new();
    let page = project.ok("man");
    assert!(
        page.contains(".TH lua-store 1") && page.contains("A version store for AI agents"),
        "{page}"
    );
    let written = project.json("man pages")["pages"].as_array().unwrap().clone();
    assert!(written.iter().any(|page| page == "lua-store-version-diff.1"), "{written:?}");
    for page in &written {
        let name = page.as_str().unwrap().strip_suffix(".1").unwrap();
        let text = project.read(&format!("pages/{name}.1"));
        assert!(text.contains(&format!(".TH {name} 1")), "{name}: {text}");
    }
    let count = written.len();
    let expected = format!("✓ {count} manual pages are in [DIR]/project/pages.\n");
    assert_eq!((count > 60, project.ok("man pages")), (true, expected));
}

#[test]
fn the_word_one_meant_is_named() {
    let project = shop::versioned();
    assert_snapshot!(project.run("version show lates"), @r#"
    $ lua-store version show lates
    --- stderr
    Error: Invalid version "lates": must be a positive integer like "3" or "v3".
    hint: did you mean `latest`?
    --- exit 2
    "#);
    assert_snapshot!(project.run("push skill --name ordres"), @r#"
    $ lua-store push skill --name ordres
    --- stderr
    Error: there is no skill "ordres" in the project
    hint: did you mean `orders`?
    --- exit 3
    "#);
    assert_snapshot!(project.run("show v1:src/indx.ts"), @r#"
    $ lua-store show v1:src/indx.ts
    --- stderr
    Error: there is no "src/indx.ts" in v1
    hint: did you mean `v1:src/index.ts`?
    --- exit 3
    "#);
    assert_snapshot!(project.run("show v1:nowhere/at/all"), @r#"
    $ lua-store show v1:nowhere/at/all
    --- stderr
    Error: there is no "nowhere/at/all" in v1
    hint: run `lua-store ls-tree -r v1` to list its entries
    --- exit 3
    "#);
}

#[test]
fn a_record_is_printed_as_json() {
    let project = shop::versioned();
    project.ok("version promote 1 -m \"ship it\"");
    assert_snapshot!(project.run("cat-file v1:meta"), @r#"
    $ lua-store cat-file v1:meta
    {
      "by": "ana@example.com",
      "at_ms": 1795253400000,
      "message": "first",
      "commit": null,
      "source_version": 1,
      "at": "2026-11-21T09:30:00.000Z"
    }
    "#);
    let head =
        project.pointer().lines().last().unwrap().strip_prefix("ledger: ").unwrap().to_owned();
    assert_snapshot!(project.ok(&format!("cat-file -p {head}:record")), @r#"
    {
      "event": "promote",
      "by": "ana@example.com",
      "at_ms": 1795253400000,
      "reason": "ship it",
      "at": "2026-11-21T09:30:00.000Z"
    }
    "#);
    assert_eq!(project.json("cat-file source/v1:record")["record"]["triggered_by"], "batch push");
    let id = project.ok("rev-parse v1:meta");
    assert_eq!(project.ok(&format!("cat-file {}", id.trim())), project.ok("cat-file v1:meta"));
    // The bytes are MessagePack still: a map of five.
    let raw = project.lua_store("cat-file --raw v1:meta").output().unwrap().stdout;
    assert_eq!(raw[0], 0x85);
    // A file of the project is never read as anything but its bytes.
    project.write("meta", &raw);
    project.ok("push");
    assert_eq!(project.lua_store("cat-file source/v2:source/meta").output().unwrap().stdout, raw);
}
