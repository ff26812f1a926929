//! Parts of a listing, for a command that need not know the whole agent.

use super::{Listing, backups, primitives, versions};
use crate::error::Result;
use crate::model::kind_routes::KindRoute;
use crate::platform::client::PlatformClient;
use crate::platform::many;
use serde_json::Value;

impl Listing {
    /// Versions and backups alone: a push needs to know if somebody else made any.
    pub fn read_history(client: &PlatformClient) -> Result<Listing> {
        let agent = client.address().agent.as_str();
        let path = |at: usize| match at {
            0 => format!("/developer/agents/{agent}/versions?all=true&status=all"),
            _ => format!("/developer/agents/{agent}/backup/versions?all=true"),
        };
        let answers = many(2, |at| client.get(&path(at)))?;
        Ok(Listing {
            document: Value::Null,
            versions: versions(&answers[0].data("#24")?)?,
            backups: backups(&answers[1])?,
            personas: Vec::new(),
            servers: Vec::new(),
            primitives: Vec::new(),
            unknown: Vec::new(),
            kinds: Vec::new(),
            is_history: true,
        })
    }

    /// Adds the primitives of kinds that were not asked for.
    pub fn add_kinds(
        &mut self,
        client: &PlatformClient,
        kinds: &[&'static KindRoute],
    ) -> Result<()> {
        let agent = client.address().agent.as_str();
        let path = |kind: &KindRoute| format!("/developer/{}/{agent}", kind.path);
        let answers = many(kinds.len(), |at| client.get(&path(kinds[at])))?;
        for (kind, answer) in kinds.iter().zip(answers) {
            let route = format!("#1 {}", kind.path);
            self.primitives.extend(primitives(&route, kind, &answer.data(&route)?)?);
            self.kinds.push(kind);
        }
        Ok(())
    }
}
