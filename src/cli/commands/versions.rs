//! `versions`: a help topic, the names of versions. `help versions` prints the same page.

use crate::cli::Exit;
use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::error::Result;
use serde::Serialize;

/// The page. One grammar for every command; `history::revision` reads it.
const PAGE: &str = "\
Names of versions

Every command that takes a version takes one of these names.

Agent versions (`version create` creates one, `version promote` makes it live):
  2, v2                the version with this number
  active               the version that is live
  previous             the version that was live before it
  latest               the newest version that is not deleted

Source versions, one for every push:
  source/v6            the push with this number
  source/latest        the last push

Safety snapshots, files as they were before a command overwrote them:
  snapshot/v1          the snapshot with this number
  snapshot/latest      the last snapshot

Versions of a remote, as it had them when it was last asked:
  origin/v2            its version with this number
  origin/active        the version that is live there; also previous and latest
  origin/source/v6     its push with this number; also origin/source/latest

By content:
  4f1c72b9             4 or more digits of an id
  NAME:PATH            what a version contains at a path: v2:src/index.ts

Parts of an agent, after the versions, for `diff`, `log` and `restore`:
  src/index.ts         a file or a folder; after `--`, whatever its name is
  skill NAME           a primitive: a kind (skill, webhook, job, trigger ...)
                       and its name
  persona              the persona; `./persona` is a file of that name

After `source` (`source show`, `source diff`, `source rollback`) a bare number
and `latest` name a source version, after `snapshot` a safety snapshot.
`version promote`, `version delete` and `version undelete` take agent versions
only. A version of a remote is one of them if it has a local number.
";

/// Names of versions: v2, active, source/v6, origin/v2
#[derive(Debug, clap::Args)]
#[command(long_about = PAGE)]
pub struct Versions {}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Answer {
    topic: &'static str,
    page: &'static str,
}

answer!(helpTopic: Answer);

impl Versions {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        if cx.out.is_json() {
            cx.out.json(&Answer { topic: "versions", page: PAGE })?;
            return Ok(Exit::Done);
        }
        cx.page();
        for line in PAGE.lines() {
            cx.out.line(line)?;
        }
        Ok(Exit::Done)
    }
}
