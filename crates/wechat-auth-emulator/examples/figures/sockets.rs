//! So many sockets, half of them with half a request; and somebody else's requests
//! meanwhile.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::process::{Process, mib, millis};
use crate::wire::{Line, stable};

/// Sockets of one process: fewer than file descriptors are usually to be had.
const OF_ONE_PROCESS: usize = 5_000;
const REQUESTS: usize = 200;

pub(crate) fn print(count: usize) {
    let mut emulator = Process::start(&["serve", "emulator"]);
    let to = emulator.address();
    Line::to(to).ask(&stable());
    let before = emulator.resident();
    println!("nobody else: {}", waited(to));
    let mut holders = Vec::new();
    let mut open = 0;
    while open < count {
        let more = OF_ONE_PROCESS.min(count - open);
        let mut holder = Process::start(&["hold", &to.to_string(), &more.to_string()]);
        assert_eq!(holder.line(), "open");
        holders.push(holder);
        open += more;
        // Who comes after them is let in after them: when this is done, they are in.
        let waited = waited(to);
        let (bytes, held) = (emulator.resident() - before, emulator.descriptors());
        println!(
            "{open} sockets, of which the server holds {held}, {:.1} MiB, {:.1} KiB each: {waited}",
            mib(bytes),
            bytes as f64 / 1024.0 / held as f64
        );
    }
}

/// What a client who comes anew for each request has to wait.
fn waited(to: SocketAddr) -> String {
    let mut times: Vec<_> = (0..REQUESTS)
        .map(|_| {
            let began = Instant::now();
            Line::to(to).ask(&stable());
            began.elapsed()
        })
        .collect();
    times.sort();
    format!(
        "a new client's answer takes {:.2} ms at the median, {:.2} ms at the most",
        millis(times[REQUESTS / 2]),
        millis(times[REQUESTS - 1]),
    )
}

/// Opens the sockets, and sends a byte now and then on every other one.
pub(crate) fn hold(server: SocketAddr, count: usize) {
    let mut open: Vec<_> = (0..count).map(|_| TcpStream::connect(server).unwrap()).collect();
    let mut halves: Vec<&mut TcpStream> = open.iter_mut().step_by(2).collect();
    for half in &mut halves {
        let _ = half.write_all(b"POST /cgi-bin/stable_token HTTP/1.1\r\nContent-Le");
    }
    println!("open");
    let (ended, end) = std::sync::mpsc::channel::<()>();
    std::thread::spawn(move || {
        let _ = std::io::stdin().read(&mut [0; 1]);
        drop(ended);
    });
    while end.recv_timeout(Duration::from_secs(1)) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
        for half in &mut halves {
            let _ = half.write_all(b"n");
        }
    }
}
