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
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
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


def reap(lock, running):
    """Reports those that were killed: they could not do so themselves."""
    while running:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        identity = running.pop(pid)
        if os.WIFSIGNALED(status):
            write(lock, json.dumps({"id": identity, "exit": 1, "text": f"signal {os.WTERMSIG(status)}"}))


def serve():
    bugs.load()
    running = {}
    with tempfile.TemporaryFile() as lock:
        signal.signal(signal.SIGCHLD, lambda *_: reap(lock, running))
        for line in sys.stdin:
            request = json.loads(line)
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
            pid = os.fork()
            if pid == 0:
                run(lock, request)
            running[pid] = request["id"]
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})


if __name__ == "__main__":
    serve()
