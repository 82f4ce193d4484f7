"""`locust -f loadtests/locustfile.py --headless [-u USERS -t LENGTH --processes 2 --host ws://HOST:PORT/v1/ws]`.

Locust is the control plane: each worker starts a plane, a process of its own that owns the sockets of its share of
the users, and shows the plane's histograms as its own statistics. With CHATPROOF_PLAN in the environment the planes
follow that plan and its coordinator (the gate does this). Without, a run of the default profile is prepared here:
`-u` counts chat users, `-t` is the length of the load itself (setting up and auditing come on top), and without
`--host` the driver's own target is started beside it. The exit code is 0 only if every plane did all its work.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import gevent
from locust import User, constant, events, task
from locust.argument_parser import LocustArgumentParser
from locust.env import Environment
from locust.runners import LocalRunner, MasterRunner, WorkerRunner

from chatproof.loadtests.locust_bridge import PlaneProcess

PLAN_VARIABLE = "CHATPROOF_PLAN"
_RUN, _OVER = "chatproof_run", "chatproof_over"
"""Messages: master → worker, the plan to run; worker → master, the exit code of its plane."""


class ChatUser(User):
    """Stands for one chat user in Locust's count: the sockets are the plane's, so there is nothing to do here."""

    wait_time = constant(1)

    @task
    def stay(self) -> None:
        """Be there."""
        gevent.sleep(1)


@events.init_command_line_parser.add_listener  # type: ignore[untyped-decorator]
def add_options(parser: LocustArgumentParser) -> None:
    """What Locust has no option for."""
    group = parser.add_argument_group("chatproof")
    group.add_argument("--chat-http", env_var="CHATPROOF_HTTP", default="", help="HTTP base URL of the target")
    group.add_argument("--chat-seed", env_var="CHATPROOF_SEED", type=int, default=1, help="Seed of roster and schedule")
    group.add_argument("--chat-out", env_var="CHATPROOF_OUT", default="runs", help="Where the run directory is made")


@events.init.add_listener  # type: ignore[untyped-decorator]
def connect(environment: Environment, runner: Any, **_: Any) -> None:
    """Give each kind of runner its part."""
    environment.process_exit_code = 1  # until the planes have done their work
    if isinstance(runner, WorkerRunner):
        runner.register_message(_RUN, lambda msg, **_: _run_plane(environment, runner, msg.data["plan"]))
    elif isinstance(runner, MasterRunner | LocalRunner):
        conductor = _Conductor(environment, runner, environment.parsed_options)
        events.test_start.add_listener(conductor.begin)  # type: ignore[no-untyped-call]
        events.quitting.add_listener(conductor.clean_up)  # type: ignore[no-untyped-call]


def _run_plane(environment: Environment, runner: WorkerRunner, plan: str) -> None:
    """Worker: start the plane, and tell the master when it is over."""
    worker = runner.worker_index

    def over(code: int) -> None:
        environment.process_exit_code = code
        runner.send_message(_OVER, {"worker": worker, "code": code})

    PlaneProcess(plan, worker, runner.stats, over)


class _Conductor:
    """Master or single process: finds the plan, has the planes run, ends Locust when they are over."""

    def __init__(self, environment: Environment, runner: MasterRunner | LocalRunner, options: Any) -> None:
        self._environment = environment
        self._runner = runner
        self._workers = options.expect_workers if isinstance(runner, MasterRunner) else 1
        self._over: dict[int, int] = {}
        self._run: subprocess.Popen[bytes] | None = None
        self._arguments = self._arguments_of(options)
        if isinstance(runner, MasterRunner):
            runner.register_message(_OVER, lambda msg, **_: self._plane_over(**msg.data))

    def _arguments_of(self, options: Any) -> list[str]:
        """For a run without a gate. Locust's run time becomes the length of main: the planes say when all is over."""
        arguments = ["--workers", str(self._workers), "--seed", str(options.chat_seed), "--out", options.chat_out]
        arguments += ["--users", str(options.num_users)] if options.num_users else []
        arguments += ["--main-s", str(options.run_time)] if options.run_time else []
        arguments += ["--ws", options.host, "--http", options.chat_http] if options.host else []
        options.run_time = None
        return arguments

    def begin(self, **_: Any) -> None:
        """The test starts, all workers are there: so start the planes. Without a plan there is nothing to do."""
        plan = os.environ.get(PLAN_VARIABLE) or self._prepare()
        if not plan:
            gevent.spawn(self._runner.quit)
        elif isinstance(self._runner, MasterRunner):
            self._runner.send_message(_RUN, {"plan": plan})
        else:
            PlaneProcess(plan, 0, self._runner.stats, lambda code: self._plane_over(worker=0, code=code))

    def _prepare(self) -> str:
        """Without a gate: start target, provisioning and coordinator. The plan, or nothing where that failed."""
        argv = [sys.executable, "-m", "chatproof.loadtests.standalone", *self._arguments]
        self._run = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._run.stdout is not None
        line = self._run.stdout.readline()
        return str(json.loads(line)["plan"]) if line else ""

    def _plane_over(self, worker: int, code: int) -> None:
        """All planes done, or one failed: Locust is over."""
        self._over[worker] = code
        if code or len(self._over) == self._workers:
            self._environment.process_exit_code = 1 if any(self._over.values()) else 0
            gevent.spawn(self._runner.quit)

    def clean_up(self, **_: Any) -> None:
        """End what `_prepare` started, by closing its stdin."""
        if self._run is not None and self._run.stdin is not None:
            self._run.stdin.close()
            self._run.wait()
