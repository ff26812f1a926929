//! Account of a token: its person, one organisation, and its agents. The stock command checks these shapes strictly.

use super::error::StockError;
use super::route::Route;
use super::{StockAnswer, StockRequest};
use crate::protocol::{AgentId, TokenScope};
use jiff::Timestamp;
use serde::Serialize;

/// Id of the one organisation; any other is accepted in an address.
const ORGANISATION: &str = "lua-store";
const PROFILE: &str = "token";

/// Owner of a token, and its agents.
#[derive(Debug)]
pub struct Account {
    /// Names the token: its author, or its id.
    pub subject: String,
    /// The author that the token names.
    pub email: Option<String>,
    pub scope: TokenScope,
    pub agents: Vec<AgentId>,
    pub now: Timestamp,
}

impl Account {
    /// Answers a route that names no agent.
    pub fn answer(&self, route: &Route) -> Result<StockAnswer, StockError> {
        match route {
            Route::Authorization => StockAnswer::ok(&self.authorization()),
            Route::AuthorizationContext => {
                StockAnswer::ok(&PersonView { email: self.email.as_deref(), full_name: None })
            }
            Route::Resources { org } => StockAnswer::ok(&self.resources(org)),
            _ => Err(StockError::not_served("this service")),
        }
    }

    fn authorization(&self) -> AuthorizationView<'_> {
        AuthorizationView {
            version: 1,
            generated_at: self.now,
            authorization_principal: PrincipalView {
                subject_type: "user",
                subject_id: &self.subject,
            },
            orgs: [OrganisationView {
                org_id: ORGANISATION,
                name: ORGANISATION,
                archived: false,
                capability_profile: PROFILE,
                display_roles: [],
                membership: MembershipView { rostered: true, active: true },
                discovered_via: "org-grant",
            }],
            capability_profiles: self.profiles(),
        }
    }

    fn resources<'a>(&'a self, org: &'a str) -> ResourcesView<'a> {
        let resource = |agent: &'a AgentId| ResourceView {
            resource_type: "agent",
            resource_id: agent.as_str(),
            kind: "agent",
            org_id: org,
            name: agent.as_str(),
            visibility: "private",
            capability_profile: PROFILE,
            display_roles: [],
            discovered_via: "org-cascade",
            rostered: true,
        };
        ResourcesView {
            version: 1,
            generated_at: self.now,
            org_id: org,
            next_cursor: None,
            capability_profiles: self.profiles(),
            resources: self.agents.iter().map(resource).collect(),
        }
    }

    /// Capabilities in the words of the platform.
    fn profiles(&self) -> ProfilesView {
        let words = ["agent:read", "agent:write"];
        let allowed = if self.scope.allows(TokenScope::Push) { &words[..] } else { &words[..1] };
        ProfilesView { token: allowed.to_vec() }
    }
}

/// Answer of `GET …/env`: this server has no values of environment variables.
pub fn env(_request: &StockRequest) -> Result<StockAnswer, StockError> {
    StockAnswer::ok(&EnvView { data: NoValues {} })
}

#[derive(Serialize)]
struct EnvView {
    data: NoValues,
}

#[derive(Serialize)]
struct NoValues {}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AuthorizationView<'a> {
    version: u32,
    generated_at: Timestamp,
    authorization_principal: PrincipalView<'a>,
    orgs: [OrganisationView; 1],
    capability_profiles: ProfilesView,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PrincipalView<'a> {
    subject_type: &'static str,
    subject_id: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OrganisationView {
    org_id: &'static str,
    name: &'static str,
    archived: bool,
    capability_profile: &'static str,
    display_roles: [&'static str; 0],
    membership: MembershipView,
    discovered_via: &'static str,
}

#[derive(Serialize)]
struct MembershipView {
    rostered: bool,
    active: bool,
}

#[derive(Serialize)]
struct ProfilesView {
    token: Vec<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PersonView<'a> {
    email: Option<&'a str>,
    full_name: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResourcesView<'a> {
    version: u32,
    generated_at: Timestamp,
    org_id: &'a str,
    next_cursor: Option<&'a str>,
    capability_profiles: ProfilesView,
    resources: Vec<ResourceView<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResourceView<'a> {
    resource_type: &'static str,
    resource_id: &'a str,
    kind: &'static str,
    org_id: &'a str,
    name: &'a str,
    visibility: &'static str,
    capability_profile: &'static str,
    display_roles: [&'static str; 0],
    discovered_via: &'static str,
    rostered: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn account(scope: TokenScope) -> Account {
        Account {
            subject: "ana@example.com".to_owned(),
            email: Some("ana@example.com".to_owned()),
            scope,
            agents: vec!["shop_1".parse().unwrap()],
            now: Timestamp::UNIX_EPOCH,
        }
    }

    fn answer(route: &Route) -> Value {
        let answer = account(TokenScope::Push).answer(route).unwrap();
        assert_eq!(answer.status, 200);
        serde_json::from_slice(&answer.body).unwrap()
    }

    #[test]
    fn the_shapes_are_those_of_the_platform() {
        assert_eq!(
            answer(&Route::Authorization),
            json!({"version": 1, "generatedAt": "1970-01-01T00:00:00Z",
                "authorizationPrincipal": {"subjectType": "user", "subjectId": "ana@example.com"},
                "orgs": [{"orgId": "lua-store", "name": "lua-store", "archived": false,
                    "capabilityProfile": "token", "displayRoles": [],
                    "membership": {"rostered": true, "active": true}, "discoveredVia": "org-grant"}],
                "capabilityProfiles": {"token": ["agent:read", "agent:write"]}})
        );
        assert_eq!(
            answer(&Route::AuthorizationContext),
            json!({"email": "ana@example.com", "fullName": null})
        );
        assert_eq!(
            answer(&Route::Resources { org: "any".to_owned() }),
            json!({"version": 1, "generatedAt": "1970-01-01T00:00:00Z", "orgId": "any",
                "nextCursor": null, "capabilityProfiles": {"token": ["agent:read", "agent:write"]},
                "resources": [{"resourceType": "agent", "resourceId": "shop_1", "kind": "agent",
                    "orgId": "any", "name": "shop_1", "visibility": "private",
                    "capabilityProfile": "token", "displayRoles": [],
                    "discoveredVia": "org-cascade", "rostered": true}]})
        );
    }

    #[test]
    fn a_token_that_may_only_read_has_no_capability_to_write() {
        let answer = account(TokenScope::Read).answer(&Route::Authorization).unwrap();
        let answer: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(answer["capabilityProfiles"]["token"], json!(["agent:read"]));
    }
}
