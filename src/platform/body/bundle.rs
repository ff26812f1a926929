//! Bundles as the platform stores them: gzip, with the hash of these bytes as their key.

use crate::error::{Error, Result};
use crate::reader::compiled::{CompileOutput, CompiledPrimitive};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::{Compression, GzBuilder};
use sha2::{Digest, Sha256};
use std::io::Write;
use std::path::Path;

/// Operating system that is not named: otherwise the same code has another key on another machine.
const NO_SYSTEM: u8 = 255;
/// Most bytes of a bundle inside a body.
const INLINE_MAX: usize = 10 << 20;

/// The code of one primitive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentBundle {
    /// 64 digits.
    pub key: String,
    pub gzip: Vec<u8>,
}

impl SentBundle {
    pub fn of(code: &[u8]) -> SentBundle {
        let gzip = gzip(code);
        let key = Sha256::digest(&gzip).iter().map(|byte| format!("{byte:02x}")).collect();
        SentBundle { key, gzip }
    }

    /// The same hash as the header of the upload has it.
    pub fn checksum(&self) -> String {
        STANDARD.encode(Sha256::digest(&self.gzip))
    }
}

/// The same bytes on every machine: no time, no name, no system.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let level = Compression::new(6);
    let mut encoder =
        GzBuilder::new().mtime(0).operating_system(NO_SYSTEM).write(Vec::new(), level);
    encoder.write_all(bytes).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

pub fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Bundles of a compiler's output.
pub struct Bundles<'a> {
    pub root: &'a Path,
    pub output: &'a CompileOutput,
}

impl Bundles<'_> {
    /// Adds the bundle of a primitive to those that are sent. Gives its key.
    pub fn add(&self, one: &CompiledPrimitive, sent: &mut Vec<SentBundle>) -> Result<String> {
        let bundle = SentBundle::of(&self.code(one)?);
        let key = bundle.key.clone();
        if !sent.contains(&bundle) {
            sent.push(bundle);
        }
        Ok(key)
    }

    /// A bundle inside a body.
    pub fn inline(&self, one: &CompiledPrimitive) -> Result<String> {
        let text = base64(&gzip(&self.code(one)?));
        match text.len() > INLINE_MAX {
            true => Err(Error::failed(format!(
                "the code of the {} \"{}\" is larger than {} MiB",
                one.kind,
                one.name,
                INLINE_MAX >> 20
            ))),
            false => Ok(text),
        }
    }

    fn code(&self, one: &CompiledPrimitive) -> Result<Vec<u8>> {
        let what = || format!("the code of the {} \"{}\"", one.kind, one.name);
        let path = format!("dist-v2/{}", one.path);
        if let Some((_, reason)) = self.output.left_out.iter().find(|(left, _)| *left == path) {
            return Err(Error::failed(format!("{} is not sent: {reason}", what())));
        }
        let Some(bundle) = self.output.bundle_at(&one.path) else {
            return Err(Error::corrupt(format!("the compiler's output has not {}", what())));
        };
        let bytes = bundle.bytes(self.root)?;
        match one.is(&bytes) {
            true => Ok(bytes),
            // The compiler writes both to one path.
            false => Err(Error::failed(format!(
                "{} was overwritten: another {} has the same name",
                what(),
                one.kind
            ))
            .hint("give each of them a name of its own")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn the_same_code_has_the_same_key_everywhere() {
        let code = b"export const x = 1;\n".repeat(100);
        let bundle = SentBundle::of(&code);
        // Method deflate, no flags, no time, no system.
        assert_eq!(bundle.gzip[..8], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0]);
        assert_eq!(bundle.gzip[9], 255);
        let mut text = Vec::new();
        flate2::read::GzDecoder::new(&*bundle.gzip).read_to_end(&mut text).unwrap();
        assert_eq!(text, code);
        // A library that compresses otherwise would send every bundle of every agent again.
        assert_eq!(&bundle.key[..16], "e0058a2083b39829");
        assert_eq!(
            STANDARD.decode(bundle.checksum()).unwrap()[0],
            u8::from_str_radix(&bundle.key[..2], 16).unwrap()
        );
    }
}
