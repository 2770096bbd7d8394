"""Every special range is refused, whatever way the address is written; exceptions are exact."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.net.addresses import (
    NEVER,
    NOT_PUBLIC_V4,
    NOT_PUBLIC_V6,
    AddressPolicy,
    effective_address,
    is_public,
    parse_address,
)

PUBLIC_V4 = ["1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0"]
PUBLIC_V4 += ["172.15.255.255", "172.32.0.0", "192.0.1.0", "192.167.255.255", "223.255.255.255"]
PUBLIC_V6 = ["2001:200::1", "2001:4860:4860::8888", "2003::1", "2606:4700::1111", "2a00:1450::1"]
INTERNAL_V4 = [
    ("0.0.0.0", "0.255.255.255"),
    ("10.0.0.0", "10.255.255.255"),
    ("100.64.0.0", "100.127.255.255"),
    ("127.0.0.0", "127.255.255.255"),
    ("169.254.0.0", "169.254.255.255"),
    ("172.16.0.0", "172.31.255.255"),
    ("192.0.0.0", "192.0.0.255"),
    ("192.0.2.0", "192.0.2.255"),
    ("192.31.196.0", "192.31.196.255"),
    ("192.52.193.0", "192.52.193.255"),
    ("192.88.99.0", "192.88.99.255"),
    ("192.168.0.0", "192.168.255.255"),
    ("192.175.48.0", "192.175.48.255"),
    ("198.18.0.0", "198.19.255.255"),
    ("198.51.100.0", "198.51.100.255"),
    ("203.0.113.0", "203.0.113.255"),
    ("224.0.0.0", "239.255.255.255"),
    ("240.0.0.0", "255.255.255.255"),
]
INTERNAL_V6 = [
    ("::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ("::1", "::7f00:1"),
    ("100::", "100::ffff"),
    ("64:ff9b:1::", "64:ff9b:1:ffff::a00:1"),
    ("2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"),
    ("2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ("2002:808:808::", "2002:7f00:1::"),
    ("2620:4f:8000::", "2620:4f:8000:ffff:ffff:ffff:ffff:ffff"),
    ("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ("4000::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ("5f00::", "5f00::1"),
    ("fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ("fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ("fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ("ff02::1", "ff0e::1"),
]


@pytest.mark.parametrize("text", PUBLIC_V4 + PUBLIC_V6)
def test_public_addresses_are_permitted(text: str) -> None:
    assert is_public(ip_address(text))
    assert AddressPolicy().permits(ip_address(text), peer="h.example")


@pytest.mark.parametrize("bounds", INTERNAL_V4 + INTERNAL_V6, ids=lambda bounds: bounds[0])
def test_special_ranges_are_refused_to_their_last_address(bounds: tuple[str, str]) -> None:
    for text in bounds:
        assert not is_public(ip_address(text))
        assert not AddressPolicy().permits(ip_address(text), peer="h.example")


@pytest.mark.parametrize("bounds", INTERNAL_V4, ids=lambda bounds: bounds[0])
@pytest.mark.parametrize("prefix", ["::ffff:", "64:ff9b::", "::", "2002:"])
def test_ipv4_hidden_in_ipv6_is_refused(bounds: tuple[str, str], prefix: str) -> None:
    for text in bounds:
        number = int(IPv4Address(text))
        tail = f"{number >> 16:x}:{number & 0xFFFF:x}"
        hidden = IPv6Address(f"{prefix}{tail}" + ("::" if prefix == "2002:" else ""))
        assert not AddressPolicy().permits(hidden, peer="h.example")


def test_public_ipv4_in_mapped_and_nat64_form_counts_as_ipv4() -> None:
    for text in ("::ffff:8.8.8.8", "64:ff9b::8.8.8.8"):
        assert effective_address(ip_address(text)) == IPv4Address("8.8.8.8")
        assert is_public(ip_address(text))


@given(st.ip_addresses(v=4))
def test_ipv4_is_public_only_outside_all_lists(address: IPv4Address) -> None:
    listed = any(address in network for network in NOT_PUBLIC_V4)
    assert is_public(address) == (address.is_global and not listed)
    mapped = IPv6Address(f"::ffff:{address}")
    assert is_public(mapped) == is_public(address)


@given(st.ip_addresses(v=6))
def test_ipv6_is_public_only_in_global_unicast(address: IPv6Address) -> None:
    if is_public(address) and effective_address(address) is address:
        assert int(address) >> 125 == 1
        assert not any(address in network for network in NOT_PUBLIC_V6)


def test_a_range_opens_itself_only() -> None:
    policy = AddressPolicy.of_entries(["10.20.0.0/16", "fd12:3456::/32", "192.168.7.7"])
    for text in ("10.20.0.0", "10.20.255.255", "::ffff:10.20.1.1", "fd12:3456::1", "192.168.7.7"):
        assert policy.permits(ip_address(text), peer="any.example")
    for text in ("10.19.255.255", "10.21.0.0", "fd12:3457::1", "192.168.7.8", "127.0.0.1", "::1"):
        assert not policy.permits(ip_address(text), peer="any.example")


def test_a_host_opens_its_private_addresses_but_not_the_metadata_service() -> None:
    policy = AddressPolicy.of_entries(["Oslo.Corp.example", "rome.example:8443", "localhost"])
    for peer in ("oslo.corp.example", "oslo.corp.example:8443", "rome.example:8443"):
        assert policy.permits(ip_address("10.1.2.3"), peer=peer)
        for text in ("169.254.169.254", "::ffff:169.254.169.254", "fe80::1", "0.0.0.0", "ff02::1"):
            assert not policy.permits(ip_address(text), peer=peer)
    for peer in ("corp.example", "x.oslo.corp.example", "rome.example", "rome.example:443"):
        assert not policy.permits(ip_address("10.1.2.3"), peer=peer)
    assert policy.permits(ip_address("127.0.0.1"), peer="localhost:8402")
    assert policy.permits(ip_address("::1"), peer="localhost")


@pytest.mark.parametrize("text", ["0.0.0.0", "224.0.0.1", "255.255.255.255", "::", "ff02::1"])
def test_what_is_no_single_machine_cannot_be_opened(text: str) -> None:
    address = ip_address(text)
    assert any(address in network for network in NEVER if network.version == address.version)
    policy = AddressPolicy.of_entries([text, "h.example"])
    assert not policy.permits(address, peer="h.example")


@pytest.mark.parametrize("entry", ["0.0.0.0/0", "0.0.0.0/7", "::/0", "fc00::/7"])
def test_ranges_that_open_everything_are_refused(entry: str) -> None:
    with pytest.raises(ValueError, match="too wide"):
        AddressPolicy.of_entries([entry])


@pytest.mark.parametrize("entry", ["10.20.0.1/16", "10.0.0.0/33", "a/b", "", "https://h.example"])
def test_entries_that_are_neither_range_nor_host_are_refused(entry: str) -> None:
    with pytest.raises(ValueError, match="range"):
        AddressPolicy.of_entries([entry])


def test_addresses_of_the_resolver_are_read_without_zone() -> None:
    assert parse_address("fe80::1%eth0") == IPv6Address("fe80::1")
    assert parse_address("10.0.0.1") == IPv4Address("10.0.0.1")
    assert parse_address("/run/socket") is None


@given(st.one_of(st.text(max_size=50), st.integers(0, 2**128).map(str)))
def test_any_text_is_an_address_or_none(text: str) -> None:
    found = parse_address(text)
    if found is not None:
        assert parse_address(str(found)) == found
        assert isinstance(is_public(found), bool)
