"""Locust's master, or its only process: begins a run when the test starts, ends it in good order when it stops."""

from __future__ import annotations

import shlex
import sys
from typing import Any

import gevent
import msgspec
from locust.env import Environment
from locust.runners import LocalRunner, MasterRunner

from chatproof.loadtests.kinds import chat_users
from chatproof.loadtests.locust_kinds import kinds_of
from chatproof.loadtests.locust_planes import Planes, planes_of
from chatproof.loadtests.locust_run import LedRun, leader_with
from chatproof.loadtests.locust_tab import add_tab


class Conductor:
    """Runs go one after the other; with a `plan` there is one, which somebody else leads."""

    def __init__(self, environment: Environment, runner: MasterRunner | LocalRunner, options: Any, plan: str) -> None:
        self._environment = environment
        self._runner = runner
        self._plan = plan
        self._options = options
        self._ends_with_run = bool(plan or self._options.headless or self._options.autostart)
        self._main_s: float | None = None
        self._code = 0
        self.run: LedRun | None = None

    def attach(self) -> None:
        """Listen to Locust from now on."""
        if self._ends_with_run:
            # Locust's run time becomes the length of main: the planes say when all is over.
            self._main_s, self._options.run_time = self._options.run_time, None
        events = self._environment.events
        events.test_start.add_listener(self._begin)  # type: ignore[no-untyped-call]
        events.test_stopping.add_listener(self._finish)  # type: ignore[no-untyped-call]
        events.quitting.add_listener(self._finish)  # type: ignore[no-untyped-call]
        if self._environment.web_ui is not None:
            add_tab(self._environment.web_ui, self._environment, lambda: self.run)

    def _begin(self, **_: Any) -> None:
        """Start the planes. Locust goes on meanwhile: its own users stand for those that connect."""
        planes = planes_of(self._runner)
        if self._plan:
            planes.start(self._plan)
            gevent.spawn(self._wait_over, planes)
        else:
            self.run = LedRun(leader_with(self._arguments(planes.count)), planes, self._end)

    def _arguments(self, workers: int) -> list[str]:
        """What the leader must know."""
        options = self._options
        users, personas = chat_users(kinds_of(self._runner.user_classes), self._runner.target_user_count)
        arguments = ["--workers", str(workers), "--users", str(users), "--seed", str(options.chat_seed)]
        arguments += ["--out", options.chat_out, "--personas", msgspec.json.encode(personas).decode()]
        arguments += ["--connects-per-s", str(options.spawn_rate or 0)]
        arguments += ["--replay", shlex.join(("locust", *sys.argv[1:]))]
        main_s = self._main_s if self._ends_with_run else self._asked_in_form()
        arguments += ["--main-s", str(main_s)] if main_s else []
        host = self._environment.host or ""
        ws = options.chat_ws or (host if host.startswith(("ws://", "wss://")) else "")
        arguments += ["--ws", ws, "--http", options.chat_http] if ws else []
        if isinstance(self._runner, MasterRunner) and not options.processes:
            any_host = self._runner.master_bind_host in ("*", "")
            arguments += ["--listen", "0.0.0.0" if any_host else self._runner.master_bind_host]
            arguments += ["--port", str(options.chat_port)]
        return arguments

    def _asked_in_form(self) -> float | None:
        """The run time of the web UI's form; it becomes the length of main, so Locust's own timer is called off."""
        web_ui = self._environment.web_ui
        if web_ui is None or web_ui._run_time_greenlet is None:
            return None
        web_ui._cancel_run_time_timer()  # type: ignore[no-untyped-call]
        return float(self._options.run_time)

    def _wait_over(self, planes: Planes) -> None:
        """Somebody else's run: it is over with its planes."""
        codes = planes.wait_over(None)
        self._end(1 if any(codes.values()) or len(codes) < planes.count else 0)

    def _end(self, code: int) -> None:
        """The run is over: so is the test."""
        self._code = max(self._code, code)
        self._environment.process_exit_code = self._code
        gevent.spawn(self._runner.quit if self._ends_with_run else self._runner.stop)

    def _finish(self, **_: Any) -> None:
        """The test is to stop: have the run end in good order, and wait until all of it is written."""
        if self.run is not None:
            self.run.stop()
            self.run.wait_over()
