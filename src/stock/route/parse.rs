//! Parser of addresses: method, path and query become a route.

use super::{ParsedRoute, Route, StatusFilter, VersionFilter};
use crate::history::version::Status;
use crate::model::kind_routes::KindRoute;
use crate::protocol::RESERVED_IDS;
use crate::stock::error::{StockError, code};
use percent_encoding::percent_decode_str;
use std::borrow::Cow;

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/// Parts of a path that name a service of the platform in words, for the refusal.
const SERVICES: [(&str, &str); 11] = [
    ("sandbox", "the sandbox"),
    ("chat", "chat"),
    ("logs", "the log of an agent"),
    ("env", "the environment of an agent"),
    ("models", "the list of models"),
    ("resources", "the list of resources"),
    ("channels", "the list of channels"),
    ("marketplace", "the marketplace"),
    ("integrations", "the list of integrations"),
    ("runs", "the list of runs"),
    ("auth", "signing in"),
];

impl Route {
    /// The route of a request; `None` if the platform may serve it, but this server does not. A path may have more
    /// slashes than it needs, and an empty query.
    pub fn parse(
        method: &str,
        path: &str,
        query: Option<&str>,
    ) -> Result<Option<ParsedRoute>, StockError> {
        let parts = parts(path)?;
        let parts: Vec<&str> = parts.iter().map(|part| &**part).collect();
        let query = query.unwrap_or_default();
        if let Some(found) = find(method, &parts, query)? {
            return Ok(Some(found));
        }
        let is_served = |method: &&str| match find(method, &parts, query) {
            Ok(found) => found.is_some_and(|found| found.route != Route::Env),
            Err(_) => true,
        };
        match METHODS.into_iter().find(is_served) {
            Some(other) => Err(StockError::new(
                405,
                code::METHOD_NOT_ALLOWED,
                format!("this address does not allow that method; use {other}"),
            )),
            None => Ok(None),
        }
    }

    /// True if a path is one of the platform, whether it is served or not.
    pub fn is_stock(path: &str) -> bool {
        let first = path.split('/').find(|part| !part.is_empty());
        first.is_some_and(|first| RESERVED_IDS.contains(&first))
    }

    /// Refusal of a path that this server does not serve.
    pub fn not_served(path: &str) -> StockError {
        let mut named =
            path.split('/').filter_map(|part| SERVICES.iter().find(|(word, _)| *word == part));
        StockError::not_served(named.next_back().map_or("this service", |(_, what)| what))
    }
}

/// Parts of a path, decoded.
fn parts(path: &str) -> Result<Vec<Cow<'_, str>>, StockError> {
    let decode = |part| percent_decode_str(part).decode_utf8();
    path.split('/')
        .filter(|part| !part.is_empty())
        .map(decode)
        .collect::<Result<_, _>>()
        .map_err(|_| StockError::bad("the address of the request is not UTF-8"))
}

fn is_sandbox(parts: &[&str]) -> bool {
    matches!(parts, ["developer", kind, _, _, "version", "sandbox", ..] if KindRoute::of_path(kind).is_some())
}

fn find(method: &str, parts: &[&str], query: &str) -> Result<Option<ParsedRoute>, StockError> {
    if is_sandbox(parts) {
        return Ok(Some(ParsedRoute { agent: None, route: Route::Sandbox }));
    }
    let (agent, route) = match parts {
        ["developer", "agents", agent, rest @ ..] => (Some(*agent), of_agent(method, rest, query)?),
        ["developer", kind, agent, rest @ ..] => {
            let kind = KindRoute::of_path(kind);
            (Some(*agent), kind.and_then(|kind| of_primitive(method, kind, rest)))
        }
        ["admin", rest @ ..] => of_admin(method, rest),
        ["agents", "sub-agent"] if method == "PATCH" => {
            // Of an id that begins with `_`.
            (None, Some(Route::PatchAgent { base: String::new() }))
        }
        ["agents", base, "sub-agent"] if method == "PATCH" => {
            (None, Some(Route::PatchAgent { base: (*base).to_owned() }))
        }
        _ => (None, None),
    };
    Ok(route.map(|route| ParsedRoute { agent: agent.map(str::to_owned), route }))
}

/// `/developer/KIND/AGENT…`
fn of_primitive(method: &str, kind: &'static KindRoute, rest: &[&str]) -> Option<Route> {
    let own = str::to_owned;
    Some(match (method, rest) {
        ("GET", []) => Route::Primitives { kind },
        ("POST", []) => Route::CreatePrimitive { kind },
        ("DELETE", [id]) => Route::DeletePrimitive { kind, id: own(id) },
        ("POST", [id, "version"]) => Route::PushPrimitive { kind, id: own(id) },
        ("GET", [id, "versions"]) => Route::PrimitiveVersions { kind, id: own(id) },
        ("PUT" | "POST", [id, version, "publish"]) => {
            Route::PublishPrimitive { kind, id: own(id), version: own(version) }
        }
        ("PUT", [id, "version", version, "source"]) => {
            Route::PutSource { kind, id: own(id), version: own(version) }
        }
        _ => return None,
    })
}

/// `/developer/agents/AGENT…`
fn of_agent(method: &str, rest: &[&str], query: &str) -> Result<Option<Route>, StockError> {
    Ok(Some(match (method, rest) {
        ("GET", ["mcp-servers"]) => Route::Servers,
        ("POST", ["mcp-servers", "upsert"]) => Route::UpsertServer,
        ("PUT", ["mcp-servers", id, "activate"]) => Route::ActivateServer { id: (*id).to_owned() },
        ("GET", ["persona", "versions"]) => {
            Route::Personas { published: value(query, "status") == Some("published") }
        }
        ("POST", ["persona", "version"]) => Route::CreatePersona,
        ("POST", ["persona", "version", n]) => Route::PublishPersona { number: number(n)? },
        ("GET", ["env"]) => Route::Env,
        (_, ["backup", rest @ ..]) => return of_backup(method, rest, query),
        (_, ["versions", rest @ ..]) => return of_version(method, rest, query),
        _ => return Ok(None),
    }))
}

/// `/developer/agents/AGENT/backup…`. The addresses of blobs are given by this server.
fn of_backup(method: &str, rest: &[&str], query: &str) -> Result<Option<Route>, StockError> {
    Ok(Some(match (method, rest) {
        ("GET", []) => Route::Backup,
        ("POST", ["check-blobs"]) => Route::CheckBlobs,
        ("POST", ["blob-upload-urls"]) => Route::UploadUrls,
        ("POST", ["blob-urls"]) => Route::BlobUrls,
        ("PUT", ["blobs", key]) => Route::PutBlob { key: (*key).to_owned() },
        ("GET", ["blobs", key]) => Route::GetBlob { key: (*key).to_owned() },
        ("POST", ["manifest"]) => Route::PutManifest,
        ("GET", ["manifest"]) => {
            Route::Manifest { version: value(query, "version").map(number).transpose()? }
        }
        ("GET", ["versions"]) => Route::BackupVersions,
        _ => return Ok(None),
    }))
}

/// `/developer/agents/AGENT/versions…`
fn of_version(method: &str, rest: &[&str], query: &str) -> Result<Option<Route>, StockError> {
    Ok(Some(match (method, rest) {
        ("POST", []) => Route::CreateVersion,
        ("GET", []) => Route::Versions(VersionFilter {
            status: value(query, "status").map(status).transpose()?,
            limit: value(query, "limit").map(number).transpose()?,
            all: value(query, "all") == Some("true"),
        }),
        ("GET", ["diff"]) => {
            let side = |name| {
                let missing = || StockError::bad(format!("the query needs \"{name}\""));
                number(value(query, name).ok_or_else(missing)?)
            };
            Route::DiffVersions { from: side("from")?, to: side("to")? }
        }
        ("GET", [n]) => Route::Version { number: number(n)? },
        ("DELETE", [n]) => Route::DeleteVersion { number: number(n)? },
        ("POST", [n, "promote"]) => Route::PromoteVersion { number: number(n)? },
        ("PATCH", [n, "commit-hash"]) => Route::SetCommit { number: number(n)? },
        _ => return Ok(None),
    }))
}

/// `/admin…`
fn of_admin<'a>(method: &str, rest: &[&'a str]) -> (Option<&'a str>, Option<Route>) {
    match (method, rest) {
        ("GET", ["agents", agent]) => (Some(*agent), Some(Route::Agent)),
        ("GET", ["me", "authorization"]) => (None, Some(Route::Authorization)),
        ("GET", ["me", "authorization", "context"]) => (None, Some(Route::AuthorizationContext)),
        ("GET", ["me", "authorization", "orgs", org, "resources"]) => {
            (None, Some(Route::Resources { org: (*org).to_owned() }))
        }
        _ => (None, None),
    }
}

/// The first value of a name in a query. The names that the command sends have plain values.
fn value<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.filter(|(known, _)| *known == name).map(|(_, value)| value).next()
}

fn number(text: &str) -> Result<u64, StockError> {
    let plain = text.bytes().all(|digit| digit.is_ascii_digit());
    let number = text.parse().ok().filter(|number| plain && *number > 0);
    number.ok_or_else(|| StockError::bad(format!("\"{text}\" is not a number of a version")))
}

fn status(text: &str) -> Result<StatusFilter, StockError> {
    const LISTED: [Status; 4] =
        [Status::Active, Status::Staged, Status::Superseded, Status::Deleted];
    let one = LISTED.into_iter().find(|status| status.word() == text).map(StatusFilter::Only);
    one.or((text == "all").then_some(StatusFilter::All)).ok_or_else(|| {
        StockError::bad(format!(
            "\"{text}\" is not a status; use all, active, staged, superseded or deleted"
        ))
    })
}

#[cfg(test)]
mod tests;
