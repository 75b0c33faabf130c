"""What an IP address really leads to."""

from ipaddress import IPv4Address, IPv6Address, ip_network

__all__ = ["Address", "unwrapped"]

Address = IPv4Address | IPv6Address
NAT64 = ip_network("64:ff9b::/96")


def unwrapped(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 one carries within, if it does; else itself."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address.teredo:
            inner = address.teredo[1]
        if inner is None and address in NAT64:
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        return inner or address
    return address
