//! Body of a skill: its tools, each with its code and its source.

use super::bundle::{SentBundle, base64, gzip};
use super::{Compiled, fields, named, texts};
use crate::error::Result;
use crate::reader::compiled::{CompiledPrimitive, ReadFile};
use serde_json::{Map, Value, json};

/// A source that is larger is not sent.
const SOURCE_MAX: usize = 256 * 1024;

impl Compiled<'_> {
    pub(super) fn skill(
        &self,
        one: &CompiledPrimitive,
        read: &mut ReadFile<'_>,
        bundles: &mut Vec<SentBundle>,
    ) -> Result<Map<String, Value>> {
        let mut body = named(one);
        let context = one.fields.get("context").filter(|text| fields::has_text(text));
        body.extend(context.map(|text| ("context".to_owned(), text.clone())));
        let (mut tools, mut sources) = (Vec::new(), Map::new());
        for name in texts(one, "tools") {
            let tool = self.skill_tool(self.tool(&one.name, &name)?, read, bundles)?;
            if let (Some(Value::String(file)), Some(source)) =
                (tool.get("entryFile"), tool.get("source"))
            {
                sources.insert(file.clone(), source.clone());
            }
            tools.push(Value::Object(tool));
        }
        body.insert("tools".into(), json!(tools));
        if fields::is_true(one, "hasCondition") {
            body.insert("conditionS3Hash".into(), json!(self.bundles.add(one, bundles)?));
        }
        if !sources.is_empty() {
            let archive = Value::Object(sources).to_string();
            body.insert("sourceArchive".into(), json!(base64(&gzip(archive.as_bytes()))));
            body.insert("archiveSchemaVersion".into(), json!(1));
        }
        Ok(body)
    }

    fn skill_tool(
        &self,
        tool: &CompiledPrimitive,
        read: &mut ReadFile<'_>,
        bundles: &mut Vec<SentBundle>,
    ) -> Result<Map<String, Value>> {
        let mut body = named(tool);
        fields::copy(&mut body, tool, &[("inputSchema", "schemas.input", fields::Rule::IfTrue)]);
        let key = self.bundles.add(tool, bundles)?;
        body.insert("codeS3Hash".into(), json!(key));
        if fields::is_true(tool, "hasCondition") {
            body.insert("condition".into(), json!(key));
        }
        if let Some(file) = self.entry_file(tool)
            && let Some(bytes) = read(&file)?
            && !bytes.is_empty()
            && bytes.len() <= SOURCE_MAX
        {
            body.insert("source".into(), json!(String::from_utf8_lossy(&bytes)));
            body.insert("entryFile".into(), json!(file));
        }
        Ok(body)
    }

    /// The file of a tool below the project. The manifest has its place on the machine that compiled, which may be
    /// another one: then it is the longest path of a file of the project with which that place ends.
    fn entry_file(&self, tool: &CompiledPrimitive) -> Option<String> {
        let place = tool.source_path.replace('\\', "/");
        let root =
            format!("{}/", self.root.to_string_lossy().replace('\\', "/").trim_end_matches('/'));
        let own = self.manifest.project_files.iter().filter(|file| !file.external);
        let mut paths = own.map(|file| file.relative_path.as_str());
        if let Some(below) = place.strip_prefix(&root) {
            return paths.find(|path| *path == below).map(str::to_owned);
        }
        let is_end = |path: &&str| {
            place
                .strip_suffix(path)
                .is_some_and(|before| before.is_empty() || before.ends_with('/'))
        };
        paths.filter(is_end).max_by_key(|path| path.len()).map(str::to_owned)
    }
}
