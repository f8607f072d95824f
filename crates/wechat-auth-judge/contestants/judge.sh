#!/usr/bin/env bash
# Judges every contestant, and this library: judge.sh check|write. Each must break what is known to break, and
# nothing else; then the book's page is checked against the verdicts, or written.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
root="$here/../../.."
target="$(cd "${CARGO_TARGET_DIR:-$root/target}" && pwd)"
cards="$target/judge/cards"
mkdir -p "$cards"

setup() { "$here/setup.sh" "$1"; }

judge() {
    local name="$1"
    shift
    cp "$here/known/$name.known" "$cards/$name.known"
    if "$target/debug/wechat-auth" judge --json --known-broken "$cards/$name.known" -- "$@" > "$cards/$name.json"; then
        echo "$name: as expected"
    else
        echo "$name: not as expected" >&2
        return 1
    fi
}

cd "$root"
cargo build --quiet --locked -p wechat-auth-cli -p wechat-auth-judge --bins --example contestant --example scoreboard
wechatpy="$(setup wechatpy)"
co_wechat="$(setup co-wechat)"
silenceper="$(setup silenceper)"
# Side by side: they wait more than they work. Unquoted, so that a command's arguments are its own.
judge wechat-auth "$target/debug/examples/contestant" & running=("$!")
judge wechatpy $wechatpy & running+=("$!")
judge co-wechat $co_wechat & running+=("$!")
judge silenceper $silenceper & running+=("$!")
judge silenceper-stable $silenceper stable & running+=("$!")
failed=0
for one in "${running[@]}"; do wait "$one" || failed=1; done
[ "$failed" -eq 0 ] || exit 1
"$target/debug/examples/scoreboard" "$1" docs/en/src/generated/judge.md docs/zh/src/generated/judge.md \
    "$cards"/{wechat-auth,wechatpy,co-wechat,silenceper,silenceper-stable}.json
