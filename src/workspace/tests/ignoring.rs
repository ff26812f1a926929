//! Ignore rules, compared with what git does.

use super::Project;
use std::process::Command;

/// What git would add, its own settings of this machine left out.
fn git(project: &Project) -> Vec<String> {
    let run = |args: &[&str]| {
        let mut command = Command::new("git");
        command.current_dir(&project.root).args(args).env("GIT_CONFIG_NOSYSTEM", "1");
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("XDG_CONFIG_HOME", "/nonexistent");
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    run(&["init", "-q"]);
    let listed = run(&["ls-files", "-z", "-o", "-c", "--exclude-standard"]);
    let mut paths: Vec<String> = listed.split_terminator('\0').map(str::to_owned).collect();
    paths.sort();
    paths
}

const NAMES: [&str; 24] = [
    "a.log",
    "keep.log",
    "logs/a.log",
    "logs/keep.log",
    "logs/deep/b.log",
    "src/index.ts",
    "src/index.test.ts",
    "src/build/x.js",
    "build/x.js",
    "build/keep/y.js",
    "doc/a.txt",
    "doc/b/a.txt",
    "doc/b/c/a.txt",
    "foo/bar",
    "y/foo/bar",
    "tmp/1",
    "tmp/2",
    "#hash",
    "!bang",
    "trailing ",
    "[x]",
    "x",
    "UPPER.TXT",
    ".hidden/a",
];

const RULES: [&str; 22] = [
    "*.log\n!keep.log\n",
    "logs/\n!logs/keep.log\n",
    "logs/*\n!logs/keep.log\n",
    "/build\n",
    "build\n",
    "build/\n!build/keep/\n",
    "doc/*.txt\n",
    "doc/**/a.txt\n",
    "**/a.txt\n",
    "doc/**\n",
    "foo/bar\n",
    "/foo\n",
    "tmp/[0-1]\n",
    "tmp/?\n!tmp/2",
    "\\#hash\n\\!bang\n# comment\n\n",
    "trailing\\ \n",
    "trailing   \n",
    "[x]\n",
    "\\[x\\]\n",
    "*.txt\n",
    "*\n!*/\n!*.ts\n",
    ".*\n!.gitignore\n",
];

#[test]
fn one_rule_file_means_what_it_means_to_git() {
    for rules in RULES {
        let files = NAMES.map(|name| (name, "x"));
        let mut project = Project::new(&files);
        project.write(".gitignore", rules);
        let taken = project.snapshot().unwrap();
        assert_eq!(project.paths(&taken), git(&project), "rules {rules:?}");
    }
}

#[test]
fn nested_rule_files_mean_what_they_mean_to_git() {
    let nested: [&[(&str, &str)]; 5] = [
        &[(".gitignore", "*.log\n"), ("logs/.gitignore", "!a.log\n")],
        &[(".gitignore", "!a.txt\n"), ("doc/.gitignore", "a.txt\n"), ("doc/b/.gitignore", "!a.txt\n")],
        &[("doc/.gitignore", "/a.txt\n")],
        &[("doc/.gitignore", "b/\n"), ("doc/b/.gitignore", "!*\n")],
        &[
            (".gitignore", "doc/b/c\n.gitignore\n"),
            ("src/.gitignore", "*\n!.gitignore\n!build/\n!build/x.js\n"),
        ],
    ];
    for rules in nested {
        let mut project = Project::new(&NAMES.map(|name| (name, "x")));
        rules.iter().for_each(|(path, text)| project.write(path, text));
        let taken = project.snapshot().unwrap();
        assert_eq!(project.paths(&taken), git(&project), "rules {rules:?}");
    }
}

#[test]
fn what_tools_build_is_never_part_of_a_project() {
    let never =
        "node_modules/a dist/a dist-v2/a .git/a .lua/a .temp/a coverage/a .next/a .turbo/a deep/dist/a";
    let mut project = Project::new(&[("a", "1")]);
    never.split(' ').for_each(|path| project.write(path, "x"));
    project.write(".luaignore", "!node_modules\n!dist\n");
    let taken = project.snapshot().unwrap();
    assert_eq!(project.paths(&taken), [".luaignore", "a"]);
    assert_eq!(taken.skipped, [], "ignored, so not reported");
}

#[test]
fn luaignore_is_stronger_in_both_directions() {
    let mut project = Project::new(&[("a.log", "1"), ("b.md", "2"), ("deep/c.log", "3")]);
    project.write(".gitignore", "*.log\n!c.log\n");
    project.write(".luaignore", "!a.log\n*.md\n");
    project.write("deep/.luaignore", "c.log\n");
    let taken = project.snapshot().unwrap();
    assert_eq!(project.paths(&taken), [".gitignore", ".luaignore", "a.log", "deep/.luaignore"]);
}

#[test]
fn a_link_is_no_rule_file() {
    let mut project = Project::new(&[("a", "1"), ("rules", "a\n")]);
    project.link(".gitignore", "rules");
    let taken = project.snapshot().unwrap();
    assert_eq!(project.paths(&taken), [".gitignore", "a", "rules"]);
    assert_eq!(project.paths(&taken), git(&project));
}
