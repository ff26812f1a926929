//! Routes of the protocol: the number of a request, and the parts of its path.

use super::kinds::KindPath;

#[derive(Default)]
pub struct Route {
    pub number: &'static str,
    pub kind: Option<&'static KindPath>,
    pub agent: String,
    pub id: String,
    pub version: String,
}

pub fn of(method: &str, path: &str) -> Route {
    let path = path.split('?').next().unwrap_or_default();
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    let found = match parts.as_slice() {
        ["__blob", agent, key] => {
            let number = if method == "PUT" { "#17" } else { "#18" };
            Some(named(number, agent, key, ""))
        }
        ["admin", rest @ ..] => admin(method, rest),
        ["agents", base, "sub-agent"] if method == "PATCH" => Some(named("#10", base, "", "")),
        ["developer", "agents", agent, rest @ ..] => of_agent(method, agent, rest),
        ["developer", kind, agent, rest @ ..] => {
            KindPath::of(kind).and_then(|kind| of_kind(method, kind, agent, rest))
        }
        _ => None,
    };
    found.unwrap_or(Route { number: "?", ..Route::default() })
}

fn named(number: &'static str, agent: &str, id: &str, version: &str) -> Route {
    let own = str::to_owned;
    Route { number, kind: None, agent: own(agent), id: own(id), version: own(version) }
}

fn admin(method: &str, rest: &[&str]) -> Option<Route> {
    Some(match (method, rest) {
        ("GET", ["agents", agent]) => named("#9", agent, "", ""),
        ("GET", ["me", "authorization"]) => named("#30", "", "", ""),
        ("GET", ["me", "authorization", "context"]) => named("#31", "", "", ""),
        ("GET", ["me", "authorization", "orgs", org, "resources"]) => named("#32", "", org, ""),
        _ => return None,
    })
}

fn of_agent(method: &str, agent: &str, rest: &[&str]) -> Option<Route> {
    let (number, id, version) = match (method, rest) {
        ("GET", ["mcp-servers"]) => ("#6", "", ""),
        ("POST", ["mcp-servers", "upsert"]) => ("#7", "", ""),
        ("PUT", ["mcp-servers", id, "activate"]) => ("#8", *id, ""),
        ("GET", ["persona", "versions"]) => ("#11", "", ""),
        ("POST", ["persona", "version"]) => ("#12", "", ""),
        ("POST", ["persona", "version", n]) => ("#13", "", *n),
        ("POST", ["backup", "check-blobs"]) => ("#14", "", ""),
        ("POST", ["backup", "blob-upload-urls"]) => ("#15", "", ""),
        ("POST", ["backup", "blob-urls"]) => ("#16", "", ""),
        ("POST", ["backup", "manifest"]) => ("#19", "", ""),
        ("GET", ["backup"]) => ("#20", "", ""),
        ("GET", ["backup", "manifest"]) => ("#21", "", ""),
        ("GET", ["backup", "versions"]) => ("#22", "", ""),
        ("POST", ["versions"]) => ("#23", "", ""),
        ("GET", ["versions"]) => ("#24", "", ""),
        ("GET", ["versions", "diff"]) => ("#26", "", ""),
        ("GET", ["versions", n]) => ("#25", "", *n),
        ("POST", ["versions", n, "promote"]) => ("#27", "", *n),
        ("DELETE", ["versions", n]) => ("#28", "", *n),
        ("PATCH", ["versions", n, "commit-hash"]) => ("#29", "", *n),
        _ => return None,
    };
    Some(named(number, agent, id, version))
}

fn of_kind(method: &str, kind: &'static KindPath, agent: &str, rest: &[&str]) -> Option<Route> {
    let (number, id, version) = match (method, rest) {
        ("GET", []) => ("#1", "", ""),
        ("POST", []) => ("#2", "", ""),
        ("POST", [id, "version"]) => ("#3", *id, ""),
        ("PUT" | "POST", [id, version, "publish"]) => ("#4", *id, *version),
        ("PUT", [id, "version", version, "source"]) => ("#5", *id, *version),
        ("GET", [id, "versions"]) => ("#33", *id, ""),
        ("DELETE", [id]) => ("#34", *id, ""),
        _ => return None,
    };
    Some(Route { kind: Some(kind), ..named(number, agent, id, version) })
}
