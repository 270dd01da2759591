//! Writes what journals hold as people see it. A journal has moments as numbers, and puts an object around some of the
//! values that users wrote (see [`Payload`](crate::payload::Payload)). Both serialize as a newtype with a name of its
//! own, by which they are recognised here wherever they stand: no list of the fields that hold them has to be kept.

use crate::payload::{WRAPPED, unwrapped};
use document::time::{self, Time};
use serde::ser::{
    Error, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

/// Serializes as its content does, but for moments, which become RFC 3339 text, and values of users, from which
/// the object that a journal puts around them is taken.
pub(super) struct Shown<'a, T: ?Sized>(pub &'a T);

/// A serializer that passes on what it is given, and wraps every value below in [`Shown`].
struct Showing<S>(S);

impl<T: Serialize + ?Sized> Serialize for Shown<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(Showing(serializer))
    }
}

/// Methods for values that have no values below them.
macro_rules! leaves {
    ($($name:ident($($argument:ident: $kind:ty),*);)*) => {$(
        fn $name(self, $($argument: $kind),*) -> Result<S::Ok, S::Error> {
            self.0.$name($($argument),*)
        }
    )*};
}

/// Methods that begin a value with several values below it.
macro_rules! branches {
    ($($name:ident($($argument:ident: $kind:ty),*) -> $part:ident;)*) => {$(
        fn $name(self, $($argument: $kind),*) -> Result<Self::$part, S::Error> {
            self.0.$name($($argument),*).map(Showing)
        }
    )*};
}

type Name = &'static str;

impl<S: Serializer> Serializer for Showing<S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = Showing<S::SerializeSeq>;
    type SerializeTuple = Showing<S::SerializeTuple>;
    type SerializeTupleStruct = Showing<S::SerializeTupleStruct>;
    type SerializeTupleVariant = Showing<S::SerializeTupleVariant>;
    type SerializeMap = Showing<S::SerializeMap>;
    type SerializeStruct = Showing<S::SerializeStruct>;
    type SerializeStructVariant = Showing<S::SerializeStructVariant>;

    leaves! {
        serialize_bool(value: bool);
        serialize_i8(value: i8);
        serialize_i16(value: i16);
        serialize_i32(value: i32);
        serialize_i64(value: i64);
        serialize_u8(value: u8);
        serialize_u16(value: u16);
        serialize_u32(value: u32);
        serialize_u64(value: u64);
        serialize_f32(value: f32);
        serialize_f64(value: f64);
        serialize_char(value: char);
        serialize_str(value: &str);
        serialize_bytes(value: &[u8]);
        serialize_none();
        serialize_unit();
        serialize_unit_struct(name: Name);
        serialize_unit_variant(name: Name, index: u32, variant: Name);
    }

    branches! {
        serialize_seq(length: Option<usize>) -> SerializeSeq;
        serialize_tuple(length: usize) -> SerializeTuple;
        serialize_tuple_struct(name: Name, length: usize) -> SerializeTupleStruct;
        serialize_tuple_variant(name: Name, index: u32, variant: Name, length: usize) -> SerializeTupleVariant;
        serialize_map(length: Option<usize>) -> SerializeMap;
        serialize_struct(name: Name, length: usize) -> SerializeStruct;
        serialize_struct_variant(name: Name, index: u32, variant: Name, length: usize) -> SerializeStructVariant;
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.0.serialize_some(&Shown(value))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: Name, value: &T) -> Result<S::Ok, S::Error> {
        let json = || serde_json::to_value(value).map_err(S::Error::custom);
        match name {
            time::NAME => match json()?.as_i64() {
                Some(millis) => self.0.collect_str(&Time(millis)),
                None => Err(S::Error::custom("a moment is a number of milliseconds")),
            },
            WRAPPED => unwrapped(json()?).serialize(self.0),
            _ => self.0.serialize_newtype_struct(name, &Shown(value)),
        }
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: Name,
        index: u32,
        variant: Name,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        self.0.serialize_newtype_variant(name, index, variant, &Shown(value))
    }
}

/// The parts of a value with several values below it: each is passed on, wrapped in [`Shown`].
macro_rules! parts {
    ($($part:ident: $($method:ident($($key:ident: $kind:ty)?)),+;)*) => {$(
        impl<S: $part> $part for Showing<S> {
            type Ok = S::Ok;
            type Error = S::Error;

            $(fn $method<T: Serialize + ?Sized>(&mut self, $($key: $kind,)? value: &T) -> Result<(), S::Error> {
                self.0.$method($($key,)? &Shown(value))
            })+

            fn end(self) -> Result<S::Ok, S::Error> {
                self.0.end()
            }
        }
    )*};
}

parts! {
    SerializeSeq: serialize_element();
    SerializeTuple: serialize_element();
    SerializeTupleStruct: serialize_field();
    SerializeTupleVariant: serialize_field();
    SerializeMap: serialize_key(), serialize_value();
    SerializeStruct: serialize_field(key: Name);
    SerializeStructVariant: serialize_field(key: Name);
}
