//! Closed sets of words. A word that stands in a document, a journal or the API is one of a set that this release knows
//! whole, so it is an enum in code and plain text in JSON.

/// Makes an enum of a closed set of words. Each variant is written and read as its word.
///
/// ```
/// stepwell_document::closed_set!(
///     /// How a coin fell.
///     Side {
///         /// The side with the portrait.
///         Heads = "heads",
///         /// The side with the number.
///         Tails = "tails",
///     }
/// );
/// assert_eq!(Side::parse("tails"), Some(Side::Tails));
/// assert_eq!((Side::Heads.as_str(), Side::WORDS), ("heads", &["heads", "tails"][..]));
/// assert_eq!(Side::parse("edge"), None);
/// ```
#[macro_export]
macro_rules! closed_set {
    ($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$of])* #[serde(rename = $word)] $variant),+
        }

        impl $name {
            /// Every member of the set.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// The words of the members, in the order of [`Self::ALL`].
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// The word for this member, as JSON has it.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }

            /// The member of that word; none where the set has no such word.
            pub fn parse(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
