use core::fmt;

use hmac::{Hmac, KeyInit};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// A key that seals states: at least 32 bytes from the operating system's generator. Zeroized on drop,
/// and shown by nothing.
#[derive(Clone)]
pub struct SealKey(Zeroizing<[u8; 64]>);

impl SealKey {
    /// Takes the key's bytes. It is hashed with a label of its own, so the same bytes may serve another
    /// purpose elsewhere.
    ///
    /// # Errors
    /// [`WeakSealKey`] for fewer than 32 bytes.
    pub fn new(bytes: &[u8]) -> Result<Self, WeakSealKey> {
        if bytes.len() < 32 {
            return Err(WeakSealKey);
        }
        let hash = Sha256::new()
            .chain_update("wechat-auth sealed state 1\0")
            .chain_update(bytes)
            .finalize();
        let mut block = Zeroizing::new([0; 64]);
        for (to, from) in block.iter_mut().zip(hash) {
            *to = from;
        }
        Ok(Self(block))
    }

    pub(super) fn mac(&self) -> Hmac<Sha256> {
        Hmac::new(&(*self.0).into())
    }
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealKey([redacted])")
    }
}

/// The key has fewer than 32 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a key for sealed states has at least 32 random bytes: generate one, and keep it with the appsecret")]
pub struct WeakSealKey;

/// The keys of a site: the current one seals, and all open. To rotate, put the new key first on every
/// machine that already lists it, and drop the old one ten minutes later.
#[derive(Clone, Debug)]
pub struct SealKeys {
    pub(super) current: SealKey,
    others: Vec<SealKey>,
}

impl SealKeys {
    /// One key.
    pub fn new(current: SealKey) -> Self {
        Self {
            current,
            others: Vec::new(),
        }
    }

    /// The same, with one more key that opens: the one before, or the one to come.
    #[must_use]
    pub fn also_opens(mut self, other: SealKey) -> Self {
        self.others.push(other);
        self
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &SealKey> {
        core::iter::once(&self.current).chain(&self.others)
    }
}
