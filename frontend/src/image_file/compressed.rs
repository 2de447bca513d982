//! What is compressed, as it is without that: by gzip, by zstd, or not at all.

use std::io::{self, BufRead, BufReader, Cursor, Read};

use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// A frame of zstd for programs that look for something in it: its first byte can be sixteen others as well.
const ZSTD_SKIPPED: [u8; 3] = [0x2a, 0x4d, 0x18];

/// Reads what a source holds; how it is compressed shows in its first bytes.
pub(super) fn plain<'s>(mut source: impl Read + 's) -> io::Result<Box<dyn Read + 's>> {
    let mut start = Vec::with_capacity(ZSTD.len());
    source.by_ref().take(ZSTD.len() as u64).read_to_end(&mut start)?;
    let is_zstd = start == ZSTD || start.get(1..) == Some(&ZSTD_SKIPPED[..]);
    let is_gzip = start.starts_with(&GZIP);
    let source = BufReader::new(Cursor::new(start).chain(source));
    Ok(match () {
        () if is_gzip => Box::new(MultiGzDecoder::new(source)),
        () if is_zstd => Box::new(Zstd { source, decoder: FrameDecoder::new() }),
        () => Box::new(source),
    })
}

/// Whether what begins so is compressed.
pub(super) fn is_compressed(start: &[u8]) -> bool {
    start.starts_with(&GZIP) || start.starts_with(&ZSTD) || start.get(1..4) == Some(&ZSTD_SKIPPED[..])
}

/// All frames of a source, one after the other. No window is larger than the decoder's own limit of 128 MiB.
struct Zstd<R> {
    source: R,
    decoder: FrameDecoder,
}

impl<R: BufRead> Read for Zstd<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if buffer.is_empty() || self.decoder.can_collect() > 0 {
                return self.decoder.read(buffer);
            }
            if !self.decoder.is_finished() {
                let next = BlockDecodingStrategy::UptoBlocks(1);
                self.decoder.decode_blocks(&mut self.source, next).map_err(io::Error::other)?;
                continue;
            }
            if self.source.fill_buf()?.is_empty() {
                return Ok(0);
            }
            match self.decoder.reset(&mut self.source) {
                Ok(()) => {}
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    io::copy(&mut self.source.by_ref().take(u64::from(length)), &mut io::sink())?;
                }
                Err(error) => return Err(io::Error::other(error)),
            }
        }
    }
}
