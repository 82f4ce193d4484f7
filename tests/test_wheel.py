"""The wheel, installed into a clean environment and run outside the repository, beside a user's own `loadtests/`."""

import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


def run(*command: str | Path, cwd: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run a command with no trace of this checkout in its environment; its output comes back."""
    env = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    return subprocess.run(
        [str(part) for part in command], cwd=cwd, env={**env, **environ}, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    out = tmp_path_factory.mktemp("wheel")
    built = run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", out, ROOT, cwd=out)
    assert built.returncode == 0, built.stderr
    return next(out.glob("chatproof-*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` folder of a clean environment that holds the wheel."""
    home = tmp_path_factory.mktemp("clean")
    venv.create(home, with_pip=True)
    binaries = home / "bin"
    done = run(binaries / "python", "-m", "pip", "install", "-q", "-c", ROOT / "constraints.txt", wheel, cwd=home)
    assert done.returncode == 0, done.stderr
    return binaries


def test_the_wheel_holds_files_where_the_checkout_holds_links(wheel: Path) -> None:
    """Each linked folder is in the wheel as files below `chatproof/`, with its data and the type marker."""
    names = set(zipfile.ZipFile(wheel).namelist())
    wanted = {
        "chatproof/py.typed", "chatproof/reference_server/core/fold.py", "chatproof/loadtests/locustfile.py",
        "chatproof/chaos/nemesis.py", "chatproof/checkers/judge.py", "chatproof/dashboards/slos/send-ack.yaml",
        "chatproof/report/html/templates/run.html.j2", "chatproof/report/html/templates/page.css",
    }  # fmt: skip
    assert set() == wanted - names
    assert all(name.startswith(("chatproof/", "chatproof-")) for name in names)


def test_a_gate_runs_beside_a_users_own_folders(installed: Path, tmp_path: Path) -> None:
    """In a folder with a `loadtests` and `checkers` of its own, the calm scenario passes and theirs are untouched."""
    for name in ("loadtests", "checkers"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text('"""Mine."""\nMINE = True\n')
    theirs = run(
        installed / "python", "-c", "import loadtests, checkers, chatproof.loadtests.plan as p; "
        "print(loadtests.MINE and checkers.MINE and p.__file__)", cwd=tmp_path,
    )  # fmt: skip
    assert "site-packages" in theirs.stdout, theirs.stderr
    done = run(installed / "chatproof", "gate", "--scenario", "calm", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["verdict"] == "pass"
