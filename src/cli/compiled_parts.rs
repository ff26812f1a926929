//! Parts of each primitive, for `compile --verbose`: tools, files, packages, environment variables.

use super::context::Context;
use super::table::one_line;
use crate::error::Result;
use crate::model::agent::{Agent, Primitive};
use serde_json::Value;

/// Prints the files that the agent was read from, and the parts of each primitive.
pub fn print(cx: &mut Context<'_>, agent: &Agent) -> Result<()> {
    cx.out.line("")?;
    cx.out.line(format!("Read from {} file(s):", agent.files.len()))?;
    for path in &agent.files {
        cx.out.line(format!("  {}", one_line(path)))?;
    }
    for primitive in agent.primitives.iter().filter(|primitive| primitive.kind.word != "agent") {
        cx.out.line("")?;
        cx.out.line(format!("{} {}", primitive.kind.one, one_line(&primitive.name)))?;
        for (label, names) in parts(primitive) {
            if !names.is_empty() {
                cx.out.line(format!("  {label}: {}", one_line(&names.join(", "))))?;
            }
        }
    }
    Ok(())
}

fn parts(primitive: &Primitive) -> [(&'static str, Vec<String>); 4] {
    let tools = primitive.definition.get("tools").and_then(Value::as_array);
    let tools = tools.into_iter().flatten().filter_map(|tool| tool.get("name")?.as_str());
    let reach = &primitive.reach;
    let version = |(name, version): (&String, &String)| format!("{name}@{version}");
    [
        ("tools", tools.map(str::to_owned).collect()),
        ("files", reach.modules.keys().cloned().collect()),
        ("packages", reach.packages.iter().map(version).collect()),
        ("environment", reach.env.iter().cloned().collect()),
    ]
}
