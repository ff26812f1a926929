//! The demo where `lua` is installed: one more act, in which a colleague has no other command.

use crate::common::stock::Stock;
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;

#[test]
fn a_colleague_with_the_stock_command_promotes_and_it_is_seen() {
    let Some(mut stock) = Stock::empty() else { return };
    let bin = stock.project.home().join("bin");
    let lua = bin.join("lua");
    let index = stock.modules().join("lua-cli/dist/index.js");
    std::fs::write(&lua, format!("#!/bin/sh\nexec node '{}' \"$@\"\n", index.display())).unwrap();
    std::fs::set_permissions(&lua, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = std::env::var("PATH").unwrap();
    stock.project.set("PATH", &format!("{}:{path}", bin.display()));
    stock.project.set("TMPDIR", &stock.project.root().to_string_lossy());
    let demo = stock.project.json("demo");
    let commands = demo["commands"].as_array().unwrap();
    let shown = |line: &str| {
        let mut all =
            commands.iter().filter(|one| one["command"].as_str().unwrap().starts_with(line));
        let last = all.next_back().unwrap_or_else(|| panic!("no {line} in {demo:#}"));
        assert_eq!(last["exitCode"], 0, "{demo:#}");
        last["stdout"].as_str().unwrap()
    };
    // The numbers of the other acts, of which v4 is active.
    assert!(shown("lua version list").contains("v4*"), "{demo:#}");
    assert!(shown("lua version diff 1 2").contains("~ order-skill 1.0.0 → 1.0.1"), "{demo:#}");
    assert!(shown("lua version promote 2").contains("✓ Promoted v2. Previous active: v4."));
    assert!(shown("lua source list").starts_with("VERSION"), "{demo:#}");
    let status = shown("lua-store status");
    assert!(status.contains("Active version:  v2") && status.contains("by colleague@example.com"));
    let tokens =
        commands.iter().filter(|one| one["command"].as_str().unwrap().contains("token create"));
    assert_eq!(tokens.map(|one| one["stdout"].as_str().unwrap()).collect::<String>(), "");
    assert!(!demo.to_string().contains("lst_"), "no token is in the answer");
    let name = demo["folder"].as_str().unwrap().rsplit('/').next().unwrap();
    compare_output(&stock, &stock.project.path(format!("{name}.remote")).to_string_lossy());
}

/// The output that the demo deploys is that of the compiler.
fn compare_output(stock: &Stock, folder: &str) {
    let live = format!("{folder}/live");
    std::os::unix::fs::symlink(stock.modules(), format!("{live}/node_modules")).unwrap();
    let compiled = stock.lua_in(&live, "compile");
    assert_eq!(compiled.code, 0, "{compiled}");
    let read = |path: &str| std::fs::read_to_string(format!("{folder}/{path}")).unwrap();
    let primitives = |path: &str| {
        let mut manifest: Value = serde_json::from_str(&read(path)).unwrap();
        for one in manifest["primitives"].as_array_mut().unwrap() {
            one["sourcePath"] = Value::Null;
        }
        manifest["primitives"].take()
    };
    let real = primitives("live/dist-v2/manifest.json");
    assert_eq!(primitives("compiled/manifest.json"), real);
    for one in real.as_array().unwrap() {
        let path = one["path"].as_str().unwrap();
        assert_eq!(read(&format!("compiled/{path}")), read(&format!("live/dist-v2/{path}")));
    }
}
