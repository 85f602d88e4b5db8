"""Which addresses may be connected to.

A link, or what a site answers, can name any address: the router, a printer, a database on this machine. Names are no
safer: whoever owns one decides where it leads, and can change that between a check and its use. So the address is
checked where the connection is made (`network`), which also covers redirects, playlists and the pieces of a stream.
"""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

# Translation from IPv6 to IPv4 (RFC 6052): the last 32 bits are the address that is meant.
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class AddressRefused(OSError):
    """A name, or a redirect, leads to what is not public."""


def is_public(address: str) -> bool:
    """Whether an IPv4 or IPv6 address belongs to the internet, with all addresses that are written inside it.

    Raises:
        ValueError: it is no address.
    """
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv4Address):
        return ip.is_global and not ip.is_multicast and not ip.is_reserved
    if ip.ipv4_mapped is not None:
        return is_public(str(ip.ipv4_mapped))
    if ip in _NAT64:
        return is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
    inside = [ip.sixtofour, *(ip.teredo or ())]
    return (
        ip.is_global
        and not (ip.is_multicast or ip.is_reserved or ip.is_site_local)
        and all(is_public(str(part)) for part in inside if part is not None)
    )


def connect_to_public(
    host_and_port: tuple[str, int], timeout: Any = None, source_address: tuple[str, int] | None = None
) -> socket.socket:
    """As `socket.create_connection`, to public addresses only.

    Raises:
        AddressRefused: the name leads to no public address.
        OSError: none of them answers.
    """
    host, port = host_and_port
    found = [entry[4] for entry in socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)]
    public = [address for address in found if is_public(str(address[0]))]
    where = ", ".join(sorted({str(address[0]) for address in found}))
    failure: OSError = AddressRefused(f"{host} leads to {where}, which is no public address")
    for address in public:
        try:
            # The address that was checked, not the name, which could lead elsewhere by now.
            return socket.create_connection((str(address[0]), port), timeout, source_address)
        except OSError as error:
            failure = error
    raise failure
