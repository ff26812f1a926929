//! Bad answers, and imports that are cut: an error that names the route, everything as it was, and the next import goes on.

use super::{AGENT, There};
use crate::platform::stub::{At, Fault};
use serde_json::json;

/// The clone fails with this in its message, and a later one has everything.
fn refused(there: &There, code: i32, part: &str) {
    let outcome = there.project.run(&there.clone_line("mine"));
    assert_eq!(outcome.code, code, "{part}: {outcome}");
    assert!(outcome.to_string().contains(part), "{part}: {outcome}");
    there.platform.reset_faults();
}

#[test]
fn a_route_that_does_not_answer_well_ends_the_import_and_stands_for_nothing() {
    let whole = There::new();
    whole.cloned("mine");
    let expected = whole.refs("mine");
    let routes = [
        "#9",
        "#24",
        "#22",
        "#11",
        "#6",
        "#1 skills",
        "#1 webhooks",
        "#1 jobs",
        "#33 skills",
        "#25",
        "#21",
        "#16",
    ];
    let there = There::new();
    for route in routes {
        let number = route.split(' ').next().unwrap();
        for (status, code) in [(401, 9), (403, 10), (500, 11), (503, 11)] {
            there.platform.on(At::route(route).always(), Fault::Status(status));
            refused(&there, code, number);
        }
        for bytes in ["<html>", "[1", "{\"success\":false}", "{}", "5"] {
            let is_fine = route == "#9" && bytes == "{}";
            if !is_fine {
                there.platform.on(At::route(route).always(), Fault::Bytes(bytes.into()));
                refused(&there, 1, number);
            }
        }
        let redirect = || Fault::Redirect("http://127.0.0.1:1/x".into());
        for part in [number, "was answered with a redirect, which is not followed"] {
            there.platform.on(At::route(route).always(), redirect());
            refused(&there, 1, part);
        }
    }
    there.cloned("mine");
    assert_eq!(there.refs("mine"), expected);
}

#[test]
fn an_answer_that_is_too_large_or_a_redirect_is_named_by_its_route() {
    let there = There::new();
    for (route, name) in [("#24", "#24"), ("#1 skills", "#1 skills"), ("#22", "#22")] {
        let large = vec![b' '; (32 << 20) + 1];
        there.platform.on(At::route(route).always(), Fault::Bytes(large));
        refused(&there, 1, &format!("the answer to {name} is larger than 32 MiB"));
        let redirect = Fault::Redirect("http://127.0.0.1:1/x".into());
        there.platform.on(At::route(route).always(), redirect);
        refused(&there, 1, &format!("{name} was answered with a redirect"));
    }
}

#[test]
fn a_cut_connection_at_each_request_loses_nothing() {
    let whole = There::new();
    whole.platform.reset_requests();
    whole.cloned("mine");
    let (expected, count) = (whole.refs("mine"), whole.platform.requests().len());
    assert!(count > 25, "{count}");
    for number in 1..=count {
        let there = There::new();
        there.platform.reset_requests();
        there.platform.on(At::request(number), Fault::CutBefore);
        // Some requests are not needed for the result that counts first.
        let first = there.project.run(&there.clone_line("mine"));
        assert!(matches!(first.code, 0 | 11), "{number}: {first}");
        there.platform.reset_faults();
        if first.code != 0 {
            there.cloned("mine");
        }
        assert_eq!(there.refs("mine"), expected, "cut at request {number}");
    }
}

#[test]
fn files_that_are_not_what_they_should_be_are_refused_by_name() {
    let bad = |change: &dyn Fn(&There), part: &str| {
        let there = There::new();
        change(&there);
        refused(&there, 1, part);
        assert!(!there.project.path("../mine/src").exists(), "{part}");
    };
    let entry = |path: &str| json!({"relativePath": path, "hash": "52b0d24e562573b9", "size": 1, "type": "other"});
    for (path, part) in [
        ("../x", "\"..\""),
        ("/etc/passwd", "absolute"),
        (".git/config", "the folder of git"),
        ("a\\b", "backslash"),
        ("src/index.ts", "in the list twice"),
    ] {
        let one = entry(path);
        bad(
            &move |there| {
                let one = one.clone();
                there.platform.dashboard(AGENT).change_backup(2, move |files| files.push(one));
            },
            part,
        );
    }
    // `printf 'x' | sha256sum` begins with 2d711642b726b044.
    let key = "2d711642b726b044";
    let with = move |bytes: &'static [u8]| {
        move |there: &There| {
            there.platform.dashboard(AGENT).change_backup(2, |files| {
                files.push(
                    json!({"relativePath": "x.txt", "hash": key, "size": 1, "type": "other"}),
                );
            });
            there.platform.dashboard(AGENT).replace_blob(key, bytes);
        }
    };
    bad(&with(b"y"), "has other bytes");
    let missing = move |there: &There| {
        with(b"x")(there);
        there.platform.dashboard(AGENT).remove_blob(key);
    };
    bad(&missing, key);
}

#[test]
fn numbers_that_go_back_are_refused_and_nothing_changes() {
    let there = There::new();
    there.cloned("mine");
    let before = there.refs("mine");
    there.platform.dashboard(AGENT).purge_version(3);
    let refused = there.project.run("-C ../mine fetch").to_string();
    assert!(refused.contains("#24: the field \"version\" goes back"), "{refused}");
    assert_eq!(there.refs("mine"), before);
}

#[test]
fn the_key_is_in_no_file_and_no_output() {
    let there = There::new();
    let outcome = there.project.run(&there.clone_line("mine")).to_string();
    let key = there.platform.key();
    assert!(!outcome.contains(&key));
    for request in there.platform.requests() {
        let is_blob = request.number == "#18";
        assert_eq!(request.header("authorization").is_none(), is_blob, "{}", request.line());
        let client = request.header("x-lua-client").map(str::to_owned);
        assert!(is_blob || client.unwrap().starts_with("lua-store/"), "{}", request.line());
    }
    let mut open = vec![there.project.path("../mine")];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let bytes = std::fs::read(&path).unwrap();
                let found = bytes.windows(key.len()).any(|part| part == key.as_bytes());
                assert!(!found, "{}", path.display());
            }
        }
    }
}

#[test]
fn a_wrong_key_or_none_is_refused_before_anything_is_made() {
    let mut there = There::new();
    there.platform.change_key("api_other");
    refused(&there, 9, "LUA_API_KEY");
    assert!(!there.project.path("../mine").exists());
    there.project.set("LUA_API_KEY", "");
    refused(&there, 9, "LUA_API_KEY");
}
