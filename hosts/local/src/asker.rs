//! Who asks the store: a caller, or the queue. Both come to it through the same traits, so a task knows it by itself.

use engine::fair::Rank;

tokio::task_local! {
    /// Set while a task handles messages of the queue.
    static HANDLES: ();
}

/// On whose behalf a task asks the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asker {
    /// Somebody waits for the answer, or the host asks for itself: a request, a schedule, a sweep.
    Caller,
    /// A message of the queue is handled.
    Queue,
}

impl Asker {
    /// Who asks in this task.
    pub fn current() -> Self {
        if HANDLES.try_with(|()| ()).is_ok() { Self::Queue } else { Self::Caller }
    }

    /// Handles messages of the queue: all that `work` asks of the store counts as asked by the queue.
    pub async fn queue<F: Future>(work: F) -> F::Output {
        HANDLES.scope((), work).await
    }

    /// The rank of what is asked about an execution; `child`: it has a parent.
    pub fn rank(self, child: bool) -> Rank {
        match self {
            Self::Caller => Rank::Command,
            Self::Queue => Rank::of_execution(child),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_asks_while_a_message_is_handled_is_the_queue() {
        let asks = || async { Asker::current() };
        assert_eq!(asks().await, Asker::Caller);
        assert_eq!(Asker::queue(futures::future::join(asks(), asks())).await, (Asker::Queue, Asker::Queue));
        assert_eq!(asks().await, Asker::Caller);
        assert_eq!([true, false].map(|child| Asker::Queue.rank(child)), [Rank::Child, Rank::Root]);
        assert_eq!(Asker::Caller.rank(true), Rank::Command, "a child may be paused by a caller");
    }
}
