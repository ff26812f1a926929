//! One program after another on one folder: what an older one wrote is read and gone on with, what only a newer one
//! knows is refused by its form's number, and stays as it is.

use crate::common::Project;
use crate::common::server::{Server, bearer, data};
use crate::common::shop::{self, edit};
use lua_store::internals::protocol::AgentId;
use lua_store::internals::remote_store::{Cas, Expect, FileHeads, HeadStore, StoredHead};
use lua_store::internals::store::Receipts;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A folder to which `shop` was pushed twice, by its path.
fn pushed() -> Project {
    let project = shop::versioned();
    project.ok("serve token create --agent shop --scope push --data ../data");
    project.ok("remote add origin ../data/shop");
    project.ok("push");
    edit(&project, "src/skills/catalog.skill.ts", "Finds products", "Finds all products");
    project.ok("push");
    project
}

fn agent() -> AgentId {
    "shop".parse().unwrap()
}

/// Puts other bytes in the place of the head.
fn change_head(data: &Path, change: impl FnOnce(Vec<u8>) -> Vec<u8>) {
    let heads = FileHeads::new(data);
    let (bytes, token) = heads.load(&agent()).unwrap().unwrap();
    let changed = change(bytes.to_vec());
    assert!(matches!(heads.swap(&agent(), Expect::Match(&token), &changed).unwrap(), Cas::Won(_)));
}

fn files(data: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = walkdir::WalkDir::new(data).into_iter().map(Result::unwrap);
    let files = files.filter(|entry| entry.file_type().is_file()).map(|entry| entry.into_path());
    files.map(|path| (path.clone(), std::fs::read(&path).unwrap())).collect()
}

const ALL: [&str; 13] = [
    "serve --listen 127.0.0.1:0",
    "serve backup ../copy",
    "serve fsck",
    "serve gc",
    "serve agents list",
    "serve agents show shop",
    "serve agents archive shop",
    "serve agents delete shop --force",
    "serve token create --agent a --scope read",
    "serve token list",
    "serve token rotate 0123456789ab",
    "serve token revoke 0123456789ab",
    "serve token revoke --for ana@example.com",
];

#[test]
fn a_folder_of_a_newer_form_is_refused_by_every_command_and_stays_as_it_is() {
    let project = pushed();
    std::fs::write(data(&project).join("format"), "lua-store depot 2\n").unwrap();
    let before = files(&data(&project));
    for line in ALL {
        let told = project.run(&format!("{line} --data ../data"));
        assert_eq!(told.code, 1, "{told}");
        let what = "its format is \"lua-store depot 2\", this program knows \"lua-store depot 1\"";
        assert!(told.stderr.contains(what) && told.stderr.contains("update lua-store"), "{told}");
    }
    // By its path, and as a backup.
    assert_eq!(project.run("push").code, 1);
    assert_eq!(project.run("serve restore ../data --data ../new").code, 1);
    assert!(files(&data(&project)) == before && !project.path("../copy").exists());
}

#[test]
fn an_agent_of_a_newer_form_is_refused_and_others_are_served() {
    let mut project = pushed();
    project.ok("remote remove origin");
    project.ok("init --agent-id other");
    project.ok("remote add origin ../data/other");
    project.ok("push");
    change_head(&data(&project), |mut bytes| {
        // An array's header, then the number of the form.
        bytes[1] = 0x7f;
        bytes
    });
    let before = files(&data(&project));
    for line in ["serve agents list", "serve fsck", "serve agents delete shop --force"] {
        let told = project.run(&format!("{line} --data ../data"));
        assert!(told.to_string().contains("its format is 127, this program knows 1 to"), "{told}");
        assert_eq!(told.code, 1, "{told}");
    }
    assert_eq!(files(&data(&project)), before);
    let server = Server::start(&project, "");
    project.set("LUA_STORE_TOKEN", "");
    let header = bearer(&server.token(&project, "*", "promote"));
    let status = |path: &str| server.ask("GET", path, &header, b"").status;
    assert_eq!([status("/shop/refs"), status("/other/refs"), status("/readyz")], [500, 200, 200]);
}

#[test]
fn tokens_of_a_newer_form_open_nothing_and_stay_as_they_are() {
    let project = pushed();
    let path = data(&project).join("tokens.json");
    std::fs::write(&path, "{\"format\": 4, \"tokens\": []}\n").unwrap();
    for line in [
        "serve --listen 127.0.0.1:0",
        "serve token list",
        "serve token create --agent a --scope read",
    ] {
        let told = project.run(&format!("{line} --data ../data"));
        assert!(
            told.code == 1
                && told.stderr.contains("has format 4, which this program does not know"),
            "{told}"
        );
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "{\"format\": 4, \"tokens\": []}\n");
}

#[test]
fn what_the_oldest_program_wrote_is_read_and_gone_on_with() {
    let mut project = pushed();
    // As a program wrote it that knew neither receipts nor what transactions asked for, nor pages.
    change_head(&data(&project), |bytes| {
        let mut head =
            StoredHead::read(&agent(), &bytes, None, &mut |page| panic!("{page:?}")).unwrap();
        head.receipts = Receipts::default();
        for landed in &mut head.txns {
            let landed = std::sync::Arc::make_mut(landed);
            (landed.request, landed.at_ms) = (None, 0);
        }
        let old = head.encode();
        assert_eq!(old[..2], [0x9b, 1], "eleven values, form 1");
        old
    });
    let listed = project.list("serve agents list --data ../data");
    assert_eq!((&listed[0]["sourceVersions"], &listed[0]["versions"]), (&json!(2), &json!(1)));
    assert_eq!(project.json("serve fsck --data ../data")["ok"], json!(true));
    project.ok("serve backup ../copy --data ../data");
    let server = Server::start(&project, "");
    project.set("LUA_STORE_TOKEN", &server.token(&project, "shop", "promote"));
    project.ok(&format!("clone {}/shop ../cloned", server.url));
    edit(&project, "src/skills/catalog.skill.ts", "Finds all products", "Finds products fast");
    project.ok(&format!("remote set-url origin {}/shop", server.url));
    project.ok("push");
    assert_eq!(project.list("serve agents list --data ../data")[0]["sourceVersions"], json!(3));
    let (bytes, _) = FileHeads::new(server.data()).load(&agent()).unwrap().unwrap();
    assert!(bytes[1] > 1, "written anew by the first transaction");
}
