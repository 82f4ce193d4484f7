"""Every bound of the protocol in one place, each with its reason."""

MAX_FRAME_BYTES = 256 * 1024
"""One WebSocket frame, either direction. Holds a resume batch of 500 events and can be buffered per link."""

MAX_REQUESTS_PER_FRAME = 256
"""Requests that may share a frame: a device that subscribes to everything after a reconnect needs about 100."""

MAX_BODY_BYTES = 16 * 1024
"""UTF-8 bytes of a message body. Larger content is an attachment."""

MAX_ID_CHARS = 64
"""Users, devices, conversations: they are printed, logged and used in URLs."""

MAX_PAGE = 500
"""Events in one history page: about 200 KiB at the usual body size, below the frame limit."""

DEFAULT_PAGE = 100
"""Events in one history page when the client does not say."""

MAX_RESUME_EVENTS = 10_000
"""Events that a resume replays. Above it the answer is `recovered: false` and the client reloads by history."""

MAX_MEMBERS = 5_000
"""Members of one conversation."""

MAX_SUBSCRIPTIONS = 1_000
"""Streams that one session follows."""

MAX_WATCHED = 2_000
"""Users whose presence one session follows."""

MAX_SEQ = 2**31 - 1
"""Histories store a seq in 32 bits."""

MAX_RETRY_HOURS = 48
"""How long a client may retry a send with the same key and still get its first seq."""

NOT_AFTER_NS = 10_000_000_000
"""A record appended later than this after its gateway read the log's clock is void (definite `expired`)."""

HEADS_INTERVAL_NS = 5_000_000_000
"""Changed heads reach every subscriber within this time, so that a lost tail is visible."""

PING_INTERVAL_NS = 5_000_000_000
"""A client sends `ping` this often; each pong carries heads."""

HEARTBEAT_TIMEOUT_NS = 15_000_000_000
"""A link without a byte for this long is half-open: three pings missed. Both sides close it."""
