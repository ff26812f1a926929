//! BLAKE3 of many small parts. A hasher that gets 32 bytes at a time works on one chunk of 1 KiB after the other;
//! one that gets a block works on as many side by side as the processor can.

/// 16 chunks: as many as AVX-512 does at once.
const BLOCK: usize = 16 << 10;

pub struct BlockHasher {
    hasher: blake3::Hasher,
    block: Vec<u8>,
}

impl BlockHasher {
    pub fn new() -> BlockHasher {
        BlockHasher::with(blake3::Hasher::new())
    }

    pub fn new_derive_key(context: &str) -> BlockHasher {
        BlockHasher::with(blake3::Hasher::new_derive_key(context))
    }

    fn with(hasher: blake3::Hasher) -> BlockHasher {
        BlockHasher { hasher, block: Vec::with_capacity(BLOCK) }
    }

    pub fn update(&mut self, part: &[u8]) {
        if self.block.len() + part.len() > BLOCK {
            self.hasher.update(&self.block);
            self.block.clear();
        }
        self.block.extend_from_slice(part);
    }

    pub fn finalize(mut self) -> blake3::Hash {
        self.hasher.update(&self.block);
        self.hasher.finalize()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_any_length_hash_like_all_of_them_at_once() {
        let all: Vec<u8> = (0..200_000u32).flat_map(u32::to_le_bytes).collect();
        for len in [1, 32, 40, 1000, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK, all.len()] {
            let mut hasher = BlockHasher::new();
            all.chunks(len).for_each(|part| hasher.update(part));
            assert_eq!(hasher.finalize(), blake3::hash(&all), "{len}");
        }
    }
}
