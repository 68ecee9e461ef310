//! Reads a body up to a limit, which counts what it inflates to.

use std::io::Write as _;
use std::time::Duration;

use bytes::Bytes;
use flate2::write::{GzDecoder, ZlibDecoder};
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::time::timeout;

use super::{Error, Limit};

/// Longest wait for the next piece.
const READ_TIME: Duration = Duration::from_secs(10);

/// The body of an answer, inflated.
pub(super) async fn read(
    headers: &HeaderMap,
    mut body: Incoming,
    limit: Limit,
) -> Result<Bytes, Error> {
    let (Limit::Refuse(most) | Limit::Cut(most)) = limit;
    let refuses = matches!(limit, Limit::Refuse(_));
    let announced =
        headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if refuses && announced.is_some_and(|length: usize| length > most) {
        return Err(Error::TooLarge);
    }

    let mut sink = Sink::new(headers, most);
    while let Some(frame) = timeout(READ_TIME, body.frame()).await.map_err(|_| Error::Timeout)? {
        let Ok(data) = frame.map_err(|_| Error::Unreadable)?.into_data() else { continue };
        let written = sink.write(&data);
        if sink.is_full() {
            return if refuses { Err(Error::TooLarge) } else { Ok(sink.finish()) };
        }
        written.map_err(|_| Error::Unreadable)?;
    }
    // The last bytes may come out only now.
    let bytes = sink.finish_checked().map_err(|_| Error::Unreadable)?;
    match bytes {
        Some(bytes) => Ok(bytes),
        None => Err(Error::TooLarge),
    }
}

/// A buffer that takes `most` bytes and notes when there was more.
struct Buffer {
    bytes: Vec<u8>,
    most: usize,
    full: bool,
}

impl std::io::Write for Buffer {
    fn write(&mut self, data: &[u8]) -> std::io::Result<usize> {
        let room = self.most - self.bytes.len();
        if data.len() > room {
            self.full = true;
            self.bytes.extend_from_slice(&data[..room]);
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(data);
        Ok(data.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

enum Sink {
    Plain(Buffer),
    Gzip(GzDecoder<Buffer>),
    Deflate(ZlibDecoder<Buffer>),
}

impl Sink {
    fn new(headers: &HeaderMap, most: usize) -> Self {
        let buffer = Buffer { bytes: Vec::new(), most, full: false };
        let encoding = headers.get(CONTENT_ENCODING).and_then(|value| value.to_str().ok());
        match encoding.map(str::trim) {
            Some(name) if name.eq_ignore_ascii_case("gzip") => Sink::Gzip(GzDecoder::new(buffer)),
            Some(name) if name.eq_ignore_ascii_case("deflate") => {
                Sink::Deflate(ZlibDecoder::new(buffer))
            }
            _ => Sink::Plain(buffer),
        }
    }

    fn write(&mut self, data: &[u8]) -> std::io::Result<()> {
        match self {
            Sink::Plain(buffer) => buffer.write_all(data),
            Sink::Gzip(decoder) => decoder.write_all(data),
            Sink::Deflate(decoder) => decoder.write_all(data),
        }
    }

    fn buffer(&mut self) -> &mut Buffer {
        match self {
            Sink::Plain(buffer) => buffer,
            Sink::Gzip(decoder) => decoder.get_mut(),
            Sink::Deflate(decoder) => decoder.get_mut(),
        }
    }

    fn is_full(&mut self) -> bool {
        self.buffer().full
    }

    /// What there is, of a body that was cut off.
    fn finish(mut self) -> Bytes {
        std::mem::take(&mut self.buffer().bytes).into()
    }

    /// The whole body; nothing if its end did not fit.
    fn finish_checked(mut self) -> std::io::Result<Option<Bytes>> {
        let ended = match &mut self {
            Sink::Plain(_) => Ok(()),
            Sink::Gzip(decoder) => decoder.try_finish(),
            Sink::Deflate(decoder) => decoder.try_finish(),
        };
        if self.is_full() {
            return Ok(None);
        }
        ended?;
        Ok(Some(self.finish()))
    }
}
