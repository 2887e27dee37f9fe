//! A small load client: keep-alive connections that ask one question again and again.

use std::fmt;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

/// What a run saw.
pub(super) struct Report {
    requests: usize,
    seconds: f64,
    /// Sorted.
    latencies: Vec<Duration>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = |part: f64| {
            let last = self.latencies.len().saturating_sub(1);
            self.latencies[((last as f64) * part) as usize].as_secs_f64() * 1e6
        };
        write!(
            f,
            "{:.0} requests/s (median {:.0} µs, 99 % {:.0} µs, {} requests)",
            self.requests as f64 / self.seconds,
            at(0.5),
            at(0.99),
            self.requests
        )
    }
}

/// Posts `body` to `/api/permission/authorize` over `connections` connections for `measured`.
pub(super) fn run(
    port: u16,
    token: &str,
    body: &str,
    connections: usize,
    warm_up: Duration,
    measured: Duration,
) -> Result<Report> {
    let request = format!(
        "POST /api/permission/authorize HTTP/1.1\r\nHost: localhost:{port}\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let begin = Instant::now() + warm_up;
    let end = begin + measured;
    let threads: Vec<Result<Vec<Duration>>> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..connections)
            .map(|_| scope.spawn(|| ask(port, request.as_bytes(), begin, end)))
            .collect();
        running
            .into_iter()
            .map(|thread| {
                thread
                    .join()
                    .unwrap_or_else(|_| Err(anyhow::anyhow!("a client thread panicked")))
            })
            .collect()
    });
    let mut latencies = Vec::new();
    for thread in threads {
        latencies.extend(thread?);
    }
    ensure!(!latencies.is_empty(), "nothing was answered");
    latencies.sort();
    Ok(Report {
        requests: latencies.len(),
        seconds: measured.as_secs_f64(),
        latencies,
    })
}

fn ask(port: u16, request: &[u8], begin: Instant, end: Instant) -> Result<Vec<Duration>> {
    let stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut writer = stream;
    let mut latencies = Vec::new();
    let mut line = String::new();
    loop {
        let asked = Instant::now();
        if asked >= end {
            return Ok(latencies);
        }
        writer.write_all(request)?;
        read_answer(&mut reader, &mut line)?;
        if asked >= begin {
            latencies.push(asked.elapsed());
        }
    }
}

/// Reads one answer; anything but 200 ends the run.
fn read_answer(reader: &mut BufReader<TcpStream>, line: &mut String) -> Result<()> {
    line.clear();
    reader.read_line(line)?;
    ensure!(
        line.starts_with("HTTP/1.1 200"),
        "the hub answered {}",
        line.trim()
    );
    let mut length = 0;
    loop {
        line.clear();
        reader.read_line(line)?;
        let header = line.trim_end();
        if header.is_empty() {
            break;
        }
        if let Some((name, value)) = header.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value
                .trim()
                .parse()
                .context("a content length is a number")?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(())
}
