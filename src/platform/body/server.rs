//! Body of an MCP server: #7.

use super::Compiled;
use super::fields;
use crate::error::Result;
use crate::reader::compiled::CompiledPrimitive;
use serde_json::{Map, Value, json};

/// Transport of a server whose code names none.
pub const DEFAULT_TRANSPORT: &str = "streamable-http";

pub struct ServerBody {
    pub name: String,
    pub body: Map<String, Value>,
}

impl Compiled<'_> {
    pub(super) fn server(&self, one: &CompiledPrimitive) -> Result<ServerBody> {
        let config = |field: &str| one.fields.get("config").and_then(|config| config.get(field));
        let transport = config("transport").and_then(Value::as_str).filter(|text| !text.is_empty());
        let mut body = Map::from_iter([
            ("name".to_owned(), json!(one.name)),
            ("transport".to_owned(), json!(transport.unwrap_or(DEFAULT_TRANSPORT))),
        ]);
        body.extend(config("url").map(|url| ("url".to_owned(), url.clone())));
        let resolvers =
            [("hasUrlResolver", "urlResolver"), ("hasHeadersResolver", "headersResolver")];
        for (flag, field) in resolvers {
            if fields::is_true(one, flag) {
                body.insert(field.to_owned(), json!(self.bundles.inline(one)?));
            }
        }
        Ok(ServerBody { name: one.name.clone(), body })
    }
}
