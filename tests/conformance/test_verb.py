"""`chatproof doctor --driver`: one line or one JSON object per check, exit 0, 30 or 2."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from chatproof.cli.doctor import doctor
from chatproof.cli.problem import EXIT_ENVIRONMENT, Problem

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def asked(*options: str) -> Result:
    """Run it."""
    return CliRunner().invoke(doctor, options, standalone_mode=False)


@pytest.mark.slow
@pytest.mark.parametrize("example", ["foreign_server", "declarative"])
def test_the_examples_have_nothing_to_do(example: str) -> None:
    """Both drivers of examples/ do what they say: exit 0, every check ok or not claimed, no advice."""
    result = asked("--driver", "--config", str(EXAMPLES / example / "chatproof.toml"), "--json")
    document = json.loads(result.output)
    assert (0, True) == (result.return_value, document["ok"])
    assert {"ok", "not claimed"} == {each["state"] for each in document["checks"]}
    assert {""} == {each["advice"] for each in document["checks"]}


def test_a_driver_that_is_not_there_is_a_line_with_advice(tmp_path: Path) -> None:
    """Exit 30: the first line says what is missing, the others that they were not made."""
    config = tmp_path / "chatproof.toml"
    config.write_text('driver = "driver.py:Driver"\ntarget = "http://127.0.0.1:9"\nws = "ws://127.0.0.1:9"\n')
    result = asked("--driver", "--config", str(config))
    first, *rest = result.output.splitlines()
    assert EXIT_ENVIRONMENT == result.return_value
    assert f"MISSING      driver: There is no file {tmp_path}/driver.py to take a driver from" in first
    assert first.endswith(" - see driver in chatproof.toml")
    assert all(line.startswith("not checked  ") and line.endswith(": driver comes first") for line in rest)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--config", "a.toml"), "--config says which driver --driver looks at, and that was not asked for."),
        (("--driver", "--config", "no.toml"), "The configuration no.toml cannot be read: No such file or directory."),
    ],
)  # fmt: skip
def test_wrong_usage_is_one_sentence(options: tuple[str, ...], sentence: str) -> None:
    """Exit 2."""
    problem = asked(*options).exception
    assert isinstance(problem, Problem)
    assert (sentence, 2) == (str(problem), problem.exit_code)
