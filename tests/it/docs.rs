//! The examples in `docs/commands.md` are what the program says: each block of `console` is run, in
//! order, on what `demo` leaves behind. `UPDATE_DOCS=1 cargo test docs` writes them anew.

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
        let commands: Vec<&str> = block.lines().filter_map(|line| line.strip_prefix("$ ")).collect();
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
        let made = std::fs::read_dir(project.path("tmp")).unwrap().map(|entry| entry.unwrap().path());
        // Beside it stands the folder of its server and clones.
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
        let words = line.strip_prefix("lua-store ").unwrap_or_else(|| panic!("{line} is not of ours"));
        let mut command: Command = self.project.lua_store(words);
        let output = command.current_dir(&self.folder).output().unwrap();
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
        let said = said.replace(&*self.folder.to_string_lossy(), "/path/of/the/folder");
        let said =
            said.replace(&*self.folder.canonicalize().unwrap().to_string_lossy(), "/path/of/the/folder");
        format!("$ {line}\n{}", redacted(&said))
    }
}

/// Ids and the sizes of packs depend on every byte of the sample.
fn redacted(said: &str) -> String {
    let mut text = String::new();
    for line in said.lines() {
        let words = line.split(' ').map(|word| {
            let bare = word.trim_end_matches(['.', ',']);
            let is_id = matches!(bare.len(), 8 | 64) && bare.chars().all(|letter| letter.is_ascii_hexdigit());
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
