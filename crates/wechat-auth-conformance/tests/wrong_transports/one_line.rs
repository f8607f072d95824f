//! An async client with one connection for everybody: whoever reads next takes the oldest answer, also the
//! one of a call that was dropped. And it does not sleep.

use std::future::poll_fn;
use std::io::Write;
use std::io::{self, Read};
use std::net::TcpStream;
use std::pin::pin;
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use http::{Request, Response};
use wechat_auth_client::{Fault, Limits, Transport, TransportError};
use wechat_auth_conformance::{Report, run};

use crate::naive::{read_head, written};

pub(crate) fn report() -> Report {
    let mut running = pin!(run(OneLine::default));
    loop {
        match running.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(report) => return report,
            Poll::Pending => thread::yield_now(),
        }
    }
}

#[derive(Default)]
struct OneLine {
    line: Mutex<Option<TcpStream>>,
    read: Mutex<Vec<u8>>,
}

impl Transport for OneLine {
    async fn send(
        &self,
        request: Request<Vec<u8>>,
        limits: Limits,
    ) -> Result<Response<Vec<u8>>, TransportError> {
        self.write(&request)
            .map_err(|_| TransportError::not_sent(Fault::Connect))?;
        let began = Instant::now();
        poll_fn(|_| {
            if began.elapsed() > limits.within {
                return Poll::Ready(Err(TransportError::maybe_sent(Fault::Timeout)));
            }
            match self.next() {
                Ok(Some(answer)) => Poll::Ready(Ok(answer)),
                Ok(None) => Poll::Pending,
                Err(_) => Poll::Ready(Err(TransportError::maybe_sent(Fault::Cut))),
            }
        })
        .await
    }

    async fn sleep(&self, _: Duration) {}
}

impl OneLine {
    fn write(&self, request: &Request<Vec<u8>>) -> io::Result<()> {
        let mut line = self.line.lock().unwrap();
        if line.is_none() {
            let made = TcpStream::connect(request.uri().authority().unwrap().as_str())?;
            made.set_nonblocking(true)?;
            *line = Some(made);
        }
        line.as_mut().unwrap().write_all(&written(request))
    }

    /// The oldest whole answer, if there is one by now.
    fn next(&self) -> io::Result<Option<Response<Vec<u8>>>> {
        let mut read = self.read.lock().unwrap();
        let mut more = [0; 4096];
        let mut line = self.line.lock().unwrap();
        match line.as_mut().map(|line| line.read(&mut more)) {
            Some(Ok(length)) if length > 0 => read.extend(&more[..length]),
            Some(Err(error)) if error.kind() == io::ErrorKind::WouldBlock => {}
            _ => {
                *line = None;
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        if read.len() > 1 << 20 {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let mut rest = read.as_slice();
        let Ok(mut answer) = read_head(&mut rest) else {
            return Ok(None);
        };
        let length = answer
            .headers()
            .get("content-length")
            .map_or("0", |length| length.to_str().unwrap());
        let Some((body, rest)) = rest.split_at_checked(length.parse().unwrap()) else {
            return Ok(None);
        };
        *answer.body_mut() = body.to_vec();
        *read = rest.to_vec();
        Ok(Some(answer))
    }
}
