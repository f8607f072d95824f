"""Checks of the documentation that mdBook does not make. Run by `just book-check`.

1. Both languages have the same pages, and each page shows the same code blocks.
2. The Rust blocks of the README stand, word for word, in the compiled examples; the book includes its own from
   there, or from the SDK that it leads through.
3. Every included part exists, and every link between files leads somewhere.
4. Every dependency of the workspace is explained, and every crate is in the README's table.
5. Every test that the threat model names exists.
6. The README tells the demo's story in the demo's words.
"""

import pathlib
import re
import sys
import tomllib

DOCS = pathlib.Path(__file__).resolve().parent
ROOT = DOCS.parent
SHOWN = [*DOCS.glob("examples/src/*.rs"), *ROOT.glob("crates/wechat-mini-sdk/*/*.rs")]
problems = []


def blocks(text):
    """The fenced blocks of a page, with their info strings."""
    return re.findall(r"^```(\S*)\n(.*?)^```$", text, re.M | re.S)


def read(path):
    return path.read_text(encoding="utf-8")


def same_code(one, other):
    ours, theirs = blocks(read(one)), blocks(read(other))
    if len(ours) != len(theirs):
        problems.append(f"{one} has {len(ours)} code blocks, {other} has {len(theirs)}")
    for number, (a, b) in enumerate(zip(ours, theirs), 1):
        if a != b:
            problems.append(f"code block {number} differs between {one} and {other}")


def anchors():
    """The parts of the code that may be shown, by file and name."""
    found = {}
    for path in SHOWN:
        pattern = r"// ANCHOR: (\w+)\n(.*?)// ANCHOR_END: \1\n"
        for name, part in re.findall(pattern, read(path), re.S):
            found[path, name] = part
    return found


def check_pages():
    pages = {lang: {p.name for p in (DOCS / lang / "src").glob("*.md")} for lang in ("en", "zh")}
    for name in pages["en"] ^ pages["zh"]:
        problems.append(f"{name} exists in one language only")
    for name in sorted(pages["en"] & pages["zh"]):
        same_code(DOCS / "en" / "src" / name, DOCS / "zh" / "src" / name)
        for lang in ("en", "zh"):
            listed = read(DOCS / lang / "src" / "SUMMARY.md")
            if name != "SUMMARY.md" and f"({name})" not in listed:
                problems.append(f"{name} is not in the summary of {lang}")
    same_code(ROOT / "README.md", ROOT / "README.zh-CN.md")


def check_rust():
    parts = anchors()
    for info, code in blocks(read(ROOT / "README.md")):
        if info == "rust" and code not in parts.values():
            problems.append(f"a Rust block of README.md is in no example: {code.splitlines()[0]}")
    included = set()
    for page in DOCS.glob("*/src/*.md"):
        for info, code in blocks(read(page)):
            if not info.startswith("rust"):
                continue
            shown = re.fullmatch(r"\{\{#include ([\w./-]+):(\w+)\}\}\n", code)
            part = shown and ((page.parent / shown[1]).resolve(), shown[2])
            if part not in parts:
                problems.append(f"{page}: a Rust block that includes no part of tested code")
            else:
                included.add(part)
    for file, name in parts.keys() - included:
        problems.append(f"the book does not show {file}:{name}")


def check_links():
    pages = [*ROOT.glob("*.md"), *DOCS.glob("*/src/*.md")]
    for page in pages:
        text = re.sub(r"^```.*?^```$", "", read(page), flags=re.M | re.S)
        for link in re.findall(r"\]\(([^)\s]+)\)", text):
            if link.startswith(("https://", "#")):
                continue
            if not (page.parent / link.split("#")[0]).exists():
                problems.append(f"{page}: a link leads nowhere: {link}")


def check_dependencies():
    named = {p: read(p) for p in DOCS.glob("*/src/dependencies.md")}
    workspace = tomllib.loads(read(ROOT / "Cargo.toml"))["workspace"]
    used = set()
    for manifest in ROOT.glob("crates/*/Cargo.toml"):
        crate = tomllib.loads(read(manifest))
        for part in (crate, *crate.get("target", {}).values()):
            for table in ("dependencies", "dev-dependencies", "build-dependencies"):
                used |= part.get(table, {}).keys()
    used |= tomllib.loads(read(ROOT / "fuzz" / "Cargo.toml"))["dependencies"].keys()
    ours = {name for name in workspace["dependencies"] if name.startswith("wechat-auth")}
    for page, text in named.items():
        explained = set(re.findall(r"^\| `([\w-]+)` \|", text, re.M))
        for name in sorted(used - ours - explained):
            problems.append(f"{page}: {name} is not explained")
        for name in sorted(explained - used):
            problems.append(f"{page}: {name} is explained, and nothing uses it")


def check_crates():
    crates = {path.parent.name for path in ROOT.glob("crates/*/Cargo.toml")}
    for page in (ROOT / "README.md", ROOT / "README.zh-CN.md"):
        listed = set(re.findall(r"^\| `(wechat-[\w-]*)` \|", read(page), re.M))
        for name in sorted(crates ^ listed):
            problems.append(f"{page}: {name} is a crate or in the table, and not both")


def check_threat_model():
    code = "\n".join(read(p) for p in ROOT.glob("crates/**/*.rs"))
    tests = set(re.findall(r"\bfn (\w+)", code))
    for name in re.findall(r"`([a-z0-9]+(?:_[a-z0-9]+){3,})`", read(ROOT / "THREAT_MODEL.md")):
        if name not in tests:
            problems.append(f"THREAT_MODEL.md: there is no test {name}")


def check_demo():
    code = "\n".join(read(p) for p in ROOT.glob("crates/wechat-auth-cli/src/demo/*.rs"))
    story = next(code for info, code in blocks(read(ROOT / "README.md")) if "✓ 1. " in code)
    told = re.findall(r"^✓ \d+\. (.*)\n     (.*)$", story, re.M)
    for line in (line for step in told for line in step):
        if f'"{line}"' not in code:
            problems.append(f"README.md: the demo does not say: {line}")
    if len(told) != len(re.findall(r"^ *zh: \"", code, re.M)):
        problems.append("README.md: the demo has another number of steps")


check_pages()
check_rust()
check_links()
check_dependencies()
check_crates()
check_threat_model()
check_demo()
for problem in problems:
    print(problem.replace(f"{ROOT}/", ""), file=sys.stderr)
sys.exit(1 if problems else 0)
