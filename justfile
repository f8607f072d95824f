# The habits of this repository, by name. `just ci` is what CI runs, to the letter.

set shell := ["bash", "-euo", "pipefail", "-c"]

# One build folder for the workspace, the fuzz targets and the documentation's examples.
export CARGO_TARGET_DIR := env("CARGO_TARGET_DIR", justfile_directory() / "target")

[private]
default:
    @just --list --unsorted

# Everything that CI runs, with what it needs installed first (on Debian, as root)
ci:
    bash .ci/run

# Format all Rust code
fmt:
    cargo fmt --all
    cargo fmt --manifest-path bench/Cargo.toml
    cargo fmt --manifest-path fuzz/Cargo.toml
    cargo fmt --manifest-path docs/examples/Cargo.toml

# Fail if any Rust code is not formatted
fmt-check:
    cargo fmt --all --check
    cargo fmt --manifest-path bench/Cargo.toml --check
    cargo fmt --manifest-path fuzz/Cargo.toml --check
    cargo fmt --manifest-path docs/examples/Cargo.toml --check

# Bring the other lock files in step after a crate's dependencies changed
locks:
    cargo update --workspace --manifest-path bench/Cargo.toml
    cargo update --workspace --manifest-path fuzz/Cargo.toml
    cargo update --workspace --manifest-path docs/examples/Cargo.toml

# Clippy on everything, warnings are errors
lint:
    cargo clippy --workspace --all-targets --all-features --locked -- -D warnings
    cargo clippy --manifest-path fuzz/Cargo.toml --locked -- -D warnings
    cargo clippy --manifest-path docs/examples/Cargo.toml --all-targets --locked -- -D warnings

# All tests of the workspace that need no browser, and those of features that nothing in it turns on
test:
    cargo test --workspace
    cargo test -p wechat-auth-emulator --features tower --test tower
    cargo test -p wechat-mini-sdk --features tracing --test spans

# The API documentation, warnings are errors
doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --all-features --locked

# Watch an app token being kept and a user logging in, without a network
demo:
    cargo run -- demo

# Build the one static binary, as the Dockerfile does, and try it where nothing else is
static:
    packaging/check-static

# Lint the Dockerfile, and hold it to what CI builds (needs hadolint)
dockerfile-check:
    packaging/check-dockerfile

# Compile and run every Rust block of the book and of the README
examples:
    cargo test --manifest-path docs/examples/Cargo.toml --locked

# Check the documentation and build the book in both languages (needs mdbook)
book: book-check
    mdbook build docs/en
    mdbook build docs/zh

# The checks alone: both languages show the same code, links lead somewhere, generated pages are in step
book-check:
    #!/usr/bin/env bash
    set -euo pipefail
    cargo build --quiet -p wechat-auth --example error_codes
    generated="$(mktemp -d)"
    trap 'rm -rf "$generated"' EXIT
    for lang in en zh; do
        "$CARGO_TARGET_DIR/debug/examples/error_codes" "$lang" > "$generated/$lang"
        diff -u "docs/$lang/src/error-codes.md" "$generated/$lang" || {
            echo "docs/$lang/src/error-codes.md is not what the code says: run 'just book-pages'" >&2
            exit 1
        }
    done
    python3 docs/check.py

# Write the pages of the book that are generated from the code
book-pages:
    UPDATE_BOOK=1 cargo test --quiet -p wechat-auth --lib book
    UPDATE_BOOK=1 cargo test --quiet -p wechat-auth-emulator --test guarantees book
    cargo run --quiet -p wechat-auth --example error_codes en > docs/en/src/error-codes.md
    cargo run --quiet -p wechat-auth --example error_codes zh > docs/zh/src/error-codes.md

# Read the book in a browser while writing it (needs mdbook)
book-serve lang="zh":
    mdbook serve --open docs/{{ lang }}

# Run every committed fuzz input once, with any toolchain
fuzz-replay:
    #!/usr/bin/env bash
    # Plain builds: the inputs are known, so no instrumentation is needed to find new ones, and debug
    # assertions and overflow checks are on.
    set -euo pipefail
    cargo build --manifest-path fuzz/Cargo.toml --locked
    log="$(mktemp)"
    trap 'rm -f "$log"' EXIT
    total=0
    for source in fuzz/fuzz_targets/*.rs; do
        target="$(basename "$source" .rs)"
        inputs=("fuzz/corpus/$target"/*)
        [ -e "${inputs[0]}" ] || { echo "fuzz/corpus/$target is empty" >&2; exit 1; }
        "$CARGO_TARGET_DIR/debug/$target" -artifact_prefix="$CARGO_TARGET_DIR/" "${inputs[@]}" > "$log" 2>&1 || {
            cat "$log"
            echo "the last input named above breaks the target $target" >&2
            exit 1
        }
        ran="$(grep -c '^Executed ' "$log")"
        [ "$ran" -eq "${#inputs[@]}" ] || { cat "$log"; echo "$target ran $ran of ${#inputs[@]} inputs" >&2; exit 1; }
        echo "$target: $ran inputs"
        total=$((total + ran))
    done
    echo "$total inputs replayed"

# Look for new inputs that break TARGET (needs cargo-fuzz and clang)
fuzz target seconds="60":
    #!/usr/bin/env bash
    # What it finds stays below the build folder: name a good one well, and copy it into fuzz/corpus.
    set -euo pipefail
    found="$CARGO_TARGET_DIR/fuzz-found/{{ target }}"
    mkdir -p "$found"
    toolchain=()
    if rustup toolchain list 2>/dev/null | grep -q '^nightly'; then
        toolchain=(+nightly)
    else
        export RUSTC_BOOTSTRAP=1
    fi
    cargo "${toolchain[@]}" fuzz run {{ target }} "$found" "fuzz/corpus/{{ target }}" -- \
        -max_total_time={{ seconds }} -max_len=4096

# The stories told to a real browser (needs chromium and chromedriver)
browser:
    #!/usr/bin/env bash
    set -euo pipefail
    command -v chromedriver > /dev/null || {
        echo "chromedriver is missing: on Debian, apt-get install chromium chromium-driver" >&2
        exit 1
    }
    features=wechat-auth-emulator/browser-tests,wechat-auth-cli/browser-tests,wechat-auth-axum/browser-tests
    cargo test --workspace --features "$features" --test browser

# Install the SDKs that the judge judges, from their registries, into the build folder (needs python3, node, npm, go)
judge-setup *which:
    crates/wechat-auth-judge/contestants/setup.sh {{ which }}

# Judge these SDKs and this library, and compare the verdicts with the book's (needs python3, node, npm, go)
judge:
    crates/wechat-auth-judge/contestants/judge.sh check

# The same, and write the book's page
judge-page:
    crates/wechat-auth-judge/contestants/judge.sh write

# The driver's loop in every order that two preemptions allow; LOOM_MAX_PREEMPTIONS=3 goes deeper
model:
    cargo test -p wechat-auth-client --lib

# Mutants of the keeper and of the login that no test notices (needs cargo-mutants)
mutants:
    cargo mutants -p wechat-auth -f 'crates/wechat-auth/src/keeper/**' --minimum-test-timeout 60 \
        --cargo-arg=--lib --cargo-arg=--test --cargo-arg=keeper_model
    cargo mutants -p wechat-auth -f 'crates/wechat-auth/src/login/**' --minimum-test-timeout 60 \
        --cargo-arg=--lib --cargo-arg=--test --cargo-arg=login_flow

# So many seeds of the simulated world in each of its two modes; a broken promise ends it with its story
simulate seeds="500" days="30":
    cargo run --profile sim -p wechat-auth-sim --example simulate -- --seeds {{ seeds }} --days {{ days }}

# A hundred thousand seeds
simulate-long: (simulate "50000")

# Tell the story of one seed of the simulated world: MODE is stable or classic
replay mode seed days="30":
    cargo run --profile sim -p wechat-auth-sim --example replay -- --mode {{ mode }} --seed {{ seed }} --days {{ days }}

# Every interleaving of a few instances, faults and events
explore events="9" faults="3" instances="2":
    cargo run --profile sim -p wechat-auth-sim --example explore -- --events {{ events }} --faults {{ faults }} --instances {{ instances }}

# Walk through the bug museum
museum:
    cargo run --profile sim -p wechat-auth-sim --example museum

# Refresh policies side by side on the same faults; writes the tables of the book's page
tournament:
    cargo run --profile sim -p wechat-auth-sim --example tournament -- --write

# The benchmarks, each against the same work without us and against peers (needs valgrind)
bench:
    #!/usr/bin/env bash
    set -euo pipefail
    cargo build --release --locked --manifest-path bench/Cargo.toml
    cd bench
    for program in read allocations exchange "exchange instructions" adapters during_refresh cold weight; do
        # Unquoted, so that a program's arguments are its own.
        "$CARGO_TARGET_DIR/release/"$program
    done

# Clippy on the benchmarks: downloads and builds the peers too
bench-lint:
    cargo clippy --manifest-path bench/Cargo.toml --release --all-targets --locked -- -D warnings

# An unchanged curl takes the emulator for WeChat (needs curl)
exec-curl:
    cargo run --quiet -- emulate exec -- sh -c 'curl -fsS "https://api.weixin.qq.com/cgi-bin/token?grant_type=client_credential&appid=$WECHAT_APPID&secret=$WECHAT_APPSECRET" | grep expires_in'

# Figures of the keeper: fetches a day, outages, refusals; of the emulator (needs valgrind); of the login for axum
figures: figures-emulator
    cargo run --profile sim -p wechat-auth-sim --example figures
    cargo run --release -p wechat-auth-axum --example figures

# What the emulator costs and holds out (needs valgrind)
figures-emulator:
    #!/usr/bin/env bash
    set -euo pipefail
    cargo build --release -p wechat-auth-emulator --example figures
    cargo build --release -p wechat-auth-cli
    figures="$CARGO_TARGET_DIR/release/examples/figures"
    "$figures"
    "$figures" instructions
    "$figures" binary "$CARGO_TARGET_DIR/release/wechat-auth"
    # As many file descriptors as may be had: for all sockets at once the server needs as many.
    ulimit -n "$(ulimit -Hn)"
    "$figures" sockets 20000
