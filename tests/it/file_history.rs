//! `log PATH`, `log --grep`, `log -S`, `log -p` and `blame`, compared with git on the same history.

use crate::common::{Project, shop};
use insta::assert_snapshot;
use serde_json::{Value, json};

/// Keeps the project as it is in both: push N is commit N.
fn commit(project: &Project, message: &str) {
    project.ok(&format!("push -m \"{message}\""));
    assert_eq!(project.git("add -A").code, 0);
    let line = format!(
        "-c user.name=Ana -c user.email=ana@example.com commit -q --allow-empty -m \"{message}\""
    );
    assert_eq!(project.git(&line).code, 0);
}

/// Ids of git's commits, from the first to the last.
fn commits(project: &Project) -> Vec<String> {
    project.git("rev-list --reverse HEAD").stdout.lines().map(str::to_owned).collect()
}

/// Numbers of the commits that `git log` lists.
fn git_log(project: &Project, arguments: &str) -> Vec<u64> {
    let all = commits(project);
    let listed = project.git(&format!("log --format=%H {arguments}")).stdout;
    let number = |id: &str| all.iter().position(|known| known == id).unwrap() as u64 + 1;
    listed.lines().map(number).collect()
}

/// Numbers of the pushes that `log` lists.
fn log(project: &Project, arguments: &str) -> Vec<u64> {
    let answer = project.list(&format!("log {arguments}"));
    let rows = answer.as_array().unwrap().iter();
    rows.filter(|row| row["series"] == "source")
        .map(|row| row["number"].as_u64().unwrap())
        .collect()
}

fn repository() -> Project {
    let project = shop::project();
    assert_eq!(project.git("init -q").code, 0);
    project
}

/// Twelve pushes that edit two files at places which a fixed sequence of numbers chooses; every line is another one.
fn edited() -> Project {
    let project = repository();
    let mut seed = 7_u64;
    let mut next = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % below
    };
    let mut texts: [Vec<String>; 2] =
        [0, 1].map(|file| (0..20).map(|n| format!("file {file} line {n}")).collect());
    for push in 1..=12 {
        for (file, text) in texts.iter_mut().enumerate() {
            for edit in 0..=next(3) {
                let at = next(text.len());
                let line =
                    format!("file {file} push {push} edit {edit} gold{}", "en".repeat(next(2)));
                match next(3) {
                    0 => text[at] = line,
                    1 => text.insert(at, line),
                    _ => drop(text.remove(at)),
                }
            }
            if file == 0 || next(2) == 0 {
                project.write(&format!("notes/{file}.md"), text.join("\n") + "\n");
            }
        }
        commit(
            &project,
            &format!("push {push}{}", if push % 4 == 0 { " of the night" } else { "" }),
        );
    }
    project
}

#[test]
fn blame_and_log_are_those_of_git() {
    let project = edited();
    let all = commits(&project);
    for file in ["notes/0.md", "notes/1.md", "src/index.ts"] {
        let porcelain = project.git(&format!("blame --line-porcelain {file}")).stdout;
        let expected: Vec<u64> = porcelain
            .lines()
            .filter_map(|line| line.split(' ').next().filter(|word| word.len() == 40))
            .filter_map(|id| all.iter().position(|known| known == id))
            .map(|at| at as u64 + 1)
            .collect();
        let blamed = project.json(&format!("blame {file}"));
        let lines = blamed["lines"].as_array().unwrap();
        let found: Vec<u64> =
            lines.iter().map(|line| line["sourceVersion"].as_u64().unwrap()).collect();
        assert_eq!(found, expected, "{file}");
        let text: Vec<&str> = lines.iter().map(|line| line["text"].as_str().unwrap()).collect();
        assert_eq!(text.join("\n") + "\n", project.read(file));
        assert_eq!(log(&project, file), git_log(&project, &format!("-- {file}")), "{file}");
    }
    assert_eq!(log(&project, "notes"), git_log(&project, "-- notes"));
    for text in ["gold", "golden", "push 3", "line 7", "nowhere"] {
        let found = log(&project, &format!("-S \"{text}\""));
        assert_eq!(found, git_log(&project, &format!("-S \"{text}\"")), "{text}");
        let found = log(&project, &format!("-S \"{text}\" notes/0.md"));
        assert_eq!(found, git_log(&project, &format!("-S \"{text}\" -- notes/0.md")), "{text}");
    }
    assert_eq!(log(&project, "--grep night"), git_log(&project, "--grep=night --fixed-strings"));
    assert_eq!(log(&project, "--grep NIGHT"), [] as [u64; 0]);
    assert_eq!(log(&project, "--grep NIGHT -i notes/0.md"), [12, 8, 4]);
    assert_eq!(
        log(&project, "source/v5 notes/0.md"),
        git_log(&project, &format!("{} -- notes/0.md", all[4]))
    );
    // Changed lines, without what only git's head of a hunk has.
    let body = |text: &str| -> Vec<String> {
        let lines = text
            .lines()
            .filter(|line| line.starts_with(['+', '-', ' ', '@']) && !line.starts_with("  "));
        lines.map(|line| line.split(" @@").next().unwrap().to_owned()).collect()
    };
    let ours = project.ok("log -p notes/0.md -n 1");
    assert_eq!(body(&ours), body(&project.git("log -p -n 1 --format= -- notes/0.md").stdout));
}

/// v1 with the first text, then a push in no version, v2 with the second text that is live, an edit.
fn shared() -> Project {
    let mut project = repository();
    project.write("notes.md", "one\ntwo\nthree\n");
    commit(&project, "begin");
    project.ok("version create -m first");
    project.set("LUA_STORE_AUTHOR", "ben@example.com");
    project.write("notes.md", "one\n2\nthree\n");
    commit(&project, "digits");
    project.set("LUA_STORE_AUTHOR", "ana@example.com");
    shop::edit(&project, "src/index.ts", "help customers shop.", "sell.\nYou smile.");
    project.write("notes.md", "one\n2\nthree\nfour\n");
    commit(&project, "smile");
    project.ok("version create -m second");
    project.ok("version promote 2");
    project
}

#[test]
fn blame_says_who_when_and_whether_it_was_ever_live() {
    let project = shared();
    shop::edit(&project, "notes.md", "three", "THREE");
    assert_snapshot!(project.run("blame notes.md"), @"
    $ lua-store blame notes.md
    source/v1   v1   live       ana@example.com    2026-11-21 09:30    1) one
    source/v2   v2   live       ben@example.com    2026-11-21 09:30    2) 2
    not pushed                                                         3) THREE
    source/v3   v2   live       ana@example.com    2026-11-21 09:30    4) four
    ");
    assert_snapshot!(project.run("blame persona"), @"
    $ lua-store blame persona
    source/v1   v1   live       ana@example.com    2026-11-21 09:30    1) You are Ava.
    source/v3   v2   live       ana@example.com    2026-11-21 09:30    2) You sell.
    source/v3   v2   live       ana@example.com    2026-11-21 09:30    3) You smile.
    ");
    assert_snapshot!(project.run("blame v1:notes.md"), @"
    $ lua-store blame v1:notes.md
    source/v1   v1   never live ana@example.com    2026-11-21 09:30    1) one
    source/v1   v1   never live ana@example.com    2026-11-21 09:30    2) two
    source/v1   v1   never live ana@example.com    2026-11-21 09:30    3) three
    ");
    let lines = project.json("blame notes.md")["lines"].clone();
    let line = json!({"line": 2, "text": "2", "sourceVersion": 2, "by": "ben@example.com",
        "at": "2026-11-21T09:30:00.000Z", "message": "digits", "versions": [2], "wasLive": true});
    assert_eq!(lines[1], line);
    assert_eq!((&lines[2]["sourceVersion"], &lines[2]["wasLive"]), (&Value::Null, &json!(false)));
    assert_eq!(project.json("blame v1:notes.md")["lines"][1]["wasLive"], false);
    assert_snapshot!(project.run("blame nowhere.md"), @r#"
    $ lua-store blame nowhere.md
    --- stderr
    Error: there is no file "nowhere.md" in the project
    hint: run `lua-store blame v1:nowhere.md` to show it as it was in a version
    --- exit 3
    "#);
}

#[test]
fn a_renamed_file_is_followed() {
    let project = shared();
    std::fs::rename(project.path("notes.md"), project.path("moved.md")).unwrap();
    commit(&project, "move");
    let pushes = |line: &str| -> Vec<u64> {
        let lines = project.json(line)["lines"].clone();
        lines
            .as_array()
            .unwrap()
            .iter()
            .map(|line| line["sourceVersion"].as_u64().unwrap())
            .collect()
    };
    assert_eq!(pushes("blame moved.md"), [1, 2, 1, 3]);
    let git = project.git("blame -s moved.md").stdout;
    let short = |at: usize| commits(&project)[at][..7].to_owned();
    let expected = [short(0), short(1), short(0), short(2)];
    assert!(
        git.lines()
            .zip(expected)
            .all(|(line, id)| line.trim_start_matches('^').starts_with(&id[..6])),
        "{git}"
    );
}

/// Versions and pushes are one list; a version comes before the push that it was made from.
#[test]
fn a_search_lists_versions_and_pushes() {
    let project = shared();
    let names = |line: &str| -> Vec<String> {
        let answer = project.list(line);
        answer
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names("log notes.md"), ["v2", "source/v3", "source/v2", "v1", "source/v1"]);
    assert_eq!(names("log -S smile"), ["v2", "source/v3"]);
    assert_eq!(names("log --grep second"), ["v2"]);
    assert_eq!(names("log --pushes"), ["v2", "source/v3", "source/v2", "v1", "source/v1"]);
    assert_eq!(names("log -p"), ["v2", "v1"]);
    assert_eq!(names("log v1 -p"), ["v1"]);
    assert_eq!(names("log notes.md -n 2"), ["v2", "source/v3"]);
    assert_snapshot!(project.run("log -S smile --stat").to_string().lines().map(|line| match line.rsplit_once("  ") {
        Some((head, id)) if id.len() == 8 => format!("{head}  <id>\n"),
        _ => format!("{line}\n"),
    }).collect::<String>(), @"
    $ lua-store log -S smile --stat
    v2 (active)  <id>
      2026-11-21 09:30 by ana@example.com
      second
      M src/index.ts  +2 -1

    source/v3  <id>
      2026-11-21 09:30 by ana@example.com, batch push
      smile
      M src/index.ts  +2 -1
    ");
    assert_eq!(project.ok("log -S nowhere"), "(nothing found)\n");
    assert_eq!(project.run("log --ledger notes.md").code, 2);
    project.write("notes.md", "not pushed\n");
    project.ok("restore notes.md");
    let outcome = project.run("log snapshot/v1 notes.md");
    assert!(
        outcome.code == 2 && outcome.stderr.contains("snapshot/v1 is not a version or push"),
        "{outcome}"
    );
}

#[test]
fn a_search_lists_ten_files_of_a_large_push() {
    let project = shop::project();
    for number in 0..13 {
        project.write(&format!("notes/n{number:02}.md"), "a note\n");
    }
    project.ok("push -m first");
    let all = project.ok("log --grep first --name-only").lines().count() - 3;
    assert!(all > 13, "{all}");
    let listed = project.ok("log --grep first");
    let (files, more): (Vec<_>, Vec<_>) =
        listed.lines().skip(3).partition(|line| line.starts_with("  A "));
    assert_eq!(files.len(), 10, "{listed}");
    assert_eq!(more, [format!("  … and {} more (`--name-only` lists all)", all - 10)]);
    assert_eq!(project.list("log --grep first")[0]["files"].as_array().unwrap().len(), all);
    let stat = project.ok("log --grep first --stat");
    assert_eq!(stat.lines().filter(|line| line.starts_with("  A ")).count(), all);
}
