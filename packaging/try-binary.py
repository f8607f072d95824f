"""Tries the static binary in the root that COMMAND brings it to, and times its start.

Usage: try-binary.py COMMAND...
"""

import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager

BINARY = sys.argv[1:]
STARTS = 20
SECRET = "0123456789abcdef0123456789abcdef"
DOCKERFILE = (pathlib.Path(__file__).resolve().parent.parent / "Dockerfile").read_text(encoding="utf-8")
FETCH = f"/cgi-bin/token?grant_type=client_credential&appid=wxemulated00000001&secret={SECRET}"


@contextmanager
def emulator(*arguments):
    """One that serves, and what it says of itself; it must end well when it is told to."""
    with tempfile.TemporaryFile() as talk:
        command = [*BINARY, *arguments, "--json"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=talk) as running:
            try:
                line = running.stdout.readline()
                if line:
                    yield json.loads(line)
            finally:
                running.terminate()
        if running.returncode != 0 or not line:
            talk.seek(0)
            sys.exit(f"it ended with {running.returncode}: {talk.read().decode()}")


def of_the_image(instruction):
    """The words that the Dockerfile gives to this instruction."""
    return json.loads(re.search(rf"^{instruction}\b.*?(\[.*\])$", DOCKERFILE, re.M)[1])


def first_answer(*flags):
    """From the start of the command to its first token, in milliseconds."""
    # Straight there: a proxy of this machine is no part of it.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    began = time.perf_counter()
    with emulator("emulate", "--listen", "127.0.0.1:0", *flags) as here, opener.open(here["base_url"] + FETCH) as answer:
        fetched = json.load(answer)
        took = time.perf_counter() - began
        if fetched.get("expires_in") != 7200:
            sys.exit(f"no token: {fetched}")
    return took * 1000


def try_the_image():
    """What the image runs, its health check, and a name: without a C library beside it, it finds names all the same."""
    # Any free port will do here.
    with emulator(*(word.replace(":8787", ":0") for word in of_the_image("CMD"))) as here:
        url = here["base_url"]
        health = [*BINARY, *of_the_image("HEALTHCHECK")[1:], "--at", url.removeprefix("http://")]
        subprocess.run(health, check=True)
        by_name = url.replace("127.0.0.1", "named-in-hosts.localhost")
        token = [*BINARY, "token", "--appid", "wxemulated00000001", "--api", by_name]
        subprocess.run(token, check=True, stdout=subprocess.DEVNULL, env={**os.environ, "WECHAT_APPSECRET": SECRET})
    print("what the image runs serves, is found healthy, and is found by a name")


try_the_image()
for flags in ([], ["--tls"]):
    took = [first_answer(*flags) for _ in range(STARTS)]
    name = " ".join(["emulate", *flags])
    print(f"{name}: from start to first answer {statistics.median(took):.1f} ms, at most {max(took):.1f} ms")
