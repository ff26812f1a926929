//! Ignore rules, compared with git's.

use super::{Project, on_disk};
use std::collections::BTreeSet;
use std::process::{Command, Stdio};

/// Files that git would add, without the settings of this machine.
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

const RULES: [&str; 25] = [
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
    // As editors on Windows write them.
    "*.txt\r\n!a.txt\r\n",
    "# comment\r\n\r\n/foo\r\ntmp/\r\n",
    "foo\r",
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
        &[
            (".gitignore", "!a.txt\n"),
            ("doc/.gitignore", "a.txt\n"),
            ("doc/b/.gitignore", "!a.txt\n"),
        ],
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
    let never = "node_modules/a dist/a dist-v2/a .git/a .lua/a .temp/a coverage/a .next/a .turbo/a deep/dist/a";
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

#[cfg(unix)]
#[test]
fn a_link_is_no_rule_file() {
    let mut project = Project::new(&[("a", "1"), ("rules", "a\n")]);
    project.link(".gitignore", "rules");
    let taken = project.snapshot().unwrap();
    assert_eq!(project.paths(&taken), [".gitignore", "a", "rules"]);
    assert_eq!(project.paths(&taken), git(&project));
}

/// Elements of random patterns.
const GLOBS: [&str; 44] = [
    "a",
    "b",
    "c",
    "foo",
    "x",
    "1",
    ".log",
    ".ts",
    "A",
    "\u{e9}",
    "*",
    "**",
    "***",
    "?",
    "/",
    "/",
    "/**/",
    "**/",
    "/**",
    "[ab]",
    "[a-c]",
    "[!a]",
    "[^a]",
    "[a\\-c]",
    "[]a]",
    "[[:alpha:]]",
    "[[:digit:]a]",
    "[[:nothing:]]",
    "[[:alpha]",
    "[a",
    "[",
    "]",
    "{a,b}",
    "{",
    "\\",
    "\\*",
    "\\/",
    "\\ ",
    " ",
    "\t",
    "#",
    "!",
    "-",
    "[!-a]",
];

/// A small generator: the same number, the same project.
struct Random(u64);

impl Random {
    fn below(&mut self, count: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % count
    }

    fn pick<'p>(&mut self, from: &[&'p str]) -> &'p str {
        from[self.below(from.len())]
    }

    fn joined(&mut self, pieces: &[&str], most: usize) -> String {
        (0..=self.below(most)).map(|_| self.pick(pieces)).collect()
    }

    fn name(&mut self) -> String {
        const PIECES: [&str; 24] = [
            "a", "b", "c", "ab", "foo", "A", "1", ".", "-", "x", "{a,b}", "[a", "]", " ", "\t",
            "#", "!", "*", "\\", "\u{e9}", ".ts", ".log", "_", "a-c",
        ];
        let name = self.joined(&PIECES, 2);
        if [".", ".."].contains(&&*name) { "a".to_owned() } else { name }
    }

    fn path(&mut self) -> String {
        let names: Vec<String> = (0..=self.below(3)).map(|_| self.name()).collect();
        names.join("/")
    }

    /// Half of the lines are made of a path of the project, so that many of them match.
    fn line(&mut self, paths: &[String]) -> String {
        let mut line = self.joined(&GLOBS, 4);
        if self.below(2) == 0 {
            let path = &paths[self.below(paths.len())];
            let from = path.rfind('/').filter(|_| self.below(2) == 0).map_or(0, |slash| slash + 1);
            let mut letters: Vec<String> = path[from..].chars().map(String::from).collect();
            for _ in 0..self.below(3) {
                let at = self.below(letters.len());
                letters[at] = self.pick(&GLOBS).to_owned();
            }
            line = letters.concat();
        }
        let (before, after) =
            (self.pick(&["", "", "", "!", "/", "!/", "**/"]), self.pick(&["", "", "/", "/*", " "]));
        format!("{before}{line}{after}")
    }

    fn rules(&mut self, paths: &[String]) -> String {
        let mut text = if self.below(9) == 0 { "\u{feff}".to_owned() } else { String::new() };
        for _ in 0..=self.below(5) {
            text += &self.line(paths);
            text += self.pick(&["\n", "\n", "\n", "\r\n", "\n\n", "  \n", "\t\n"]);
        }
        if self.below(4) == 0 { text.trim_end_matches('\n').to_owned() } else { text }
    }
}

/// A project with random names and rule files in some of its folders.
fn random_project(random: &mut Random) -> Project {
    let project = Project::new(&[]);
    let paths: Vec<String> = (0..20).map(|_| random.path()).collect();
    let mut folders = vec![String::new()];
    for path in &paths {
        let full = project.path(path);
        if std::fs::create_dir_all(full.parent().unwrap()).is_ok() && !full.exists() {
            std::fs::write(&full, "x").unwrap();
            folders.extend(path.rsplit_once('/').map(|(folder, _)| format!("{folder}/")));
        }
    }
    for nth in 0..=random.below(3) {
        let folder = if nth == 0 { "" } else { &folders[random.below(folders.len())] };
        let rules = random.rules(&paths);
        project.write(&format!("{folder}.gitignore"), rules);
    }
    project
}

/// The files that git ignores, of all there are.
fn ignored_by_git(project: &Project) -> (Vec<String>, BTreeSet<String>) {
    use std::io::Write;
    let files: Vec<String> = on_disk(&project.root).into_keys().collect();
    for folder in [".git/objects", ".git/refs"] {
        std::fs::create_dir_all(project.path(folder)).unwrap();
    }
    project.write(".git/HEAD", "ref: refs/heads/main\n");
    let mut command = Command::new("git");
    command.current_dir(&project.root).args(["check-ignore", "--stdin", "--no-index", "-z"]);
    command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
    command.env("XDG_CONFIG_HOME", "/nonexistent").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(files.join("\0").as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.code().is_some_and(|code| code <= 1), "{output:?}");
    let ignored = String::from_utf8(output.stdout).unwrap();
    (files, ignored.split_terminator('\0').map(str::to_owned).collect())
}

/// `LUA_STORE_RANDOM_PROJECTS` asks for more of them.
#[test]
#[cfg_attr(windows, ignore = "its names have characters that Windows refuses")]
fn random_rules_mean_what_they_mean_to_git() {
    let count =
        std::env::var("LUA_STORE_RANDOM_PROJECTS").ok().and_then(|count| count.parse().ok());
    let (mut wrong, mut ignored_files) = (Vec::new(), 0);
    for number in 0..count.unwrap_or(200) {
        let mut project = random_project(&mut Random(number));
        let (files, ignored) = ignored_by_git(&project);
        ignored_files += ignored.len();
        let taken = project.snapshot().unwrap();
        let kept: BTreeSet<String> = project.paths(&taken).into_iter().collect();
        let differ = |path: &&String| kept.contains(*path) == ignored.contains(*path);
        let differing: Vec<&String> = files.iter().filter(differ).collect();
        if !differing.is_empty() {
            let rules = files.iter().filter(|path| path.ends_with(".gitignore"));
            let rules: Vec<_> = rules
                .map(|path| (path, std::fs::read_to_string(project.path(path)).unwrap()))
                .collect();
            wrong.push(format!("project {number}: {differing:?}, rules {rules:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(ignored_files > 300, "the rules must match something");
}
