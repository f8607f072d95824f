//! A short reference model of token keeping, in which every rule can be chosen.
//!
//! [`Rules`] names each rule and its alternatives, the wrong ones included; [`Model`] plays by them.
//! With [`Rules::stable`] and [`Rules::classic`] it keeps a token as well as the real machine does. With one
//! of them broken it is an exhibit of the [museum](crate::museum); with those that other programs follow
//! it is a contestant of the [tournament](crate::tournament). It shares no code with the machine.

mod answer;
mod keeping;
mod playing;
mod rules;

pub use keeping::Model;
pub use rules::{
    AfterRefusal, Ahead, Answer40001, BackOff, Budget, Calm, Counted, Empty, FailedRefresh, Flight,
    LateAnswer, Life, LostAnswer, LostLeader, Meanwhile, QuotaEnd, Recheck, Refusal, Restart, Rules,
    SameToken, Since, Source, Window,
};
