//! The places of connections: how many there may be, of all clients and of one address.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The places of one server.
pub struct Places {
    all: usize,
    free: Arc<Semaphore>,
    per_address: usize,
    /// How many connections each address of another machine has; those without one are absent.
    taken: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// The place of one connection, until it is dropped.
pub struct Place {
    _permit: OwnedSemaphorePermit,
    _share: Option<Share>,
}

/// One of the places that an address has.
struct Share {
    address: IpAddr,
    taken: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

impl Places {
    /// Places for `all` connections, `per_address` of them for each address of another machine.
    pub fn new(all: usize, per_address: usize) -> Self {
        Self { all, free: Arc::new(Semaphore::new(all)), per_address, taken: Arc::default() }
    }

    /// A place for a connection of this address; none where all are taken, or all that this address may have.
    pub fn take(&self, address: IpAddr) -> Option<Place> {
        let permit = self.free.clone().try_acquire_owned().ok()?;
        let address = client(address);
        if address.is_loopback() {
            return Some(Place { _permit: permit, _share: None });
        }
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.get(&address).copied().unwrap_or(0);
        if count >= self.per_address {
            return None;
        }
        taken.insert(address, count + 1);
        let share = Share { address, taken: self.taken.clone() };
        Some(Place { _permit: permit, _share: Some(share) })
    }

    /// Whether most places are taken, so that a connection is better closed after its answer than kept.
    pub fn are_scarce(&self) -> bool {
        self.free.available_permits() < self.all.div_ceil(4)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        match taken.get_mut(&self.address) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(taken.remove(&self.address)),
        }
    }
}

/// The address by which a client counts: in IPv6 its network, since each client has one of 64 bits at least.
fn client(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(six) if !six.is_loopback() => Ipv6Addr::from_bits(six.to_bits() & !u128::from(u64::MAX)).into(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_address_takes_its_share_and_no_more_until_it_gives_one_back() {
        let places = Places::new(10, 2);
        let at = |text: &str| places.take(text.parse().unwrap());
        let (one, two) = (at("192.0.2.1"), at("::ffff:192.0.2.1"));
        assert!(one.is_some() && two.is_some() && at("192.0.2.1").is_none());
        drop(two);
        let again = at("192.0.2.1");
        assert!(again.is_some() && at("192.0.2.1").is_none());
        let six = (at("2001:db8::1"), at("2001:db8::ffff:1"));
        assert!(six.0.is_some() && six.1.is_some() && at("2001:db8::2").is_none());
        assert!(at("2001:db8:0:1::1").is_some());
        // Programs of this machine have no share of their own.
        let own: Vec<_> = (0..6).filter_map(|_| at("127.0.0.1")).collect();
        assert_eq!(own.len(), 6);
        assert!(places.are_scarce() && at("127.0.0.1").is_none() && at("198.51.100.1").is_none());
        drop((one, again, six, own));
        assert!(places.taken.lock().unwrap().is_empty() && !places.are_scarce());
    }
}
