"""The HTTP face over a real node: the same outcomes as the WebSocket, errors of the same table."""

import httpx
import msgspec
import pytest
from prometheus_client.parser import text_string_to_metric_families

from chatproof.checkers.history.vocabulary import CLAIMS
from chatproof.metrics.server import SERVER
from chatproof.protocol import limits
from chatproof.protocol.errors import ERRORS
from chatproof.protocol.frames import ErrorBody
from tests.reference_server.conformance.world import ADMIN_KEY, World, key

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


def code_of(reply: httpx.Response) -> str:
    """The code of an error reply, which must be a row of the table with its status."""
    error = msgspec.json.decode(reply.content, type=ErrorBody)
    assert ERRORS[error.code].http_status == reply.status_code
    return error.code


async def post(world: World, user: str, path: str, body: object, **headers: str) -> httpx.Response:
    """POST as a user."""
    return await world.http.post(path, headers={**await world.headers(user), **headers}, json=body)


async def get(world: World, user: str, path: str) -> httpx.Response:
    """GET as a user."""
    return await world.http.get(path, headers=await world.headers(user))


async def test_a_message_is_sent_and_pushed(world: World) -> None:
    """201 when durable; a follower on WebSocket gets it."""
    bob = await world.client("bob", "phone", "g")
    reply = await post(world, "ann", "/v1/messages", {"conv_id": "g", "body": "hi"})
    assert (201, 2, False) == (reply.status_code, reply.json()["msg_id"], reply.json()["duplicate"])
    await bob.wait(lambda: ["hi"] == [event["body"] for event in bob.events("g")])


@pytest.mark.parametrize("where", ["header", "body"])
async def test_a_key_makes_sending_idempotent(world: World, where: str) -> None:
    """In the header or in the body, over HTTP first and WebSocket later: one message."""
    u = key()
    body = {"conv_id": "g", "body": "once", **({"client_msg_id": u} if where == "body" else {})}
    headers = {"Idempotency-Key": u} if where == "header" else {}
    replies = [(await post(world, "ann", "/v1/messages", body, **headers)).json() for _ in range(2)]
    assert {**replies[0], "duplicate": True} == replies[1]
    ann = await world.client("ann")
    assert (await ann.ok(send={"conv": "g", "u": u, "body": "once"}))["duplicate"]


async def test_keys_are_uuidv7_and_agree(world: World) -> None:
    """Anything else is refused before the append."""
    body = {"conv_id": "g", "body": "x", "client_msg_id": "6d2f3c1e-8a3b-4c2d-9e1f-000000000000"}
    assert "bad_key" == code_of(await post(world, "ann", "/v1/messages", body))
    body["client_msg_id"] = key()
    assert "bad_request" == code_of(await post(world, "ann", "/v1/messages", body, **{"Idempotency-Key": key()}))


@pytest.mark.parametrize(
    ("user", "body", "code"),
    [
        ("eve", {"conv_id": "g", "body": "x"}, "not_member"),
        ("ann", {"conv_id": "nowhere", "body": "x"}, "not_found"),
        ("ann", {"conv_id": "me:bob", "body": "x"}, "not_found"),
        ("ann", {"conv_id": "g", "body": "x" * (limits.MAX_BODY_BYTES + 1)}, "too_large"),
        ("ann", {"conv_id": "g", "body": "x" * (5 * 1024 * 1024)}, "too_large"),
        ("ann", {"conv_id": "g", "body": 7}, "bad_request"),
        ("ann", {"conv_id": "g", "body": "x", "more": 1}, "bad_request"),
        ("ann", ["no", "object"], "bad_request"),
    ],
)
async def test_a_wrong_message_is_refused(world: World, user: str, body: object, code: str) -> None:
    """By the same codes as on WebSocket."""
    assert code == code_of(await post(world, user, "/v1/messages", body))


async def test_a_token_is_needed(world: World) -> None:
    """None, another scheme, and a forged one."""
    for header in ({}, {"Authorization": "Basic abc"}, {"Authorization": "Bearer abc"}):
        assert "unauthorized" == code_of(await world.http.get("/v1/conversations", headers=header))


async def test_history_is_read_in_pages(world: World) -> None:
    """Cursors in text form; the last page is complete."""
    for n in range(4):
        await post(world, "ann", "/v1/messages", {"conv_id": "g", "body": str(n)})
    first = (await get(world, "bob", "/v1/conversations/g/history?limit=3")).json()
    rest = (await get(world, "bob", f"/v1/conversations/g/history?cursor={first['next']}")).json()
    assert [1, 2, 3] == [event["seq"] for event in first["events"]]
    assert [4, 5] == [event["seq"] for event in rest["events"]]
    assert (False, True, "1:5") == (first["complete"], rest["complete"], rest["head"])
    last = (await get(world, "bob", "/v1/conversations/g/history?limit=2&dir=backward")).json()
    assert [4, 5] == [event["seq"] for event in last["events"]]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("cursor=1", "bad_request"), ("cursor=1:x", "bad_request"), ("cursor=9:1", "bad_request"),
        ("cursor=1:9999999999", "bad_request"), ("limit=0", "bad_request"), ("dir=up", "bad_request"),
        ("min_seq=9", "not_yet_visible"),
    ],
)  # fmt: skip
async def test_a_wrong_page_is_refused(world: World, query: str, code: str) -> None:
    """Each parameter is checked."""
    assert code == code_of(await get(world, "ann", f"/v1/conversations/g/history?{query}"))


async def test_receipts_are_raised(world: World) -> None:
    """Read implies delivered; what is unknown is refused."""
    await post(world, "ann", "/v1/messages", {"conv_id": "g", "body": "x"})
    for kind, expected in (("delivered", (2, 0)), ("read", (2, 2))):
        reply = (await post(world, "bob", "/v1/receipts", {"conv_id": "g", "msg_id": 2, "type": kind})).json()
        assert expected == (reply["delivered"], reply["read"])
    assert "bad_request" == code_of(
        await post(world, "bob", "/v1/receipts", {"conv_id": "g", "msg_id": 2, "type": "seen"})
    )


async def test_conversations_are_made_once(world: World) -> None:
    """The same definition again is the first outcome; another one is refused; a pair has one conversation."""
    body = {"kind": "group", "conv_id": "h", "members": ["ann", "bob"]}
    replies = [(await post(world, "ann", "/v1/conversations", body)).json() for _ in range(2)]
    assert [("h", False), ("h", True)] == [(one["conv_id"], one["duplicate"]) for one in replies]
    assert "different_body" == code_of(await post(world, "ann", "/v1/conversations", {**body, "members": ["cleo"]}))
    pair = [
        (await post(world, one, "/v1/conversations", {"kind": "direct", "members": [other]})).json()["conv_id"]
        for one, other in (("ann", "bob"), ("bob", "ann"))
    ]
    assert pair[0] == pair[1]
    listed = (await get(world, "bob", "/v1/conversations")).json()["conversations"]
    assert {"g", "h", pair[0]} == {one["conv_id"] for one in listed}
    assert "not_member" == code_of(await get(world, "cleo", "/v1/conversations/h"))
    assert ["ann", "bob"] == (await get(world, "ann", "/v1/conversations/h")).json()["members"]


async def test_members_come_and_go(world: World) -> None:
    """Added by a member, removed by the owner, gone by themselves."""
    assert 201 == (await post(world, "bob", "/v1/conversations/g/members", {"user": "dan"})).status_code
    dan = await world.headers("dan")
    refused = await world.http.delete("/v1/conversations/g/members/ann", headers=dan)
    assert "forbidden" == code_of(refused)
    left = await world.http.delete("/v1/conversations/g/members/dan", headers=dan)
    assert ("dan", 3) == (left.json()["user"], left.json()["seq"])
    kicked = await world.http.delete("/v1/conversations/g/members/bob", headers=await world.headers("ann"))
    assert 200 == kicked.status_code
    assert "not_member" == code_of(await post(world, "bob", "/v1/messages", {"conv_id": "g", "body": "x"}))


async def test_tokens_are_made_by_the_admin_alone(world: World) -> None:
    """The wrong key, and no key, are refused."""
    for headers in ({}, {"X-Admin-Key": "wrong"}):
        reply = await world.http.post("/v1/admin/tokens", headers=headers, json={"grants": []})
        assert "unauthorized" == code_of(reply)
    reply = await world.http.post("/v1/admin/tokens", headers={"X-Admin-Key": ADMIN_KEY}, json={"grants": []})
    assert {"tokens": []} == reply.json()


async def test_capabilities_use_the_words_of_the_harness(world: World) -> None:
    """Every claim that a checker knows, and no other."""
    claims = (await world.http.get("/v1/capabilities")).json()["claims"]
    assert {name: kind.type for name, kind in CLAIMS.items()} == {name: type(value) for name, value in claims.items()}


async def test_health_and_metrics_need_no_token(world: World) -> None:
    """Ready, alive, and counting."""
    ann = await world.client("ann")
    await ann.ok(send={"conv": "g", "u": key(), "body": "x"})
    for path in ("/healthz", "/readyz"):
        assert "ok" == (await world.http.get(path)).json()["status"]
    text = (await world.http.get("/metrics")).text
    assert "chatproof_send_ack_seconds_count 1.0" in text
    assert "chatproof_gateway_sessions 1.0" in text


async def test_a_node_exposes_every_declared_metric_and_no_other(world: World) -> None:
    """Beside what prometheus-client says of the process."""
    families = text_string_to_metric_families((await world.http.get("/metrics")).text)
    exposed = {family.name for family in families if not family.name.startswith("process_")}
    assert {metric.name.removesuffix("_total") for metric in SERVER} == exposed


async def test_what_does_not_exist_is_an_error_of_the_table(world: World) -> None:
    """No path, no method, no page of the framework."""
    assert "not_found" == code_of(await world.http.get("/nowhere"))
    reply = await world.http.put("/v1/messages")
    assert ("bad_request", 400) == (msgspec.json.decode(reply.content, type=ErrorBody).code, reply.status_code)


async def test_the_openapi_document_is_generated(world: World) -> None:
    """OpenAPI 3.1 with every path, and the schemas that bodies are decoded with."""
    document = (await world.http.get("/schema/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    expected = {
        "/v1/messages", "/v1/receipts", "/v1/conversations", "/v1/conversations/{conv_id}",
        "/v1/conversations/{conv_id}/history", "/v1/conversations/{conv_id}/members",
        "/v1/conversations/{conv_id}/members/{user}", "/v1/capabilities", "/v1/admin/tokens", "/healthz", "/readyz",
        "/metrics",
    }  # fmt: skip
    assert expected == set(document["paths"])
    schemas = {name.rsplit("_", 1)[-1] for name in document["components"]["schemas"]}
    assert {"NewMessage", "NewReceipt", "NewConversation", "ErrorBody"} <= schemas
