//! What the benchmark programs share: rounds in which all sides take turns, the figures that come of them,
//! a server on loopback, and the sides themselves, ours and the others'.
//!
//! A figure is a ratio between sides of one run. The sides take turns within each round, so that what else
//! the machine does meets all of them; the ratio is taken in each round, and the median of the ratios is
//! what is held against the goal. Its minimum and maximum are printed beside it: where they lie far apart,
//! the machine was busy.
//!
//! | where | what |
//! |---|---|
//! | [`figures`] | rounds, medians, percentiles, goals |
//! | [`table`] | what is printed |
//! | [`server`] | WeChat's side, with as little work as HTTP allows |
//! | [`wechat_host`] | the same behind the name and the certificate of WeChat's host |
//! | [`reads`] | a cached token, read by us, by the bare minimum and by other crates |
//! | [`exchanges`] | a request built and its answer read, by us, by hand and by `oauth2` |
//! | [`clients`] | an API call, by our adapters and by the clients under them |

pub mod clients;
pub mod exchanges;
pub mod figures;
pub mod reads;
pub mod server;
pub mod table;
pub mod wechat_host;
