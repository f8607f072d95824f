//! A scorecard for programs in any language that keep WeChat's tokens and log users in.
//!
//! The judge puts a program through [scenarios](Scenario): a cold start with fifty callers, the end of a
//! token, another system that refreshes the account, refusals, outages, a lost answer, a callback that
//! comes twice, a forged one. Each has a new start of the program and an emulated WeChat of its own, which
//! counts what reaches it. What comes out is a [`Scorecard`]: as a table, as JSON, as JUnit's XML.
//!
//! What it promises:
//!
//! - **Nothing of the program is changed.** It finds WeChat by the variables of
//!   [`Environment`](wechat_auth_emulator::Environment), as under `wechat-auth emulate exec`.
//! - **What is wanted is said beforehand**, in [`Scenario::en`] and [`Scenario::zh`], with its numbers.
//! - **No secret is told.** A finding names what leaked and where, and never repeats it.
//!
//! # The contract
//!
//! The judge writes one JSON object a line to the program's stdin; the program answers each with one line on
//! stdout that has the same `id`, in any order. It serves the questions side by side: fifty may come at once.
//! When stdin ends, it ends. Whatever else it writes is its log, and is searched for secrets.
//!
//! | `do` | with | what the program does | answer |
//! |---|---|---|---|
//! | `hello` | | says that it is there | `ok`, and perhaps `name` |
//! | `call` | | one API call that needs the app token: `/cgi-bin/getcallbackip` or `/cgi-bin/get_api_domain_ip` | `ok` |
//! | `token` | | hands out the app token | `ok`, `token` |
//! | `login` | `redirect_uri`, `scope` | begins a web login | `ok`, `url`, and `browser`: what it would set as a cookie |
//! | `callback` | `query`, `browser` | takes what the browser brings back | `ok`, `openid` |
//! | `advance` | `seconds` | moves its own clock ahead | `ok` |
//!
//! A failure is `"ok":false` with an `error`: the text that an application would write into its log. What a
//! program or its SDK cannot do is `"ok":false,"unsupported":true`.
//!
//! A program that speaks no contract can be judged too: [`Mode::Unaided`] runs it to its end in the scenarios
//! that need no questions, and goes by its exit code.
//!
//! ```no_run
//! use wechat_auth_judge::{Judge, Verdict};
//!
//! # async fn judged() -> Result<(), wechat_auth_judge::JudgeError> {
//! let card = Judge::of("python3", ["contestant.py"]).run().await?;
//! for score in card.scores() {
//!     println!("{}: {:?}", score.scenario.name(), score.verdict);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Map
//!
//! | where | what |
//! |---|---|
//! | `scenario` | what a program is put through, one function each |
//! | `trial` | one program in one scenario: what the function works with, and what is counted |
//! | `unaided` | the same for a program that speaks no contract |
//! | `program`, `contract` | the process, and the lines |
//! | `hand` | what the judge does to the emulated WeChat, and sees of it |
//! | `leaks` | secrets in what was said |
//! | `score`, `scorecard` | what was found, and how it is shown |

mod contract;
mod hand;
mod judge;
mod leaks;
mod program;
mod scenario;
mod score;
mod scorecard;
mod trial;
mod unaided;

pub use judge::{Judge, JudgeError, Mode};
pub use scenario::Scenario;
pub use score::{Figures, Finding, Leaked, Place, Score, Verdict};
pub use scorecard::{Column, Language, Scorecard, markdown};
