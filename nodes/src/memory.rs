//! The host's memory, as far as large values take it: one account, from which requests and steps take room before they
//! read or build what is large. Small work never asks.
//!
//! Room is held by what the host does at the moment (see [`holding`]), so that values count until what needs them is
//! over. States that stay in memory have a share of their own, which the cache keeps to.

use async_trait::async_trait;
use engine::{limits::OUTCOME_MEMORY_BYTES, port::StoreError};
use std::{
    future::Future,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// Bytes of a value that need no room: a thousand of them are less than what the host itself takes.
pub const SMALL_BYTES: usize = 64 * 1024;
/// Bytes of the least memory that a host can be given: one outcome, beside what the host takes itself.
pub const LEAST_BYTES: usize = 256 * 1024 * 1024;
/// Bytes that a host takes where the machine does not tell how many it has.
const UNKNOWN_BYTES: usize = 2 * 1024 * 1024 * 1024;
/// How long a request waits for room. Its client can come again.
pub const REQUEST_PATIENCE: Duration = Duration::from_secs(5);
/// How long a step waits for room, and then goes on without: what it does may have begun outside, and two that wait for
/// each other would wait for ever.
pub const STEP_PATIENCE: Duration = Duration::from_secs(30);

/// The account of one host.
#[derive(Debug)]
pub struct Memory {
    bytes: usize,
    /// Permits, of [`SMALL_BYTES`] each, for half of the memory. The other half is that of the states that stay, and of
    /// the host itself.
    room: Arc<Semaphore>,
    places: u32,
    /// Bytes that one value may take.
    most: usize,
}

/// Room that was taken, until it is dropped.
pub type Room = Option<OwnedSemaphorePermit>;

/// What holds the room of a piece of work.
#[derive(Debug)]
pub struct Holder {
    patience: Duration,
    /// Whether the work is refused where there is no room, and may be asked for again.
    refuses: bool,
    refused: AtomicBool,
    held: Mutex<Vec<OwnedSemaphorePermit>>,
}

tokio::task_local! {
    static HOLDER: Arc<Holder>;
}

/// Does some work, and lets it hold the room that it takes until it is done.
pub async fn holding<T>(holder: Arc<Holder>, work: impl Future<Output = T>) -> T {
    HOLDER.scope(holder, work).await
}

impl Holder {
    /// For a request, which is refused where no room comes in time.
    pub fn of_request() -> Arc<Self> {
        Arc::new(Self::new(REQUEST_PATIENCE, true))
    }

    /// For steps, which go on at last.
    pub fn of_steps() -> Arc<Self> {
        Arc::new(Self::new(STEP_PATIENCE, false))
    }

    fn new(patience: Duration, refuses: bool) -> Self {
        Self { patience, refuses, refused: AtomicBool::new(false), held: Mutex::default() }
    }

    /// Whether the work was refused room.
    pub fn was_refused(&self) -> bool {
        self.refused.load(Relaxed)
    }
}

impl Memory {
    /// The account of a host that may take so many bytes, [`LEAST_BYTES`] at least.
    pub fn new(bytes: usize) -> Self {
        let bytes = bytes.max(LEAST_BYTES);
        let places = u32::try_from(bytes / 2 / SMALL_BYTES).unwrap_or(u32::MAX);
        Self { bytes, room: Arc::new(Semaphore::new(places as usize)), places, most: OUTCOME_MEMORY_BYTES }
    }

    /// The account of a function that is killed when it takes more than so many bytes. Three eighths are for large values.
    /// The others are for their text on its way in and out, for the states that stay, and for the program. One value may
    /// take a quarter, and never more than on any host.
    pub fn of_function(bytes: usize) -> Self {
        let places = u32::try_from(bytes / 8 * 3 / SMALL_BYTES).unwrap_or(u32::MAX).max(1);
        let most = OUTCOME_MEMORY_BYTES.min(bytes / 4);
        Self { bytes, room: Arc::new(Semaphore::new(places as usize)), places, most }
    }

    /// That of a host that may take half of the machine, or of what its control group has.
    pub fn of_machine() -> Self {
        Self::new(machine_bytes().map_or(UNKNOWN_BYTES, |bytes| bytes / 2))
    }

    /// Bytes that the host may take.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Takes room for so many bytes, and waits for it where there is none. Where some work is under way (see
    /// [`holding`]), that work holds the room, and the caller gets nothing to hold.
    ///
    /// # Errors
    /// `Transient` where a request has waited as long as it may.
    pub async fn take(&self, bytes: usize) -> Result<Room, StoreError> {
        if bytes <= SMALL_BYTES {
            return Ok(None);
        }
        let holder = HOLDER.try_with(Arc::clone).ok();
        // What is larger than all of the room gets all of it, alone.
        let places = u32::try_from(bytes / SMALL_BYTES).unwrap_or(u32::MAX).clamp(1, self.places);
        let patience = holder.as_ref().map_or(STEP_PATIENCE, |holder| holder.patience);
        let permit = timeout(patience, self.room.clone().acquire_many_owned(places)).await;
        match (permit, holder) {
            (Ok(Ok(permit)), Some(holder)) => {
                holder.held.lock().unwrap_or_else(PoisonError::into_inner).push(permit);
                Ok(None)
            }
            (Ok(permit), _) => Ok(permit.ok()),
            (Err(_), Some(holder)) if holder.refuses => {
                holder.refused.store(true, Relaxed);
                Err(StoreError::Transient(format!("there is no room for {bytes} bytes in the host's memory")))
            }
            (Err(_), _) => {
                tracing::warn!(
                    bytes,
                    "there is no room in memory for large values: raise it (--memory, on AWS FunctionMemory); the work goes on"
                );
                Ok(None)
            }
        }
    }
}

#[async_trait]
impl engine::port::Memory for Memory {
    async fn room(&self, bytes: usize) -> Box<dyn Send + Sync> {
        Box::new(self.take(bytes).await.ok().flatten())
    }

    fn most(&self) -> usize {
        self.most
    }
}

/// Reads a number of bytes such as `512MB` or `2GB`; KB, MB and GB are powers of 1,024, with or without an `i` or a `B`.
///
/// # Errors
/// What is wrong with the text.
pub fn parse(text: &str) -> Result<usize, String> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let shift = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        "t" | "tb" | "tib" => 40,
        _ => return Err(format!("`{text}` is no number of bytes: write it as 512MB or 2GB")),
    };
    let bytes = digits.parse::<usize>().ok().and_then(|number| number.checked_mul(1 << shift));
    match bytes {
        None => Err(format!("`{text}` is no number of bytes: write it as 512MB or 2GB")),
        Some(bytes) if bytes < LEAST_BYTES => {
            Err(format!("`{text}` is less than the {}MB that a host needs", LEAST_BYTES / (1024 * 1024)))
        }
        Some(bytes) => Ok(bytes),
    }
}

/// The memory of the machine, or of the control group that this process is in where that has less. None where the
/// system does not tell.
fn machine_bytes() -> Option<usize> {
    let read = |path: &str| std::fs::read_to_string(path).ok();
    let group = read("/sys/fs/cgroup/memory.max").and_then(|text| text.trim().parse().ok());
    let line = read("/proc/meminfo").and_then(|text| text.lines().next().map(str::to_owned));
    let kib: Option<usize> = line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
    [group, kib.map(|kib| kib * 1024)].into_iter().flatten().min()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::sync::atomic::AtomicUsize;

    const MIB: usize = 1024 * 1024;

    #[test]
    fn sizes_are_read_as_people_write_them() {
        for (text, bytes) in
            [("512MB", 512 * MIB), ("2GB", 2048 * MIB), (" 1 GiB ", 1024 * MIB), ("268435456", 256 * MIB)]
        {
            assert_eq!(parse(text), Ok(bytes), "{text}");
        }
        for wrong in ["", "MB", "-1GB", "1.5GB", "2 apples", "10MB", "99999999999999999999GB", "99999999999GB"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
        assert!(Memory::of_machine().bytes() >= LEAST_BYTES);
    }

    #[tokio::test]
    async fn a_function_holds_one_of_the_largest_values_and_some_smaller_ones_at_a_time() {
        use engine::port::Memory as _;
        let memory = Memory::of_function(512 * MIB);
        assert_eq!((memory.most(), memory.places as usize * SMALL_BYTES), (OUTCOME_MEMORY_BYTES, 192 * MIB));
        assert_eq!(Memory::of_function(128 * MIB).most(), 32 * MIB, "a small function fails what would kill it");
        assert_eq!(Memory::of_function(4096 * MIB).most(), OUTCOME_MEMORY_BYTES);
        // Given ten executions of a batch that each read such a value, then no two of them have room at once.
        let (now, peak) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let each = (0..10).map(|_| {
            let (now, peak, memory) = (now.clone(), peak.clone(), &memory);
            holding(Holder::of_steps(), async move {
                memory.take(OUTCOME_MEMORY_BYTES).await.unwrap();
                peak.fetch_max(now.fetch_add(1, Relaxed) + 1, Relaxed);
                tokio::time::sleep(Duration::from_millis(2)).await;
                now.fetch_sub(1, Relaxed);
            })
        });
        futures::future::join_all(each).await;
        assert_eq!(peak.load(Relaxed), 1);
    }

    #[tokio::test]
    async fn requests_are_refused_where_no_room_comes_and_steps_go_on() {
        let memory = Memory::new(LEAST_BYTES);
        let all = memory.take(LEAST_BYTES * 4).await.unwrap();
        assert!(all.is_some(), "what is larger than all gets all");
        assert!(memory.take(SMALL_BYTES).await.unwrap().is_none(), "small work never waits");
        let soon = Duration::from_millis(10);
        let request = Arc::new(Holder::new(soon, true));
        let refused = holding(request.clone(), memory.take(MIB)).await;
        assert!(matches!(refused, Err(StoreError::Transient(_))) && request.was_refused());
        assert!(
            holding(Arc::new(Holder::new(soon, false)), memory.take(MIB)).await.unwrap().is_none(),
            "it goes on without"
        );
        drop(all);
        let request = Holder::of_request();
        holding(request.clone(), async {
            memory.take(LEAST_BYTES).await.unwrap();
            assert_eq!(memory.room.available_permits(), 0, "the work holds it");
        })
        .await;
        drop(request);
        assert_eq!(memory.room.available_permits(), memory.places as usize, "until it is over");
    }
}
