//! The same agent with both commands in turn: nothing is lost, and both count the same.

use super::{edit, sums};
use crate::common::list_of;
use crate::common::stock::{AGENT, Stock};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;

/// Two images with the same length and, as both are no UTF-8, the same key.
const LOGOS: [&[u8]; 2] = [b"\x89PNG\xff\xfe one", b"\x89PNG\xfe\xff one"];

/// The project of this program beside that of the stock command.
const OURS: &str = "../ours";

fn ours(stock: &Stock, line: &str) -> String {
    stock.project.ok(&format!("-C {OURS} {line}"))
}

/// Numbers and statuses, newest first, as each of the two commands lists them.
fn assert_equal_histories(stock: &Stock) {
    let theirs: Value = serde_json::from_str(&stock.ok("version list --json")).unwrap();
    let listed = list_of(stock.project.json(&format!("-C {OURS} version list")));
    let told = |all: &Value| -> Vec<(Value, Value)> {
        let rows = all.as_array().unwrap().iter();
        rows.map(|one| (one["version"].clone(), one["status"].clone())).collect()
    };
    assert_eq!(told(&theirs), told(&listed));
    let sources = list_of(stock.project.json(&format!("-C {OURS} source list")));
    let numbers = sources.as_array().unwrap().iter().map(|one| format!("v{}", one["version"]));
    let table = stock.ok("source list");
    let rows = table.lines().skip(1).map(|row| row.split([' ', '\t']).next().unwrap().to_owned());
    assert_eq!(rows.collect::<Vec<_>>(), numbers.collect::<Vec<_>>());
}

fn assert_equal_files(stock: &Stock) {
    assert_eq!(sums(stock, "."), sums(stock, OURS));
    let mode = stock.project.path(format!("{OURS}/scripts/run.sh")).metadata().unwrap();
    assert_eq!(mode.permissions().mode() & 0o111, 0o111, "it can still be run");
}

#[test]
fn six_turns_of_two_people_lose_nothing() {
    let Some(stock) = Stock::new() else { return };
    let project = &stock.project;
    stock.fill(OURS, AGENT);
    let file = |path: &str, bytes: &[u8]| project.write(&format!("{OURS}/{path}"), bytes);
    file("assets/logo.png", LOGOS[0]);
    file("package-lock.json", b"{ \"lockfileVersion\": 3 }\n");
    file("src/store.test.ts", b"import { find } from './store';\nfind('tin');\n");
    file(".env.example", b"SHOP=\n");
    file("scripts/run.sh", b"#!/bin/sh\n");
    let runnable = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(project.path(format!("{OURS}/scripts/run.sh")), runnable).unwrap();
    // 1: this program pushes, and makes a version.
    ours(&stock, "init");
    ours(&stock, &format!("remote add origin {}/{AGENT}", stock.server.url));
    ours(&stock, "push -m first");
    ours(&stock, "version create -m first");
    ours(&stock, "version promote 1");
    let first = sums(&stock, OURS);
    // 2: the other person takes all of it, changes a file, and pushes.
    stock.ok("pull --force");
    assert_eq!(sums(&stock, "."), first);
    edit(&stock, "src/store.ts", "[query]", "[query, query]");
    stock.ok("push all --force");
    stock.ok("version create -m second");
    // 3: this program gets that, and changes the image.
    ours(&stock, "pull");
    assert_equal_files(&stock);
    assert_equal_histories(&stock);
    file("assets/logo.png", LOGOS[1]);
    ours(&stock, "push -m logo");
    // 4: the other person has the new image, changes a skill, and promotes.
    stock.ok("pull --force");
    assert_equal_files(&stock);
    edit(&stock, "src/skills/catalog.skill.ts", "Finds products", "Finds all products");
    stock.ok("push all --force");
    stock.ok("version create -m third");
    stock.ok("version promote 3");
    // 5: this program sees what is active, and takes it back.
    ours(&stock, "pull");
    assert_equal_histories(&stock);
    ours(&stock, "version promote 1");
    // 6: the other person goes back to the first files.
    assert!(stock.ok("version list").contains("v1*"));
    stock.ok("source rollback --version 1 --force");
    assert_eq!(sums(&stock, "."), first);
    ours(&stock, "pull");
    assert_equal_files(&stock);
    assert_equal_histories(&stock);
    assert!(ours(&stock, "fsck").contains("nothing is damaged"));
}
