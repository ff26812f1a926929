//! Choice of an agent if there are several below one folder.

use super::context::Context;
use crate::error::{Error, Result};
use crate::history::project::Project;
use crate::reader;
use crate::store;
use std::path::{Path, PathBuf};

/// The folder of an agent.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct WhichAgent {
    /// The folder, a file or the name of the agent, where several are below this one
    #[arg(long, value_name = "AGENT")]
    agent: Option<PathBuf>,
}

impl WhichAgent {
    pub fn is_named(&self) -> bool {
        self.agent.is_some()
    }

    /// The project of the agent that is meant.
    pub fn project(&self, cx: &mut Context<'_>) -> Result<Project> {
        if !self.is_named() {
            let project = cx.project()?;
            let folder = self.choose(cx, project.root())?;
            return if folder == project.root() { Ok(project) } else { own(cx, &folder) };
        }
        let folder = self.choose(cx, Path::new(""))?;
        own(cx, &folder)
    }

    /// The folder that is named; without a name the root, unless several agents are below it: then one is asked for.
    pub fn choose(&self, cx: &mut Context<'_>, root: &Path) -> Result<PathBuf> {
        if let Some(agent) = &self.agent {
            return named(&cx.directory()?, agent);
        }
        let folders = reader::folders(root)?;
        if folders.len() < 2 {
            return Ok(root.to_owned());
        }
        let places = reader::agents(root)?;
        let error = |folders: &[String]| {
            Error::usage(format!(
                "several agents are below \"{}\": {}",
                root.display(),
                listed(&places)
            ))
            .hint(format!(
                "add `--agent {}` to choose one; each has a store of its own",
                folders[0]
            ))
        };
        if !cx.can_ask() {
            return Err(error(&folders));
        }
        for (number, folder) in (1..).zip(&folders) {
            cx.out.note(format!("  [{number}] {folder}"));
        }
        let answer = cx.ask("Several agents were found. Which one?")?.unwrap_or_default();
        let by_number =
            answer.parse().ok().and_then(|number: usize| folders.get(number.checked_sub(1)?));
        let folder = by_number.or_else(|| folders.iter().find(|folder| **folder == answer));
        folder.map(|folder| root.join(folder)).ok_or_else(|| error(&folders))
    }
}

/// The folder of the agent that goes by this path or name below a folder.
fn named(below: &Path, agent: &Path) -> Result<PathBuf> {
    let root = below.canonicalize().map_err(|_| missing(agent))?;
    let path = root.join(agent).canonicalize().ok();
    if let Some(folder) = path.as_ref().filter(|path| path.is_dir()) {
        return Ok(folder.clone());
    }
    let places = reader::agents(&root)?;
    let is_meant = |place: &&reader::AgentPlace| {
        Path::new(&place.name) == agent || path.as_ref() == Some(&root.join(&place.file))
    };
    let mut folders: Vec<&str> =
        places.iter().filter(is_meant).map(|place| &*place.folder).collect();
    folders.dedup();
    match folders[..] {
        [folder] => Ok(root.join(folder)),
        [] if places.is_empty() => Err(missing(agent)),
        [] => Err(missing(agent).hint(format!("the agents found: {}", listed(&places)))),
        _ => Err(Error::usage(format!(
            "several agents have the name \"{}\": {}",
            agent.display(),
            listed(&places)
        ))
        .hint(format!("add `--agent {}` to choose one", folders[0]))),
    }
}

fn missing(agent: &Path) -> Error {
    Error::not_found(format!(
        "\"{}\" is not the directory, file or name of an agent",
        agent.display()
    ))
}

/// `agents/desk (desk, agents/desk/agent.ts), …`
fn listed(places: &[reader::AgentPlace]) -> String {
    let one = |place: &reader::AgentPlace| {
        format!("{} (\"{}\", {})", place.folder, place.name, place.file)
    };
    places.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// The project whose store is in this very folder: that of one around it would keep everybody's files.
fn own(cx: &Context<'_>, folder: &Path) -> Result<Project> {
    if store::is_project(folder) {
        return Ok(Project::open(folder)?.journaled(&cx.journal));
    }
    Err(Error::not_found(format!("there is no store in \"{}\"", folder.display())).hint(format!(
        "run `lua-store -C {} init` to create one for the agent there",
        folder.display()
    )))
}
