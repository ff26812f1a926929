//! Signed addresses of files: an address with a signature is good for one file of one agent, one method, and a quarter of
//! an hour.
//!
//! The key comes from the stored hash of the token that asked for the address. So two servers over one data folder
//! agree, nothing is kept for an address, and it ends with its token.

use crate::protocol::AgentId;
use std::fmt;

const KEY_CONTEXT: &str = "lua-store 2026-11-22 stock file address v1";

/// Seconds for which an address is valid.
const LIFETIME: u64 = 15 * 60;

/// Use of a file that an address allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlobAccess {
    Upload,
    Download,
}

/// Signer and checker of the addresses that one token asks for.
#[derive(Clone)]
pub struct AddressSigner {
    key: [u8; 32],
    /// Id of the token; empty where nobody is asked for one.
    token: String,
}

/// Query of a signed address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedQuery {
    pub token: String,
    /// The last second at which it is valid.
    end: u64,
    signature: blake3::Hash,
}

impl fmt::Debug for AddressSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AddressSigner({})", self.token)
    }
}

impl AddressSigner {
    /// For a token, by its id and the hash that the server stores.
    pub fn new(token: &str, hash: &str) -> AddressSigner {
        let key = blake3::derive_key(KEY_CONTEXT, hash.as_bytes());
        AddressSigner { key, token: token.to_owned() }
    }

    /// Address of a file, valid from now on.
    pub fn address(
        &self,
        server: &str,
        agent: &AgentId,
        key: &str,
        access: BlobAccess,
        now_ms: u64,
    ) -> String {
        let end = now_ms / 1000 + LIFETIME;
        let signature = self.signature(agent, key, access, end).to_hex();
        let token = &self.token;
        format!(
            "{server}/developer/agents/{agent}/backup/blobs/{key}?token={token}&end={end}&sig={signature}"
        )
    }

    /// True if this signer made the query for exactly this, and it is not too late.
    pub fn allows(
        &self,
        query: &SignedQuery,
        agent: &AgentId,
        key: &str,
        access: BlobAccess,
        now_ms: u64,
    ) -> bool {
        // Hashes are compared in constant time.
        let is_ours = self.signature(agent, key, access, query.end) == query.signature;
        is_ours && query.token == self.token && now_ms / 1000 <= query.end
    }

    fn signature(&self, agent: &AgentId, key: &str, access: BlobAccess, end: u64) -> blake3::Hash {
        let method = match access {
            BlobAccess::Upload => "PUT",
            BlobAccess::Download => "GET",
        };
        // No part can contain the byte between them.
        let text = format!("{method}\n{agent}\n{key}\n{}\n{end}", self.token);
        blake3::keyed_hash(&self.key, text.as_bytes())
    }
}

impl SignedQuery {
    /// Reads a query that an address of ours has.
    pub fn parse(query: &str) -> Option<SignedQuery> {
        let (mut token, mut end, mut signature) = (None, None, None);
        for pair in query.split('&') {
            match pair.split_once('=')? {
                ("token", value) => token = Some(value.to_owned()),
                ("end", value) => end = value.parse().ok(),
                ("sig", value) => signature = blake3::Hash::from_hex(value).ok(),
                _ => return None,
            }
        }
        Some(SignedQuery { token: token?, end: end?, signature: signature? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_000_000;

    fn agent(id: &str) -> AgentId {
        id.parse().unwrap()
    }

    fn query(address: &str) -> SignedQuery {
        SignedQuery::parse(address.split_once('?').unwrap().1).unwrap()
    }

    #[test]
    fn an_address_opens_one_file_for_one_method_and_a_quarter_of_an_hour() {
        let signer = AddressSigner::new("5a", "00ff");
        let address =
            signer.address("https://h/x", &agent("shop"), "52b0", BlobAccess::Upload, NOW);
        assert!(
            address.starts_with(
                "https://h/x/developer/agents/shop/backup/blobs/52b0?token=5a&end=1900&sig="
            ),
            "{address}"
        );
        let query = query(&address);
        let allows = |signer: &AddressSigner, id: &str, key: &str, access, now| {
            signer.allows(&query, &agent(id), key, access, now)
        };
        assert!(allows(&signer, "shop", "52b0", BlobAccess::Upload, NOW));
        assert!(allows(&signer, "shop", "52b0", BlobAccess::Upload, 1_900_999));
        assert!(!allows(&signer, "shop", "52b0", BlobAccess::Upload, 1_901_000), "too late");
        assert!(!allows(&signer, "shop", "52b0", BlobAccess::Download, NOW));
        assert!(!allows(&signer, "shop", "52b1", BlobAccess::Upload, NOW));
        assert!(!allows(&signer, "shop2", "52b0", BlobAccess::Upload, NOW));
        let another_server = AddressSigner::new("5a", "00ff");
        assert!(allows(&another_server, "shop", "52b0", BlobAccess::Upload, NOW));
        for other in [AddressSigner::new("5a", "00fe"), AddressSigner::new("5b", "00ff")] {
            assert!(!allows(&other, "shop", "52b0", BlobAccess::Upload, NOW));
        }
    }

    #[test]
    fn a_query_that_was_changed_opens_nothing() {
        let signer = AddressSigner::new("5a", "00ff");
        let address = signer.address("", &agent("shop"), "52b0", BlobAccess::Download, NOW);
        let text = address.split_once('?').unwrap().1;
        let later = SignedQuery::parse(&text.replace("end=1900", "end=9900")).unwrap();
        assert!(!signer.allows(&later, &agent("shop"), "52b0", BlobAccess::Download, NOW));
        let other = SignedQuery::parse(&text.replace("token=5a", "token=5b")).unwrap();
        assert!(!signer.allows(&other, &agent("shop"), "52b0", BlobAccess::Download, NOW));
        for wrong in ["", "token=5a&end=1900", "token=5a&end=x&sig=00", &format!("{text}&x=1")] {
            assert_eq!(SignedQuery::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_key_is_in_no_debug_output() {
        assert_eq!(format!("{:?}", AddressSigner::new("5a", "00ff")), "AddressSigner(5a)");
    }
}
