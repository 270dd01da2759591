//! Which addresses are public: all but those in IANA's special-purpose registries (RFC 6890 and its successors), as
//! they stood in 2025.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether an address belongs to the public internet. An IPv6 address that embeds an IPv4 address is judged by that
/// one.
pub(super) fn is_public(addr: IpAddr) -> bool {
    match addr {
        IpAddr::V4(v4) => v4_is_public(v4),
        IpAddr::V6(v6) => embedded(v6).map_or_else(|| v6_is_public(v6), v4_is_public),
    }
}

/// Whether a cloud's metadata service, which hands out credentials, has this address.
pub(super) fn is_metadata(addr: IpAddr) -> bool {
    match canonical(addr) {
        IpAddr::V4(v4) => v4 == Ipv4Addr::new(169, 254, 169, 254) || v4 == Ipv4Addr::new(169, 254, 170, 2),
        IpAddr::V6(v6) => v6 == Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254),
    }
}

/// The IPv4 address that an IPv6 address embeds; any other address as it is.
pub(super) fn canonical(addr: IpAddr) -> IpAddr {
    match addr {
        IpAddr::V6(v6) => embedded(v6).map_or(addr, IpAddr::V4),
        IpAddr::V4(_) => addr,
    }
}

/// IPv4 blocks that are not public, as (network, prefix length).
const V4: [([u8; 4], u32); 14] = [
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 3),
];

fn v4_is_public(addr: Ipv4Addr) -> bool {
    !V4.iter().any(|(net, prefix)| u32::from(addr) >> (32 - prefix) == u32::from_be_bytes(*net) >> (32 - prefix))
}

fn v6_is_public(addr: Ipv6Addr) -> bool {
    let s = addr.segments();
    // Only 2000::/3 is assigned as global unicast; the rest is refused as a whole.
    let global = s[0] & 0xe000 == 0x2000;
    let ietf = s[0] == 0x2001 && s[1] < 0x200; // 2001::/23, Teredo and ORCHID among it
    let documentation = (s[0] == 0x2001 && s[1] == 0xdb8) || (s[0] == 0x3fff && s[1] < 0x1000);
    global && !ietf && !documentation
}

/// The IPv4 address inside of an IPv6 one: mapped, translated, compatible, NAT64 (RFC 6052) or 6to4 (RFC 3056).
fn embedded(addr: Ipv6Addr) -> Option<Ipv4Addr> {
    let s = addr.segments();
    let low = Ipv4Addr::from((u32::from(s[6]) << 16) | u32::from(s[7]));
    match s {
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        [0, 0, 0, 0, 0, 0 | 0xffff, ..] | [0, 0, 0, 0, 0xffff, 0, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] => Some(low),
        [0x2002, high, next, ..] => Some(Ipv4Addr::from((u32::from(high) << 16) | u32::from(next))),
        _ => None,
    }
}
