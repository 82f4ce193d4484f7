"""The generated rules in promtool, Prometheus' own tool: they are valid, and alert when they should and only then."""

import subprocess
from pathlib import Path

import pytest

from chatproof.backends.prometheus import PrometheusBinaries
from chatproof.dashboards.generated import rule_file
from tests.dashboards.hurried import hurried

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent

pytestmark = [pytest.mark.slow, pytest.mark.observability, pytest.mark.timeout(600)]


def promtool(binaries: PrometheusBinaries, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """What promtool says."""
    return subprocess.run([binaries.promtool, *arguments], capture_output=True, text=True, check=False)


def test_the_unit_tests_of_the_rules_pass(prometheus_binaries: PrometheusBinaries) -> None:
    """Quiet, fast burn, slow burn, short spike, recovery, no traffic, counter reset: see rules_test.yaml."""
    run = promtool(prometheus_binaries, "test", "rules", HERE / "rules_test.yaml")
    assert 0 == run.returncode, run.stdout + run.stderr


def test_hurried_rules_are_valid(prometheus_binaries: PrometheusBinaries, tmp_path: Path) -> None:
    """As are those that are deployed, which the unit tests load."""
    path = tmp_path / "rules.yaml"
    path.write_text(rule_file(hurried), "utf-8")
    run = promtool(prometheus_binaries, "check", "rules", path)
    assert 0 == run.returncode, run.stdout + run.stderr


def test_the_deployed_configuration_is_valid(prometheus_binaries: PrometheusBinaries) -> None:
    """Its rule files are there and can be read; the paths are those of the container."""
    config = ROOT / "deploy" / "prometheus" / "prometheus.yml"
    run = promtool(prometheus_binaries, "check", "config", "--syntax-only", config)
    assert 0 == run.returncode, run.stdout + run.stderr
