//! `cat-file`: one object, as it is or as a person reads it.

use crate::cli::context::Context;
use crate::cli::live::LiveRemoteArgs;
use crate::cli::tree_output::{line, listed, to_json};
use crate::cli::{Exit, complete};
use crate::error::{Error, Result};
use crate::history::project::Project;
use crate::history::record::{self, META, RECORD};
use crate::history::resolve;
use crate::history::revision::Revision;
use crate::object::{Id, ObjectKind, Source};
use clap_complete::ArgValueCompleter;
use serde_json::{Value, json};

/// No record is larger; a larger blob is not read to find out.
const LARGEST_RECORD: u64 = 1 << 20;

/// Print an object: a file as it was kept, a tree, a record
#[derive(Debug, clap::Args)]
pub struct CatFile {
    /// `v2:source/src/index.ts`, `4f1c72b9` …
    #[arg(value_name = "OBJECT", allow_negative_numbers = true, add = ArgValueCompleter::new(complete::objects))]
    object: Revision,
    #[command(flatten)]
    what: ObjectView,
    #[command(flatten)]
    whom: LiveRemoteArgs,
}

#[derive(Debug, clap::Args)]
#[group(multiple = false)]
struct ObjectView {
    /// Print its kind: blob or tree
    #[arg(short = 't', long = "type")]
    kind: bool,
    /// Print its length in bytes
    #[arg(short, long)]
    size: bool,
    /// Print it for a person (what happens without an option)
    #[arg(short, long)]
    pretty: bool,
    /// Print the bytes that its id is the hash of
    #[arg(long)]
    raw: bool,
}

impl CatFile {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let view = self.whom.open_for(cx, &[&self.object])?;
        let project = &view.project;
        let id = resolve::object(view.store(), view.theirs(), &self.object)?.id;
        let objects = project.store().objects();
        let missing = || Error::not_found(format!("there is no object {id}"));
        let (kind, size) = objects.kind_and_len(&id)?.ok_or_else(missing)?;
        if cx.out.is_json() {
            let mut answer = describe(project, &id, kind, size)?;
            answer["record"] = json!(self.record(project, &id, kind, size)?);
            cx.out.json(&answer)?;
        } else if self.what.kind {
            cx.out.line(kind.word())?;
        } else if self.what.size {
            cx.out.line(size)?;
        } else if let Some(record) = self.record(project, &id, kind, size)? {
            cx.out.json(&record)?;
        } else {
            print(cx, project, &id, kind, self.what.raw)?;
        }
        Ok(Exit::Done)
    }

    /// The fields of a record, which is MessagePack that nobody reads. A file of the project is printed
    /// as it is, whatever is in it.
    fn record(
        &self,
        project: &Project,
        id: &Id,
        kind: ObjectKind,
        size: u64,
    ) -> Result<Option<Value>> {
        let may_be = match &self.object {
            Revision::Inside(_, path) => matches!(&**path, META | RECORD),
            _ => true,
        };
        if !may_be || self.what.raw || kind != ObjectKind::Blob || size > LARGEST_RECORD {
            return Ok(None);
        }
        let mut fields = record::fields(&project.store().objects().blob(id)?);
        if let Some(fields) = &mut fields {
            fields["at"] = json!(record::iso(fields["at_ms"].as_i64().unwrap_or_default()));
        }
        Ok(fields)
    }
}

fn print(
    cx: &mut Context<'_>,
    project: &Project,
    id: &Id,
    kind: ObjectKind,
    raw: bool,
) -> Result<()> {
    let objects = project.store().objects();
    match kind {
        ObjectKind::Blob => objects.copy_blob(id, cx.out).map(|_| ()),
        ObjectKind::Tree if raw => cx.out.bytes(&objects.tree(id)?.encode()),
        ObjectKind::Tree => {
            listed(&objects.tree(id)?, "").iter().try_for_each(|entry| cx.out.line(line(entry)))
        }
    }
}

/// A blob that is not text has `text` null: `--raw` without `--json` prints its bytes.
fn describe(project: &Project, id: &Id, kind: ObjectKind, size: u64) -> Result<Value> {
    let objects = project.store().objects();
    let mut answer = json!({"id": id.to_string(), "kind": kind.word(), "size": size});
    match kind {
        ObjectKind::Blob => answer["text"] = json!(String::from_utf8(objects.blob(id)?).ok()),
        ObjectKind::Tree => {
            answer["entries"] =
                listed(&objects.tree(id)?, "").iter().map(to_json).collect::<Vec<_>>().into();
        }
    }
    Ok(answer)
}
