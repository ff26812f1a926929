//! CI jobs: a fresh checkout of git without a store pushes and promotes what is checked out. The scripts are those of `docs/ci.md`.

// The steps of the jobs are scripts of the shell.
#![cfg(unix)]

mod jobs;

use crate::common::server::{Server, token};
use crate::common::{Outcome, Project, list_of, shop};
use insta::assert_snapshot;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A server with the shop of a developer, pushed, made v1 and promoted, whose files are in a repository of git.
struct Job {
    ana: Project,
    server: Server,
    token: String,
}

impl Job {
    fn new() -> Job {
        let mut ana = shop::project();
        let server = Server::start(&ana, "");
        ana.set("LUA_STORE_TOKEN", &server.token(&ana, "agent_shop", "promote"));
        ana.write("notes.md", "notes\n");
        ana.ok(&format!("remote add origin {}/agent_shop", server.url));
        ana.ok("push -m first");
        ana.ok("version create -m first");
        ana.ok("version promote 1");
        for line in [
            "init --quiet --initial-branch=main",
            "config user.email ana@example.com",
            "config user.name Ana",
            "add -A",
            "commit --quiet -m first",
        ] {
            assert_eq!(ana.git(line).code, 0, "{line}");
        }
        let token = token(&ana, "--agent agent_shop --scope promote --note ci-7");
        Job { ana, server, token }
    }

    fn url(&self) -> String {
        format!("{}/agent_shop", self.server.url)
    }

    /// Commits everything that the developer has.
    fn commit(&self) {
        assert_eq!(self.ana.git("add -A").code, 0);
        assert_eq!(self.ana.git("commit --quiet -m change").code, 0);
    }

    /// A shallow clone without a branch, as a job has it.
    fn checkout(&self, name: &str) -> PathBuf {
        let to = self.ana.path("..").join(name);
        let from = format!("file://{}", self.ana.root().canonicalize().unwrap().display());
        let cloned = self.ana.git(&format!("clone --quiet --depth 1 {from} {}", to.display()));
        assert_eq!(cloned.code, 0, "{cloned}");
        let detached = self.ana.git(&format!("-C {} checkout --quiet --detach", to.display()));
        assert_eq!(detached.code, 0, "{detached}");
        assert!(!to.join(".lua").exists());
        to
    }

    /// Makes a command that of a job: nobody is named, and there is no home directory.
    fn isolate(&self, command: &mut Command) {
        command.env_remove("LUA_STORE_AUTHOR").env("HOME", "/dev/null/home").env("CI", "true");
        command.env("LUA_STORE_TOKEN", &self.token).env("GITHUB_ACTOR", "octocat");
    }

    fn run(&self, folder: &Path, line: &str) -> Outcome {
        let mut command = self.ana.lua_store(line);
        self.isolate(&mut command);
        self.ana.run_in(folder, &mut command, line)
    }

    fn push(&self, folder: &Path, options: &str) -> Outcome {
        self.run(folder, &format!("push --remote {} {options}", self.url()))
    }

    /// Runs a script of the document.
    fn script(&self, folder: &Path, script: &str, variables: &[(&str, &str)]) -> Outcome {
        let mut command = self.ana.command("sh");
        command.args(["-euc", script]).envs(variables.iter().copied()).env("URL", self.url());
        self.isolate(&mut command);
        let program = Path::new(env!("CARGO_BIN_EXE_lua-store")).parent().unwrap();
        command.env("PATH", format!("{}:{}", program.display(), std::env::var("PATH").unwrap()));
        self.ana.run_in(folder, &mut command, "script")
    }

    /// The remote as a clone of now has it.
    fn sources(&self) -> serde_json::Value {
        list_of(self.there("source list"))
    }

    fn there(&self, line: &str) -> serde_json::Value {
        let clone = self.ana.path("../look");
        let _ = std::fs::remove_dir_all(&clone);
        self.ana.ok(&format!("clone {} ../look", self.url()));
        self.ana.json(&format!("-C ../look {line}"))
    }

    /// Paths in the newest source version of the remote.
    fn files(&self) -> Vec<String> {
        self.there("status");
        let files = walkdir::WalkDir::new(self.ana.path("../look")).into_iter();
        let files = files.map(Result::unwrap).filter(|entry| entry.file_type().is_file());
        let root = self.ana.path("../look");
        let path = |entry: walkdir::DirEntry| {
            entry.path().strip_prefix(&root).unwrap().display().to_string()
        };
        files.map(path).filter(|path| !path.starts_with(".lua")).collect()
    }
}

/// The block of the document after a heading, in a language.
fn block(heading: &str, language: &str) -> String {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/ci.md"));
    let text = text.unwrap();
    let (_, section) = text.split_once(&format!("\n## {heading}\n")).unwrap();
    let (_, block) = section.split_once(&format!("```{language}\n")).unwrap();
    block.split_once("```").unwrap().0.to_owned()
}

#[test]
fn the_scripts_of_the_document_run() {
    let job = Job::new();
    shop::edit(&job.ana, "src/index.ts", "You help customers shop.", "You help.");
    job.commit();
    let shell = job.script(&job.checkout("one"), &block("Shell", "sh"), &[("COMMIT", "c0ffee1")]);
    assert_snapshot!(shell, @"
    $ lua-store script
      ✅ persona v2 pushed (1 → 2)
      ·  5 unchanged: shop, orders, catalog, nightly, docs
    💾 Backup at v2 (1 changed file(s))
    ✅ Push complete: 1 changed
    ✅ Sent to origin: source version v2 (1081 bytes)
    ✓ Created v2 (staged).
    ✅ Sent to origin: version v2 (351 bytes)
    ✓ Promoted v2. Previous active: v1.
    --- stderr
    hint: run `lua-store version create` to create a version of it
    hint: run `lua-store version promote v1` to take it back
    ");
    let live = job.there("version show active");
    assert_eq!((live["version"].as_u64(), live["message"].as_str()), (Some(2), Some("c0ffee1")));
    assert_eq!(live["commitHash"], "c0ffee1");
    shop::edit(&job.ana, "src/index.ts", "You help.", "You help a lot.");
    job.commit();
    let yaml = block("GitHub Actions", "yaml");
    let (_, steps) = yaml.split_once("- run: |\n").unwrap();
    let steps: Vec<&str> = steps.lines().map(str::trim).collect();
    let folder = job.checkout("two");
    let actions = job.script(&folder, &steps.join("\n"), &[("GITHUB_SHA", "c0ffee2")]);
    assert_eq!(actions.code, 0, "{actions}");
    let live = job.there("version show active");
    assert_eq!((live["version"].as_u64(), live["message"].as_str()), (Some(3), Some("c0ffee2")));
    // The same commit again changes nothing, and promotes nothing.
    let again = job.script(&job.checkout("three"), &steps.join("\n"), &[("GITHUB_SHA", "c0ffee2")]);
    assert_snapshot!(again.notes(), @"
    $ lua-store script
    Nothing changed since source version v3.
    ✅ origin has everything.
    ✅ origin has everything.
    No staged changes since the previous version.
    --- stderr
    Nothing was promoted: v3 is active.
    ");
    assert_eq!(
        job.ana.git("-C ../two status --porcelain").stdout,
        "",
        "git does not see the store"
    );
}

#[test]
fn a_checkout_is_pushed_exactly() {
    let job = Job::new();
    // Others pushed what is not in git, and changed what git deletes.
    let ben = "clone {} ../ben".replace("{}", &job.url());
    job.ana.ok(&ben);
    job.ana.write("../ben/src/extra.md", "extra\n");
    job.ana.write("../ben/notes.md", "changed\n");
    job.ana.ok("-C ../ben push -m ben");
    std::fs::remove_file(job.ana.path("notes.md")).unwrap();
    job.commit();
    let folder = job.checkout("one");
    let pushed = job.push(&folder, "-m exact");
    assert_eq!(pushed.code, 0, "{pushed}");
    let files = job.files();
    assert!(!files.iter().any(|path| path == "notes.md" || path == "src/extra.md"), "{files:?}");
    assert!(files.iter().any(|path| path == "src/index.ts"), "{files:?}");
    let list = job.sources();
    assert_eq!(list.as_array().unwrap().len(), 3, "that of ben stays in the history: {list}");
    assert_eq!(
        list[0]["createdByEmail"].as_str().or(list[0]["createdBy"].as_str()),
        Some("octocat@users.noreply.github.com")
    );
    // A kept store goes on, also after others pushed again.
    job.ana.write("../ben/src/more.md", "more\n");
    job.ana.ok("-C ../ben pull --theirs");
    job.ana.write("../ben/src/more.md", "more\n");
    job.ana.ok("-C ../ben push -m more");
    std::fs::write(folder.join("src/kept.md"), "kept\n").unwrap();
    let again = job.push(&folder, "-m again");
    assert_eq!(again.code, 0, "{again}");
    let files = job.files();
    assert!(
        files.iter().any(|path| path == "src/kept.md")
            && !files.iter().any(|path| path == "src/more.md"),
        "{files:?}"
    );
    // The store of a developer is none of a checkout: there it is refused as ever.
    job.ana.write("mine.md", "mine\n");
    let developer = job.ana.run(&format!("push --remote {}", job.url()));
    assert_eq!(developer.code, 1, "{developer}");
    assert!(developer.stderr.contains("lua-store pull"), "{developer}");
}

#[test]
fn a_push_that_expects_another_source_version_is_refused_with_the_facts() {
    let job = Job::new();
    job.ana.write("src/later.md", "later\n");
    job.ana.ok("push -m later");
    let folder = job.checkout("one");
    let refused = job.push(&folder, "--expect-source v1");
    assert_snapshot!(refused.to_string().replace(&job.url(), "[URL]"), @"
    $ lua-store push --remote [URL] --expect-source v1
    --- stderr
    Error: cannot push after source version v1: the newest is v2, pushed by ana@example.com: later
    hint: run `lua-store status` to see how your files differ from v2
    --- exit 1
    ");
    assert_eq!(job.sources().as_array().unwrap().len(), 2);
    let done = job.push(&folder, "--expect-source v2 -m done");
    assert_eq!(done.code, 0, "{done}");
    // In the project of a developer it guards as well.
    job.ana.ok("pull");
    job.ana.write("src/latest.md", "latest\n");
    assert_eq!(job.ana.run("push --expect-source 2").code, 1);
    job.ana.ok("push --expect-source source/v3");
    assert_eq!(job.ana.run("push --expect-source x").code, 2);
}

#[test]
fn nothing_is_made_where_the_remote_refuses() {
    let mut job = Job::new();
    let folder = job.checkout("one");
    job.token = "lst_wrong".to_owned();
    assert_eq!(job.push(&folder, "").code, 9);
    assert!(!folder.join(".lua").exists());
    job.token = token(&job.ana, "--agent agent_shop --scope read");
    // A token that may only read is enough to compare.
    std::fs::write(folder.join("src/new.md"), "new\n").unwrap();
    let preview = job.push(&folder, "--dry-run");
    assert_eq!(preview.code, 0, "{preview}");
    assert!(preview.stdout.contains("Would push 0 change(s), 1 changed file(s)"), "{preview}");
    assert_eq!(job.sources().as_array().unwrap().len(), 1);
    // The checkout is of another agent.
    let folder = job.checkout("two");
    std::fs::write(folder.join("lua.skill.yaml"), "agent:\n  agentId: agent_other\n").unwrap();
    let refused = job.push(&folder, "");
    assert_eq!(refused.code, 2, "{refused}");
    assert!(refused.stderr.contains("add `--as agent_shop`"), "{refused}");
    assert!(!folder.join(".lua").exists());
}

#[test]
fn checkouts_that_push_at_once_all_arrive() {
    let job = Job::new();
    let folders: Vec<PathBuf> = (0..4).map(|at| job.checkout(&format!("job{at}"))).collect();
    for (at, folder) in folders.iter().enumerate() {
        std::fs::write(folder.join("src/job.md"), format!("{at}\n")).unwrap();
    }
    let line = format!("push --remote {}", job.url());
    let started: Vec<_> = folders
        .iter()
        .map(|folder| {
            let mut command = job.ana.lua_store(&line);
            job.isolate(&mut command);
            command.current_dir(folder).stderr(std::process::Stdio::piped()).spawn().unwrap()
        })
        .collect();
    for child in started {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(job.sources().as_array().unwrap().len(), 5);
}

#[test]
fn the_author_is_who_the_token_or_the_job_says() {
    let mut job = Job::new();
    let by = |job: &Job| job.sources()[0]["createdBy"].as_str().unwrap().to_owned();
    let push = |job: &Job, name: &str, variables: &[(&str, &str)]| {
        let folder = job.checkout(name);
        std::fs::write(folder.join("src/job.md"), name).unwrap();
        let line = format!("push --remote {}", job.url());
        let mut command = job.ana.lua_store(&line);
        job.isolate(&mut command);
        command.env_remove("GITHUB_ACTOR").envs(variables.iter().copied());
        let outcome = job.ana.run_in(&folder, &mut command, &line);
        assert_eq!(outcome.code, 0, "{outcome}");
    };
    push(&job, "note", &[]);
    assert_eq!(by(&job), "ci-7", "the token has a note");
    push(&job, "gitlab", &[("GITLAB_USER_EMAIL", "lab@example.com")]);
    assert_eq!(by(&job), "lab@example.com");
    push(&job, "actor", &[("GITHUB_ACTOR", "octocat"), ("GITLAB_USER_EMAIL", "lab@example.com")]);
    assert_eq!(by(&job), "octocat@users.noreply.github.com");
    push(&job, "named", &[("GITHUB_ACTOR", "octocat"), ("LUA_STORE_AUTHOR", "me@example.com")]);
    assert_eq!(by(&job), "me@example.com");
    job.token = token(&job.ana, "--agent agent_shop --scope push --for bot@example.com");
    push(&job, "owner", &[("GITHUB_ACTOR", "octocat")]);
    assert_eq!(by(&job), "bot@example.com", "it may bring nothing else");
    job.token = token(&job.ana, "--agent agent_shop --scope push");
    push(&job, "bare", &[]);
    assert!(job.token.len() > 20 && by(&job).len() >= 8, "its id: {}", by(&job));
}
