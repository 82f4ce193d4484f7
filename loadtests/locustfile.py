"""`locust -f loadtests/locustfile.py [--headless -u USERS -r RATE -t LENGTH --processes 2]`: chat load by Locust.

Locust is the control plane: each worker starts a plane, a process of its own that owns the sockets of its share of
the users, and shows the plane's histograms as its own statistics. With CHATPROOF_PLAN in the environment the planes
follow that plan and its coordinator (the gate does this). Without, a run is led here: `-u` counts chat users, `-r` is
how many of them connect per second, `-t` is the length of the load itself, and the target is that of chatproof.toml,
of `--chat-ws`, or the driver's own, started beside it. docs/LOCUST.md tells the rest. The exit code is 0 only if every
plane did all its work; 21: the run is invalid, and what was recorded is kept.
"""

from __future__ import annotations

import os
from typing import Any

from locust import events
from locust.argument_parser import LocustArgumentParser
from locust.env import Environment
from locust.runners import LocalRunner, MasterRunner, WorkerRunner

from chatproof.loadtests.locust_conductor import Conductor
from chatproof.loadtests.locust_kinds import ChatUser as ChatUser
from chatproof.loadtests.locust_worker import Worker

PLAN_VARIABLE = "CHATPROOF_PLAN"


@events.init_command_line_parser.add_listener  # type: ignore[untyped-decorator]
def add_options(parser: LocustArgumentParser) -> None:
    """What Locust has no option for."""
    parser.add_argument(
        "--chat-ws", env_var="CHATPROOF_WS", default="",
        help="WebSocket URL of a target that runs already; default: a ws:// URL in --host, else chatproof.toml",
    )
    parser.add_argument("--chat-http", env_var="CHATPROOF_HTTP", default="", help="HTTP base URL of that target")
    parser.add_argument("--chat-seed", env_var="CHATPROOF_SEED", type=int, default=1, help="Seed of users and schedule")
    parser.add_argument("--chat-out", env_var="CHATPROOF_OUT", default="runs", help="Where run directories are made")
    parser.add_argument(
        "--chat-port", env_var="CHATPROOF_PORT", type=int, default=0, include_in_web_ui=False,
        help="Master: TCP port for the planes of other machines; default: a free one",
    )
    parser.add_argument(
        "--chat-recordings", env_var="CHATPROOF_RECORDINGS", default="", include_in_web_ui=False,
        help="Worker: record in this directory and send it to the master; default: into the run directory, where it is",
    )


@events.init.add_listener  # type: ignore[untyped-decorator]
def connect(environment: Environment, runner: Any, **_: Any) -> None:
    """Give each kind of runner its part."""
    options: Any = environment.parsed_options
    environment.process_exit_code = 1  # until the planes have done their work
    if isinstance(runner, WorkerRunner):
        Worker(environment, runner, options.chat_recordings)
    elif isinstance(runner, MasterRunner | LocalRunner):
        Conductor(environment, runner, options, os.environ.get(PLAN_VARIABLE, "")).attach()
