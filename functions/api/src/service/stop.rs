//! Tells requests that wait for something, event streams among them, that the host stops: their clients then get an
//! answer instead of a connection that is cut.

use tokio::sync::watch;

/// Whether the host stops, for whoever waits.
#[derive(Clone, Debug)]
pub struct Stop(watch::Receiver<bool>);

/// The other end of a [`Stop`], for whoever stops the host.
#[derive(Debug)]
pub struct Stopper(watch::Sender<bool>);

impl Stop {
    /// Both ends.
    pub fn pair() -> (Stopper, Self) {
        let (stopper, stop) = watch::channel(false);
        (Stopper(stopper), Self(stop))
    }

    /// For a service that never tells of its end.
    pub fn never() -> Self {
        Self::pair().1
    }

    /// For a service of a host on which nothing happens by itself: whoever would wait has an answer at once.
    pub fn already() -> Self {
        Self(watch::channel(true).1)
    }

    /// Resolves once the host stops; at once where it does already. Never, where whoever could say so is gone.
    pub async fn stopped(&self) {
        let mut stop = self.0.clone();
        if stop.wait_for(|stops| *stops).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl Stopper {
    /// Says that the host stops.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}
