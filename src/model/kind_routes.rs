//! Kinds of primitives as the stock command names them in addresses and bodies.

use super::kind::{KINDS, Kind};

/// Names of one kind on the wire.
#[derive(Debug, PartialEq, Eq)]
pub struct KindRoute {
    /// Part of the address: `/developer/PATH/AGENT`.
    pub path: &'static str,
    /// Key of the list in the answer of a list.
    pub list_key: &'static str,
    /// Field that holds the id of a primitive of this kind.
    pub id_field: &'static str,
    pub kind: &'static Kind,
}

const fn row(
    path: &'static str,
    list_key: &'static str,
    id_field: &'static str,
    kind: usize,
) -> KindRoute {
    KindRoute { path, list_key, id_field, kind: &KINDS[kind] }
}

/// The kinds that have versions of their own. MCP servers have none, and other addresses.
pub static KIND_ROUTES: [KindRoute; 10] = [
    row("skills", "skills", "skillId", 0),
    row("webhooks", "webhooks", "webhookId", 1),
    row("triggers", "triggers", "triggerId", 2),
    row("jobs", "jobs", "jobId", 3),
    row("preprocessors", "preprocessors", "preprocessorId", 4),
    row("postprocessors", "postprocessors", "postprocessorId", 5),
    row("devices", "devices", "deviceId", 7),
    row("device-triggers", "triggers", "deviceTriggerId", 8),
    row("voice-agents", "voices", "voiceId", 9),
    row("workflows", "workflows", "workflowId", 10),
];

impl KindRoute {
    pub fn of_path(path: &str) -> Option<&'static KindRoute> {
        KIND_ROUTES.iter().find(|kind| kind.path == path)
    }

    /// True for workflows: their versions are activated one by one, and unasked.
    pub fn is_workflow(&self) -> bool {
        self.kind.word == "workflow"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_but_mcp_servers_has_an_address() {
        for kind in &KINDS {
            let has_address = KIND_ROUTES.iter().any(|route| route.kind == kind);
            assert_eq!(has_address, kind.word != "mcp-server", "{}", kind.word);
        }
        for route in &KIND_ROUTES {
            assert_eq!(KindRoute::of_path(route.path), Some(route));
            let word = match route.path {
                "voice-agents" => "voice",
                path => path.trim_end_matches('s'),
            };
            assert_eq!(route.kind.word, word);
        }
    }
}
