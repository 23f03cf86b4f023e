"""Runs a command until standard input closes, then ends it with everything that it started.

The stack starts each of its children through this. Its end of the pipe closes however the stack ends, a `kill -9`
included, so nothing is left running. Killing a process group would not do: cargo-lambda gives each function a group
of its own.
"""

import os
import signal
import subprocess
import sys
import threading
import time

PATIENCE_SECONDS = 4


def parents():
    """Every process and its parent."""
    if os.path.isdir("/proc/self"):
        for entry in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{entry}/stat") as stat:
                    yield int(entry), int(stat.read().rpartition(")")[2].split()[1])
            except OSError:
                continue  # It ended meanwhile.
    else:
        listing = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True)
        for line in listing.stdout.splitlines():
            pid, parent = line.split()
            yield int(pid), int(parent)


def family(root):
    """A process and everything that it started, the root first."""
    children = {}
    for pid, parent in parents():
        children.setdefault(parent, []).append(pid)
    found = [root]
    for pid in found:
        found.extend(children.get(pid, ()))
    return found


def send(pids, what):
    """Sends a signal; says which of them it reached."""
    reached = []
    for pid in pids:
        try:
            os.kill(pid, what)
            reached.append(pid)
        except (ProcessLookupError, PermissionError):
            pass
    return reached


def end(child):
    """Asks the command to end, and after a while makes it."""
    everyone = family(child.pid)
    child.terminate()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and (child.poll() is None or send(everyone, 0)):
        time.sleep(0.05)
    everyone.extend(pid for pid in family(child.pid) if pid not in everyone)
    send(everyone, signal.SIGKILL)


def main():
    child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)

    def watch():
        while os.read(0, 4096):
            pass
        end(child)

    threading.Thread(target=watch, daemon=True).start()
    code = child.wait()
    # A command that ends by itself may leave its own children behind.
    sys.exit(code if code >= 0 else 128 - code)


main()
