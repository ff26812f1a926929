//! Checkups of a project, the machine and the remotes: each reads, and names the command that repairs what it finds.

mod copies;
mod machine;
mod remotes;
mod store;
mod work;

use super::context::Context;
use super::hints;
use crate::error::{Error, Result};
use serde::Serialize;

/// Result for one subject.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Checkup {
    /// `store`, `lock`, `space`, `clock`, `rights`, `token file`, `remote NAME`, `git`, `dist-v2`, `unfinished work` or `copies`.
    pub subject: String,
    pub state: CheckupState,
    pub what: String,
    /// Sentences with the commands that repair it; empty unless it is a finding.
    pub fix: Vec<String>,
}

/// State of a subject.
#[derive(Clone, Copy, Serialize, PartialEq, Eq)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum CheckupState {
    Ok,
    Finding,
    /// It was not examined, for the reason that is given.
    Skipped,
}

impl Checkup {
    fn ok(subject: impl Into<String>, what: impl Into<String>) -> Checkup {
        let (subject, what) = (subject.into(), what.into());
        Checkup { subject, state: CheckupState::Ok, what, fix: Vec::new() }
    }

    fn skipped(subject: impl Into<String>, what: impl Into<String>) -> Checkup {
        Checkup { state: CheckupState::Skipped, ..Checkup::ok(subject, what) }
    }

    /// A finding; `fix` has a sentence on each line.
    fn finding(subject: impl Into<String>, what: impl Into<String>, fix: &str) -> Checkup {
        let fix = fix.lines().map(str::to_owned).collect();
        Checkup { state: CheckupState::Finding, fix, ..Checkup::ok(subject, what) }
    }

    /// The finding that an error is. `otherwise` repairs it where the error has no hint.
    fn of_error(subject: impl Into<String>, error: &Error, otherwise: &str) -> Checkup {
        let fix = hints::of(error).unwrap_or_else(|| otherwise.to_owned());
        Checkup::finding(subject, error.message(), &fix)
    }

    pub fn is_finding(&self) -> bool {
        self.state == CheckupState::Finding
    }
}

/// Examines the project of this directory, and the machine alone where there is none. Gives the project's folder.
pub fn examine(cx: &mut Context<'_>, offline: bool) -> Result<(Option<String>, Vec<Checkup>)> {
    let directory = cx.directory()?;
    let project = match cx.project() {
        Ok(project) => project,
        Err(error) => {
            let checks = vec![
                Checkup::of_error("store", &error, "run `lua-store fsck` to see what is damaged"),
                machine::clock(cx, None)?,
                machine::directory(&directory),
                machine::token_file(),
            ];
            return Ok((None, checks));
        }
    };
    let mut checks = vec![
        store::whole(&project),
        store::lock(&project),
        machine::space(&project),
        machine::clock(cx, Some(&project))?,
        machine::rights(&project),
        machine::token_file(),
    ];
    let asked = remotes::ask_all(cx, &project, offline)?;
    checks.extend(asked.checks);
    checks.push(work::git(&project));
    checks.push(work::compiled(&project));
    checks.push(work::unfinished(&project));
    checks.push(copies::elsewhere(&project, &asked.heads));
    Ok((Some(project.root().display().to_string()), checks))
}
