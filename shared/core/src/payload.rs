//! A value that the journal keeps: inline, or offloaded when it is large, or sealed: then the journal has its hash alone.
//! Clones share the value.

use serde::{Deserialize, Deserializer, Serialize, Serializer, ser::Error as _};
use serde_json::{Map, Value, json};
use std::{
    fmt,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
};

/// The key of a reference to an offloaded value.
const BLOB: &str = "$blob";
/// The key beside a reference to a value that is sealed.
const SEALED: &str = "sealed";
/// The key of an object around a value of the user that itself has one of these two keys, and must not be taken for a
/// reference.
const PLAIN: &str = "$plain";

/// The name under which a value that lies within [`PLAIN`] is serialized, as a newtype around that object. JSON has the
/// object alone; a serializer that shows values as users wrote them recognises it by this name.
pub(crate) const WRAPPED: &str = "Wrapped";

/// A value that an execution keeps. Journals hold it inline, or a reference to it once it is offloaded.
#[derive(Clone)]
pub struct Payload(Arc<Inner>);

#[derive(Default)]
struct Inner {
    value: OnceLock<Value>,
    blob: OnceLock<BlobRef>,
    /// Whether the value is durable where `blob` says.
    stored: AtomicBool,
    /// About how many bytes of JSON the value has; 0 as long as nobody counted to the end.
    weight: AtomicUsize,
    /// Whether the value is kept by its hash, however small it is, and shown to nobody.
    sealed: bool,
}

/// Where an offloaded value lies. The address is made of the content, so that equal values are kept once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlobRef {
    /// Hexadecimal SHA-256 of the value's JSON.
    pub sha256: String,
    /// Size of the value's JSON, in bytes.
    pub bytes: u64,
}

impl Payload {
    /// A payload whose value is in memory.
    pub fn new(value: Value) -> Self {
        Self(Arc::new(Inner { value: OnceLock::from(value), ..Inner::default() }))
    }

    /// A payload that journals hold by the hash of its value, however small that is. The value lies beside them, for the
    /// rules and those who carry them out; nobody is shown it.
    pub fn sealed(value: Value) -> Self {
        let bytes = value.to_string();
        let blob = BlobRef { sha256: document::id::sha256_hex(bytes.as_bytes()), bytes: bytes.len() as u64 };
        let (value, blob) = (OnceLock::from(value), OnceLock::from(blob));
        Self(Arc::new(Inner { value, blob, sealed: true, ..Inner::default() }))
    }

    /// A payload of this value that is kept as this one is.
    pub fn alike(&self, value: Value) -> Self {
        if self.0.sealed { Self::sealed(value) } else { Self::new(value) }
    }

    /// Whether nobody is shown the value.
    pub fn is_sealed(&self) -> bool {
        self.0.sealed
    }

    /// What stands in the place of a value that is offloaded or sealed; none for one that is neither.
    pub fn reference(&self) -> Option<Value> {
        let blob = self.0.blob.get()?;
        let mut reference = json!({ BLOB: blob.sha256, "bytes": blob.bytes });
        if self.0.sealed {
            reference[SEALED] = true.into();
        }
        Some(reference)
    }

    /// The value; none where it is offloaded and was not fetched (see [`Payload::missing`]). What computes with values
    /// reads them by a [`Reading`](crate::reading::Reading).
    pub fn value(&self) -> Option<&Value> {
        self.0.value.get()
    }

    /// Whether both share one value, so that what is fetched for the one is there for the other.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Where the value must be fetched from before it can be read; none where it is in memory.
    pub fn missing(&self) -> Option<&BlobRef> {
        if self.0.value.get().is_some() { None } else { self.0.blob.get() }
    }

    /// Puts in the value that [`Payload::missing`] asked for.
    pub fn fetched(&self, value: Value) {
        let _ = self.0.value.set(value);
    }

    /// Puts in a value that came along from another host, where it lay. [`Payload::offload`] gives it once more, since it
    /// lies nowhere on this one yet. False, and nothing is put in, where it is not the value that is missing.
    pub fn brought(&self, value: Value) -> bool {
        let Some(blob) = self.missing() else { return false };
        let same = serde_json::to_vec(&value)
            .is_ok_and(|bytes| bytes.len() as u64 == blob.bytes && document::id::sha256_hex(&bytes) == blob.sha256);
        if same && self.0.value.set(value).is_ok() {
            self.0.stored.store(false, Relaxed);
        }
        same
    }

    /// About how many bytes of JSON the value has; 0 where it is missing. The count stops once it is past `stop`. One that
    /// came to its end is kept, since a value never changes.
    pub fn weight(&self, stop: usize) -> usize {
        let known = self.0.weight.load(Relaxed);
        if known > 0 {
            return known;
        }
        let counted = self.0.value.get().map_or(0, |value| weight(value, stop));
        if counted <= stop {
            self.0.weight.store(counted, Relaxed);
        }
        counted
    }

    /// Bytes that the value takes in memory; 0 where it is missing. The count stops once it is past `stop`.
    pub fn memory(&self, stop: usize) -> usize {
        self.0.value.get().map_or(0, |value| document::json::memory(value, stop))
    }

    /// Where the value lies, once it is offloaded.
    pub fn blob(&self) -> Option<&BlobRef> {
        self.0.blob.get()
    }

    /// Where the value lies and its JSON to write there, if the value has more than about `inline` bytes and is not
    /// known to be [`Payload::stored`]. From then on the payload is written as a reference, so its caller must write
    /// the JSON too.
    pub fn offload(&self, inline: usize) -> Option<(BlobRef, Vec<u8>)> {
        if self.0.stored.load(Relaxed) {
            return None;
        }
        let value = self.0.value.get()?;
        if self.0.blob.get().is_none() && self.weight(inline) <= inline {
            return None;
        }
        let bytes = serde_json::to_vec(value).ok()?;
        let blob = BlobRef { sha256: document::id::sha256_hex(&bytes), bytes: bytes.len() as u64 };
        Some((self.0.blob.get_or_init(|| blob).clone(), bytes))
    }

    /// Notes that what [`Payload::offload`] gave is durable.
    pub fn stored(&self) {
        if self.0.blob.get().is_some() {
            self.0.stored.store(true, Relaxed);
        }
    }
}

/// Reads a field of type `Option<Payload>` that has a `default`: a null that is written is a value, and only a missing
/// field is none.
pub(crate) fn present<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Payload>, D::Error> {
    Payload::deserialize(d).map(Some)
}

/// About how many bytes of JSON a value has. The count stops once it is past `stop`, so that a large value costs
/// little.
pub fn weight(value: &Value, stop: usize) -> usize {
    let mut total = 0usize;
    let mut open = vec![value];
    while let Some(next) = open.pop() {
        total += match next {
            Value::Null | Value::Bool(_) => 5,
            Value::Number(_) => 8,
            Value::String(text) => text.len() + 3,
            Value::Array(items) => {
                open.extend(items);
                items.len() + 2
            }
            Value::Object(fields) => {
                open.extend(fields.values());
                fields.keys().map(|key| key.len() + 4).sum::<usize>() + 2
            }
        };
        if total > stop {
            break;
        }
    }
    total
}

impl From<Value> for Payload {
    fn from(value: Value) -> Self {
        Self::new(value)
    }
}

impl Default for Payload {
    fn default() -> Self {
        Self::new(Value::Null)
    }
}

impl PartialEq for Payload {
    fn eq(&self, other: &Self) -> bool {
        self.is_same(other)
            || match (self.0.blob.get(), other.0.blob.get()) {
                (Some(a), Some(b)) => a == b,
                _ => self.value() == other.value(),
            }
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.value().filter(|_| !self.0.sealed), self.blob()) {
            (Some(value), _) => value.fmt(f),
            (None, Some(blob)) => write!(f, "Payload({})", blob.sha256),
            (None, None) => f.write_str("Payload()"),
        }
    }
}

impl Serialize for Payload {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        if let Some(reference) = self.reference() {
            return reference.serialize(s);
        }
        match self.value() {
            Some(value @ Value::Object(fields)) if fields.contains_key(BLOB) || fields.contains_key(PLAIN) => {
                s.serialize_newtype_struct(WRAPPED, &Map::from_iter([(PLAIN.to_owned(), value.clone())]))
            }
            Some(value) => value.serialize(s),
            None => Err(S::Error::custom("a value has neither its content nor the place where that lies")),
        }
    }
}

/// The value that the object serialized as [`WRAPPED`] lies around.
pub(crate) fn unwrapped(mut object: Value) -> Value {
    object.get_mut(PLAIN).map(Value::take).unwrap_or_default()
}

impl<'de> Deserialize<'de> for Payload {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let mut value = Value::deserialize(d)?;
        if let Value::Object(fields) = &mut value {
            if let Some(plain) = fields.remove(PLAIN) {
                return Ok(Self::new(plain));
            }
            if let (Some(Value::String(sha256)), Some(bytes)) = (fields.get(BLOB), fields.get("bytes")) {
                let blob = BlobRef { sha256: sha256.clone(), bytes: bytes.as_u64().unwrap_or_default() };
                let sealed = fields.get(SEALED) == Some(&Value::Bool(true));
                let (blob, stored) = (OnceLock::from(blob), AtomicBool::new(true));
                let inner = Inner { blob, stored, sealed, ..Inner::default() };
                return Ok(Self(Arc::new(inner)));
            }
        }
        Ok(Self::new(value))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::limits;

    #[test]
    fn a_null_that_is_there_is_not_nothing() {
        #[derive(Serialize, Deserialize, PartialEq, Debug)]
        struct Kept {
            #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
            output: Option<Payload>,
        }
        for kept in [Kept { output: Some(Payload::default()) }, Kept { output: None }] {
            let text = serde_json::to_string(&kept).unwrap();
            assert_eq!(serde_json::from_str::<Kept>(&text).unwrap(), kept, "{text}");
        }
    }

    #[test]
    fn a_large_value_travels_by_reference_and_comes_back() {
        let large = Payload::new(json!("x".repeat(limits::INLINE_BYTES + 1)));
        let (blob, bytes) = large.offload(limits::INLINE_BYTES).unwrap();
        let back: Payload = serde_json::from_str(&serde_json::to_string(&large).unwrap()).unwrap();
        assert_eq!(
            large.offload(limits::INLINE_BYTES),
            Some((blob.clone(), bytes.clone())),
            "the first write may be lost"
        );
        large.stored();
        assert_eq!(large.offload(limits::INLINE_BYTES), None);
        assert_eq!(back.offload(limits::INLINE_BYTES), None);
        assert_eq!(back.missing(), Some(&blob));
        assert_eq!(back.value(), None);
        back.clone().fetched(serde_json::from_slice(&bytes).unwrap());
        assert_eq!((back.value(), back.missing()), (large.value(), None));
    }

    #[test]
    fn a_value_from_another_host_is_taken_by_its_content_and_offloaded_once_more() {
        let there = Payload::new(json!("x".repeat(100)));
        let (blob, bytes) = there.offload(10).unwrap();
        let here: Payload = serde_json::from_str(&serde_json::to_string(&there).unwrap()).unwrap();
        assert!(!here.brought(json!("forged")) && here.missing().is_some());
        assert!(here.brought(serde_json::from_slice(&bytes).unwrap()));
        assert_eq!(here.offload(1_000_000), Some((blob, bytes)), "it lies nowhere here yet");
        assert!(!here.brought(json!("late")));
    }

    #[test]
    fn a_sealed_value_is_written_by_its_hash_and_read_where_it_lies() {
        let sealed = Payload::sealed(json!({"secret": "thing"}));
        assert!(!format!("{sealed:?}").contains("thing"));
        assert_eq!(sealed.value(), Some(&json!({"secret": "thing"})), "the rules read it");
        let (blob, bytes) = sealed.offload(1_000_000).unwrap();
        assert_eq!(blob.sha256, document::id::sha256_hex(&bytes));
        let text = serde_json::to_string(&sealed).unwrap();
        assert!(text.contains(&blob.sha256) && !text.contains("thing"), "{text}");
        let back: Payload = serde_json::from_str(&text).unwrap();
        assert!(back.is_sealed() && back == sealed && back.missing() == Some(&blob));
        back.fetched(serde_json::from_slice(&bytes).unwrap());
        assert_eq!((back.value(), serde_json::to_string(&back).unwrap()), (sealed.value(), text));
        assert!(sealed.alike(json!(1)).is_sealed() && !Payload::default().alike(json!(1)).is_sealed());
    }

    #[test]
    fn an_object_that_looks_like_a_reference_stays_what_it_is() {
        for value in [json!({"$blob": "a", "bytes": 1}), json!({"$plain": {"$blob": 1}}), json!({"a": 1})] {
            let text = serde_json::to_string(&Payload::new(value.clone())).unwrap();
            let back: Payload = serde_json::from_str(&text).unwrap();
            assert_eq!(back.value(), Some(&value));
            assert_eq!(back.missing(), None);
        }
    }
}
