//! Routes that an import reads, each asked once: what came back, and whether it has the fields that this program needs.

use super::answer;
use super::client::{PlatformAnswer, PlatformClient};
use super::listing::{is_id, is_optional};
use super::shape;
use crate::error::{Kind, Result};
use crate::model::kind_routes::{KIND_ROUTES, KindRoute};
use serde_json::{Value, json};
use std::time::Duration;

/// Result of one route.
#[derive(Clone, Debug)]
pub struct RouteCheck {
    /// Number of the route in `docs/stock-client.md`, and its kind if it has one.
    pub route: String,
    /// Method and path, with `:a`, `:id`, `:n` in place of ids.
    pub path: String,
    pub status: u16,
    pub took: Duration,
    /// Keys and types of the answer, no values; null where there is none.
    pub shape: Value,
    /// Difference from what an import needs; `None` where there is none.
    pub problem: Option<String>,
}

/// Asks each route once. An error that every route would have ends it: no connection, no valid key.
pub fn check(client: &PlatformClient) -> Result<Vec<RouteCheck>> {
    let mut all = Checks { client, done: Vec::new() };
    all.agent()?;
    for kind in &KIND_ROUTES {
        all.primitives(kind)?;
    }
    all.history()?;
    Ok(all.done)
}

struct Checks<'a> {
    client: &'a PlatformClient,
    done: Vec<RouteCheck>,
}

/// One request: number, path with marks, path, and the fields that its answer must have.
struct Asked<'a> {
    route: String,
    shown: String,
    path: String,
    needs: &'a [&'a str],
    is_optional: bool,
}

impl Checks<'_> {
    fn agent(&mut self) -> Result<()> {
        let agent = self.client.address().agent.as_str();
        let admin = format!("/admin/agents/{agent}");
        self.get("#9", "/admin/agents/:a", admin, &[])?;
        self.own("#11", "/persona/versions")?;
        self.own("#6", "/mcp-servers")?;
        Ok(())
    }

    /// The list of a kind, and the numbers of its first primitive.
    fn primitives(&mut self, kind: &KindRoute) -> Result<()> {
        let (path, list) = (kind.path, kind.list_key);
        let agent = self.client.address().agent.as_str();
        let asked = Asked {
            route: format!("#1 {path}"),
            shown: format!("/developer/{path}/:a"),
            path: format!("/developer/{path}/{agent}"),
            needs: &[list],
            is_optional: is_optional(kind),
        };
        let Some(answer) = self.ask(asked)? else { return Ok(()) };
        let first = answer.get(list).and_then(|all| all.get(0)?.get("id")?.as_str());
        let Some(id) = first.filter(|id| is_id(id)) else { return Ok(()) };
        let asked = Asked {
            route: format!("#33 {path}"),
            shown: format!("/developer/{path}/:a/:id/versions"),
            path: format!("/developer/{path}/{agent}/{id}/versions"),
            // The versions of a job are a bare list.
            needs: if path == "jobs" { &[] } else { &["versions"] },
            is_optional: is_optional(kind),
        };
        self.ask(asked).map(drop)
    }

    /// Versions, backups, and the files of the newest backup.
    fn history(&mut self) -> Result<()> {
        let versions = self.own("#24", "/versions?all=true&status=all")?;
        let newest = versions.as_ref().and_then(|all| all.get(0)?.get("version")?.as_u64());
        if let Some(newest) = newest {
            let path = format!("/versions/{newest}");
            self.own_marked("#25", ("/versions/:n", path), &["version", "snapshot"])?;
        }
        let backups = self.own("#22", "/backup/versions?all=true")?;
        let newest =
            backups.as_ref().and_then(|all| all.get("versions")?.get(0)?.get("version")?.as_u64());
        let Some(newest) = newest else { return Ok(()) };
        let path = format!("/backup/manifest?version={newest}");
        let marked = ("/backup/manifest?version=:n", path);
        let manifest = self.own_marked("#21", marked, &["files", "projectHash"])?;
        let first =
            manifest.as_ref().and_then(|all| all.get("files")?.get(0)?.get("hash")?.as_str());
        match first {
            Some(hash) => self.blob_urls(hash),
            None => Ok(()),
        }
    }

    /// Addresses of files: a `POST` that changes nothing.
    fn blob_urls(&mut self, hash: &str) -> Result<()> {
        let agent = self.client.address().agent.as_str();
        let path = format!("/developer/agents/{agent}/backup/blob-urls");
        let answer = self.client.query("#16", &path, &json!({"hashes": [hash]}))?;
        let shown = "POST /developer/agents/:a/backup/blob-urls".to_owned();
        self.note(("#16".to_owned(), shown), &answer, (&["urls"], false)).map(drop)
    }

    /// A list below `/developer/agents/AGENT`.
    fn own(&mut self, route: &str, path: &str) -> Result<Option<Value>> {
        let needs: &[&str] = match route {
            "#11" | "#22" => &["versions"],
            // Bare lists.
            _ => &[],
        };
        self.own_marked(route, (path, path.to_owned()), needs)
    }

    fn own_marked(
        &mut self,
        route: &str,
        (shown, path): (&str, String),
        needs: &[&str],
    ) -> Result<Option<Value>> {
        let path = format!("/developer/agents/{}{path}", self.client.address().agent.as_str());
        self.get(route, &format!("/developer/agents/:a{shown}"), path, needs)
    }

    fn get(
        &mut self,
        route: &str,
        shown: &str,
        path: String,
        needs: &[&str],
    ) -> Result<Option<Value>> {
        let (route, shown) = (route.to_owned(), shown.to_owned());
        self.ask(Asked { route, shown, path, needs, is_optional: false })
    }

    fn ask(&mut self, asked: Asked<'_>) -> Result<Option<Value>> {
        let answer = self.client.get(&asked.route, &asked.path)?;
        let shown = format!("GET {}", asked.shown);
        self.note((asked.route, shown), &answer, (asked.needs, asked.is_optional))
    }

    /// Notes an answer. Gives its data if it has what is needed.
    fn note(
        &mut self,
        (route, path): (String, String),
        answer: &PlatformAnswer,
        (needs, is_optional): (&[&str], bool),
    ) -> Result<Option<Value>> {
        let data = answer.data(&route);
        if let Err(error) = &data
            && error.kind() == Kind::Auth
        {
            return data.map(Some);
        }
        let problem = match &data {
            Err(_) if is_optional && answer.status == 404 => None,
            // Its status says the rest.
            Err(_) if !(200..300).contains(&answer.status) => {
                Some(answer::refusal(answer.status, &answer.bytes))
            }
            Err(error) => Some(error.message().to_owned()),
            Ok(data) => lacking(&route, data, needs),
        };
        let kept = data.ok().filter(|_| problem.is_none());
        let shape = match serde_json::from_slice::<Value>(&answer.bytes) {
            Ok(whole) => shape::of(&whole),
            Err(_) => Value::Null,
        };
        let (status, took) = (answer.status, answer.took);
        self.done.push(RouteCheck { route, path, status, took, shape, problem });
        Ok(kept)
    }
}

/// A field that an import needs and an answer lacks. An absent list is no empty list.
fn lacking(route: &str, data: &Value, needs: &[&str]) -> Option<String> {
    let is_list = matches!(route, "#6" | "#24" | "#33 jobs");
    if is_list && !data.is_array() {
        return Some("it is not a list".to_owned());
    }
    if !is_list && !data.is_object() {
        return Some("it is not an object".to_owned());
    }
    let lacks = |field: &&&str| match data.get(**field) {
        None => true,
        Some(value) => is_list_field(field) && !value.is_array(),
    };
    needs.iter().find(lacks).map(|field| match is_list_field(field) {
        true => format!("it has no list \"{field}\""),
        false => format!("it has no field \"{field}\""),
    })
}

fn is_list_field(field: &str) -> bool {
    !matches!(field, "version" | "snapshot" | "projectHash" | "urls")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absent_list_is_no_empty_list() {
        let lacking = |route: &str, data: Value, needs: &[&str]| lacking(route, &data, needs);
        assert_eq!(lacking("#22", json!({"versions": []}), &["versions"]), None);
        let no_list = Some("it has no list \"versions\"".to_owned());
        assert_eq!(lacking("#22", json!({}), &["versions"]), no_list);
        assert_eq!(lacking("#22", json!({"versions": null}), &["versions"]), no_list);
        assert_eq!(lacking("#24", json!([]), &[]), None);
        assert_eq!(lacking("#24", json!({"versions": []}), &[]), Some("it is not a list".into()));
        assert_eq!(lacking("#9", json!("x"), &[]), Some("it is not an object".into()));
        let no_field = Some("it has no field \"snapshot\"".to_owned());
        assert_eq!(lacking("#25", json!({"version": 1}), &["version", "snapshot"]), no_field);
    }

    #[test]
    fn an_id_that_is_no_part_of_a_path_is_not_asked_for() {
        assert!(is_id("5e4d6c1d9bb64faeb91081eb") && is_id("a-b_c"));
        assert!(!is_id("") && !is_id("a/b") && !is_id("..") && !is_id("a%2fb"));
    }
}
