//! Parts of a listing, for a command that need not know the whole agent.

use super::{ListedNumbers, Listing, backups, primitives, versions};
use crate::error::Result;
use crate::model::kind_routes::KindRoute;
use crate::platform::client::PlatformClient;
use crate::platform::many;
use serde_json::Value;

impl Listing {
    /// Versions and backups alone: a push needs to know if somebody else made any.
    pub fn read_history(client: &PlatformClient) -> Result<Listing> {
        let agent = client.address().agent.as_str();
        let asked = [
            ("#24", format!("/developer/agents/{agent}/versions?all=true&status=all")),
            ("#22", format!("/developer/agents/{agent}/backup/versions?all=true")),
        ];
        let answers = many(2, |at| client.get(asked[at].0, &asked[at].1))?;
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
        self.primitives.extend(of_kinds(client, kinds)?);
        self.kinds.extend(kinds);
        Ok(())
    }
}

/// The primitives of some kinds (#1).
pub fn of_kinds(
    client: &PlatformClient,
    kinds: &[&'static KindRoute],
) -> Result<Vec<ListedNumbers>> {
    let agent = client.address().agent.as_str();
    let asked = |kind: &KindRoute| {
        (format!("#1 {}", kind.path), format!("/developer/{}/{agent}", kind.path))
    };
    let asked: Vec<(String, String)> = kinds.iter().map(|kind| asked(kind)).collect();
    let answers = many(asked.len(), |at| client.get(&asked[at].0, &asked[at].1))?;
    let mut rows = Vec::new();
    for ((kind, (route, _)), answer) in kinds.iter().zip(&asked).zip(answers) {
        rows.extend(primitives(route, kind, &answer.data(route)?)?);
    }
    Ok(rows)
}
