//! Table of kinds: the primitives that an agent can have, and the names of each kind.
//!
//! The reader, the state tree, the command line and the messages all take their words from here.

/// One kind of primitive.
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    /// The word of the kind, as in the stock manifest: `mcp-server`.
    pub word: &'static str,
    /// For people, one of them: `MCP server`.
    pub one: &'static str,
    /// For people, as a heading: `MCP servers`.
    pub label: &'static str,
    /// The folder in a state tree: `mcp-servers`. Empty where the kind has none of its own.
    pub folder: &'static str,
    /// The list in `lua.skill.yaml`.
    pub yaml: &'static str,
    /// The keys of `new LuaAgent({…})` that hold it.
    pub keys: &'static [&'static str],
    /// The classes that make it, by `new`, `extends` or `implements`.
    pub classes: &'static [&'static str],
    /// The functions that make it.
    pub functions: &'static [&'static str],
    /// Properties that hold a Zod schema, and the key of each under `schemas` in the manifest.
    pub schemas: &'static [(&'static str, &'static str)],
    /// Fields that the platform takes from an instance of a class; its other fields are the class's
    /// own.
    pub fields: &'static [&'static str],
}

pub static AGENT: Kind = Kind {
    word: "agent",
    one: "agent",
    label: "Agent",
    folder: "",
    yaml: "agent",
    keys: &[],
    classes: &["LuaAgent"],
    functions: &["defineAgent"],
    schemas: &[],
    fields: &[
        "name",
        "description",
        "persona",
        "model",
        "modelSettings",
        "batching",
        "governance",
        "browser",
    ],
};

pub static TOOL: Kind = Kind {
    word: "tool",
    one: "tool",
    label: "Tools",
    folder: "",
    yaml: "",
    keys: &[],
    classes: &["LuaTool", "LuaVoiceTool"],
    functions: &["defineTool"],
    schemas: &[("inputSchema", "input")],
    fields: &["name", "description", "inputSchema", "outputSchema", "condition", "execute"],
};

/// The kinds an agent is made of, in the order of the stock manifest.
pub static KINDS: [Kind; 11] = [
    Kind {
        word: "skill",
        one: "skill",
        label: "Skills",
        folder: "skills",
        yaml: "skills",
        keys: &["skills"],
        classes: &["LuaSkill"],
        functions: &["defineSkill"],
        schemas: &[],
        fields: &["name", "description", "context", "tools", "condition"],
    },
    Kind {
        word: "webhook",
        one: "webhook",
        label: "Webhooks",
        folder: "webhooks",
        yaml: "webhooks",
        keys: &["webhooks"],
        classes: &["LuaWebhook"],
        functions: &["defineWebhook"],
        schemas: &[("querySchema", "query"), ("headerSchema", "headers"), ("bodySchema", "body")],
        fields: &[
            "name",
            "description",
            "querySchema",
            "headerSchema",
            "bodySchema",
            "secret",
            "execute",
        ],
    },
    Kind {
        word: "trigger",
        one: "trigger",
        label: "Triggers",
        folder: "triggers",
        yaml: "triggers",
        keys: &["triggers"],
        classes: &["LuaTrigger"],
        functions: &["defineTrigger"],
        schemas: &[("inputSchema", "body")],
        fields: &[
            "name",
            "description",
            "source",
            "verify",
            "filter",
            "transform",
            "inputSchema",
            "tool",
        ],
    },
    Kind {
        word: "job",
        one: "job",
        label: "Jobs",
        folder: "jobs",
        yaml: "jobs",
        keys: &["jobs"],
        classes: &["LuaJob"],
        functions: &["defineJob"],
        schemas: &[],
        fields: &["name", "description", "schedule", "timeout", "retry", "metadata", "execute"],
    },
    Kind {
        word: "preprocessor",
        one: "preprocessor",
        label: "Preprocessors",
        folder: "preprocessors",
        yaml: "preprocessors",
        keys: &["preProcessors"],
        classes: &["PreProcessor", "LuaPreprocessor"],
        functions: &["definePreProcessor"],
        schemas: &[],
        fields: &["name", "description", "async", "priority", "execute"],
    },
    Kind {
        word: "postprocessor",
        one: "postprocessor",
        label: "Postprocessors",
        folder: "postprocessors",
        yaml: "postprocessors",
        keys: &["postProcessors"],
        classes: &["PostProcessor", "LuaPostprocessor"],
        functions: &["definePostProcessor"],
        schemas: &[],
        fields: &["name", "description", "async", "priority", "execute"],
    },
    Kind {
        word: "mcp-server",
        one: "MCP server",
        label: "MCP servers",
        folder: "mcp-servers",
        yaml: "mcpServers",
        keys: &["mcpServers"],
        classes: &["LuaMCPServer"],
        functions: &["defineMCPServer"],
        schemas: &[],
        fields: &[
            "name",
            "description",
            "transport",
            "url",
            "headers",
            "command",
            "args",
            "env",
            "timeout",
        ],
    },
    Kind {
        word: "device",
        one: "device",
        label: "Devices",
        folder: "devices",
        yaml: "devices",
        keys: &["devices"],
        classes: &["LuaDevice"],
        functions: &["defineDevice"],
        schemas: &[],
        fields: &["name", "description", "group", "commands", "triggers"],
    },
    Kind {
        word: "device-trigger",
        one: "device trigger",
        label: "Device triggers",
        folder: "device-triggers",
        yaml: "deviceTriggers",
        keys: &["deviceTriggers"],
        classes: &["LuaDeviceTrigger"],
        functions: &["defineDeviceTrigger"],
        schemas: &[("payloadSchema", "payload")],
        fields: &["name", "description", "payloadSchema", "execute"],
    },
    Kind {
        word: "voice",
        one: "voice",
        label: "Voices",
        folder: "voices",
        yaml: "voices",
        keys: &["voices", "voice"],
        classes: &["LuaVoice"],
        functions: &["defineVoice"],
        schemas: &[],
        fields: &[
            "name",
            "description",
            "llm",
            "stt",
            "tts",
            "vad",
            "vadOptions",
            "turnDetection",
            "greeting",
            "tools",
        ],
    },
    Kind {
        word: "workflow",
        one: "workflow",
        label: "Workflows",
        folder: "workflows",
        yaml: "workflows",
        keys: &["workflows"],
        classes: &["LuaWorkflow"],
        functions: &["createWorkflow", "defineWorkflow"],
        schemas: &[("inputSchema", "input"), ("outputSchema", "output"), ("stateSchema", "state")],
        fields: &[
            "name",
            "description",
            "inputSchema",
            "outputSchema",
            "stateSchema",
            "schedule",
            "steps",
        ],
    },
];

impl Kind {
    /// The kind a person names: `skill`, `skills`, `mcp-server`, `mcp-servers` or `mcpServers`.
    pub fn named(text: &str) -> Option<&'static Kind> {
        KINDS.iter().find(|kind| {
            [kind.word, kind.folder, kind.yaml].contains(&text) || kind.keys.contains(&text)
        })
    }

    /// The kind whose primitives lie in this folder of a state tree.
    pub fn of_folder(folder: &str) -> Option<&'static Kind> {
        KINDS.iter().find(|kind| kind.folder == folder)
    }

    /// The kind that this class or function makes, tools and the agent included.
    pub fn made_by(name: &str) -> Option<&'static Kind> {
        [&AGENT, &TOOL]
            .into_iter()
            .chain(KINDS.iter())
            .find(|kind| kind.classes.contains(&name) || kind.functions.contains(&name))
    }

    /// The place in the order of [`KINDS`].
    pub fn rank(&self) -> usize {
        KINDS.iter().position(|kind| kind.word == self.word).unwrap_or(KINDS.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_kind_is_found_by_every_name_people_give_it() {
        for text in ["mcp-server", "mcp-servers", "mcpServers"] {
            assert_eq!(Kind::named(text).map(|kind| kind.label), Some("MCP servers"), "{text}");
        }
        assert_eq!(Kind::named("preProcessors").map(|kind| kind.word), Some("preprocessor"));
        assert_eq!(Kind::named("tool"), None);
        assert_eq!(
            Kind::of_folder("device-triggers").map(|kind| kind.word),
            Some("device-trigger")
        );
        assert_eq!(Kind::made_by("LuaVoiceTool").map(|kind| kind.word), Some("tool"));
    }

    #[test]
    fn no_two_kinds_share_a_word_or_a_folder() {
        let words: BTreeSet<_> = KINDS.iter().map(|kind| kind.word).collect();
        let folders: BTreeSet<_> = KINDS.iter().map(|kind| kind.folder).collect();
        assert_eq!((words.len(), folders.len()), (KINDS.len(), KINDS.len()));
    }
}
