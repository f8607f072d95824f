//! A directory of our own, for as long as a command runs.

use std::fs::{self, DirBuilder};
use std::io;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;

/// Gone, with all that is in it, when this is dropped.
#[derive(Debug)]
pub(super) struct Scratch(PathBuf);

impl Scratch {
    /// A new directory that nobody else can enter, where the system keeps such things.
    pub(super) fn new() -> io::Result<Self> {
        let mut name = [0; 16];
        getrandom::fill(&mut name).map_err(|_| io::ErrorKind::Other)?;
        let path = std::env::temp_dir().join(format!("wechat-auth-{}", HEXLOWER.encode(&name)));
        #[cfg_attr(not(unix), expect(unused_mut, reason = "there is no mode to set"))]
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&path)?;
        Ok(Self(path))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
