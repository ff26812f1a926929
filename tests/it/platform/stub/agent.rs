//! An agent as the platform has it.

use super::kinds::{KindPath, Runs};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

#[derive(Clone, Default)]
pub struct Agent {
    pub id: String,
    /// Fields that #10 sets: name, model, settings.
    pub fields: Map<String, Value>,
    /// Persona with which it speaks.
    pub served: Value,
    /// Number n is at n - 1.
    pub personas: Vec<Persona>,
    pub primitives: Vec<Primitive>,
    pub servers: Vec<McpServer>,
    pub blobs: HashMap<String, Arc<[u8]>>,
    pub backups: BTreeMap<u64, Backup>,
    pub last_backup: u64,
    pub versions: BTreeMap<u64, AgentVersion>,
    pub last_version: u64,
}

#[derive(Clone)]
pub struct Persona {
    pub id: String,
    pub text: Value,
    pub at: i64,
    pub by: String,
    pub is_published: bool,
    pub is_current: bool,
}

#[derive(Clone)]
pub struct Primitive {
    pub kind: &'static KindPath,
    pub id: String,
    pub name: String,
    /// `cli`, or another place where it was created.
    pub source: String,
    /// Oldest first.
    pub numbers: Vec<Number>,
    pub live: Option<String>,
}

/// A number of a primitive, with the body of its push.
#[derive(Clone)]
pub struct Number {
    pub id: String,
    pub number: String,
    pub body: Map<String, Value>,
    pub at: i64,
    pub by: String,
}

#[derive(Clone)]
pub struct McpServer {
    pub id: String,
    pub name: String,
    pub is_active: bool,
    /// `transport`, `url`, `urlResolver`, `headersResolver`.
    pub config: Map<String, Value>,
}

#[derive(Clone)]
pub struct Backup {
    pub files: Vec<Value>,
    pub project_hash: String,
    pub at: i64,
    pub by: String,
    pub triggered_by: Value,
}

#[derive(Clone)]
pub struct AgentVersion {
    pub number: u64,
    /// `staged`, `active`, `superseded` or `deleted`.
    pub status: &'static str,
    pub message: Value,
    pub by: String,
    pub at: i64,
    pub commit: Value,
    pub source: Value,
    pub snapshot: Value,
}

impl Agent {
    pub fn primitive(&self, kind: &str, name: &str) -> Option<&Primitive> {
        self.primitives.iter().find(|one| one.kind.path == kind && one.name == name)
    }

    pub fn primitive_mut(&mut self, kind: &str, name: &str) -> Option<&mut Primitive> {
        self.primitives.iter_mut().find(|one| one.kind.path == kind && one.name == name)
    }

    pub fn active(&self) -> Option<u64> {
        self.versions.values().find(|version| version.status == "active").map(|one| one.number)
    }

    pub fn current_persona(&self) -> Option<(u64, &Persona)> {
        let at = self.personas.iter().position(|persona| persona.is_current)?;
        Some((at as u64 + 1, &self.personas[at]))
    }

    /// Marks one persona version as the current one.
    pub fn mark_persona(&mut self, number: u64) {
        for (at, persona) in self.personas.iter_mut().enumerate() {
            persona.is_current = at as u64 + 1 == number;
            persona.is_published |= persona.is_current;
        }
    }

    /// The tools of a number of a skill get the code of another bundle.
    pub fn replace_code(&mut self, name: &str, number: &str) {
        let skill = self.primitive_mut("skills", name).expect("the skill is there");
        let mut numbers = skill.numbers.iter_mut();
        let number = numbers.find(|one| one.number == number).expect("the number is there");
        for tool in number.body["tools"].as_array_mut().expect("a skill has tools") {
            tool["codeS3Hash"] = json!("0".repeat(64));
        }
    }

    /// A field of the agent that is text.
    pub fn text(&self, field: &str) -> Option<&str> {
        self.fields.get(field)?.as_str()
    }
}

impl Primitive {
    pub fn number(&self, number: &str) -> Option<&Number> {
        self.numbers.iter().find(|one| one.number == number || one.id == number)
    }

    /// Adds a number, which runs at once for some kinds.
    pub fn push(&mut self, number: Number) {
        if self.kind.runs == Runs::AtOnce {
            self.live = Some(number.number.clone());
        }
        self.numbers.push(number);
    }
}

impl AgentVersion {
    pub fn shown(&self, with_snapshot: bool) -> Value {
        let mut shown = json!({
            "id": format!("av-{:04}", self.number),
            "version": self.number,
            "status": self.status,
            "message": self.message,
            "createdBy": "user-1",
            "createdByEmail": self.by,
            "createdAt": super::world::iso(self.at),
            "commitHash": self.commit,
            "sourceManifestVersion": self.source,
        });
        if with_snapshot {
            shown["snapshot"] = self.snapshot.clone();
        }
        shown
    }
}
