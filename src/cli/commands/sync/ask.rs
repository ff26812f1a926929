//! Component by component: what differs, and what shall be done about it.

use super::act;
use crate::cli::context::Context;
use crate::cli::remote::RemoteArgs;
use crate::cli::{Exit, drift_output, print};
use crate::compare::PersonaContent;
use crate::error::Result;
use crate::flow::sync::Compared;
use crate::flow::sync::accept::{self, ServerValue};
use crate::history::project::Project;
use crate::operations::drift::AgentPart;
use crate::report;

enum Choice {
    Push,
    Pull,
    Skip,
}

/// Asks about everything first, and then acts: what is pulled is written before anything is pushed.
pub fn each(
    cx: &mut Context<'_>,
    project: &Project,
    compared: &Compared,
    which: &RemoteArgs,
    force: bool,
) -> Result<Exit> {
    let mut taken: Vec<ServerValue> = Vec::new();
    let mut push = false;
    for (part, _) in &compared.drift.parts {
        let values = accept::values(compared, part)?;
        print(cx, compared, part)?;
        match choose(cx, part, values.is_some())? {
            Choice::Push => push = true,
            Choice::Pull => taken.extend(values.unwrap_or_default()),
            Choice::Skip => cx.out.note(format!("Skipped {}.", subject(part))),
        }
    }
    if !taken.is_empty() {
        act::write(cx, project, &taken, force)?;
    }
    let exit = if push { act::push(cx, which)? } else { Exit::Done };
    cx.out.lines("\n✅ Sync complete.")?;
    Ok(exit)
}

fn print(cx: &mut Context<'_>, compared: &Compared, part: &AgentPart) -> Result<()> {
    match part {
        AgentPart::Persona => {
            let Some(persona) = compared.drift.persona() else { return Ok(()) };
            let text = |side: &Option<PersonaContent>| {
                side.as_ref().map_or(String::new(), |one| one.text.clone())
            };
            drift_output::persona_diff(cx.out, &text(&persona.from), &text(&persona.to))
        }
        AgentPart::Setting(name) => match compared.drift.setting(name) {
            Some(setting) => drift_output::setting_diff(cx.out, setting),
            None => Ok(()),
        },
        AgentPart::Primitive(word, name) => {
            cx.out.line("")?;
            cx.out.line(format!("{word}: {name}"))?;
            let lines = report::item_lines(&compared.drift.change, word, name);
            print::lines(cx.out, lines.into_iter().map(|line| line.indented(2)))
        }
    }
}

/// Nothing typed is no choice: skip. `pull` is offered where the value can be edited in place.
fn choose(cx: &mut Context<'_>, part: &AgentPart, can_pull: bool) -> Result<Choice> {
    let choices = match can_pull {
        true => "[p]ush local to server, p[u]ll server to local, [s]kip",
        false => "[p]ush local to server, [s]kip",
    };
    loop {
        let question = format!("What would you like to do with {}? {choices}:", subject(part));
        let Some(answer) = cx.ask(&question)? else { return Ok(Choice::Skip) };
        match &*answer.to_lowercase() {
            "p" | "push" => return Ok(Choice::Push),
            "u" | "pull" if can_pull => return Ok(Choice::Pull),
            "s" | "skip" | "" => return Ok(Choice::Skip),
            _ => cx.out.note("Type one of the letters in brackets."),
        }
    }
}

fn subject(part: &AgentPart) -> String {
    match part {
        AgentPart::Persona => "the persona".to_owned(),
        AgentPart::Setting(name) => format!("the {name}"),
        AgentPart::Primitive(word, name) => format!("{word} {name}"),
    }
}
