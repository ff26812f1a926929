//! `count-objects`: how much the store holds, and on how much disk.

use crate::cli::Exit;
use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::error::Result;
use serde::Serialize;

/// Count the objects and packs of the store, and their bytes
#[derive(Debug, clap::Args)]
pub struct CountObjects {}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct Answer {
    objects: u64,
    packs: u64,
    bytes: u64,
    damaged_packs: u64,
}

answer!(objectCount: Answer);

impl CountObjects {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let counts = cx.project()?.store().objects().counts()?;
        if cx.out.is_json() {
            cx.out.json(&Answer {
                objects: counts.objects,
                packs: counts.packs,
                bytes: counts.bytes,
                damaged_packs: counts.damaged,
            })?;
            return Ok(Exit::Done);
        }
        cx.out.line(format!("objects: {}", counts.objects))?;
        cx.out.line(format!("packs: {}", counts.packs))?;
        cx.out.line(format!("bytes: {}", counts.bytes))?;
        if counts.damaged > 0 {
            cx.out.line(format!("damaged packs: {}", counts.damaged))?;
            cx.out
                .hint("run `lua-store fsck` to list what is damaged and which versions it affects");
        }
        Ok(Exit::Done)
    }
}
