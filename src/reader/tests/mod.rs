//! The reader on small projects written here. Expected values are worked out by hand.

#![allow(clippy::disallowed_methods, reason = "tests lay out projects")]

mod errors;
mod forms;
mod mutation;
mod overrides;
mod reach;
mod types;
mod values;

use crate::error::{Error, Result};
use crate::model::agent::{Agent, Primitive};
use std::path::Path;
use tempfile::TempDir;

/// A project in a folder of its own.
pub struct Project(TempDir);

impl Project {
    /// A project with these files.
    pub fn new(files: &[(&str, &str)]) -> Project {
        let project = Project(tempfile::tempdir().unwrap());
        files.iter().for_each(|(path, text)| project.write(path, text));
        project
    }

    /// A project whose agent is configured so, with other files beside it.
    pub fn agent(config: &str, before: &str, files: &[(&str, &str)]) -> Project {
        let project = Project::new(files);
        let head = "import { LuaAgent, LuaSkill, LuaWebhook, LuaJob, LuaMCPServer, defineTool } from 'lua-cli';\n";
        project.write(
            "src/index.ts",
            &format!("{head}{before}\nexport const agent = new LuaAgent({{ {config} }});\n"),
        );
        project
    }

    pub fn write(&self, path: &str, text: &str) {
        let file = self.root().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }

    pub fn root(&self) -> &Path {
        self.0.path()
    }

    pub fn try_read(&self) -> Result<Agent> {
        super::project(self.root())
    }

    pub fn read(&self) -> Agent {
        self.try_read().unwrap_or_else(|error| panic!("{error:?}"))
    }

    pub fn error(&self) -> Error {
        self.try_read().map(|agent| agent.name).unwrap_err()
    }
}

/// The only primitive of a kind.
pub fn only<'a>(agent: &'a Agent, kind: &str) -> &'a Primitive {
    let found: Vec<_> = agent.primitives.iter().filter(|one| one.kind.word == kind).collect();
    assert_eq!(found.len(), 1, "{:?}", agent.notes);
    found[0]
}

/// The names of a skill's tools.
pub fn tool_names(skill: &Primitive) -> Vec<&str> {
    let tools = skill.definition["tools"].as_array().unwrap();
    tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect()
}
