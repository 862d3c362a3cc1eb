"""A JupyterHub for a class: each student a JupyterLab, all of them one nbgrader exchange.

What differs from place to place comes from the environment:

HUB_FOLDER         where the hub keeps its state, the students' homes and the exchange
HUB_AUTHENTICATOR  who lets people in: "shared-password" asks all for HUB_PASSWORD, with which anybody can be
                   anybody, so it is for trying it out; "pam", or what a package brings, such as "github" of
                   oauthenticator, for a class
HUB_SPAWNER        "system": every user is a user of the system, made at the first login, so that the
                   permissions of the exchange hold; "simple": all are who started the hub, for a test
HUB_DATABASE       SQLAlchemy's address of the hub's database; a file in HUB_FOLDER if it is not set
HUB_ADDRESS        where browsers reach it
"""

import os
import subprocess
from pathlib import Path

c = get_config()

folder = Path(os.environ["HUB_FOLDER"]).resolve()
homes = folder / "home"

c.JupyterHub.bind_url = os.environ.get("HUB_ADDRESS", "http://127.0.0.1:8000")
c.JupyterHub.db_url = os.environ.get("HUB_DATABASE", f"sqlite:///{folder / 'hub.sqlite'}")
c.JupyterHub.cookie_secret_file = str(folder / "cookie_secret")
c.ConfigurableHTTPProxy.pid_file = str(folder / "proxy.pid")

c.JupyterHub.authenticator_class = os.environ.get("HUB_AUTHENTICATOR", "shared-password")
c.SharedPasswordAuthenticator.user_password = os.environ.get("HUB_PASSWORD", "")
c.Authenticator.allow_all = True


def prepare(spawner):
    """Make the user's home and, for HUB_SPAWNER=system, the user of the system that owns it.

    Users are lost with the container, homes are not: a user gets the number that the home belongs to.
    """
    home = homes / spawner.user.name
    home.mkdir(parents=True, exist_ok=True)
    if spawner.environment.get("HUB_SPAWNER") != "system":
        return
    name = spawner.user.name
    if subprocess.run(["id", name], capture_output=True).returncode != 0:
        owner = home.stat().st_uid
        number = ["--uid", str(owner)] if owner >= 1000 else []
        subprocess.run(
            ["useradd", *number, "--home-dir", str(home), "--shell", "/bin/bash", name], check=True
        )
    subprocess.run(["chown", f"{name}:", str(home)], check=True)
    home.chmod(0o700)


system = os.environ.get("HUB_SPAWNER", "system") == "system"
c.JupyterHub.spawner_class = "jupyterhub.spawner.LocalProcessSpawner" if system else "simple"
c.SimpleLocalProcessSpawner.home_dir_template = str(homes / "{username}")
c.Spawner.default_url = "/lab"
c.Spawner.notebook_dir = str(homes / "{username}")
c.Spawner.pre_spawn_hook = prepare
c.Spawner.http_timeout = c.Spawner.start_timeout = 180  # seconds: a whole class starts at once
c.Spawner.environment = {
    "HUB_SPAWNER": "system" if system else "simple",
    # Where the servers find nbgrader_config.py of this folder: the exchange, and the course's name.
    "JUPYTER_CONFIG_PATH": str(Path(__file__).resolve().parent),
    "NBGRADER_EXCHANGE": str(folder / "exchange"),
}
