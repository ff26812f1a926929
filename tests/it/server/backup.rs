//! Backups of a server that runs, what is made of them, and copies that are none.

use crate::common::Project;
use crate::common::server::{Server, bearer};
use crate::common::shop::{self, edit};
use serde_json::json;
use std::path::{Path, PathBuf};

/// A project with a remote at a server, both pushed once.
fn served() -> (Project, Server) {
    let mut project = shop::versioned();
    let server = Server::start(&project, "");
    project.set("LUA_STORE_TOKEN", &server.token(&project, "shop", "promote"));
    project.ok(&format!("remote add origin {}/shop", server.url));
    project.ok("push");
    (project, server)
}

fn push_more(project: &Project, from: &str, to: &str) {
    edit(project, "src/skills/catalog.skill.ts", from, to);
    project.ok("push");
}

fn packs(data: &Path) -> Vec<PathBuf> {
    let entries = walkdir::WalkDir::new(data.join("a")).into_iter().filter_map(Result::ok);
    let files = entries.map(|entry| entry.into_path());
    files.filter(|path| path.extension().is_some_and(|kind| kind == "pack")).collect()
}

fn flip(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    let at = bytes.len() / 2;
    bytes[at] ^= 1;
    std::fs::remove_file(path).unwrap();
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn a_backup_of_a_running_server_copies_what_is_new_and_becomes_a_server_again() {
    let (project, server) = served();
    let backup = |project: &Project| project.json("serve backup ../backup --data ../data");
    let first = backup(&project);
    let count = packs(server.data()).len();
    assert_eq!((&first["agents"], &first["packs"]), (&json!(1), &json!(count)), "{first}");
    let again = backup(&project);
    assert_eq!((&again["packs"], &again["unchanged"]), (&json!(0), &json!(1)), "{again}");
    push_more(&project, "Finds products", "Finds all products");
    let third = backup(&project);
    assert_eq!((&third["packs"], &third["unchanged"]), (&json!(1), &json!(0)), "{third}");

    let restored = project.json("serve restore ../backup --data ../restored");
    assert_eq!((&restored["agents"], &restored["problems"]), (&json!(1), &json!([])), "{restored}");
    assert_eq!(restored["unfinishedSince"], json!(null), "it was finished");
    let checked = project.json("serve fsck --data ../restored");
    assert_eq!(checked["ok"], true, "{checked}");
    assert_eq!((&checked["agents"], &checked["problems"]), (&json!(1), &json!([])), "{checked}");
    // Byte for byte what the server has, and its tokens open it.
    let head = |data: &Path| {
        let entries = walkdir::WalkDir::new(data).into_iter().filter_map(Result::ok);
        let head =
            entries.map(|entry| entry.into_path()).find(|path| path.ends_with("head")).unwrap();
        std::fs::read(head).unwrap()
    };
    let data = project.path("../restored");
    assert_eq!(head(&data), head(server.data()));
    assert_eq!(
        std::fs::read(data.join("tokens.json")).unwrap(),
        std::fs::read(server.data().join("tokens.json")).unwrap()
    );
    drop(server);
    std::fs::remove_dir_all(project.path("../data")).unwrap();
    std::fs::rename(&data, project.path("../data")).unwrap();
    let server = Server::start(&project, "");
    project.ok(&format!("remote set-url origin {}/shop", server.url));
    push_more(&project, "Finds all products", "Finds them all");
}

#[test]
fn a_folder_with_agents_or_other_files_is_not_restored_into() {
    let (project, _server) = served();
    project.ok("serve backup ../backup --data ../data");
    let into =
        |folder: &str| project.run(&format!("serve restore ../backup --data {folder}")).to_string();
    let told = into("../data");
    assert!(told.contains("contains agents already") && told.contains("--- exit 1"), "{told}");
    std::fs::create_dir(project.path("../full")).unwrap();
    std::fs::write(project.path("../full/notes.txt"), "mine").unwrap();
    let told = into("../full");
    assert!(told.contains("it has other files, such as \"notes.txt\""), "{told}");
    assert_eq!(std::fs::read_dir(project.path("../full")).unwrap().count(), 1);
    let told = into("../backup/inside");
    assert!(told.contains("one is in the other") && told.contains("--- exit 2"), "{told}");
    let told = project.run("serve restore ../nothing --data ../new").to_string();
    assert!(
        told.contains("is not a folder of `lua-store serve`") && told.contains("--- exit 3"),
        "{told}"
    );
}

#[test]
fn a_damaged_pack_is_told_and_a_good_copy_of_it_is_not_written_over() {
    let (project, server) = served();
    project.ok("serve backup ../good --data ../data");
    flip(&packs(server.data())[0]);
    let bad = project.run("serve backup ../bad --data ../data").to_string();
    assert!(
        bad.contains("is damaged: its bytes have another hash") && bad.contains("--- exit 1"),
        "{bad}"
    );
    project.ok("serve backup ../good --data ../data");
    assert_eq!(project.json("serve fsck --data ../good")["ok"], json!(true));
    let told = project.run("serve restore ../bad --data ../restored").to_string();
    assert!(told.contains("including damaged data") && told.contains("--- exit 1"), "{told}");
    let told = project.run("serve fsck --data ../data").to_string();
    assert!(told.contains("damaged: shop: ") && told.contains("--- exit 1"), "{told}");
}

#[test]
fn a_backup_with_more_than_the_server_has_is_not_written_over() {
    let (project, server) = served();
    project.ok("serve backup ../old --data ../data");
    push_more(&project, "Finds products", "Finds all products");
    project.ok("serve backup ../new --data ../data");
    drop(server);
    std::fs::remove_dir_all(project.path("../data")).unwrap();
    project.ok("serve restore ../old --data ../data");
    let told = project.run("serve backup ../new --data ../data").to_string();
    assert!(told.contains("has versions that the server does not have any more"), "{told}");
    let sources = project.json("serve agents show shop --data ../new")["sourceVersions"].clone();
    assert_eq!(sources, json!(2));
}

/// A plain copy of a folder, made while upkeep removes packs, lacks some of them.
#[test]
fn a_head_whose_packs_are_gone_is_noticed_before_anybody_reads_the_agent() {
    let (project, server) = served();
    let header = bearer(&server.token(&project, "shop", "read"));
    assert_eq!(server.ask("GET", "/shop/refs", &header, b"").status, 200);
    let _ = server.log();
    let pack = packs(&project.path("../data")).remove(0);
    let kept = std::fs::read(&pack).unwrap();
    std::fs::remove_file(&pack).unwrap();
    let server = Server::start(&project, "");
    server.wait_for("lua_store_damaged", 1);
    let ready = server.ask("GET", "/readyz", "", b"").text();
    assert!(ready.contains("damage: 1 objects or packs of 1 agents"), "{ready}");
    let reply = server.ask("GET", "/shop/refs", &header, b"");
    assert_eq!(reply.status, 500);
    assert!(reply.text().contains("its stored data is damaged"), "{}", reply.text());
    let name = pack.file_name().unwrap().to_str().unwrap();
    let told = project.run("serve fsck --agent shop --data ../data").to_string();
    assert!(told.contains(name) && told.contains("it does not exist"), "{told}");
    assert_eq!(project.run("serve agents show shop --data ../data").code, 1);
    // After the pack is put back the server need not be started again.
    std::fs::write(&pack, kept).unwrap();
    assert_eq!(server.ask("GET", "/shop/refs", &header, b"").status, 200);
    assert!(!server.ask("GET", "/readyz", "", b"").text().contains("damage"));
    assert!(server.log().contains(name), "the log names it");
}
