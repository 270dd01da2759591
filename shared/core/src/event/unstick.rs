//! The ways out of `stuck`.

document::closed_set!(
    /// The ways out of `stuck`.
    Unstick {
        /// What could not be done is tried again.
        Retry = "retry",
        /// It is left undone, and the execution goes on.
        Skip = "skip",
        /// Somebody has done it by hand.
        MarkDone = "mark_done",
        /// The messages that could not be processed are sent again.
        Redrive = "redrive",
    }
);
