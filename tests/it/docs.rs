//! The examples in `docs/commands.md` are what the program says: each block of `console` is run, in
//! order, on what `demo` leaves behind. `UPDATE_DOCS=1 cargo test docs` writes them anew. The files and
//! tests that other documents name for a claim exist.

use crate::common::Project;
use std::path::{Path, PathBuf};
use std::process::Command;

const FENCE: &str = "```console\n";

fn document() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/commands.md")
}

#[test]
fn the_examples_of_the_commands_are_true() {
    let written = std::fs::read_to_string(document()).unwrap();
    let demo = Demo::new();
    let mut parts = written.split(FENCE);
    let mut real = parts.next().unwrap().to_owned();
    let mut examples = 0;
    for part in parts {
        let (block, rest) = part.split_once("```\n").expect("a block ends");
        let commands: Vec<&str> =
            block.lines().filter_map(|line| line.strip_prefix("$ ")).collect();
        let told: Vec<String> = commands.iter().map(|command| demo.tell(command)).collect();
        real.push_str(&format!("{FENCE}{}```\n{rest}", told.join("")));
        examples += commands.len();
    }
    assert!(examples >= 20, "{examples} examples");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(document(), &real).unwrap();
        return;
    }
    let differs = real.lines().zip(written.lines()).find(|(real, written)| real != written);
    assert!(real == written, "docs/commands.md is not what the program says: {differs:?}");
}

/// Documents whose claims name a file or a test that holds them, as `tests/it/docs.rs::name`.
const CLAIMS: [&str; 2] = ["docs/reader.md", "SECURITY.md"];

#[test]
fn the_files_and_tests_that_documents_name_exist() {
    for document in CLAIMS {
        let text = std::fs::read_to_string(top().join(document)).unwrap();
        let claims = claims(&text);
        assert!(claims.len() >= 20, "{document} names {} files", claims.len());
        let wrong: Vec<&&str> = claims.iter().filter(|claim| !holds(claim)).collect();
        assert!(wrong.is_empty(), "{document} names what does not exist: {wrong:#?}");
    }
}

#[test]
fn a_claim_of_what_does_not_exist_is_found() {
    let text =
        "held (`tests/it/docs.rs::holds`), by `tests/it/docs.rs`.\n`eval/mod.rs` `src/index.ts`";
    assert_eq!(claims(text), ["tests/it/docs.rs::holds", "tests/it/docs.rs", "eval/mod.rs"]);
    assert!(
        holds("tests/it/docs.rs::a_claim_of_what_does_not_exist_is_found") && holds("eval/mod.rs")
    );
    assert!(!holds("tests/it/docs.rs::holds"), "it is no test");
    assert!(!holds("tests/it/docs.rs::nowhere") && !holds("tests/it/nowhere.rs"));
}

/// A recipe is a command of cargo, or a file, which node may run.
#[test]
fn every_recipe_of_the_justfile_can_be_typed() {
    let text = std::fs::read_to_string(top().join("justfile")).unwrap();
    let commands: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("    ")).collect();
    assert_eq!(commands.len(), 12, "{commands:?}");
    for command in commands {
        let mut words = command.split(' ').filter(|word| !word.starts_with("UPDATE_DOCS="));
        let known = match (words.next().unwrap(), words.next()) {
            ("cargo", Some(name)) => ["clippy", "fmt", "run", "test"].contains(&name),
            ("node", Some(script)) => top().join(script).is_file(),
            (file, Some("{{arch}}") | None) => top().join(file).is_file(),
            _ => false,
        };
        assert!(known, "{command}");
    }
}

fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The Rust files in a text, and the tests in them.
fn claims(text: &str) -> Vec<&str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && !"_/.:-".contains(c));
    words
        .map(|word| word.trim_end_matches(['.', ':']))
        .filter(|word| word.contains(".rs"))
        .collect()
}

/// True if a file exists, from the top or from the reader's room, and has a test of that name.
fn holds(claim: &str) -> bool {
    let (path, test) =
        claim.split_once("::").map_or((claim, None), |(path, test)| (path, Some(test)));
    let files = [top().join(path), top().join("src/reader").join(path)];
    let Some(text) = files.iter().find_map(|file| std::fs::read_to_string(file).ok()) else {
        return false;
    };
    let Some(test) = test else { return true };
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let declared = lines.iter().position(|line| line.starts_with(&format!("fn {test}(")));
    declared.is_some_and(|at| {
        lines[..at]
            .iter()
            .rev()
            .take_while(|line| line.starts_with("#["))
            .any(|line| *line == "#[test]")
    })
}

/// The folder that `demo` leaves, at the fixed time of the tests.
struct Demo {
    project: Project,
    folder: PathBuf,
}

impl Demo {
    fn new() -> Demo {
        let mut project = Project::new();
        std::fs::create_dir(project.path("tmp")).unwrap();
        project.set("TMPDIR", &project.path("tmp").to_string_lossy());
        project.ok("demo --json");
        let made =
            std::fs::read_dir(project.path("tmp")).unwrap().map(|entry| entry.unwrap().path());
        // The folder of its server and clones is beside it.
        let folder = made.into_iter().find(|path| path.extension().is_none()).unwrap();
        // Something to say for `status` and `push`: a helper of both skills.
        let helper = folder.join("src/lib/money.ts");
        let text = std::fs::read_to_string(&helper).unwrap();
        assert!(text.contains("toFixed(2)"), "{text}");
        std::fs::write(helper, text.replace("toFixed(2)", "toFixed(0)")).unwrap();
        Demo { folder, project }
    }

    /// A command and what it says, ids and sizes made the same everywhere.
    fn tell(&self, line: &str) -> String {
        let words =
            line.strip_prefix("lua-store ").unwrap_or_else(|| panic!("{line} is not of ours"));
        let mut command: Command = self.project.lua_store(words);
        let output = command.current_dir(&self.folder).output().unwrap();
        let said =
            [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
        let said = said.replace(&*self.folder.to_string_lossy(), "/path/of/the/folder");
        let said = said.replace(
            &*self.folder.canonicalize().unwrap().to_string_lossy(),
            "/path/of/the/folder",
        );
        format!("$ {line}\n{}", redacted(&said))
    }
}

/// Ids and the sizes of packs depend on every byte of the sample.
fn redacted(said: &str) -> String {
    let mut text = String::new();
    for line in said.lines() {
        let words = line.split(' ').map(|word| {
            let bare = word.trim_end_matches(['.', ',']);
            let is_id = matches!(bare.len(), 8 | 64)
                && bare.chars().all(|letter| letter.is_ascii_hexdigit());
            if is_id { word.replace(bare, "<id>") } else { word.to_owned() }
        });
        let line = words.collect::<Vec<_>>().join(" ");
        let counts = ["objects", "packs: ", "bytes"].iter().any(|word| line.contains(word));
        let line = if counts { without_numbers(&line) } else { line };
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn without_numbers(line: &str) -> String {
    let mut text = String::new();
    for letter in line.chars() {
        match letter {
            '0'..='9' if text.ends_with('N') => {}
            '0'..='9' => text.push('N'),
            letter => text.push(letter),
        }
    }
    text
}
