//! A connection whose writes fail once its client has stopped to read.

use std::{
    future::Future,
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep},
};

/// What is written waits for the client at most so long, as long as the client reads enough: then writing fails with
/// `TimedOut`, and whoever serves the connection drops it with all that waits in it.
pub struct Moving<S> {
    stream: S,
    stall: Duration,
    /// Bytes that must be taken within each `stall`.
    least: usize,
    /// Runs while something waits to be written.
    deadline: Option<Pin<Box<Sleep>>>,
    /// Bytes that were taken since the deadline was set.
    moved: usize,
}

impl<S: AsyncWrite + Unpin> Moving<S> {
    /// Bounds the writes of a stream: `least` bytes in each `stall`.
    pub fn new(stream: S, stall: Duration, least: usize) -> Self {
        Self { stream, stall, least, deadline: None, moved: 0 }
    }

    /// Notes what became of a write of `all` bytes, and fails where it waits and its time is over.
    fn note(&mut self, cx: &mut Context<'_>, write: Poll<io::Result<usize>>, all: usize) -> Poll<io::Result<usize>> {
        match &write {
            // A write that is taken whole leaves nothing that waits.
            Poll::Ready(Ok(taken)) if *taken == all => self.deadline = None,
            Poll::Ready(Ok(taken)) => self.moved += taken,
            Poll::Ready(Err(_)) => {}
            Poll::Pending => ready!(self.wait(cx))?,
        }
        write
    }

    /// Waits for the deadline; ready with an error once it has passed and less was taken than must be.
    fn wait(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            let deadline = match &mut self.deadline {
                Some(deadline) => deadline,
                None => {
                    self.moved = 0;
                    self.deadline.insert(Box::pin(sleep(self.stall)))
                }
            };
            ready!(deadline.as_mut().poll(cx));
            if self.moved < self.least {
                return Poll::Ready(Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    "the client does not read its answer",
                )));
            }
            self.moved = 0;
            deadline.as_mut().reset(Instant::now() + self.stall);
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Moving<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let write = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.note(cx, write, bytes.len())
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let write = Pin::new(&mut self.stream).poll_write_vectored(cx, parts);
        self.note(cx, write, parts.iter().map(|part| part.len()).sum())
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Moving<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, into)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    const STALL: Duration = Duration::from_millis(100);

    #[tokio::test]
    async fn a_write_that_nobody_reads_fails_in_time() {
        let (here, _there) = duplex(64);
        let begun = Instant::now();
        let error = Moving::new(here, STALL, 1).write_all(&[0; 65]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(begun.elapsed() >= STALL && begun.elapsed() < 10 * STALL);
    }

    /// Reads `each` bytes at a time, with a pause of half a `STALL` before each.
    async fn slowly(bytes: usize, each: usize, least: usize) -> io::Result<()> {
        let (here, mut there) = duplex(each);
        let reader = tokio::spawn(async move {
            let mut part = vec![0; each];
            loop {
                tokio::time::sleep(STALL / 2).await;
                if there.read(&mut part).await.unwrap_or(0) == 0 {
                    return;
                }
            }
        });
        let mut here = Moving::new(here, STALL, least);
        let written = here.write_all(&vec![0; bytes]).await;
        drop(here);
        reader.await.unwrap();
        written
    }

    #[tokio::test]
    async fn a_slow_reader_is_served_and_one_that_is_slower_than_anybody_is_not() {
        slowly(1_000, 100, 100).await.unwrap();
        assert_eq!(slowly(1_000, 10, 100).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }
}
