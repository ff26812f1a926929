//! The examples in `docs/platform.md` are what the program says: each block of `console` is run, in order, on one agent of a
//! stand-in of the platform. A line with `#` is an act of somebody beside it. `UPDATE_DOCS=1 cargo test runbook` writes the
//! answers anew.

use super::deployed::compiled;
use super::stub::{Assumptions, At, Fault, Platform};
use crate::common::{Outcome, Project, shop};
use serde_json::json;
use std::path::{Path, PathBuf};

const FENCE: &str = "```console\n";
const AGENT: &str = "agent_shop";

fn page() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/platform.md")
}

/// The project of the page, and the platform that its agent is on.
struct Runbook {
    platform: Platform,
    project: Project,
}

impl Runbook {
    fn new() -> Runbook {
        let platform = Platform::with(AGENT, Assumptions::default());
        let mut project = Project::new();
        shop::write(&project);
        project.set("LUA_API_KEY", &platform.key());
        project.set("LUA_STORE_TRIES", "1");
        project.ok("init --agent-id agent_shop");
        Runbook { platform, project }
    }

    /// A line of the page, with the answer to it.
    fn tell(&self, line: &str) -> String {
        match line.strip_prefix("$ lua-store ") {
            Some(words) => format!("{line}\n{}", self.answer(words)),
            None => {
                self.act(line.strip_prefix("# ").unwrap_or_else(|| panic!("{line} is no command")));
                format!("{line}\n")
            }
        }
    }

    /// The answer to a command. The page has the address of the real platform, and the project has `lua`.
    fn answer(&self, words: &str) -> String {
        let real = self.platform.address(AGENT);
        let is_compiled = words.starts_with("push")
            || words.starts_with("version promote v") && !words.contains("--abort");
        let options = match is_compiled {
            true => format!(" {}", compiled::output(&self.project)),
            false => String::new(),
        };
        let line = words.replace("lua://agent_shop", &real) + &options;
        let Outcome { stdout, stderr, code, .. } = self.project.run(&line);
        let code = match code {
            0 => String::new(),
            code => format!("(exit code {code})\n"),
        };
        let text = format!("{stdout}{stderr}{code}").replace(&real, "lua://agent_shop");
        let text = text.replace(&self.platform.url(), "https://api.heylua.ai");
        text.lines().map(|line| without_ids(line).trim_end().to_owned() + "\n").collect()
    }

    fn edit(&self, path: &str, from: &str, to: &str) {
        shop::edit(&self.project, path, from, to);
    }

    /// An act of somebody beside the commands.
    fn act(&self, what: &str) {
        let dashboard = self.platform.dashboard(AGENT);
        let (orders, index) = ("src/skills/orders.skill.ts", "src/index.ts");
        match what {
            "you edit the skill orders, and the persona" => {
                self.edit(orders, "Knows about orders", "Knows all about orders");
                self.edit(index, "You help customers shop.", "You help customers shop, briefly.");
            }
            "somebody edits the persona in the dashboard" => {
                dashboard.edit_persona("You are Ava.\nYou thank every customer.");
            }
            "you write their sentence into src/index.ts" => {
                self.edit(index, "You help customers shop, briefly.", "You thank every customer.");
            }
            "somebody runs `lua deploy` for the skill orders alone" => {
                dashboard.push("skills", "orders", "1.0.9", json!({"description": "Theirs"}));
                assert_eq!(dashboard.deploy("skills", "orders", "1.0.9"), None);
            }
            "you edit the skill catalog" => {
                let path = "src/skills/catalog.skill.ts";
                self.edit(path, "Knows the products", "Knows all products");
            }
            "the network fails at the switch" => {
                self.platform.on(At::route("#27").always(), Fault::CutBefore);
            }
            "the network is back" => self.platform.reset_faults(),
            other => panic!("nobody knows how to do this: {other}"),
        }
    }
}

/// Ids depend on every byte of the sample, and systems have several words for a connection that broke.
fn without_ids(line: &str) -> String {
    if let Some((before, _)) = line.split_once(": io: ") {
        return format!("{before}: io: Peer disconnected");
    }
    let word = |word: &str| {
        let bare = word.trim_end_matches(['.', ',', ':']);
        let is_id = matches!(bare.len(), 8 | 12 | 64)
            && bare.bytes().all(|byte| byte.is_ascii_hexdigit())
            && bare.bytes().any(|byte| byte.is_ascii_digit());
        if is_id { word.replace(bare, "<id>") } else { word.to_owned() }
    };
    line.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// Text without how much of the code was compared: that depends on the requests which a command can afford.
fn without_code(text: &str) -> String {
    text.lines().map(|line| line.split(" · code of ").next().unwrap().to_owned() + "\n").collect()
}

#[test]
fn the_answers_of_the_page_are_true() {
    let written = std::fs::read_to_string(page()).unwrap();
    let runbook = Runbook::new();
    let mut parts = written.split(FENCE);
    let mut real = parts.next().unwrap().to_owned();
    let mut commands = 0;
    for part in parts {
        let (block, rest) = part.split_once("```\n").expect("a block ends");
        let typed = block.lines().filter(|line| line.starts_with("$ ") || line.starts_with("# "));
        let typed: Vec<&str> = typed.collect();
        let told: String = typed.iter().map(|line| runbook.tell(line)).collect();
        real += &format!("{FENCE}{told}```\n{rest}");
        commands += typed.iter().filter(|line| line.starts_with('$')).count();
    }
    assert!(commands >= 20, "{commands} commands");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(page(), &real).unwrap();
        return;
    }
    let (real, written) = (without_code(&real), without_code(&written));
    let differs = real.lines().zip(written.lines()).find(|(real, written)| real != written);
    assert!(real == written, "docs/platform.md is not what the program says: {differs:?}");
}
