//! Running parts: the project compared with what runs on a platform, part by part.

use super::Compared;
use crate::client::{LiveCheck, LivePart, LiveState};
use crate::operations::drift::{AgentPart, DriftStatus};
use std::collections::BTreeMap;

/// One part of an agent, with the comparisons of what runs with the active version: the persona has two.
pub struct RunningPart<'a> {
    pub part: AgentPart,
    pub status: DriftStatus,
    /// Status of the project beside the active version.
    pub project: DriftStatus,
    pub live: Vec<&'a (LivePart, LiveState)>,
}

/// Compares the project with what runs. `compared` is its comparison with the active version, `check` that of what runs.
pub fn running_parts<'a>(compared: &Compared, check: &'a LiveCheck) -> Vec<RunningPart<'a>> {
    let mut live: BTreeMap<AgentPart, Vec<&(LivePart, LiveState)>> = BTreeMap::new();
    for one in &check.parts {
        live.entry(part_of(&one.0)).or_default().push(one);
    }
    let drift = &compared.drift;
    for (part, _) in &drift.parts {
        live.entry(part.clone()).or_default();
    }
    let of_project = |part: &AgentPart| {
        let found = drift.parts.iter().find(|(other, _)| other == part);
        found.map_or(DriftStatus::InSync, |(_, status)| *status)
    };
    live.into_iter()
        .map(|(part, live)| {
            let project = of_project(&part);
            let status = match is_served(compared, &part, &live) {
                true => DriftStatus::InSync,
                false => status(project, &live),
            };
            RunningPart { part, status, project, live }
        })
        .collect()
}

/// Status of all parts together.
pub fn standing(parts: &[RunningPart<'_>]) -> DriftStatus {
    parts.iter().fold(DriftStatus::InSync, |all, part| all.combine(part.status))
}

fn part_of(part: &LivePart) -> AgentPart {
    match part {
        LivePart::Primitive(kind, name) | LivePart::Code(kind, name) => {
            AgentPart::Primitive(kind, name.clone())
        }
        LivePart::Persona | LivePart::CurrentPersona => AgentPart::Persona,
        LivePart::Model => AgentPart::Setting("model".to_owned()),
        LivePart::Server(name) => AgentPart::Primitive("mcp-server", name.clone()),
        LivePart::Setting(name) => AgentPart::Setting((*name).to_owned()),
    }
}

fn status(project: DriftStatus, live: &[&(LivePart, LiveState)]) -> DriftStatus {
    let is = |is: fn(&LiveState) -> bool| live.iter().any(|(_, state)| is(state));
    if project == DriftStatus::Unknown || is(|state| matches!(state, LiveState::Unknown(_))) {
        return DriftStatus::Unknown;
    }
    let moved = is(LiveState::is_different);
    let there = if moved { DriftStatus::Behind } else { DriftStatus::InSync };
    project.combine(there)
}

/// True if the project has the text that is served, which is not that of the version.
fn is_served(compared: &Compared, part: &AgentPart, live: &[&(LivePart, LiveState)]) -> bool {
    let here = match part {
        AgentPart::Persona => {
            let persona = compared.drift.persona().and_then(|change| change.to.as_ref());
            persona.map(|persona| persona.text.as_str())
        }
        AgentPart::Setting(name) => {
            let setting = compared.drift.setting(name).and_then(|change| change.to.as_ref());
            setting.and_then(|value| value.as_str())
        }
        AgentPart::Primitive(..) => None,
    };
    let of_text = live.iter().find(|(part, _)| matches!(part, LivePart::Persona | LivePart::Model));
    here.is_some() && of_text.and_then(|(_, state)| state.there()) == here
}
