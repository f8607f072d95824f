//! The scorecard of a command, as a shell sees it.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a story that cannot go on has failed"
)]

mod support;

use std::path::{Path, PathBuf};

use support::{Ended, Running, SECRET, run, wechat_auth};
use tokio::process::Command;

/// Answers every question with this.
fn answering(answer: &str) -> String {
    format!(
        r#"while IFS= read -r line; do id=${{line#*:}}; echo "{{\"id\":${{id%%,*}},{}}}"; done"#,
        answer.replace('"', "\\\"")
    )
}

const FAILING: &str = r#""ok":false,"error":"no""#;
const UNABLE: &str = r#""ok":false,"unsupported":true"#;

fn judge(options: &[&str], script: &str) -> Command {
    wechat_auth(&[&["judge"], options, &["--", "sh", "-c", script]].concat())
}

/// A file of this test's own.
fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

fn known(name: &str, text: &str) -> String {
    let path = file(name);
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

#[track_caller]
fn failed(ended: &Ended, line: &str) {
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert_eq!(ended.stderr, format!("wechat-auth: {line}\n"), "{ended:?}");
    ended.shows_nothing_of(&[SECRET]);
}

#[tokio::test]
async fn what_a_command_cannot_do_is_said_and_no_failure() {
    let options = ["--scenario", "login", "--scenario", "expiry"];
    let ended = run(judge(&options, &answering(UNABLE))).await;
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{ended:?}");
    assert!(
        ended.stdout.contains("held 0, broken 0, unsupported 2"),
        "{ended:?}"
    );
}

#[tokio::test]
async fn what_is_broken_is_named_and_explained_in_both_languages() {
    let ended = run(judge(&["--scenario", "short-life"], &answering(FAILING))).await;
    failed(&ended, "1 scenario is broken: short-life");
    assert!(
        ended.stdout.contains("20 of 20 failed that need not have"),
        "{ended:?}"
    );
    assert!(
        ended.stdout.contains("20 次请求中有 20 次本不该失败"),
        "{ended:?}"
    );
}

#[tokio::test]
async fn exactly_what_is_known_to_break_must_break() {
    let options = |file: &str| {
        let scenarios = "--scenario short-life --scenario login --known-broken";
        let mut options: Vec<String> = scenarios.split(' ').map(str::to_owned).collect();
        options.push(file.to_owned());
        options
    };
    let judged = async |file: String| {
        let options = options(&file);
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        run(judge(&options, &answering(FAILING))).await
    };
    let right = known(
        "known-right",
        "# of the lost ones\nshort-life\n\nlogin\nbusy sometimes\n",
    );
    assert_eq!(judged(right).await.code, Some(0));
    let sometimes = known("known-sometimes", "short-life sometimes\nlogin\n");
    assert_eq!(judged(sometimes).await.code, Some(0));
    let ended = judged(known("known-less", "login\n")).await;
    failed(&ended, "broken, and not known to be: short-life");

    let mended = known("known-more", "login\nshort-life\nhang\n");
    let options = ["--scenario", "login", "--known-broken", &mended];
    let ended = run(judge(&options, &answering(UNABLE))).await;
    failed(
        &ended,
        "known to be broken, and not broken: login; take them off the list",
    );
}

#[tokio::test]
async fn a_machine_can_read_it() {
    let junit = file("judge.xml");
    let junit = junit.display().to_string();
    let options = ["--scenario", "login", "--json", "--junit", &junit];
    let ended = run(judge(&options, &answering(FAILING))).await;
    let card: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(card["scores"][0]["scenario"], "login");
    assert_eq!(card["scores"][0]["verdict"], "broken");
    assert_eq!(card["scores"][0]["findings"][0]["what"], "failed");
    let xml = std::fs::read_to_string(junit).unwrap();
    assert!(xml.contains(r#"<testcase name="login""#), "{xml}");
}

#[tokio::test]
async fn the_scenarios_are_listed_in_both_languages() {
    let ended = run(wechat_auth(&["judge", "--list"])).await;
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    assert_eq!(ended.stdout.lines().count(), 3 * 16);
    assert!(
        ended.stdout.contains("cold-start\n  冷启动时 50 个调用"),
        "{ended:?}"
    );
}

#[tokio::test]
async fn a_program_s_own_words_move_no_cursor() {
    let script = answering(r#""ok":true,"name":"\\u001b[2Jnice""#);
    let ended = run(judge(&["--scenario", "short-life"], &script)).await;
    assert!(ended.stdout.contains("\\u{1b}[2Jnice"), "{ended:?}");
    assert!(!ended.stdout.contains('\u{1b}'), "{ended:?}");
}

/// Of a process that has ended nothing is left there, not even where nobody collects the dead.
#[cfg(target_os = "linux")]
fn is_alive(pid: &str) -> bool {
    std::fs::read(format!("/proc/{}/cmdline", pid.trim())).is_ok_and(|line| !line.is_empty())
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn an_interrupted_judge_leaves_nothing_behind_of_what_its_programs_started() {
    let mark = file("judge-still-here");
    let _ = std::fs::remove_file(&mark);
    let script = format!("sleep 60 & echo $! > {}; wait", mark.display());
    let mut judge = Running::start(judge(&["--scenario", "login"], &script));
    let pid = loop {
        match std::fs::read_to_string(&mark) {
            Ok(pid) if pid.ends_with('\n') => break pid,
            _ => tokio::time::sleep(std::time::Duration::from_millis(10)).await,
        }
    };
    assert!(is_alive(&pid));
    judge.signal("INT").await;
    judge.said("interrupted").await;
    assert_eq!(judge.ended().await.code, Some(1));
    assert!(!is_alive(&pid));
}

#[tokio::test]
async fn what_cannot_be_judged_is_one_line_before_anything_runs() {
    let no_such = file("no/such/file").display().to_string();
    let nonsense = known("known-nonsense", "cold-start\nMARKER\n");
    for args in [
        &["judge"][..],
        &["judge", "--"],
        &["judge", "sh"],
        &["judge", "--scenario", "nonsense", "--", "sh"],
        &["judge", "--at-one-time", "0", "--", "sh"],
        &["judge", "--known-broken", &no_such, "--", "sh"],
        &["judge", "--known-broken", &nonsense, "--", "sh"],
        &["judge", "--junit", &no_such, "--", "sh"],
        &["judge", "--", "no-such-program-MARKER"],
        &["judge", "--", "/"],
    ] {
        let ended = run(wechat_auth(args)).await;
        let line = ended.failed_in_one_line(2);
        assert!(line.matches("cannot be run").count() <= 1, "{line}");
        ended.shows_nothing_of(&["MARKER"]);
    }
}
