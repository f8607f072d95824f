//! The little web server that a login comes back to, on this machine only.
//!
//! | where | what |
//! |---|---|
//! | `address` | which socket, and what the browser and WeChat call it |
//! | `logins` | the logins that were begun, and what became of each |
//! | `desk` | requests in, pages and redirects out |
//! | `pages` | what a person sees |
//! | `profile` | who it was |
//! | `server` | sockets, and an end that lets the last page arrive |

mod address;
mod desk;
mod logins;
mod pages;
mod profile;
mod server;

pub(crate) use address::{Address, ListenAt};
pub(crate) use profile::Profile;
pub(crate) use server::{Server, Visit};
