//! Addresses of pages.

use crate::protocol::AgentId;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header::ACCEPT;
use percent_encoding::percent_decode_str;

/// Mark of a request that gets a page.
pub struct PageRequest {
    pub route: PageRoute,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PageRoute {
    Agents,
    SignIn,
    SignOut,
    Robots,
    /// The way into the pages of `lua-store ui`.
    Enter,
    Asset(String),
    Agent {
        agent: String,
        page: AgentPageRoute,
    },
}

/// A page of an agent. Versions are as the address names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AgentPageRoute {
    Home,
    Version(String),
    CompareForm,
    Compare(String),
    Files(String, String),
    Raw(String, String),
    Personas,
    Persona(String),
    PersonaEdit,
    Source(String),
    Ledger,
    Search,
    Feed,
    Promote(String),
    Delete(String),
    Tokens,
    Token(String),
    Unknown,
}

impl PageRoute {
    /// The page that a request asks for. Programs that name JSON, and those that do not name HTML where the API has an
    /// answer too, get that answer.
    pub fn of(request: &Request) -> Option<PageRoute> {
        let route = PageRoute::parse(request.uri().path())?;
        let wanted = match &route {
            PageRoute::Agents | PageRoute::Agent { page: AgentPageRoute::Home, .. } => {
                names(request.headers(), "text/html")
            }
            _ => true,
        };
        (wanted && !names(request.headers(), "application/json")).then_some(route)
    }

    fn parse(path: &str) -> Option<PageRoute> {
        let parts: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
        Some(match &parts[..] {
            [""] => PageRoute::Agents,
            ["robots.txt"] => PageRoute::Robots,
            ["-", "login"] => PageRoute::SignIn,
            ["-", "logout"] => PageRoute::SignOut,
            ["-", "open"] => PageRoute::Enter,
            ["-", "assets", name] => PageRoute::Asset((*name).to_owned()),
            [agent] => PageRoute::Agent { agent: id(agent)?, page: AgentPageRoute::Home },
            [agent, "-", rest @ ..] => {
                PageRoute::Agent { agent: id(agent)?, page: AgentPageRoute::parse(rest) }
            }
            _ => return None,
        })
    }

    /// Name in metrics.
    pub fn name(&self) -> &'static str {
        match self {
            PageRoute::SignIn | PageRoute::Enter => "page_login",
            PageRoute::SignOut => "page_logout",
            PageRoute::Robots | PageRoute::Asset(_) => "page_asset",
            PageRoute::Agents | PageRoute::Agent { .. } => "page",
        }
    }
}

impl AgentPageRoute {
    fn parse(parts: &[&str]) -> AgentPageRoute {
        match parts {
            ["versions", version] => AgentPageRoute::Version((*version).to_owned()),
            ["versions"] => AgentPageRoute::Version(String::new()),
            ["compare"] => AgentPageRoute::CompareForm,
            ["compare", range] => AgentPageRoute::Compare((*range).to_owned()),
            ["files", version, path @ ..] => path_of(path)
                .map_or(AgentPageRoute::Unknown, |path| {
                    AgentPageRoute::Files((*version).to_owned(), path)
                }),
            ["raw", version, path @ ..] => path_of(path).map_or(AgentPageRoute::Unknown, |path| {
                AgentPageRoute::Raw((*version).to_owned(), path)
            }),
            ["persona"] => AgentPageRoute::Personas,
            ["persona", "edit"] => AgentPageRoute::PersonaEdit,
            ["persona", version] => AgentPageRoute::Persona((*version).to_owned()),
            ["source", version] => AgentPageRoute::Source((*version).to_owned()),
            ["promote", version] => AgentPageRoute::Promote((*version).to_owned()),
            ["delete", version] => AgentPageRoute::Delete((*version).to_owned()),
            ["tokens"] => AgentPageRoute::Tokens,
            ["tokens", id] => AgentPageRoute::Token((*id).to_owned()),
            ["feed"] => AgentPageRoute::Feed,
            ["search"] => AgentPageRoute::Search,
            ["ledger"] => AgentPageRoute::Ledger,
            _ => AgentPageRoute::Unknown,
        }
    }
}

/// An address whose first part can be the id of no agent is none of ours.
fn id(text: &str) -> Option<String> {
    text.parse::<AgentId>().ok().map(|_| text.to_owned())
}

/// The path of a file; `None` for one that no file can have.
fn path_of(parts: &[&str]) -> Option<String> {
    let mut path = Vec::new();
    for part in parts {
        let part = percent_decode_str(part).decode_utf8().ok()?;
        let is_name =
            !part.is_empty() && part != "." && part != ".." && !part.contains(['/', '\0']);
        is_name.then(|| path.push(part.into_owned()))?;
    }
    Some(path.join("/"))
}

/// True if a request accepts a type by its name.
fn names(headers: &HeaderMap, kind: &str) -> bool {
    let values = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let mut kinds = values.flat_map(|value| value.split(','));
    kinds.any(|one| one.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(kind))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    fn of(path: &str, accept: &str) -> Option<PageRoute> {
        let request = Request::builder().uri(path).header("accept", accept).body(Body::empty());
        PageRoute::of(&request.unwrap())
    }

    #[test]
    fn a_program_gets_what_it_got_without_pages() {
        for path in ["/", "/shop"] {
            assert!(of(path, "text/html,application/xhtml+xml,*/*;q=0.8").is_some());
            for accept in ["*/*", "", "application/json", "text/html, application/json"] {
                assert_eq!(of(path, accept), None, "{path} {accept}");
            }
        }
        assert!(of("/shop/-/raw/v1/a.ts", "*/*").is_some());
        assert_eq!(of("/shop/-/raw/v1/a.ts", "application/json"), None);
        for path in ["/shop/refs", "/developer", "/-/nothing", "/-a", "//shop", "/shop/x"] {
            assert_eq!(of(path, "text/html"), None, "{path}");
        }
    }

    #[test]
    fn a_path_is_one_that_a_file_can_have() {
        let page = |path: &str| match of(path, "text/html") {
            Some(PageRoute::Agent { page, .. }) => page,
            other => panic!("{other:?}"),
        };
        let files = |path: &str| AgentPageRoute::Files("v7".to_owned(), path.to_owned());
        assert_eq!(page("/shop/-/files/v7"), files(""));
        assert_eq!(page("/shop/-/files/v7/src/a%20b.ts"), files("src/a b.ts"));
        let wrong = ["a/../b", "%2e%2e/b", "a%00", "a//b", "a%2fb", "%ff", "."];
        for path in wrong {
            assert_eq!(
                page(&format!("/shop/-/files/v7/{path}")),
                AgentPageRoute::Unknown,
                "{path}"
            );
        }
    }
}
