"""Runs many peers out of one process: `python3 -m peer.pool` reads `{"id", "args", "seconds"}`, a line of JSON for each.

Most of what a short conversation costs is loading Python's cryptography. Here it is loaded once, and each peer is a fork with
it. Their events are written to the standard output with the `id`; the last of each has `exit`.
"""
import fcntl
import json
import os
import signal
import sys
import tempfile
import traceback

from . import bugs, main


def write(lock, line):
    """A whole line, though others write as well: a pipe keeps only short ones together."""
    fcntl.lockf(lock, fcntl.LOCK_EX)
    try:
        data = line.encode() + b"\n"
        while data:
            data = data[os.write(1, data) :]
    finally:
        fcntl.lockf(lock, fcntl.LOCK_UN)


def run(lock, request):
    """One peer, in a process of its own, which no bug can keep beyond its time."""
    signal.alarm(request["seconds"])
    main.report = lambda **event: write(lock, json.dumps({"id": request["id"], **event}))
    status, text = 0, ""
    try:
        main.main(request["args"])
    except SystemExit as end:
        status, text = 1 if end.code else 0, str(end.code or "")
    except BaseException:
        status, text = 1, traceback.format_exc()
    main.report(exit=status, text=text)
    os._exit(status)


def serve():
    bugs.load()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system forgets each as it ends
    with tempfile.TemporaryFile() as lock:
        for line in sys.stdin:
            request = json.loads(line)
            if os.fork() == 0:
                run(lock, request)


if __name__ == "__main__":
    serve()
