"""Whose word we take for where a request came from: that of the proxies named in the settings, nobody else's."""

from collections.abc import Iterable
from ipaddress import ip_address, ip_network

REMEMBERED = 1000


class TrustedProxies:
    """Addresses and networks whose X-Forwarded-* headers count."""

    def __init__(self, addresses: Iterable[str]) -> None:
        self._networks = [ip_network(address, strict=False) for address in addresses]
        self._known: dict[str, bool] = {}

    def __bool__(self) -> bool:
        return bool(self._networks)

    def __contains__(self, address: str) -> bool:
        known = self._known.get(address)
        if known is None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            known = self._known[address] = self._is_in_a_network(address)
        return known

    def client(self, address: str, forwarded_for: str) -> str:
        """Return the address nearest to us that is not one of our proxies.

        Each proxy appends whom it talked to, so the header is read from its end; what stands before the first
        stranger, the stranger may have invented.
        """
        for hop in reversed([address, *_hops(forwarded_for)][1:]):
            if not _is_address(hop):
                return address
            address = hop
            if hop not in self:
                break
        return address

    def _is_in_a_network(self, address: str) -> bool:
        if not _is_address(address):
            return False
        parsed = ip_address(address)
        return any(parsed in network for network in self._networks)


def _hops(forwarded_for: str) -> list[str]:
    return [hop.strip() for hop in forwarded_for.split(",") if hop.strip()]


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
