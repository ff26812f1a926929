//! Methods of lists.

use super::builtin::{from_end, range};
use super::expression::propagate_or;
use super::library;
use super::operator::same;
use super::value::{SourceSpan, Value};
use crate::error::Result;
use crate::reader::eval::{Evaluator, SIZE_MAX};
use std::cell::RefCell;
use std::cmp::Ordering;
use std::rc::Rc;

type Items<'a> = Rc<RefCell<Vec<Value<'a>>>>;

/// Calls a method of a list.
pub fn method<'a>(
    evaluator: &Evaluator<'a>,
    list: &Items<'a>,
    name: &str,
    arguments: &[Value<'a>],
    site: SourceSpan,
) -> Result<Value<'a>> {
    if let Some(value) = changed(list, name, arguments) {
        return Ok(value);
    }
    // A copy, since a function that is called for each item could change the list.
    let items = list.borrow().clone();
    if let Some(function) = arguments.first() {
        let each = ItemCallback { evaluator, items: &items, function, site };
        if let Some(value) = each.method(name, arguments.get(1))? {
            return Ok(value);
        }
    }
    if name == "join" {
        return Ok(joined(&items, arguments.first(), site));
    }
    if name == "sort" || name == "toSorted" {
        return sorted(evaluator, list, items, name, arguments.first(), site);
    }
    let value = part(items, name, arguments);
    Ok(value.unwrap_or_else(|| {
        let unknown = Value::unknown(site, format!("calls \"{name}\", which is not evaluated"));
        if ["splice", "fill", "copyWithin"].contains(&name) {
            Value::List(list.clone()).taint(unknown.clone());
        }
        unknown
    }))
}

/// The list in order: by a function, or by the texts of its items.
fn sorted<'a>(
    evaluator: &Evaluator<'a>,
    list: &Items<'a>,
    mut items: Vec<Value<'a>>,
    name: &str,
    function: Option<&Value<'a>>,
    site: SourceSpan,
) -> Result<Value<'a>> {
    let mut failed = None;
    items.sort_by(|one, other| {
        let order = match function {
            None | Some(Value::Undefined) => match (one.to_text(), other.to_text()) {
                (Some(a), Some(b)) => Ok(a.encode_utf16().cmp(b.encode_utf16())),
                _ => Err(Value::unknown(site, "is in an order that is not evaluated")),
            },
            Some(function) => {
                match evaluator.call(function, None, vec![one.clone(), other.clone()], site) {
                    Ok(Value::Number(number)) => {
                        Ok(number.partial_cmp(&0.0).unwrap_or(Ordering::Equal))
                    }
                    Ok(other) => {
                        Err(propagate_or(other, site, "is in an order that is not evaluated"))
                    }
                    Err(_) => Err(Value::unknown(site, "is in an order that is not evaluated")),
                }
            }
        };
        order.unwrap_or_else(|unknown| {
            failed = Some(unknown);
            Ordering::Equal
        })
    });
    if let Some(unknown) = failed {
        Value::List(list.clone()).taint(unknown.clone());
        return Ok(unknown);
    }
    if name == "toSorted" {
        return Ok(Value::list(items));
    }
    *list.borrow_mut() = items;
    Ok(Value::List(list.clone()))
}

/// Methods that change the list itself.
fn changed<'a>(list: &Items<'a>, name: &str, arguments: &[Value<'a>]) -> Option<Value<'a>> {
    let length = list.borrow().len();
    match name {
        "push" | "unshift" if length + arguments.len() <= SIZE_MAX => {
            let at = if name == "push" { length } else { 0 };
            list.borrow_mut().splice(at..at, arguments.iter().cloned());
            Some(Value::Number((length + arguments.len()) as f64))
        }
        "pop" => Some(list.borrow_mut().pop().unwrap_or(Value::Undefined)),
        "shift" if length == 0 => Some(Value::Undefined),
        "shift" => Some(list.borrow_mut().remove(0)),
        "splice" => {
            let start = from_end(arguments.first()?, length)?.min(length);
            let count = match arguments.get(1) {
                None => length - start,
                Some(Value::Number(count)) => (count.max(0.0) as usize).min(length - start),
                Some(_) => return None,
            };
            let new = arguments.get(2..).unwrap_or_default().to_vec();
            let removed = list.borrow_mut().splice(start..start + count, new).collect();
            Some(Value::list(removed))
        }
        "reverse" => {
            list.borrow_mut().reverse();
            Some(Value::List(list.clone()))
        }
        _ => None,
    }
}

/// Methods that call a function for each item.
struct ItemCallback<'e, 'a> {
    evaluator: &'e Evaluator<'a>,
    items: &'e [Value<'a>],
    function: &'e Value<'a>,
    site: SourceSpan,
}

impl<'a> ItemCallback<'_, 'a> {
    fn call(&self, at: usize, item: &Value<'a>) -> Result<Value<'a>> {
        let arguments = vec![item.clone(), Value::Number(at as f64)];
        self.evaluator.call(self.function, None, arguments, self.site)
    }

    fn method(&self, name: &str, first: Option<&Value<'a>>) -> Result<Option<Value<'a>>> {
        Ok(Some(match name {
            "map" | "flatMap" | "forEach" => {
                let mut mapped = Vec::with_capacity(self.items.len());
                for (at, item) in self.items.iter().enumerate() {
                    match self.call(at, item)? {
                        Value::List(inner) if name == "flatMap" => {
                            mapped.extend(inner.borrow().iter().cloned())
                        }
                        value => mapped.push(value),
                    }
                }
                if name == "forEach" { Value::Undefined } else { Value::list(mapped) }
            }
            "filter" | "find" | "some" | "every" => match self.kept()? {
                Ok(kept) => match name {
                    "filter" => Value::list(kept),
                    "find" => kept.into_iter().next().unwrap_or(Value::Undefined),
                    "some" => Value::Bool(!kept.is_empty()),
                    _ => Value::Bool(kept.len() == self.items.len()),
                },
                Err(value) => propagate_or(value, self.site, "is known at run time only"),
            },
            "reduce" => {
                let Some(mut sum) = first.cloned() else { return Ok(None) };
                for (at, item) in self.items.iter().enumerate() {
                    let arguments = vec![sum, item.clone(), Value::Number(at as f64)];
                    sum = self.evaluator.call(self.function, None, arguments, self.site)?;
                }
                sum
            }
            _ => return Ok(None),
        }))
    }

    /// The items that the function holds true of, or a result that is not known.
    fn kept(&self) -> Result<Result<Vec<Value<'a>>, Value<'a>>> {
        let mut kept = Vec::new();
        for (at, item) in self.items.iter().enumerate() {
            let result = match self.function {
                // `.filter(Boolean)` keeps every object, tools and skills included.
                Value::Package(path) if library::is_global(path, &["Boolean"]) => item.clone(),
                _ => self.call(at, item)?,
            };
            match result.truth() {
                Some(true) => kept.push(item.clone()),
                Some(false) => {}
                None => return Ok(Err(result)),
            }
        }
        Ok(Ok(kept))
    }
}

fn joined<'a>(items: &[Value<'a>], by: Option<&Value<'a>>, site: SourceSpan) -> Value<'a> {
    let by = match by {
        None | Some(Value::Undefined) => ",".into(),
        Some(Value::Text(by)) => by.clone(),
        Some(other) => {
            return propagate_or(other.clone(), site, "joins with a value that is not text");
        }
    };
    let mut joined = String::new();
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            joined.push_str(&by);
        }
        match item {
            Value::Undefined | Value::Null => {}
            item => match item.to_text() {
                Some(text) if joined.len() + text.len() <= SIZE_MAX => joined.push_str(&text),
                _ => return propagate_or(item.clone(), site, "joins a value that is not text"),
            },
        }
    }
    Value::text(joined)
}

/// Methods that give a part of the list, or another list.
fn part<'a>(items: Vec<Value<'a>>, name: &str, arguments: &[Value<'a>]) -> Option<Value<'a>> {
    Some(match name {
        "concat" => {
            let mut joined = items;
            for argument in arguments {
                match argument {
                    Value::List(more) => joined.extend(more.borrow().iter().cloned()),
                    other => joined.push(other.clone()),
                }
            }
            if joined.len() > SIZE_MAX {
                return None;
            }
            Value::list(joined)
        }
        "flat" => {
            let mut flat = Vec::new();
            for item in items {
                match item {
                    Value::List(inner) => flat.extend(inner.borrow().iter().cloned()),
                    item => flat.push(item),
                }
            }
            Value::list(flat)
        }
        "slice" => {
            let (start, end) = range(name, arguments, items.len())?;
            Value::list(items.get(start..end.max(start)).map(<[_]>::to_vec).unwrap_or_default())
        }
        "toReversed" => Value::list(items.into_iter().rev().collect()),
        "at" => items
            .get(from_end(arguments.first()?, items.len())?)
            .cloned()
            .unwrap_or(Value::Undefined),
        "includes" | "indexOf" => {
            let wanted = arguments.first()?;
            let mut found = None;
            for (at, item) in items.iter().enumerate() {
                if found.is_none() && same(item, wanted)? {
                    found = Some(at);
                }
            }
            match name {
                "includes" => Value::Bool(found.is_some()),
                _ => Value::Number(found.map_or(-1.0, |at| at as f64)),
            }
        }
        _ => return None,
    })
}
