//! Proof of a promotion as JSON: the comparison of what ran after it on the platform.

use crate::history::imported::{LiveTallies, PromotionProof};
use crate::history::record::iso;
use serde::Serialize;

/// Comparison of what ran after a promotion.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ProofView<'a> {
    at: String,
    /// Number of the version there.
    platform: u64,
    /// True if every part that the platform shows was as the version says.
    equal: bool,
    #[serde(flatten)]
    tallies: LiveTallies,
    /// Parts that ran and were not those of the version.
    differs: &'a [String],
}

impl<'a> ProofView<'a> {
    pub fn new(proof: &'a PromotionProof) -> ProofView<'a> {
        ProofView {
            at: iso(proof.at_ms),
            platform: proof.there,
            equal: proof.differs.is_empty(),
            tallies: proof.tallies,
            differs: &proof.differs,
        }
    }
}
