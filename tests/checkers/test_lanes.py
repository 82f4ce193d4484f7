"""The picture of a counter-example: well-formed, self-contained, escaped, everything in its place."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

from chatproof.checkers.lanes import draw, seconds
from chatproof.checkers.results import FaultResult, Violation, Witness

SVG = "{http://www.w3.org/2000/svg}"
SECOND_NS = 1_000_000_000
VIOLATION = Violation(
    sentence="message 3#1 was acknowledged & lost <soon>",
    witnesses=(
        Witness(SECOND_NS, "device 10", "tries send, operation 3#1"),
        Witness(2 * SECOND_NS, "device 2", "shows message, operation 3#1", needed=False),
        Witness(9 * SECOND_NS, "process node-1", "kill begins"),
        Witness(10 * SECOND_NS, "store", "read 5 lacks it"),
    ),
    faults=("kill of node-1", "partition of link-7"),
)
FAULTS = (
    FaultResult(fault=1, kind="kill", target="node-1", start_confirmed_ns=9 * SECOND_NS, effect_seen_ns=None,
                stop_confirmed_ns=None, evidence=""),
    FaultResult(fault=2, kind="partition", target="link-7", start_confirmed_ns=0, effect_seen_ns=0,
                stop_confirmed_ns=3 * SECOND_NS, evidence=""),
    FaultResult(fault=3, kind="reset", target="link-8", start_confirmed_ns=0, effect_seen_ns=0,
                stop_confirmed_ns=3 * SECOND_NS, evidence=""),
)


def picture(violation: Violation = VIOLATION) -> ET.Element:
    """The SVG, parsed."""
    return ET.fromstring(draw("durable-ack", violation, FAULTS, "chatproof gate --seed 7"))


def texts(root: ET.Element) -> list[str]:
    """Its labels in the order of the document."""
    return ["".join(element.itertext()) for element in root.iter(f"{SVG}text")]


def test_everything_is_said() -> None:
    """Name, sentence, lanes, events, active faults and the replay command are in it as text."""
    said = " ".join(texts(picture()))
    wanted = [
        "durable-ack is broken", VIOLATION.sentence, "device 10", "1.000 s", "read 5 lacks it", "kill of node-1",
        "again: chatproof gate --seed 7", "⋮ 7.000 s",
    ]
    assert [] == [text for text in wanted if text not in said]


def test_lanes_stand_in_order() -> None:
    """Devices by number, then links, nodes, log and store; a fault on something else has a lane of its own."""
    bold = [element for element in picture().iter(f"{SVG}text") if element.get("text-anchor") == "middle"]
    assert ["device 2", "device 10", "link-7", "process node-1", "store"] == [element.text for element in bold]


def test_needed_events_have_full_marks() -> None:
    """Three are needed, one only helps."""
    marks = [element.get("class", "") for element in picture().iter(f"{SVG}circle")]
    assert [True, False, True, True] == ["fill-alarm" in mark for mark in marks]


def test_active_faults_are_bands() -> None:
    """The kill and the partition are drawn, the reset that was not active is not."""
    bands = [element for element in picture().iter(f"{SVG}rect") if element.get("class") == "fill-fault"]
    assert 2 == len(bands)
    assert {"kill", "partition"} == {text for text in texts(picture()) if text in ("kill", "partition", "reset")}


def test_an_operation_is_a_line_from_lane_to_lane() -> None:
    """From where it was tried to where it was shown."""
    paths = [element.get("points", "") for element in picture().iter(f"{SVG}polyline")]
    assert 1 == sum("line-path" in element.get("class", "") for element in picture().iter(f"{SVG}polyline"))
    assert len(paths) == 5 + 1


def test_it_is_self_contained_and_has_a_night_side() -> None:
    """No script, no reference to anything outside, colours for a dark page."""
    drawn = draw("durable-ack", VIOLATION, FAULTS, "")
    assert [] == re.findall(r"(?:href|src|url\(|<script|@import)", drawn)
    assert "prefers-color-scheme: dark" in drawn


def test_what_xml_cannot_hold_is_replaced() -> None:
    """Names come from elsewhere: markup is escaped, control characters are shown as unknown."""
    strange = Violation(sentence="a\0b", witnesses=(Witness(0, "device <1>", "says \x1b[1m & \ud800"),))
    said = " ".join(texts(picture(strange)))
    assert "a\ufffdb" in said
    assert "device <1>" in said


def test_without_events_there_is_still_a_sentence() -> None:
    """Nothing to draw is no reason to fail."""
    assert "nothing" in " ".join(texts(picture(Violation(sentence="nothing"))))


def test_seconds_are_whole_arithmetic() -> None:
    """No float rounds an instant."""
    assert ["0.000 s", "1.999 s", "12.345 s"] == [seconds(ns) for ns in (0, 1_999_999_999, 12_345_678_900)]
