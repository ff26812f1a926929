//! Receipts: which token brought what to a remote, as the remote wrote it down.
//!
//! A record says who made it, and whoever makes it may write what they like. The token that brought it is
//! proven. One receipt is for one transaction, and says how many of the newest source versions, versions
//! and ledger records came with it: what no receipt covers came before there were receipts.

use serde::{Deserialize, Serialize};

/// A token of a server: its id there, and what it is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(String, String)", into = "(String, String)")]
pub struct TokenName {
    pub id: String,
    /// Nothing where nobody gave it a name.
    pub name: String,
}

/// One transaction: its token, its time at the remote, and how many of each kind it brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(u64, u64, u64, u64, u64)", into = "(u64, u64, u64, u64, u64)")]
pub struct Receipt {
    /// From 1 on, in the list of tokens; 0 for a transaction that nobody showed a token for.
    pub token: u64,
    /// Milliseconds since 1970-01-01 UTC, by the remote's clock.
    pub at_ms: u64,
    pub source: u64,
    pub versions: u64,
    pub ledger: u64,
}

/// All receipts of an agent, the newest last. Each token is named once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipts {
    pub tokens: Vec<TokenName>,
    pub list: Vec<Receipt>,
}

/// Token and time of one receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceiptToken<'a> {
    pub token: &'a TokenName,
    pub at_ms: u64,
}

/// One of the three things that receipts are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReceiptSeries {
    Source,
    Versions,
    Ledger,
}

/// The tokens that the first receipts name: they are listed in the order in which they were first used.
pub fn named<'a>(tokens: &'a [TokenName], first: &[Receipt]) -> &'a [TokenName] {
    let mut count = 0;
    for receipt in first {
        count = count.max(receipt.token as usize);
        // Of many thousands the first few name all there are.
        if count >= tokens.len() {
            return tokens;
        }
    }
    &tokens[..count]
}

impl Receipts {
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Adds the receipt of one more transaction. As long as no token was ever shown there are none.
    pub fn add(&mut self, token: Option<&TokenName>, receipt: Receipt) {
        if token.is_none() && self.list.is_empty() {
            return;
        }
        let number = token.map_or(0, |token| {
            let at = self.tokens.iter().position(|known| known == token).unwrap_or_else(|| {
                self.tokens.push(token.clone());
                self.tokens.len() - 1
            });
            at as u64 + 1
        });
        self.list.push(Receipt { token: number, ..receipt });
    }

    /// The tokens that the first receipts name.
    pub fn tokens_of(&self, first: &[Receipt]) -> &[TokenName] {
        named(&self.tokens, first)
    }

    /// Tokens of the newest entries of a series, the newest first. It ends where receipts began.
    pub fn newest(&self, series: ReceiptSeries) -> impl Iterator<Item = Option<ReceiptToken<'_>>> {
        self.list.iter().rev().flat_map(move |receipt| {
            let count = match series {
                ReceiptSeries::Source => receipt.source,
                ReceiptSeries::Versions => receipt.versions,
                ReceiptSeries::Ledger => receipt.ledger,
            };
            let token = receipt.token.checked_sub(1).and_then(|at| self.tokens.get(at as usize));
            let brought = token.map(|token| ReceiptToken { token, at_ms: receipt.at_ms });
            std::iter::repeat_n(brought, usize::try_from(count).unwrap_or(usize::MAX))
        })
    }

    /// True if every receipt names a token that is listed, and every token was used.
    pub fn is_sound(&self) -> bool {
        let named = self.list.iter().map(|receipt| receipt.token).max().unwrap_or(0);
        named == self.tokens.len() as u64
    }
}

impl From<(String, String)> for TokenName {
    fn from((id, name): (String, String)) -> TokenName {
        TokenName { id, name }
    }
}

impl From<TokenName> for (String, String) {
    fn from(token: TokenName) -> (String, String) {
        (token.id, token.name)
    }
}

impl From<(u64, u64, u64, u64, u64)> for Receipt {
    fn from((token, at_ms, source, versions, ledger): (u64, u64, u64, u64, u64)) -> Receipt {
        Receipt { token, at_ms, source, versions, ledger }
    }
}

impl From<Receipt> for (u64, u64, u64, u64, u64) {
    fn from(receipt: Receipt) -> (u64, u64, u64, u64, u64) {
        let Receipt { token, at_ms, source, versions, ledger } = receipt;
        (token, at_ms, source, versions, ledger)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(id: &str) -> TokenName {
        TokenName { id: id.to_owned(), name: String::new() }
    }

    fn receipt(at_ms: u64, [source, versions, ledger]: [u64; 3]) -> Receipt {
        Receipt { token: 0, at_ms, source, versions, ledger }
    }

    #[test]
    fn the_newest_are_covered_from_the_end() {
        let mut receipts = Receipts::default();
        receipts.add(None, receipt(1, [3, 0, 0]));
        assert!(receipts.is_empty(), "nobody showed a token yet");
        receipts.add(Some(&token("a")), receipt(2, [1, 1, 0]));
        receipts.add(None, receipt(3, [1, 0, 2]));
        receipts.add(Some(&token("b")), receipt(4, [2, 0, 1]));
        receipts.add(Some(&token("a")), receipt(5, [0, 0, 1]));
        let newest = |series| {
            let one = |brought: Option<ReceiptToken>| {
                brought.map_or("-".to_owned(), |b| format!("{}{}", b.token.id, b.at_ms))
            };
            receipts.newest(series).map(one).collect::<Vec<_>>()
        };
        assert_eq!(newest(ReceiptSeries::Source), ["b4", "b4", "-", "a2"]);
        assert_eq!(newest(ReceiptSeries::Versions), ["a2"]);
        assert_eq!(newest(ReceiptSeries::Ledger), ["a5", "b4", "-", "-"]);
        assert_eq!(receipts.tokens.len(), 2);
        assert!(receipts.is_sound());
        assert_eq!(receipts.tokens_of(&receipts.list[..2]).len(), 1);
        assert_eq!(receipts.tokens_of(&[]), []);
    }

    #[test]
    fn on_the_wire_they_are_lists() {
        let mut receipts = Receipts::default();
        receipts.add(
            Some(&TokenName { id: "5a".into(), name: "laptop".into() }),
            receipt(7, [1, 0, 2]),
        );
        let text = r#"{"tokens":[["5a","laptop"]],"list":[[1,7,1,0,2]]}"#;
        assert_eq!(serde_json::to_string(&receipts).unwrap(), text);
        assert_eq!(serde_json::from_str::<Receipts>(text).unwrap(), receipts);
    }
}
