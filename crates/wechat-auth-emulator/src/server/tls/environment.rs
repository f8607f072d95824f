//! What a program must find in its environment to take the emulator for WeChat.

use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io;

use tempfile::TempDir;

use super::Tls;
use crate::server::Running;

/// The environment of programs that take an emulator for WeChat without a change: a proxy
/// that leads WeChat's hosts there, and a CA that is trusted.
///
/// The CA's certificate is a file in a private directory, which is removed when this is
/// dropped.
pub struct Environment {
    directory: TempDir,
}

impl Environment {
    /// For emulators that were built with this certificate.
    ///
    /// # Errors
    ///
    /// When the system's temporary directory cannot be used.
    pub fn new(tls: &Tls) -> io::Result<Self> {
        let mut builder = tempfile::Builder::new();
        builder.prefix("wechat-auth-");
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
        let directory = builder.tempdir()?;
        fs::write(directory.path().join(CA_FILE), tls.ca_pem())?;
        Ok(Self { directory })
    }

    /// Each variable with its value; `None` is one that must not be there.
    ///
    /// `app` is the appid and the appsecret that the program is told.
    #[must_use]
    pub fn variables(
        &self,
        emulator: &Running,
        app: Option<(&str, &str)>,
    ) -> Vec<(&'static str, Option<OsString>)> {
        let mut variables = Vec::new();
        let mut set = |names: &[&'static str], value: OsString| {
            variables.extend(names.iter().map(|name| (*name, Some(value.clone()))));
        };
        let base_url = emulator.base_url();
        set(
            &["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"],
            base_url.as_str().into(),
        );
        set(&["NO_PROXY", "no_proxy"], "localhost,127.0.0.1,::1".into());
        // Node listens to the proxy variables only when it is told to.
        set(&["NODE_USE_ENV_PROXY"], "1".into());
        set(
            &[
                "SSL_CERT_FILE",
                "NODE_EXTRA_CA_CERTS",
                "REQUESTS_CA_BUNDLE",
                "CURL_CA_BUNDLE",
                "DENO_CERT",
            ],
            self.directory.path().join(CA_FILE).into_os_string(),
        );
        set(&["WECHAT_EMULATOR_URL"], base_url.as_str().into());
        set(
            &["WECHAT_EMULATOR_ADMIN"],
            format!("{base_url}/_emulator/v1/").into(),
        );
        if let Some((appid, secret)) = app {
            set(&["WECHAT_APPID"], appid.into());
            set(&["WECHAT_APPSECRET"], secret.into());
        }
        // Some programs fail on a kind of proxy that they do not know, even beside one that
        // they do.
        variables.extend(["ALL_PROXY", "all_proxy"].map(|name| (name, None)));
        variables
    }
}

const CA_FILE: &str = "ca.pem";

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment").finish_non_exhaustive()
    }
}
