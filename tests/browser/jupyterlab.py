"""A JupyterLab of one's own, for the time of a test."""

import os
import socket
import subprocess
import time
import urllib.request
from contextlib import contextmanager

PATIENCE = 90_000  # milliseconds: starting a kernel and importing torch on a busy machine


@contextmanager
def running(command, home, cwd):
    """Run a JupyterLab with settings of its own, and yield its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = home / "settings" / "@jupyterlab"
    for plugin, values in {
        # All cells in the page, also those that are out of sight; no question about news.
        "notebook-extension/tracker": '{"windowingMode": "none"}',
        "apputils-extension/notification": '{"fetchNews": "false"}',
    }.items():
        (settings / plugin).parent.mkdir(parents=True, exist_ok=True)
        (settings / f"{plugin}.jupyterlab-settings").write_text(values)
    folders = {"JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data", "JUPYTER_RUNTIME_DIR": "runtime"}
    folders |= {"JUPYTERLAB_SETTINGS_DIR": "settings", "JUPYTERLAB_WORKSPACES_DIR": "workspaces"}
    environment = {**os.environ, **{name: str(home / folder) for name, folder in folders.items()}}
    options = ["--no-browser", f"--port={port}", "--ServerApp.port_retries=0", "--IdentityProvider.token="]
    with (home / "log").open("w") as log:
        lab = subprocess.Popen(
            [*command, *options, "--allow-root"], cwd=cwd, env=environment, stdout=log, stderr=log
        )
        address = f"http://127.0.0.1:{port}"
        try:
            for _ in range(PATIENCE // 500):
                try:
                    urllib.request.urlopen(f"{address}/api", timeout=5).close()
                    break
                except OSError:
                    assert lab.poll() is None, (home / "log").read_text()
                    time.sleep(0.5)
            yield address
        finally:
            lab.terminate()
            lab.wait(30)
