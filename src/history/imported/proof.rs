//! Proof of a promotion: what ran after it, compared with its version. It is kept by the record of the promotion in the
//! ledger, beside what was imported: the record is made before the promotion, and never changes.

use super::records;
use crate::error::Result;
use crate::object::Id;
use crate::store::Store;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Comparison of what ran after a promotion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PromotionProof {
    /// The version, its number here, and there.
    pub version: Id,
    pub here: u64,
    pub there: u64,
    pub at_ms: i64,
    pub tallies: LiveTallies,
    /// Parts that ran and were not those of the version.
    pub differs: Vec<String>,
}

/// Number of parts by their result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LiveTally {
    pub equal: usize,
    pub different: usize,
    /// The platform does not show them.
    pub unknown: usize,
}

impl LiveTally {
    pub fn all(self) -> usize {
        self.equal + self.different + self.unknown
    }
}

/// Number of primitives whose code was compared, by the result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CodeTally {
    pub equal: usize,
    pub different: usize,
    pub not_shown: usize,
    pub not_pushed_here: usize,
    pub not_asked: usize,
    pub other_hash: usize,
}

impl CodeTally {
    pub fn all(self) -> usize {
        let gaps = self.not_shown + self.not_pushed_here + self.not_asked + self.other_hash;
        self.equal + self.different + gaps
    }
}

/// Number of the parts of an agent by their results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LiveTallies {
    pub primitives: LiveTally,
    pub persona: LiveTally,
    pub model: LiveTally,
    pub servers: LiveTally,
    pub settings: LiveTally,
    pub code: CodeTally,
}

/// Proofs by the ids of the records in the ledger.
#[derive(Clone, Debug, Default)]
pub struct PromotionProofs(BTreeMap<Id, PromotionProof>);

impl PromotionProofs {
    pub fn load(store: &Store) -> Result<PromotionProofs> {
        let all = records(store)?.into_iter().flat_map(|(_, record)| record.proofs);
        Ok(PromotionProofs(all.collect()))
    }

    /// Proof of a promotion.
    pub fn of_record(&self, ledger: &Id) -> Option<&PromotionProof> {
        self.0.get(ledger)
    }

    /// The last proof of a version.
    pub fn of_version(&self, version: &Id) -> Option<&PromotionProof> {
        let of_it = self.0.values().filter(|proof| proof.version == *version);
        of_it.max_by_key(|proof| proof.at_ms)
    }
}
