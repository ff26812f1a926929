//! Material of the demo: a sample agent of our own, and the edits that are made to it.

mod compiled;
mod platform;
mod relay;
mod run;
mod server;
mod stock;

pub use relay::DemoRelay;
pub use run::{DemoCommand, DemoRun};
pub use server::DemoServer;
pub use stock::StockCommand;

use crate::error::{Error, Result};
use crate::fs::{self, Published};
use std::path::Path;

/// A file of the sample agent.
struct File {
    path: &'static str,
    text: &'static str,
}

macro_rules! files {
    ($($path:literal)*) => { &[$(File { path: $path, text: include_str!(concat!("sample/", $path)) }),*] };
}

const FILES: &[File] = files! {
    "README.md"
    "env.example"
    "lua.skill.yaml"
    "package.json"
    "src/index.ts"
    "src/jobs/low-stock.job.ts"
    "src/lib/catalog.ts"
    "src/lib/money.ts"
    "src/lib/orders.ts"
    "src/mcp/brew-guides.ts"
    "src/persona.ts"
    "src/processors/add-order-hint.ts"
    "src/processors/soften-refusals.ts"
    "src/skills/catalog.skill.ts"
    "src/skills/order.skill.ts"
    "src/skills/tools/FindCoffeeTool.ts"
    "src/skills/tools/OpenReturnTool.ts"
    "src/skills/tools/TrackOrderTool.ts"
    "src/triggers/review-posted.trigger.ts"
    "src/webhooks/parcel-events.webhook.ts"
    "tsconfig.json"
};

/// Its name here has no dot, so that git does not take it for one of ours.
const GITIGNORE: File = File { path: ".gitignore", text: include_str!("sample/gitignore") };
const SCRIPT: File = File {
    path: "scripts/check-catalog.sh",
    text: include_str!("sample/scripts/check-catalog.sh"),
};

/// Writes the sample agent into an empty folder.
pub fn write(folder: &Path) -> Result<()> {
    for file in FILES.iter().chain([&GITIGNORE, &SCRIPT]) {
        put(folder, file)?;
    }
    fs::make_executable(&folder.join(SCRIPT.path))
}

fn put(folder: &Path, file: &File) -> Result<()> {
    let path = folder.join(file.path);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    match fs::create(&path, file.text.as_bytes())? {
        Published::Done => Ok(()),
        Published::Exists => Err(Error::conflict(format!("\"{}\" exists", path.display()))),
    }
}

/// A change that a developer makes to the sample agent.
pub struct Edit {
    /// Sentence for the person who watches.
    pub said: &'static str,
    path: &'static str,
    change: Change,
}

enum Change {
    Replace { old: &'static str, new: &'static str },
    Add { text: &'static str },
}

/// A better description for one tool, one more sentence of persona, and one more tool.
pub const EDITS: &[Edit] = &[
    Edit {
        said: "say more precisely when to use track_order",
        path: "src/skills/tools/TrackOrderTool.ts",
        change: Change::Replace {
            old: "Look up an order by its number and say where the parcel is",
            new: "Look up an order by its number: where the parcel is, and what it cost",
        },
    },
    Edit {
        said: "give the persona one more sentence",
        path: "src/persona.ts",
        change: Change::Replace {
            old: "and then what happens next.`",
            new: "and then what happens next.\nYou answer in the language in which you are asked.`",
        },
    },
    Edit {
        said: "write a new tool",
        path: "src/skills/tools/SuggestGrindTool.ts",
        change: Change::Add { text: include_str!("added/SuggestGrindTool.ts") },
    },
    Edit {
        said: "import the new tool",
        path: "src/skills/catalog.skill.ts",
        change: Change::Replace {
            old: "import { FindCoffeeTool } from './tools/FindCoffeeTool';",
            new: "import { FindCoffeeTool } from './tools/FindCoffeeTool';\n\
                  import { SuggestGrindTool } from './tools/SuggestGrindTool';",
        },
    },
    Edit {
        said: "give the new tool to the skill",
        path: "src/skills/catalog.skill.ts",
        change: Change::Replace {
            old: "tools: [new FindCoffeeTool()],",
            new: "tools: [new FindCoffeeTool(), new SuggestGrindTool()],",
        },
    },
];

/// Edits of the persona: a colleague's, then yours, then the colleague's late in the evening.
pub const PERSONAS: [&Edit; 3] = [
    &Edit {
        said: "one more sentence of persona",
        path: "src/persona.ts",
        change: Change::Replace {
            old: "and then what happens next.`",
            new: "and then what happens next.\nYou never promise a date.`",
        },
    },
    &Edit {
        said: "a better sentence",
        path: "src/persona.ts",
        change: Change::Replace {
            old: "You never promise a date.",
            new: "You promise a date only when the carrier has given one.",
        },
    },
    &Edit {
        said: "a sentence that should not have gone out",
        path: "src/persona.ts",
        change: Change::Replace {
            old: "You promise a date only when the carrier has given one.",
            new: "You promise every customer a refund.",
        },
    },
];

/// Edits of the act on the platform: what the dashboard did, better code, and a bad sentence.
pub const PLATFORM: [&Edit; 3] = [
    &Edit {
        said: "the sentence that was added in the dashboard",
        path: "src/persona.ts",
        change: Change::Replace {
            old: "and then what happens next.`",
            new: "and then what happens next.\nYou thank people for their patience.`",
        },
    },
    &EDITS[0],
    &Edit {
        said: "a sentence that should not have gone out",
        path: "src/persona.ts",
        change: Change::Replace {
            old: "You thank people for their patience.",
            new: "You promise every customer a refund.",
        },
    },
];

/// Entry of a project of the stock command, which names the agent by it.
pub const AGENT_ID: &Edit = &Edit {
    said: "the id of the agent, by which `lua` knows it",
    path: "lua.skill.yaml",
    change: Change::Replace {
        old: "agentId: ''\n  orgId: ''",
        new: "agentId: agent_demo\n  orgId: lua-store",
    },
};

impl Edit {
    pub fn path(&self) -> &'static str {
        self.path
    }

    pub fn make(&self, folder: &Path) -> Result<()> {
        if let Change::Add { text } = self.change {
            return put(folder, &File { path: self.path, text });
        }
        fs::replace(&folder.join(self.path), self.edited(folder)?.as_bytes())
    }

    /// Text of the file after the edit.
    pub fn edited(&self, folder: &Path) -> Result<String> {
        let path = folder.join(self.path);
        match self.change {
            Change::Add { text } => Ok(text.to_owned()),
            Change::Replace { old, new } => {
                let bytes = fs::read(&path)?;
                let text = String::from_utf8_lossy(&bytes);
                if !text.contains(old) {
                    return Err(Error::failed(format!(
                        "\"{}\" was changed by somebody else",
                        path.display()
                    )));
                }
                Ok(text.replacen(old, new, 1))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_file_of_the_sample_is_written() {
        let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cli/demo/sample");
        let written = tempfile::tempdir().unwrap();
        write(written.path()).unwrap();
        let mut expected = paths(&sample);
        assert!(expected.remove("gitignore"));
        expected.insert(".gitignore".to_owned());
        assert_eq!(paths(written.path()), expected);
    }

    #[test]
    fn every_edit_changes_its_file() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path()).unwrap();
        for edit in EDITS.iter().chain([AGENT_ID]) {
            let path = folder.path().join(edit.path());
            let before = fs::read_if_exists(&path).unwrap();
            edit.make(folder.path()).unwrap();
            assert_ne!(fs::read_if_exists(&path).unwrap(), before, "{}", edit.said);
        }
    }

    fn paths(folder: &Path) -> BTreeSet<String> {
        let files = walkdir::WalkDir::new(folder).into_iter().map(Result::unwrap);
        let files = files.filter(|entry| entry.file_type().is_file());
        files
            .map(|entry| {
                entry.path().strip_prefix(folder).unwrap().to_string_lossy().replace('\\', "/")
            })
            .collect()
    }
}
