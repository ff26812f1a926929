//! Help: every page has a command's own options first, the global ones in one line, and examples that run;
//! the manual pages have examples, exit status, environment and files; the program without a command shows
//! the project.

#[cfg(unix)]
use crate::common::bucket::{Bucket, S3Place};
#[cfg(unix)]
use crate::common::server::{Server, data};
use crate::common::{Project, shop};
use insta::assert_snapshot;
use std::collections::BTreeSet;
use std::path::Path;
#[cfg(unix)]
use std::process::{Command, Output};

#[test]
fn a_page_has_its_own_options_first_and_the_global_ones_in_one_line() {
    let help = Project::new().ok("version delete -h");
    let position = |text: &str| help.find(text).unwrap_or_else(|| panic!("{text}: {help}"));
    assert!(position("--force") < position("Global options: -C DIR, --json, --color WHEN"));
    assert!(position("Global options:") < position("Examples:"));
    assert_eq!(help.matches("--json").count(), 1, "{help}");
}

/// Every example is run in a project of its own, whose agent is on a server that listens. A page's examples are
/// run in their order.
#[cfg(unix)]
#[test]
fn every_example_of_the_help_runs() {
    let world = World::new();
    let (mut run, mut failed) = (0, String::new());
    for name in commands(&world.project) {
        // They run until they are stopped, start a server of their own, or ask the platform: other tests have them.
        if ["serve", "ui", "demo", "remote check", "remote verify"].contains(&name.as_str()) {
            continue;
        }
        let page = world.page(&name);
        for line in examples(&world.project, &name) {
            let output = page.run(&line);
            let found = name == "sync" && output.status.code() == Some(1);
            if !output.status.success() && !found {
                let said = String::from_utf8_lossy(&output.stderr);
                failed.push_str(&format!("{name}: {line}\n{said}"));
            }
            run += 1;
        }
    }
    assert!(failed.is_empty() && run > 120, "{run} were run\n{failed}");
}

#[test]
fn a_manual_page_has_examples_exit_status_environment_and_files() {
    let project = Project::new();
    project.ok("man pages");
    for name in commands(&project) {
        let page = project.read(&format!("pages/lua-store-{}.1", name.replace(' ', "-")));
        let at: Vec<usize> = ["EXAMPLES", "\"EXIT STATUS\"", "ENVIRONMENT", "FILES"]
            .iter()
            .map(|heading| {
                page.find(&format!("\n.SH {heading}\n"))
                    .unwrap_or_else(|| panic!("{name}: no {heading}\n{page}"))
            })
            .collect();
        assert!(at.is_sorted(), "{name}: {at:?}");
        let first = examples(&project, &name).remove(0);
        let words: Vec<&str> =
            first.split([' ', '-', '\'', '"', '.', '~']).filter(|word| !word.is_empty()).collect();
        assert!(words.iter().all(|word| page.contains(word)), "{name}: {first}");
    }
}

/// Variables of debug builds, of the build and of completion scripts are nobody's to set.
#[test]
fn the_manual_names_every_variable_that_the_program_reads() {
    let own = [
        "LUA_STORE_FAULT",
        "LUA_STORE_SERVE_LIMITS",
        "LUA_STORE_READER",
        "LUA_STORE_SYNC_EACH",
        "LUA_STORE_COMPLETE",
        "LUA_STORE_RANDOM_PROJECTS",
        "LUA_STORE_COMMIT",
        "LUA_STORE_PROFILE",
        "LUA_STORE_TARGET",
        // Set for the stock command, and not read.
        "LUA_API_URL",
        "LUA_AUTH_URL",
        "LUA_TELEMETRY",
    ];
    let project = Project::new();
    let page = project.ok("man").replace("\\-", "-");
    let mut read = BTreeSet::new();
    for entry in walkdir::WalkDir::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let path = entry.unwrap().into_path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let quoted = text.split('"').filter(|word| {
                word.starts_with("LUA_") || word.starts_with("XDG_") || word.starts_with("SSL_")
            });
            read.extend(
                quoted
                    .filter(|word| {
                        word.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
                    })
                    .map(str::to_owned),
            );
        }
    }
    assert!(read.len() > 15, "{read:?}");
    for variable in read.iter().filter(|name| !own.contains(&name.as_str())) {
        assert!(page.contains(variable.as_str()), "the manual does not name {variable}");
    }
}

#[test]
fn every_manual_page_names_the_version() {
    let project = Project::new();
    project.ok("man pages");
    let mut pages = 0;
    for entry in std::fs::read_dir(project.path("pages")).unwrap() {
        let page = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let title = page.lines().find(|line| line.starts_with(".TH")).unwrap();
        assert!(
            title.contains(concat!("\"lua-store ", env!("CARGO_PKG_VERSION"), "\"")),
            "{title}"
        );
        pages += 1;
    }
    assert!(pages > 60, "{pages}");
}

#[test]
fn the_version_is_a_line_or_an_answer() {
    let project = Project::new();
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(project.ok("--version"), format!("lua-store {version}\n"));
    for line in ["--version", "-V"] {
        let answer = project.json(line);
        assert_eq!((&answer["kind"], &answer["version"]), (&"program".into(), &version.into()));
        // The tests are not of a release, and a build for development does not know its commit.
        let profile = if cfg!(debug_assertions) { "debug" } else { "release" };
        assert_eq!(answer["profile"], profile);
        assert!(answer["target"].as_str().unwrap().contains(std::env::consts::ARCH), "{answer}");
    }
    // As `docs/format.md` and `docs/remote-store.md` have them.
    let formats = &project.json("--version")["formats"];
    project.ok("init");
    shop::write(&project);
    project.ok("push");
    project.ok("version create --promote");
    project.ok("bundle create all.bundle");
    project.ok("remote add origin ../data/agent_shop");
    project.ok("push");
    let number = |path: &str| {
        let bytes = std::fs::read(project.path(path)).unwrap();
        let line = String::from_utf8_lossy(&bytes).lines().next().unwrap().to_owned();
        line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()
    };
    let written = [".lua/format", "../data/format", "all.bundle"].map(number);
    let told = ["store", "remoteStore", "bundle"].map(|name| formats[name].as_u64().unwrap());
    assert_eq!(told, written, "{formats}");
    assert_eq!(formats["answers"], 1);
}

#[test]
fn without_a_command_the_project_is_shown_and_what_to_run_next() {
    let project = Project::new();
    assert_snapshot!(project.run(""), @"
    $ lua-store 
    lua-store: a version store for AI agents made with the Lua platform
    There is no store in this folder or above it.
    Next:
      lua-store demo                 run the main commands on a sample agent
      lua-store init                 create a store for the project in this folder
      lua-store clone URL            download an agent with all its versions
      lua-store status --remote URL  show what is active on a server
      lua-store help                 list all commands
    ");
    let project = shop::versioned();
    assert_snapshot!(project.run(""), @"
    $ lua-store 
    [DIR]/project
    Active version:  (none)
    Newest version:  v1  first  (never active)
    Pushed source:   v1
    Edited:          nothing since the last push
    Next:
      lua-store version promote v1     make it active
      lua-store status                 show the details
      lua-store log                    list the versions
      lua-store compile                list the primitives
      lua-store remote add origin URL  share the versions with others
    ");
    project.ok("version promote v1 --force");
    assert_snapshot!(project.run(""), @"
    $ lua-store 
    [DIR]/project
    Active version:  v1  first
      live since 09:30 UTC (just now) by ana@example.com
    Newest version:  v1  first
    Pushed source:   v1
    Edited:          nothing since the last push
    Next:
      lua-store status                 show the details
      lua-store log                    list the versions
      lua-store compile                list the primitives
      lua-store remote add origin URL  share the versions with others
      lua-store help                   list all commands
    ");
    project.write("src/index.ts", "broken (");
    project.ok("remote add origin ../depot/agent_shop");
    let shown = project.run("");
    assert_eq!(shown.stdout.lines().count(), 12, "{shown}");
    assert_snapshot!(shown, @"
    $ lua-store 
    [DIR]/project
    Active version:  (none)
      as origin has it now
    Newest version:  v1  first  (never active)
    Pushed source:   v1
    Edited:          1 file since the last push
    Next:
      lua-store diff                list the edits
      lua-store push                store the project
      lua-store version promote v1  make it active
      lua-store pull                merge what others pushed
      lua-store status              show the details
    ");
    assert_snapshot!(project.run("--json"), @r#"
    $ lua-store --json
    {
      "schemaVersion": 1,
      "kind": "overview",
      "project": "[DIR]/project",
      "active": null,
      "latest": 1,
      "sourceVersion": 1,
      "staged": [
        1
      ],
      "editedFiles": 1,
      "next": [
        [
          "lua-store",
          "diff"
        ],
        [
          "lua-store",
          "push"
        ],
        [
          "lua-store",
          "version",
          "promote",
          "v1"
        ],
        [
          "lua-store",
          "pull"
        ],
        [
          "lua-store",
          "status"
        ]
      ]
    }
    "#);
}

/// The names of all commands.
pub fn commands(project: &Project) -> Vec<String> {
    let answer = project.json("man pages");
    let pages =
        answer["pages"].as_array().unwrap().iter().map(|page| page.as_str().unwrap().to_owned());
    let names: BTreeSet<String> = pages
        .filter_map(|page| Some(page.strip_prefix("lua-store-")?.strip_suffix(".1")?.to_owned()))
        .collect();
    // A page's name joins its words with the same sign that a word may have.
    let words = [
        "cat-file",
        "check-store",
        "count-objects",
        "hash-object",
        "ls-tree",
        "rev-parse",
        "set-url",
    ];
    let spaced = |name: &String| match words.iter().find(|word| name.ends_with(**word)) {
        Some(word) => format!("{}{word}", name.strip_suffix(word).unwrap().replace('-', " ")),
        None => name.replace('-', " "),
    };
    names.iter().map(spaced).collect()
}

fn examples(project: &Project, name: &str) -> Vec<String> {
    let help = project.ok(&format!("{name} --help"));
    let (_, examples) =
        help.split_once("\nExamples:\n").unwrap_or_else(|| panic!("{name}: {help}"));
    examples.lines().filter_map(|line| line.strip_prefix("    $ ")).map(str::to_owned).collect()
}

/// A project with everything that examples need, and a server.
#[cfg(unix)]
struct World {
    project: Project,
    server: Server,
    bucket: Bucket,
    token: String,
}

/// A copy of the project for the examples of one page.
#[cfg(unix)]
struct Page<'a> {
    world: &'a World,
    folder: std::path::PathBuf,
    agent: String,
    token_id: String,
}

#[cfg(unix)]
impl World {
    fn new() -> World {
        let mut project = Project::new();
        std::fs::create_dir(project.path("tmp")).unwrap();
        project.set("TMPDIR", &project.path("tmp").to_string_lossy());
        project.ok("demo --json");
        let made =
            std::fs::read_dir(project.path("tmp")).unwrap().map(|entry| entry.unwrap().path());
        let folder = made.into_iter().find(|path| path.extension().is_none()).unwrap();
        std::fs::rename(folder, project.path("shop")).unwrap();
        for line in [
            "init shop",
            "-C shop config user.email ana@example.com",
            "-C shop config user.name Ana",
        ] {
            assert_eq!(project.git(line).code, 0, "{line}");
        }
        project.ok("-C shop version promote v2 --force");
        project.ok("-C shop version promote v1 --force");
        project.ok("-C shop bundle create ../release.bundle");
        let server = Server::start(&project, "");
        let token = server.token(&project, "*", "admin");
        project.set("LUA_STORE_DATA", &data(&project).to_string_lossy());
        project.write("token", &token);
        let bucket = Bucket::start();
        for (name, value) in bucket.variables() {
            project.set(&name, &value);
        }
        World { project, server, bucket, token }
    }

    fn page(&self, name: &str) -> Page<'_> {
        let agent = format!("agent_{}", name.replace([' ', '-'], "_"));
        let folder = self.project.path(format!("pages-of/{agent}/project"));
        let beside = folder.parent().unwrap();
        std::fs::create_dir_all(beside).unwrap();
        let from = self.project.path("shop");
        assert!(Command::new("cp").arg("-a").args([&from, &folder]).status().unwrap().success());
        for file in ["release.bundle", "token"] {
            std::fs::copy(self.project.path(file), beside.join(file)).unwrap();
        }
        let made = self.project.json(&format!(
            "serve token create --agent {agent} --scope admin --for ana@example.com"
        ));
        let page =
            Page { world: self, folder, agent, token_id: made["id"].as_str().unwrap().to_owned() };
        for line in [
            "lua-store remote add origin https://store.example.com/agent_shop",
            "lua-store push",
            "lua-store serve backup ../backup",
        ] {
            // Other commands than `undo` take back what a remote has.
            let is_local = name == "undo" && line.contains("remote add");
            if is_local || line.contains("backup") && name != "serve restore" {
                continue;
            }
            let output = page.run(line);
            assert!(
                output.status.success(),
                "{name}: {line}: {}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
        if name.starts_with("snapshot") {
            std::fs::write(page.folder.join("notes.md"), "not pushed\n").unwrap();
            assert!(page.run("lua-store restore notes.md").status.success());
        }
        if name == "init" {
            std::fs::remove_dir_all(page.folder.join(".lua")).unwrap();
        }
        page
    }
}

#[cfg(unix)]
impl Page<'_> {
    fn run(&self, line: &str) -> Output {
        let line = line.replace("https://store.example.com", &self.world.server.url);
        let endpoint = self.world.bucket.endpoint();
        let line = line.replace("https://s3.example.com", &endpoint);
        // The tests of engines have a database.
        let folder = format!("file://{}/checked", self.folder.display());
        let line = line.replace("postgres://db.example.com/agents", &folder);
        let line = line.replace("agent_shop", &self.agent).replace("f71adc5e2ca9", &self.token_id);
        let program = Path::new(env!("CARGO_BIN_EXE_lua-store")).parent().unwrap();
        let mut command = self.world.project.command("bash");
        let path = std::env::join_paths(
            std::iter::once(program.to_owned())
                .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
        );
        command
            .env("PATH", path.unwrap())
            .env("LUA_STORE_TOKEN", &self.world.token)
            .env("MANPAGER", "cat");
        command.args(["-ec", &line]).current_dir(&self.folder).output().unwrap()
    }
}
