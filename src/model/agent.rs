//! Agent as data: settings, persona, primitives, and the parts that could not be read. `reader`
//! makes it, `operations` stores it; equal projects give equal values on every machine.

use super::kind::Kind;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A whole agent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Agent {
    pub name: String,
    /// The persona: text, or an object of texts. `None` where the agent sets none.
    pub persona: Option<Persona>,
    /// Everything else that is set on the agent: `model`, `governance`, `batching`, …, in source order.
    pub settings: Map<String, Value>,
    /// In the order of the table of kinds, and within a kind as the agent lists them.
    pub primitives: Vec<Primitive>,
    /// Parts that were not evaluated or left out, with the reason; in source order.
    pub notes: Vec<Note>,
    /// Parts that `lua compile` leaves out or leaves empty; in source order.
    pub dropped: Vec<Dropped>,
    /// The file that makes the agent, relative to the project with `/`. Empty where none does.
    pub entry: String,
    /// All files that it was read from, in the order of reading, each once.
    pub files: Vec<String>,
    /// First import or read of each of them, except those that are found without.
    pub importers: BTreeMap<String, SourceRef>,
}

/// Instructions of the agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Persona {
    Text(String),
    /// `{ base, voice, text }`, or source text that could not be evaluated.
    Object(Value),
}

/// One skill, webhook, job, … of an agent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Primitive {
    #[serde(serialize_with = "word", deserialize_with = "kind")]
    pub kind: &'static Kind,
    pub name: String,
    pub description: String,
    /// Everything the model and the platform see. Never a time stamp, an absolute path or a secret:
    /// equal agents must give equal bytes.
    ///
    /// Functions are written as `{"$function": "<64 digits>"}` (the hash of their normalised
    /// source), secrets as `{"$secret": true}`, values that could not be evaluated as `{"$source":
    /// "<normalised text>"}`.
    pub definition: Value,
    pub source: SourceRef,
    pub reach: Reach,
}

/// A place in the project.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SourceRef {
    /// Relative to the project, with `/`.
    pub path: String,
    /// Counted from 1.
    pub line: u32,
}

/// Code that a primitive reaches through imports.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reach {
    /// Project file → top-level declaration → BLAKE3 of its normalised source, 64 digits.
    pub modules: BTreeMap<String, BTreeMap<String, String>>,
    /// Project file → imported name that the reached code of it uses → target of that name:
    /// `src/a.ts#total`, a file as a whole, or an export of a package, `zod#z`. An import can give
    /// other values to unchanged code.
    pub imports: BTreeMap<String, BTreeMap<String, String>>,
    /// npm package → version in the lock file, or the range in `package.json` where there is none; with all that it needs.
    pub packages: BTreeMap<String, String>,
    /// Names of environment variables.
    pub env: BTreeSet<String>,
}

/// Something that was not evaluated or was left out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Note {
    pub path: String,
    pub line: u32,
    pub column: u32,
    pub message: String,
}

/// Something that runs and that the stock compiler does not find.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Dropped {
    /// The place of the form that it does not know.
    pub path: String,
    pub line: u32,
    pub column: u32,
    /// Part of the form that it does not support.
    pub reason: String,
    /// The property that is left empty or made otherwise; `None` where all of it is left out.
    pub field: Option<String>,
    /// True if the compiler gives the property another value, rather than none.
    pub otherwise: bool,
    /// `skill`, `job`, …, `tool`, or `agent`.
    pub kind: String,
    /// The skill that a tool is of.
    pub of: Option<String>,
    pub name: String,
}

/// Number of the rules by which definitions and reaches are made. Other rules give other hashes for
/// the same code, so every change of the reader's result for unchanged files needs the next number:
/// then states of older rules are compared by reading their files again.
pub const RULES: u64 = 2;

impl Reach {
    /// As it is stored.
    pub fn to_json(&self) -> Value {
        json!({
            "modules": self.modules, "imports": self.imports, "packages": self.packages, "env": self.env, "rules": RULES,
        })
    }
}

/// The key under which the settings of a state have the order of the lists in which order means something.
pub const ORDER: &str = "$order";
/// The kinds whose list is gone through from its beginning.
const ORDERED: [&str; 3] = ["skill", "preprocessor", "postprocessor"];

impl Agent {
    /// The names of each list in which order means something, and that has an order: `{"skills": ["a", "b"]}`.
    pub fn order(&self) -> Map<String, Value> {
        let kinds = ORDERED.iter().filter_map(|word| Kind::named(word));
        let names =
            |kind: &'static Kind| self.of_kind(kind).map(|one| json!(one.name)).collect::<Vec<_>>();
        let lists = kinds.map(|kind| (kind.folder.to_owned(), names(kind)));
        lists
            .filter(|(_, names)| names.len() > 1)
            .map(|(folder, names)| (folder, json!(names)))
            .collect()
    }

    /// The primitives of one kind.
    pub fn of_kind(&self, kind: &'static Kind) -> impl Iterator<Item = &Primitive> {
        self.primitives.iter().filter(move |primitive| primitive.kind == kind)
    }
}

fn word<S: Serializer>(kind: &&'static Kind, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(kind.word)
}

fn kind<'de, D: Deserializer<'de>>(deserializer: D) -> Result<&'static Kind, D::Error> {
    let word = String::deserialize(deserializer)?;
    Kind::named(&word).ok_or_else(|| serde::de::Error::custom("no kind goes by this word"))
}
