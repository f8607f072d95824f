//! What the core and each adapter weigh: the crates in their trees, and how long they take to build from
//! nothing, with default features, which bring no TLS. With the argument `crates`, only the former.

use std::collections::BTreeSet;
use std::error::Error;
use std::process::{Command, Stdio};
use std::time::Instant;
use std::{env, fs, process};

use wechat_auth_bench::figures::Goal;
use wechat_auth_bench::table::Table;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml");
const CORE: (&str, Goal) = ("wechat-auth", Goal::AtMost(30.0));
const OTHERS: [&str; 5] = [
    "wechat-auth-client",
    "wechat-auth-hyper",
    "wechat-auth-reqwest",
    "wechat-auth-tower",
    "wechat-auth-ureq",
];

fn main() -> Result<(), Box<dyn Error>> {
    let build = env::args().nth(1).as_deref() != Some("crates");
    let head = [
        "package",
        "crates",
        "goal",
        "met",
        "without proc macros",
        "clean debug build",
    ];
    let mut table = Table::new(
        "Crates in the tree, the package itself included, and build time",
        &head,
    );
    for (package, goal) in [CORE]
        .into_iter()
        .chain(OTHERS.map(|package| (package, Goal::None)))
    {
        let crates = tree(package, "normal")?;
        let linked = tree(package, "normal,no-proc-macro")?;
        let [wanted, met] = goal.judged(crates as f64);
        let took = if build {
            clean_build(package)?
        } else {
            String::new()
        };
        table.row([
            package.to_owned(),
            crates.to_string(),
            wanted,
            met,
            linked.to_string(),
            took,
        ]);
    }
    table.print();
    Ok(())
}

/// How many crates there are along these edges.
fn tree(package: &str, edges: &str) -> Result<usize, Box<dyn Error>> {
    let mut cargo = cargo("tree", package);
    let listed = cargo
        .args(["--edges", edges, "--prefix", "none", "--format", "{p}"])
        .output()?;
    if !listed.status.success() {
        return Err(String::from_utf8_lossy(&listed.stderr).into());
    }
    let listed = String::from_utf8(listed.stdout)?;
    let crates: BTreeSet<_> = listed.lines().map(|line| line.trim_end_matches(" (*)")).collect();
    Ok(crates.into_iter().filter(|line| !line.is_empty()).count())
}

/// The time from an empty build folder, in seconds. Everything was downloaded before, for the tree.
fn clean_build(package: &str) -> Result<String, Box<dyn Error>> {
    let empty = env::temp_dir().join(format!("wechat-auth-bench-{}", process::id()));
    let began = Instant::now();
    let mut cargo = cargo("build", package);
    let built = cargo
        .arg("--target-dir")
        .arg(&empty)
        .stderr(Stdio::null())
        .status()?;
    let took = began.elapsed();
    fs::remove_dir_all(&empty)?;
    if !built.success() {
        return Err(format!("{package} does not build").into());
    }
    Ok(format!("{:.1} s", took.as_secs_f64()))
}

fn cargo(command: &str, package: &str) -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args([command, "--manifest-path", ROOT, "--locked", "--package", package]);
    cargo
}
