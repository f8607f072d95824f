//! Where WeChat is: itself, another of its hosts, or the emulator.

use clap::Args;
use wechat_auth::{BaseUrl, InvalidBaseUrl, Origin};

/// The server-to-server side.
#[derive(Args, Debug)]
pub(crate) struct Api {
    /// Where WeChat's API is: the emulator, a disaster-recovery host, a proxy.
    ///
    /// Plain http is for this machine only, because the appsecret travels in the request.
    #[arg(long, value_name = "URL", default_value = "https://api.weixin.qq.com", value_parser = base_url)]
    pub(crate) api: BaseUrl,
}

impl Api {
    /// With the browser's side at its usual place.
    pub(crate) fn origin(&self) -> Origin {
        Origin::wechat().with_api(self.api.clone())
    }

    /// With the browser's side at `open`, if that is given; the emulator, which is both, needs no second
    /// flag.
    pub(crate) fn origin_with_open(&self, open: Option<BaseUrl>) -> Origin {
        match open {
            Some(open) => self.origin().with_open(open),
            None if self.api.is_loopback() => Origin::single(self.api.clone()),
            None => self.origin(),
        }
    }
}

/// For clap, which would put the text itself into its message.
pub(crate) fn base_url(text: &str) -> Result<BaseUrl, InvalidBaseUrl> {
    BaseUrl::parse(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn api(url: &str) -> Api {
        Api {
            api: base_url(url).unwrap(),
        }
    }

    #[test]
    fn the_emulator_needs_one_flag_only() {
        let origin = api("http://127.0.0.1:8787").origin_with_open(None);
        assert_eq!(origin.open().as_str(), "http://127.0.0.1:8787");
    }

    #[test]
    fn another_api_host_leaves_the_browsers_side_alone() {
        let origin = api("https://api2.weixin.qq.com").origin_with_open(None);
        assert_eq!(origin.api().as_str(), "https://api2.weixin.qq.com");
        assert_eq!(origin.open().as_str(), "https://open.weixin.qq.com");
    }
}
