//! File: its lines, and the values that they must have after the edit.

use super::block::{self, YamlBlock, YamlField};
use super::line::{self, Style, YamlLine, YamlToken};
use super::{YamlBackup, YamlPrimitive, parsed, scalar, unsafe_at, unsafe_line};
use crate::error::{Error, Result};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// The lines of the file, and the values that they must have.
pub struct YamlFile {
    lines: Vec<YamlLine>,
    value: Map<String, Value>,
}

impl YamlFile {
    pub fn parse(text: &str) -> Result<YamlFile> {
        let value = match parsed(text)? {
            Value::Null => Map::new(),
            Value::Object(fields) => fields,
            _ => return Err(unsafe_line(1, "it is not a mapping")),
        };
        Ok(YamlFile { lines: line::split(text), value })
    }

    /// The new text. It is read once more: a line that was taken for another one would change a value that nobody asked for.
    pub fn text(self) -> Result<String> {
        let text: String = self.lines.iter().map(YamlLine::whole).collect();
        let value = parsed(&text).unwrap_or_default();
        let is_empty = self.value.is_empty() && value.is_null();
        match is_empty || value == Value::Object(self.value) {
            true => Ok(text),
            false => {
                let anchor = self.lines.iter().find(|line| line.content().contains('&'));
                let line = anchor.map_or(1, |line| line.number);
                Err(unsafe_line(line, "it cannot be edited line by line"))
            }
        }
    }

    pub fn set_primitive(&mut self, primitive: &YamlPrimitive) -> Result<()> {
        let list = primitive.list;
        let mut fields =
            vec![("name", primitive.name.as_str()), (primitive.id_field, &primitive.id)];
        fields.extend(primitive.version.as_deref().map(|version| ("version", version)));
        // The order in which the stock command writes them.
        fields.sort_by_key(|(field, _)| field.to_lowercase());
        let all = match self.value.get(list) {
            None | Some(Value::Null) => &[][..],
            Some(Value::Array(all)) => all,
            Some(_) => return Err(self.wrong_section(list, "is not a list")),
        };
        let name = json!(primitive.name);
        let Some(index) = all.iter().position(|one| one.get("name") == Some(&name)) else {
            return self.append(list, all.len(), &fields);
        };
        for (field, text) in fields {
            if self.value[list][index].get(field) == Some(&json!(text)) {
                continue;
            }
            let section = self.required(list)?;
            let items = block::items(&self.lines, &section)?;
            let item =
                items.get(index).ok_or_else(|| self.wrong_section(list, "has another form"))?;
            let block = block::of_item(&self.lines, item)?;
            self.set(&block, "name", field, &json!(text))?;
            self.value[list][index][field] = json!(text);
        }
        Ok(())
    }

    pub fn set_backup(&mut self, backup: &YamlBackup) -> Result<()> {
        let at = Timestamp::from_millisecond(backup.last_pushed_at_ms);
        let at = at.map_err(|_| Error::failed("the time of the backup is out of range"))?;
        // The order in which the stock command writes them.
        let fields = [
            ("activeVersion", json!(backup.active_version)),
            ("lastHash", json!(backup.last_hash)),
            ("lastPushedAt", json!(format!("{at:.3}"))),
        ];
        match self.value.get("backup") {
            Some(Value::Object(old)) if !old.is_empty() => self.change_backup(fields),
            None | Some(Value::Null | Value::Object(_)) => {
                let at = self.opened("backup", "{}")?;
                let line = |(field, value): &(&str, Value)| {
                    format!("  {field}: {}", scalar::of(value, Style::Plain))
                };
                self.insert(at, &fields.iter().map(line).collect::<Vec<_>>());
                let fields = fields.map(|(field, value)| (field.to_owned(), value));
                self.value.insert("backup".into(), Value::Object(fields.into_iter().collect()));
                Ok(())
            }
            Some(_) => Err(self.wrong_section("backup", "is not a mapping")),
        }
    }

    fn change_backup(&mut self, fields: [(&str, Value); 3]) -> Result<()> {
        let mut before = "";
        for (field, value) in fields {
            if self.value["backup"].get(field) != Some(&value) {
                let section = self.required("backup")?;
                let block = block::of_section(&self.lines, &section)?;
                self.set(&block, before, field, &value)?;
                self.value["backup"][field] = value;
            }
            before = field;
        }
        Ok(())
    }

    /// Sets a field of a block, or adds it after another one, or as the first.
    fn set(&mut self, block: &YamlBlock, before: &str, field: &str, value: &Value) -> Result<()> {
        let entries = block::entries(&self.lines, block)?;
        if let Some(entry) = entries.iter().find(|entry| entry.key == field) {
            return self.replace(entry, value);
        }
        let after = entries.iter().find(|entry| entry.key == before).or(entries.first());
        let after = after.ok_or_else(|| unsafe_at(&self.lines[block.start], "it has no field"))?;
        let text = format!("{field}: {}", scalar::of(value, Style::Plain));
        self.insert(after.end, &[format!("{}{text}", " ".repeat(block.column))]);
        Ok(())
    }

    /// Puts a value in the place of the one that a field has.
    fn replace(&mut self, entry: &YamlField, value: &Value) -> Result<()> {
        let line = &mut self.lines[entry.line];
        let YamlToken { at, style } = line::token(line.content(), entry.value_from);
        if style == Style::Other || entry.end > entry.line + 1 {
            return Err(unsafe_at(line, "its value is not on one line, or has an anchor or a tag"));
        }
        let new = scalar::of(value, style);
        let new = if style == Style::Empty { format!(" {new}") } else { new };
        line.replace(at, &new);
        Ok(())
    }

    /// A section that the values say is there.
    fn required(&self, name: &str) -> Result<YamlBlock> {
        let section = block::section(&self.lines, name)?;
        section.ok_or_else(|| self.wrong_section(name, "is not at the beginning of a line"))
    }

    /// Adds an element at the end of a list.
    fn append(&mut self, list: &str, count: usize, fields: &[(&str, &str)]) -> Result<()> {
        let (at, indent) = match count {
            0 => (self.opened(list, "[]")?, 2),
            _ => {
                let section = self.required(list)?;
                let items = block::items(&self.lines, &section)?;
                let last = items.last().filter(|_| items.len() == count);
                let last = last.ok_or_else(|| self.wrong_section(list, "has another form"))?;
                (last.end, last.indent)
            }
        };
        let (pad, mut mark) = (" ".repeat(indent), "- ");
        let mut lines = Vec::new();
        for (field, text) in fields {
            let value = scalar::of(&json!(text), Style::Plain);
            lines.push(format!("{pad}{mark}{field}: {value}"));
            mark = "  ";
        }
        self.insert(at, &lines);
        let element: Map<String, Value> =
            fields.iter().map(|(field, text)| ((*field).to_owned(), json!(text))).collect();
        match self.value.entry(list).or_insert(Value::Null) {
            Value::Array(all) => all.push(Value::Object(element)),
            empty => *empty = json!([element]),
        }
        Ok(())
    }

    /// A section without content, ready to get some: it is added at the end, or loses its `empty` value. Gives the place of its
    /// first line.
    fn opened(&mut self, name: &str, empty: &str) -> Result<usize> {
        let Some(section) = block::section(&self.lines, name)? else {
            block::check_keys(&self.lines)?;
            self.insert(self.lines.len(), &[format!("{name}:")]);
            return Ok(self.lines.len());
        };
        let line = &mut self.lines[section.start];
        let YamlToken { at, style } = line::token(line.content(), section.value_from);
        match style {
            Style::Empty => {}
            _ if [empty, "null", "~"].contains(&&line.content()[at.clone()]) => {
                line.replace(section.value_from..at.end, "");
            }
            _ => return Err(unsafe_at(&self.lines[section.start], "its value is not a block")),
        }
        Ok(section.start + 1)
    }

    /// Inserts lines, which end as the line before them does. A file without a line end at its end stays one.
    fn insert(&mut self, at: usize, texts: &[String]) {
        let before = at.checked_sub(1).and_then(|before| self.lines.get(before));
        let end = line::end_after(before, &self.lines);
        let number = at.checked_sub(1).map_or(1, |before| self.lines[before].number);
        let new = texts.iter().map(|text| YamlLine::new(number, text, &end));
        let mut new: Vec<YamlLine> = new.collect();
        if let Some(before) = at.checked_sub(1).map(|before| &mut self.lines[before])
            && before.end.is_empty()
        {
            before.end = end;
            if let Some(last) = new.last_mut() {
                last.end.clear();
            }
        }
        self.lines.splice(at..at, new);
    }

    fn wrong_section(&self, name: &str, why: &str) -> Error {
        let section = block::section(&self.lines, name).ok().flatten();
        let line = section.map_or(1, |section| self.lines[section.start].number);
        unsafe_line(line, &format!("\"{name}\" {why}"))
    }
}
