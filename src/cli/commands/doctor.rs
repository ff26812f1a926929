//! `doctor`: what keeps a project from working, and the command that repairs it.

use crate::cli::Exit;
use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::cli::doctor::{self, Checkup, CheckupState};
use crate::cli::output::{DIM, GREEN, RED};
use crate::error::Result;
use serde::Serialize;

/// Check the store, this machine, the remotes, git and `dist-v2`
///
/// Prints one line for each, and below a finding what to do about it. Changes nothing. Asks each remote once, with little
/// patience. `fsck` reads every object; this does not. Exits with 1 if there is a finding.
#[derive(Debug, clap::Args)]
pub struct Doctor {
    /// Ask no remote; use its last known answer
    #[arg(long)]
    offline: bool,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Answer<'a> {
    /// False if there is a finding.
    ok: bool,
    /// Folder of the project; null outside of one.
    project: Option<&'a str>,
    findings: usize,
    checks: &'a [Checkup],
}

answer!(doctor: Answer<'_>);

impl Doctor {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let (root, checks) = doctor::examine(cx, self.offline)?;
        let findings = checks.iter().filter(|check| check.is_finding()).count();
        if cx.out.is_json() {
            let project = root.as_deref();
            cx.out.json(&Answer { ok: findings == 0, project, findings, checks: &checks })?;
            checks.iter().flat_map(|check| &check.fix).for_each(|fix| cx.out.hint(fix));
        } else {
            checks.iter().try_for_each(|check| print(cx, check))?;
            cx.out.line(match findings {
                0 => "Nothing has to be repaired.".to_owned(),
                1 => "1 finding.".to_owned(),
                many => format!("{many} findings."),
            })?;
        }
        Ok(if findings == 0 { Exit::Done } else { Exit::Found })
    }
}

fn print(cx: &mut Context<'_>, check: &Checkup) -> Result<()> {
    let (style, sign) = match check.state {
        CheckupState::Ok => (GREEN, "✓"),
        CheckupState::Finding => (RED, "✗"),
        CheckupState::Skipped => (DIM, "·"),
    };
    let sign = cx.out.paint(style, sign);
    cx.out.line(format!("{sign} {}: {}", check.subject, check.what))?;
    check.fix.iter().try_for_each(|fix| cx.out.line(format!("    {fix}")))
}
