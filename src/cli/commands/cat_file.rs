//! `cat-file`: one object, as it is or as a person reads it.

use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::cli::live::LiveRemoteArgs;
use crate::cli::tree_output::{EntryView, line, listed};
use crate::cli::{Exit, complete};
use crate::error::{Error, Result};
use crate::history::project::Project;
use crate::history::record::{self, META, RECORD};
use crate::history::resolve;
use crate::history::revision::Revision;
use crate::object::{Id, ObjectKind, Source};
use clap_complete::ArgValueCompleter;
use serde::Serialize;
use serde_json::Value;

/// No record is larger; a larger blob is not read to find out.
const LARGEST_RECORD: u64 = 1 << 20;

/// Print an object: a file, a tree or a record
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
    /// Print it for a person (the default)
    #[arg(short, long)]
    pretty: bool,
    /// Print the bytes whose hash is its id
    #[arg(long)]
    raw: bool,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Answer {
    id: Id,
    /// `blob` or `tree`.
    #[serde(rename = "type")]
    kind: &'static str,
    size: u64,
    #[serde(flatten)]
    content: Content,
    /// The fields of a record.
    record: Option<Value>,
}

answer!(object: Answer);

/// A blob that is not text has `text` null: `--raw` without `--json` prints its bytes.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
enum Content {
    Blob { text: Option<String> },
    Tree { entries: Vec<EntryView> },
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
            cx.out.json(&Answer {
                id,
                kind: kind.word(),
                size,
                content: Content::read(project, &id, kind)?,
                record: self.record(project, &id, kind, size)?,
            })?;
        } else if self.what.kind {
            cx.out.line(kind.word())?;
        } else if self.what.size {
            cx.out.line(size)?;
        } else if let Some(record) = self.record(project, &id, kind, size)? {
            cx.out.pretty(&record)?;
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
            fields["at"] = record::iso(fields["at_ms"].as_i64().unwrap_or_default()).into();
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

impl Content {
    fn read(project: &Project, id: &Id, kind: ObjectKind) -> Result<Content> {
        let objects = project.store().objects();
        Ok(match kind {
            ObjectKind::Blob => Content::Blob { text: String::from_utf8(objects.blob(id)?).ok() },
            ObjectKind::Tree => {
                let entries = listed(&objects.tree(id)?, "");
                Content::Tree { entries: entries.iter().map(EntryView::new).collect() }
            }
        })
    }
}
