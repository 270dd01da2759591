"""The commands of SAM that README names, with what an emulated cloud adds to them."""

import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

PROGRAM = str(pathlib.Path(sys.executable).parent / "sam")
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))

# The name by which containers reach this machine.
MACHINE = "host.docker.internal"


class Failed(Exception):
    """What did not go as README says."""


class Sam:
    """`sam local` with one set of options."""

    def __init__(self, architecture, folder, environment):
        self.folder = pathlib.Path(folder)
        variables = self.folder / "variables.json"
        variables.write_text(json.dumps({"Parameters": environment}))
        self.options = ["--env-vars", str(variables), "--skip-pull-image", "--add-host", f"{MACHINE}:host-gateway"]
        # The template's default is said by saying nothing.
        if architecture != "arm64":
            self.options += ["--parameter-overrides", f"Architecture={architecture}"]

    def invoke(self, function, event):
        """Runs a function with the event of a file; what it answered, as text. Raises where SAM fails."""
        command = [PROGRAM, "local", "invoke", function, "-e", str(event), *self.options]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        (self.folder / f"invoke-{event.stem}.log").write_text(done.stderr)
        if done.returncode != 0:
            raise Failed(f"{' '.join(command)}: {done.stdout}\n{done.stderr[-3000:]}")
        return done.stdout

    @contextlib.contextmanager
    def serve(self, what):
        """Runs `sam local start-api` or `start-lambda` for as long as the block; gives its address."""
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            port = one.getsockname()[1]
        log = (self.folder / f"{what}.log").open("w")
        command = [PROGRAM, "local", what, "--port", str(port), *self.options]
        process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        try:
            self._ready(process, port, log.name)
            yield f"http://127.0.0.1:{port}"
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGINT)
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def _ready(self, process, port, log):
        until = time.monotonic() + 60
        while time.monotonic() < until and process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                return
            time.sleep(0.1)
        raise Failed(f"it does not listen:\n{pathlib.Path(log).read_text()[-3000:]}")


def ask(method, url, body=None, token=None):
    """Status and body, read as JSON, of a request."""
    headers = {"content-type": "application/json"}
    if token:
        headers["authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    try:
        with DIRECT.open(urllib.request.Request(url, data, headers, method=method), timeout=120) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as refused:
        return refused.code, json.loads(refused.read() or b"null")
