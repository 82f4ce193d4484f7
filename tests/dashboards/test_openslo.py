"""The SLO documents: the ones we have are valid and are those of the design, and a wrong one is refused by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from chatproof.checkers.objectives import objective_of
from chatproof.dashboards.openslo import SLO_DIRECTORY, OpenSloError, load_slo, load_slos


def test_the_slos_are_those_of_the_design() -> None:
    """Name, threshold in ms, target: the numbers that a gate judges by."""
    objectives = [objective_of(document) for document in load_slos()]
    assert {
        ("send-ack", 200, 0.95), ("send-acked-in-time", 5000, 0.999), ("delivery", 1000, 0.99),
        ("delivery-shown", None, 0.999), ("presence", 2000, 0.95), ("caught-up", 3000, 0.95),
    } == {(each.name, each.threshold_ns and each.threshold_ns // 1_000_000, each.target) for each in objectives}


def test_the_slos_have_the_minimums_of_the_design() -> None:
    """3,000 sends in 20 calm seconds; 59 presence changes; 59 resumes with a gap."""
    objectives = [objective_of(document) for document in load_slos()]
    assert {"send_ack": (3000, 20), "delivery": (3000, 20), "presence": (59, 1), "caught_up": (59, 1)} == {
        each.sample: (each.minimum_samples, each.minimum_blocks) for each in objectives
    }


def wrong_annotation(document: dict[str, Any]) -> None:
    """A field that OpenSLO does not have."""
    document["spec"]["alerts"] = []


def no_target(document: dict[str, Any]) -> None:
    """An objective without a target."""
    del document["spec"]["objectives"][0]["target"]


def other_name(document: dict[str, Any]) -> None:
    """A name that is not that of the file."""
    document["metadata"]["name"] = "other"


def no_value(document: dict[str, Any]) -> None:
    """A threshold metric without a threshold."""
    del document["spec"]["objectives"][0]["value"]


def no_metric(document: dict[str, Any]) -> None:
    """An indicator of nothing."""
    document["spec"]["indicator"]["spec"] = {}


def unknown_sample(document: dict[str, Any]) -> None:
    """A sample that a history does not have."""
    document["spec"]["indicator"]["spec"]["thresholdMetric"]["metricSource"]["spec"]["sample"] = "luck"


@pytest.mark.parametrize("spoil", [wrong_annotation, no_target, other_name, no_value, no_metric, unknown_sample])
def test_a_wrong_document_is_refused_by_name(tmp_path: Path, spoil: Callable[[dict[str, Any]], None]) -> None:
    """The sentence names the file; a threshold is never guessed."""
    document = yaml.safe_load((SLO_DIRECTORY / "send-ack.yaml").read_text("utf-8"))
    spoil(document)
    path = tmp_path / "send-ack.yaml"
    path.write_text(yaml.safe_dump(document), "utf-8")
    with pytest.raises(OpenSloError, match=r"send-ack\.yaml"):
        load_slo(path)


def test_a_file_that_is_no_yaml_is_refused(tmp_path: Path) -> None:
    """Broken syntax is told as such."""
    (tmp_path / "a.yaml").write_text("{", "utf-8")
    with pytest.raises(OpenSloError, match=r"a\.yaml cannot be read"):
        load_slos(tmp_path)


def test_no_slos_at_all_is_an_error(tmp_path: Path) -> None:
    """A gate without objectives would pass them."""
    with pytest.raises(OpenSloError, match="has no SLO documents"):
        load_slos(tmp_path)
