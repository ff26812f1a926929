//! Drift of a project from the server, as JSON: the answer of `sync` and `compile --sync`.

use crate::cli::live_check_output::LiveCheckView;
use crate::cli::output::ErrorView;
use crate::client::LiveCheck;
use crate::error::Error;
use crate::flow::sync::Compared;
use crate::history::record::iso;
use crate::operations::drift::{AgentPart, DriftStatus};
use serde::Serialize;
use serde_json::Value;

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DriftAnswer<'a> {
    standing: &'static str,
    drift: bool,
    compared: Option<u64>,
    published: Option<u64>,
    active: Option<u64>,
    promoted_at: Option<String>,
    promoted_by: Option<&'a str>,
    total: usize,
    components: Vec<Component<'a>>,
    /// The parts that run on the Lua platform, compared with those of its active version.
    #[serde(skip_serializing_if = "Option::is_none")]
    runs: Option<LiveCheckView<'a>>,
}

/// The answer where the two could not be compared.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct NoComparison<'a> {
    standing: &'static str,
    reason: &'a str,
    /// Error of the code of the project, where it cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorView<'a>>,
}

/// Something that differs.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
enum Component<'a> {
    Persona {
        component: &'static str,
        standing: &'static str,
        server: Option<&'a str>,
        local: Option<&'a str>,
    },
    Setting {
        component: &'a str,
        standing: &'static str,
        server: Option<&'a Value>,
        local: Option<&'a Value>,
    },
    Primitive {
        component: &'a str,
        name: &'a str,
        standing: &'static str,
    },
}

impl<'a> DriftAnswer<'a> {
    pub fn new(compared: &'a Compared, runs: Option<&'a LiveCheck>) -> DriftAnswer<'a> {
        let drift = &compared.drift;
        let one = |(part, standing): &'a (AgentPart, DriftStatus)| {
            Component::new(compared, part, *standing)
        };
        let components: Vec<_> =
            if compared.is_in_sync() { Vec::new() } else { drift.parts.iter().map(one).collect() };
        let standing = if components.is_empty() { DriftStatus::InSync } else { drift.standing() };
        let live = compared.live.as_ref();
        let (active, step) = (live.map(|(version, _)| version.number), live.map(|(_, step)| step));
        DriftAnswer {
            standing: standing.word(),
            drift: !components.is_empty() && standing.is_drift(),
            compared: active.filter(|_| compared.is_live).or(Some(compared.server.number)),
            published: Some(compared.published.number),
            active,
            promoted_at: step.map(|step| iso(step.record.at_ms)),
            promoted_by: step.map(|step| &*step.record.by),
            total: if components.is_empty() { 0 } else { drift.drifted() },
            components,
            runs: runs.map(LiveCheckView::new),
        }
    }

    /// Nothing was ever published.
    pub fn nothing() -> DriftAnswer<'static> {
        DriftAnswer {
            standing: DriftStatus::InSync.word(),
            drift: false,
            compared: None,
            published: None,
            active: None,
            promoted_at: None,
            promoted_by: None,
            total: 0,
            components: Vec::new(),
            runs: None,
        }
    }
}

impl<'a> NoComparison<'a> {
    /// The remote cannot be asked.
    pub fn unknown(error: &'a Error) -> NoComparison<'a> {
        NoComparison { standing: "unknown", reason: error.message(), error: None }
    }

    /// The project's code is no agent.
    pub fn unreadable(error: &'a Error) -> NoComparison<'a> {
        let (reason, error) = (error.message(), Some(ErrorView::new(error)));
        NoComparison { standing: "unreadable", reason, error }
    }
}

impl<'a> Component<'a> {
    fn new(compared: &'a Compared, part: &'a AgentPart, standing: DriftStatus) -> Component<'a> {
        let standing = standing.word();
        match part {
            AgentPart::Persona => {
                let persona = compared.drift.persona();
                let server = persona.and_then(|persona| persona.from.as_ref());
                let local = persona.and_then(|persona| persona.to.as_ref());
                Component::Persona {
                    component: "persona",
                    standing,
                    server: server.map(|persona| &*persona.text),
                    local: local.map(|persona| &*persona.text),
                }
            }
            AgentPart::Setting(name) => {
                let setting = compared.drift.setting(name);
                let server = setting.and_then(|setting| setting.from.as_ref());
                let local = setting.and_then(|setting| setting.to.as_ref());
                Component::Setting { component: name, standing, server, local }
            }
            AgentPart::Primitive(word, name) => {
                Component::Primitive { component: word, name, standing }
            }
        }
    }
}
