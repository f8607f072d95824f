//! A CA that is kept: two PEM files in a directory.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use super::TlsError;
use super::authority::Authority;

const CERTIFICATE: &str = "ca.pem";
const KEY: &str = "ca-key.pem";

/// The CA that is kept there; a new one if there is none.
pub(super) fn open(directory: &Path) -> Result<Authority, TlsError> {
    let (certificate, key) = (directory.join(CERTIFICATE), directory.join(KEY));
    match (read(&certificate)?, read(&key)?) {
        (Some(certificate), Some(pem)) => {
            check_private(&key)?;
            Authority::read(&certificate, &pem)
        }
        (None, None) => {
            let ca = Authority::new()?;
            make_directory(directory).map_err(TlsError::Directory)?;
            write_private(&key, &ca.key_pem()).map_err(TlsError::Directory)?;
            write_private(&certificate, &ca.certificate_pem()).map_err(TlsError::Directory)?;
            Ok(ca)
        }
        _ => Err(TlsError::NotOurs),
    }
}

fn read(file: &Path) -> Result<Option<Vec<u8>>, TlsError> {
    match fs::read(file) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(TlsError::Directory(error)),
    }
}

#[cfg(unix)]
fn check_private(key: &Path) -> Result<(), TlsError> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(key)
        .map_err(TlsError::Directory)?
        .permissions()
        .mode();
    match mode & 0o077 {
        0 => Ok(()),
        _ => Err(TlsError::KeyNotPrivate),
    }
}

/// Elsewhere the directory's access list decides.
#[cfg(not(unix))]
fn check_private(_: &Path) -> Result<(), TlsError> {
    Ok(())
}

fn make_directory(directory: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

/// Never over a file that somebody else just made.
fn write_private(file: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)?.write_all(text.as_bytes())
}
