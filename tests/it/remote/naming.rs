//! `remote`: names and addresses.

use crate::common::shop;
use insta::assert_snapshot;

#[test]
fn remotes_are_added_listed_moved_and_forgotten() {
    let project = shop::project();
    assert_snapshot!(project.run("remote list"), @"
    $ lua-store remote list
    (no remotes yet — run `lua-store remote add origin URL` to name one)
    ");
    assert_snapshot!(project.run("remote add origin https://store.example.com/agent_shop"), @"
    $ lua-store remote add origin https://store.example.com/agent_shop
    ✓ Added the remote origin (https://store.example.com/agent_shop).
    --- stderr
    hint: run `lua-store push` to push the project to this store and to the remote
    ");
    assert_snapshot!(project.run("remote add origin https://other.example.com/agent_shop"), @r#"
    $ lua-store remote add origin https://other.example.com/agent_shop
    --- stderr
    Error: there is a remote "origin" already: https://store.example.com/agent_shop
    hint: run `lua-store remote set-url origin https://other.example.com/agent_shop` to change it
    --- exit 2
    "#);
    assert_snapshot!(project.run("remote set-url origin https://other.example.com/agent_shop"), @"
    $ lua-store remote set-url origin https://other.example.com/agent_shop
    ✓ The remote origin is now at https://other.example.com/agent_shop.
    ");
    project.ok("remote add backup ../data/agent_shop");
    assert_snapshot!(project.run("remote list"), @"
    $ lua-store remote list
    NAME    SOURCE  VERSION  ACTIVE  URL
    origin  -       -        -       https://other.example.com/agent_shop
    backup  -       -        -       ../data/agent_shop
    ");
    assert_snapshot!(project.run("remote list --json"), @r#"
    $ lua-store remote list --json
    {
      "schemaVersion": 1,
      "kind": "remoteList",
      "remotes": [
        {
          "name": "origin",
          "url": "https://other.example.com/agent_shop",
          "sourceVersion": null,
          "version": null,
          "active": null
        },
        {
          "name": "backup",
          "url": "../data/agent_shop",
          "sourceVersion": null,
          "version": null,
          "active": null
        }
      ],
      "total": 2,
      "truncated": false,
      "next": []
    }
    "#);
    assert_snapshot!(project.run("remote remove backup"), @"
    $ lua-store remote remove backup
    ✓ Removed the remote backup. Its data was not changed.
    ");
    assert_snapshot!(project.run("remote remove backup"), @r#"
    $ lua-store remote remove backup
    --- stderr
    Error: there is no remote "backup"
    hint: there is: origin
    --- exit 3
    "#);
}

#[test]
fn what_is_no_remote_is_said() {
    let project = shop::project();
    assert_snapshot!(project.run("remote add origin ssh://host/agent_shop"), @r#"
    $ lua-store remote add origin ssh://host/agent_shop
    --- stderr
    Error: "ssh://host/agent_shop" begins with "ssh://", which is not supported
    hint: use `https://host/AGENT`, or the path of a folder
    --- exit 2
    "#);
    assert_snapshot!(project.run("remote add ../x https://host/agent_shop"), @r#"
    $ lua-store remote add ../x https://host/agent_shop
    --- stderr
    Error: "../x" cannot be the name of a remote
    hint: use letters, digits, `-`, `_` and `.`, beginning with a letter or digit, not with `tmp-`
    --- exit 2
    "#);
    assert_snapshot!(project.run("remote add origin https://me:secret@host/agent_shop"), @r#"
    $ lua-store remote add origin https://me:secret@host/agent_shop
    --- stderr
    Error: the address of a remote at "host" contains a token
    hint: run `lua-store login URL` to store a token where only you can read it
    --- exit 2
    "#);
    assert_snapshot!(project.run("push --remote nowhere"), @r#"
    $ lua-store push --remote nowhere
    --- stderr
    Error: there is no remote "nowhere"
    hint: run `lua-store remote add origin https://host/AGENT` to create one
    --- exit 3
    "#);
    assert_snapshot!(project.run("sync --check"), @"
    $ lua-store sync --check
    --- stderr
    Error: this project has no remote
    hint: run `lua-store remote add origin https://host/AGENT` to add one
    --- exit 2
    ");
    project.ok("remote add one https://a.example.com/agent_shop");
    project.ok("remote add two https://b.example.com/agent_shop");
    assert_snapshot!(project.run("push"), @"
    $ lua-store push
    --- stderr
    Error: there are several remotes: one, two
    hint: add `--remote one` to choose one
    --- exit 2
    ");
    assert!(!project.ok("source list --all").contains("v1"), "nothing was made");
}

#[test]
fn a_server_that_is_not_there_leaves_the_push_here() {
    let mut project = shop::project();
    project.set("LUA_STORE_TRIES", "1");
    // Port 9 (discard) is taken by nobody on a machine of today.
    project.ok("remote add origin http://127.0.0.1:9/agent_shop");
    let outcome = project.run("push --json");
    assert_eq!(outcome.code, 11, "{outcome}");
    assert!(outcome.stdout.contains("v1 is stored here"), "{outcome}");
    assert!(project.ok("source list").contains("v1"));
    let promote = project.run("version create -m first");
    assert_eq!(promote.code, 0, "{promote}");
    assert_eq!(project.run("version promote 1").code, 11);
    assert!(project.ok("version list").contains("staged"), "nothing was promoted");
    assert_snapshot!(project.run("version promote 1 --offline"), @"
    $ lua-store version promote 1 --offline
    ✓ Promoted v1. (No previous active version.)
    ");
}
