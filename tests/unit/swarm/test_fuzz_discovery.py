"""Whatever mDNS says: it is passed on, or passed over."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

import pytest
import zeroconf
from hypothesis import given
from hypothesis import strategies as st
from zeroconf._cache import DNSCache
from zeroconf._dns import DNSAddress, DNSService, DNSText

from swarmstt.core.membership.door_status import DoorStatus
from swarmstt.swarm.network.adverts import MOST_ADDRESSES, Advert
from swarmstt.swarm.network.discovery import SERVICE, Discovery
from tests.support.examples import (
    BEN,
    ME,
)
from tests.support.mutations import altered, more


class Network:
    """As much of a Zeroconf as a look-up needs: a cache, and nobody else to ask."""

    started = True

    def __init__(self, records: list[Any]) -> None:
        self.cache = DNSCache()
        self.cache.async_add_records(records)

    def async_add_listener(self, *_: object) -> None:
        raise zeroconf.Error

    def async_remove_listener(self, *_: object) -> None:
        pass


def adverts_of(name: str, records: list[Any], *, heard: Callable[[Advert], None] | None = None) -> list[Advert]:
    """What a `Discovery` passes on of these records."""
    announced: list[Advert] = []

    async def resolve() -> None:
        own = Discovery(
            ME,
            8765,
            [],
            own=lambda: (bytes(32), None),
            on_announced=heard or announced.append,
            on_withdrawn=lambda node_id: None,
        )
        await own._resolve(cast("zeroconf.Zeroconf", Network(records)), name)

    asyncio.run(resolve())
    return announced


def test_a_whole_entry_is_passed_on() -> None:
    pairs = b"".join(bytes([len(each)]) + each for each in (b"id=" + BEN.encode(), b"proof=00", b"swarm=s"))
    (advert,) = adverts_of(f"{BEN[:32]}.{SERVICE}", records_of(BEN[:32], pairs, 1, [bytes([10, 0, 0, 1])]))
    assert advert.door_status == DoorStatus(swarm_id="s", provisional=False, open=False)


def text_of(**more: str) -> bytes:
    pairs = {"id": BEN, "proof": "00", **more}
    whole = [f"{key}={value}".encode() for key, value in pairs.items()]
    return b"".join(bytes([len(each)]) + each for each in whole)


@pytest.mark.attack
@pytest.mark.parametrize("swarm_id", ["", "s" * 101, "s" * 240, "s\x1b[2J", "ä"])
def test_a_door_of_no_swarm_that_can_be_is_passed_over(swarm_id: str) -> None:
    (advert,) = adverts_of(
        f"{BEN[:32]}.{SERVICE}", records_of(BEN[:32], text_of(swarm=swarm_id), 1, [bytes([10, 0, 0, 1])])
    )
    assert advert.door_status is None


@pytest.mark.attack
def test_only_what_may_be_dialled_is_passed_on_and_not_too_much_of_it() -> None:
    bad = [
        bytes([127, 0, 0, 1]),
        bytes(4),
        bytes([224, 0, 0, 251]),
        bytes(15) + b"\1",
        bytes.fromhex("fe80") + bytes(14),
    ]
    good = [bytes([10, 0, 0, each]) for each in range(1, 60)]
    (advert,) = adverts_of(f"{BEN[:32]}.{SERVICE}", records_of(BEN[:32], text_of(), 1, [*bad, *good]))
    assert len(advert.addresses) == MOST_ADDRESSES
    assert all(each.host.startswith("10.0.0.") for each in advert.addresses)


@pytest.mark.attack
def test_a_port_that_none_can_be_is_passed_over() -> None:
    assert adverts_of(f"{BEN[:32]}.{SERVICE}", records_of(BEN[:32], text_of(), 0, [bytes([10, 0, 0, 1])])) == []


@pytest.mark.attack
def test_whatever_an_announcement_leads_to_is_logged_and_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    def fail(advert: Advert) -> None:
        raise KeyError(advert.node_id)

    records = records_of(BEN[:32], text_of(), 1, [bytes([10, 0, 0, 1])])
    assert adverts_of(f"{BEN[:32]}.{SERVICE}", records, heard=fail) == []
    assert "An announcement could not be used." in caplog.text


@pytest.mark.parametrize("label", ["x" * 64, "a\x07b", ""])
def test_a_name_that_no_service_can_have_is_passed_over(label: str) -> None:
    """Whoever is on the network can tell of such a one."""
    assert adverts_of(f"{label}.{SERVICE}", []) == []
    assert adverts_of("evil._http._tcp.local.", []) == []


def records_of(label: str, text: bytes, port: int, packed_addresses: list[bytes]) -> list[Any]:
    name, server = f"{label}.{SERVICE}", f"{label}.local."
    return [
        DNSService(name, 33, 0x8001, 120, 0, 0, port, server),
        DNSText(name, 16, 0x8001, 120, text),
        *(DNSAddress(server, 1 if len(each) == 4 else 28, 0x8001, 120, each) for each in packed_addresses),
    ]


entries = st.lists(
    st.tuples(
        st.sampled_from([b"id", b"proof", b"swarm", b"door", b"young"]) | st.binary(max_size=8),
        st.sampled_from([BEN.encode(), ME.encode(), b"open", b"1", b"\xff"]) | st.binary(max_size=80),
    ),
    max_size=8,
).map(lambda pairs: b"".join(bytes([len(key) + 1 + len(value)]) + key + b"=" + value for key, value in pairs))


@more
@given(
    text=entries | altered(entries) | st.binary(max_size=100),
    port=st.integers(0, 65535),
    packed_addresses=st.lists(st.binary(min_size=4, max_size=4) | st.binary(min_size=16, max_size=16), max_size=3),
    label=st.sampled_from([BEN[:32], "x"]),
)
def test_an_mdns_entry_is_passed_on_or_passed_over(
    text: bytes, port: int, packed_addresses: list[bytes], label: str
) -> None:
    name, records = f"{label}.{SERVICE}", records_of(label, text, port, packed_addresses)
    for advert in adverts_of(name, records):
        assert advert.node_id == BEN
        assert advert.port == port
        assert len(advert.addresses) <= len(packed_addresses)
        assert not advert.is_of(bytes(32))
        assert advert.door_status is None or len(advert.door_status.swarm_id) <= 100
