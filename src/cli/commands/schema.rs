//! `schema`: the JSON AnswerSchemas of the answers that `--json` prints.

use crate::cli::Exit;
use crate::cli::answer::{ListLength, answer};
use crate::cli::context::Context;
use crate::cli::schema::AnswerSchemas;
use crate::error::{Error, Hint, Result};
use crate::history::suggest;
use serde::Serialize;
use serde_json::Value;

/// Print the JSON Schema of an answer, or list the kinds
///
/// Every answer of `--json` has `kind`: the name of its schema.
#[derive(Debug, clap::Args)]
pub struct Schema {
    /// The kind of the answer; without it all kinds are listed
    kind: Option<String>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ListAnswer<'a> {
    kinds: Vec<&'a str>,
    #[serde(flatten)]
    length: ListLength,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Answer<'a> {
    /// The kind whose schema it is.
    name: &'a str,
    schema: Value,
}

answer! {
    schemaList: ListAnswer<'_>,
    schema: Answer<'_>,
}

impl Schema {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let schemas = AnswerSchemas::load()?;
        let Some(kind) = &self.kind else { return list(&schemas, cx) };
        let text = schemas.find(kind).ok_or_else(|| unknown(&schemas, kind))?;
        if cx.out.is_json() {
            let schema = serde_json::from_str(text).map_err(|error| {
                Error::failed(format!("cannot read the schema of \"{kind}\": {error}"))
            })?;
            cx.out.json(&Answer { name: kind, schema })?;
        } else {
            cx.page();
            cx.out.lines(text.trim_end())?;
        }
        Ok(Exit::Done)
    }
}

fn list(schemas: &AnswerSchemas, cx: &mut Context<'_>) -> Result<Exit> {
    let kinds: Vec<&str> = schemas.kinds().collect();
    if cx.out.is_json() {
        let length = ListLength::whole(kinds.len());
        cx.out.json(&ListAnswer { kinds, length })?;
        return Ok(Exit::Done);
    }
    cx.page();
    kinds.iter().try_for_each(|kind| cx.out.line(kind))?;
    Ok(Exit::Done)
}

fn unknown(schemas: &AnswerSchemas, kind: &str) -> Error {
    let error = Error::not_found(format!("there is no answer of the kind \"{kind}\""));
    let error = error.hint(Hint::ListSchemas);
    match suggest::nearest(kind, schemas.kinds()) {
        Some(near) => error.hint(format!("did you mean `{near}`?")).also(Hint::ListSchemas),
        None => error,
    }
}
