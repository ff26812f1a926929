//! Output about deployments to the Lua platform: the plan of one, and what was done.

use super::Exit;
use super::context::Context;
use super::hints;
use super::live_check_output::{self, LiveCheckView};
use super::output::DIM;
use crate::client::{DeployPlan, DeployRequest, Deployed, Effect, NotSent};
use crate::error::Result;
use serde::Serialize;

/// A plan as JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DeployPlanView<'a> {
    id: &'a str,
    requests: Vec<RequestView<'a>>,
    /// True if the platform has no version of the agent yet.
    is_first: bool,
    /// Reasons for which it would be refused.
    refusals: &'a [String],
    not_sent: Vec<String>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct RequestView<'a> {
    /// Number of the route in `docs/platform.md`.
    route: &'a str,
    /// `staged`, `live at once`, `switch` or `after`
    effect: &'static str,
    subject: &'a str,
}

/// A deployment as JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DeployedView<'a> {
    requests: Vec<RequestView<'a>>,
    warnings: &'a [String],
    other_numbers: Vec<OtherNumberView<'a>>,
    /// Milliseconds that the compiler took.
    compiled_ms: u64,
    backup: Option<u64>,
    /// Number of the promoted version there.
    version: Option<u64>,
    check: Option<LiveCheckView<'a>>,
    problem: Option<&'a str>,
    /// Primitives that were not sent: of kinds that no version contains and the push did not include, and voices.
    not_sent: Vec<String>,
}

/// Number of a primitive that is another one there.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct OtherNumberView<'a> {
    subject: &'a str,
    here: &'a str,
    there: &'a str,
}

fn views(requests: &[DeployRequest]) -> Vec<RequestView<'_>> {
    let view = |one: &'_ DeployRequest| (one.route, one.effect.word());
    requests
        .iter()
        .map(|one| {
            let (route, effect) = view(one);
            RequestView { route, effect, subject: &one.subject }
        })
        .collect()
}

fn names(not_sent: &NotSent) -> Vec<String> {
    let voices = not_sent.voices.iter().map(|name| format!("voice {name}"));
    not_sent.subjects.iter().cloned().chain(voices).collect()
}

impl<'a> DeployPlanView<'a> {
    pub fn new(plan: &'a DeployPlan) -> DeployPlanView<'a> {
        let DeployPlan { id, requests, is_first, refusals, not_sent } = plan;
        DeployPlanView {
            id,
            requests: views(requests),
            is_first: *is_first,
            refusals,
            not_sent: names(not_sent),
        }
    }
}

impl<'a> DeployedView<'a> {
    pub fn new(deployed: &'a Deployed) -> DeployedView<'a> {
        let others = deployed.other_numbers.iter();
        DeployedView {
            requests: views(&deployed.requests),
            warnings: &deployed.warnings,
            other_numbers: others
                .map(|one| OtherNumberView {
                    subject: &one.subject,
                    here: &one.here,
                    there: &one.there,
                })
                .collect(),
            compiled_ms: deployed.compiled_ms,
            backup: deployed.backup,
            version: deployed.version,
            check: deployed.check.as_ref().map(LiveCheckView::new),
            problem: deployed.problem.as_ref().map(|(problem, _)| &**problem),
            not_sent: names(&deployed.not_sent),
        }
    }
}

/// Prints a plan.
pub fn print_plan(cx: &mut Context<'_>, plan: &DeployPlan) -> Result<()> {
    cx.out.line(match plan.requests.is_empty() {
        true => format!("Would send nothing to the platform (plan {}).", plan.id),
        false => format!("Would send to the platform (plan {}):", plan.id),
    })?;
    print_requests(cx, &plan.requests)?;
    let at_once: Vec<&str> = plan
        .requests
        .iter()
        .filter(|one| one.effect == Effect::AtOnce)
        .map(|one| &*one.subject)
        .collect();
    let has_switch = plan.requests.iter().any(|one| one.effect == Effect::Switch);
    if !at_once.is_empty() && has_switch {
        cx.out.note(format!(
            "Live before the rest of the version, for seconds: {}",
            at_once.join(", ")
        ));
    }
    if !at_once.is_empty() && !has_switch {
        cx.out.note(format!("Live at once, and in no version: {}", at_once.join(", ")));
    }
    print_not_sent(cx, &plan.not_sent);
    if plan.is_first {
        cx.out.note("It would be the first version of this agent on the platform, where each publish was live by itself until now.");
    }
    for refusal in &plan.refusals {
        cx.out.warn(format!("it would be refused: {refusal}"));
    }
    Ok(())
}

/// Says in one line what is left out, and how to send it.
fn print_not_sent(cx: &mut Context<'_>, not_sent: &NotSent) {
    if !not_sent.subjects.is_empty() {
        cx.out.note(format!(
            "Not sent, as no version contains it and it would be live at once: {} (add `--include {}` to send it)",
            not_sent.subjects.join(", "),
            not_sent.kinds.join(",")
        ));
    }
    if !not_sent.voices.is_empty() {
        cx.out.note(format!(
            "Not sent, as voices are neither sent to the platform nor compared with it: {} (the `lua` command sends them)",
            not_sent.voices.join(", ")
        ));
    }
}

fn print_requests(cx: &mut Context<'_>, requests: &[DeployRequest]) -> Result<()> {
    for one in requests {
        let text = format!("   {:<12}  {} ({})", one.effect.word(), one.subject, one.route);
        let text = cx.out.paint(DIM, text);
        cx.out.line(text)?;
    }
    Ok(())
}

/// Prints what was done. Something else may run than was meant.
pub fn print(cx: &mut Context<'_>, deployed: &Deployed) -> Result<Exit> {
    if !cx.out.is_json() {
        print_requests(cx, &deployed.requests)?;
        if deployed.compiled_ms > 0 {
            let seconds = deployed.compiled_ms as f64 / 1000.0;
            cx.out.note(format!("`lua compile` took {seconds:.1} s."));
        }
    }
    for warning in &deployed.warnings {
        cx.out.warn(warning);
    }
    print_not_sent(cx, &deployed.not_sent);
    for one in &deployed.other_numbers {
        cx.out.note(format!("{} {} is {} there.", one.subject, one.here, one.there));
    }
    if let Some(check) = deployed.check.as_ref().filter(|_| !cx.out.is_json()) {
        for line in live_check_output::lines(check) {
            cx.out.line(line)?;
        }
    }
    match &deployed.problem {
        None => Ok(Exit::Done),
        Some((problem, hint)) => {
            cx.out.warn(problem);
            hints::text(hint).lines().for_each(|line| cx.out.hint(line));
            Ok(Exit::Found)
        }
    }
}
