//! One file for each command: its flags, and what it does.

pub(crate) mod demo;
pub(crate) mod emulate;
pub(crate) mod judge;
pub(crate) mod login;
pub(crate) mod token;
