//! The gRPC wire format of a single request and a single reply, without IO.
//!
//! A message is one flag byte (1 = compressed), its length as four bytes, most significant first, and
//! the protobuf bytes. The outcome of a call stands in the trailers: `grpc-status`, `grpc-message`
//! (percent-encoded) and `grpc-status-details-bin` (a base64 `google.rpc.Status`).

use base64::Engine as _;
use base64::engine::general_purpose::GeneralPurpose;
use base64::engine::{DecodePaddingMode, GeneralPurposeConfig};
use buildkit_proto::google::rpc::Status;
use bytes::{BufMut, Bytes, BytesMut};
use http::HeaderMap;
use prost::Message;

/// Bytes in front of each message: the flag and the length.
pub(super) const PREFIX: usize = 5;

/// `grpc-status` of a call that went well.
pub(super) const OK: i32 = 0;

/// `grpc-status` of an error that belongs to no other class. `BuildKit` shows its message as it is.
pub(super) const UNKNOWN: i32 = 2;

/// Base64 as gRPC has it: written without padding, read with or without.
const BINARY_HEADER: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What is wrong with a reply that gRPC does not allow. Completes "the reply ...".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// Neither trailers nor headers have `grpc-status`.
    #[error("has no status")]
    NoStatus,
    /// `grpc-status` is not a number.
    #[error("has the status {0:?}, which is not a number")]
    BadStatus(String),
    /// A status of success came without a message, or the message stops early.
    #[error("ends before its message is complete")]
    Truncated,
    /// There are bytes behind the message.
    #[error("goes on behind its message, for {0} bytes")]
    Trailing(usize),
    /// The message is compressed, though we offered no compression.
    #[error("is compressed")]
    Compressed,
    /// The message is larger than we take.
    #[error("has {size} bytes, {limit} are allowed")]
    TooLarge {
        /// Bytes announced by the daemon.
        size: usize,
        /// Bytes we take.
        limit: usize,
    },
    /// The bytes are not the protobuf message they should be.
    #[error("cannot be decoded: {0}")]
    Protobuf(String),
    /// The HTTP status is not 200.
    #[error("has the HTTP status {0}")]
    Http(u16),
}

/// A message as it goes on the wire.
pub(super) fn frame(message: &impl Message) -> Bytes {
    let size = message.encoded_len();
    let mut bytes = BytesMut::with_capacity(PREFIX + size);
    bytes.put_u8(0);
    // A message over 4 GiB never gets here: the largest request a daemon takes is far smaller.
    bytes.put_u32(u32::try_from(size).unwrap_or(u32::MAX));
    // The buffer has been made large enough, which is the only way encoding can fail.
    let _ = message.encode(&mut bytes);
    bytes.freeze()
}

/// Looks at the bytes that have arrived so far, so that an oversized reply is refused before it is
/// received.
pub(super) fn check_prefix(received: &[u8], limit: usize) -> Result<(), WireError> {
    let Some((flag, size)) = split_prefix(received) else {
        return Ok(());
    };
    if flag != 0 {
        return Err(WireError::Compressed);
    }
    if size > limit {
        return Err(WireError::TooLarge { size, limit });
    }
    if received.len() > PREFIX + size {
        return Err(WireError::Trailing(received.len() - PREFIX - size));
    }
    Ok(())
}

/// The one message of a complete reply body.
pub(super) fn unframe<M: Message + Default>(body: &[u8], limit: usize) -> Result<M, WireError> {
    check_prefix(body, limit)?;
    match split_prefix(body) {
        Some((_, size)) if body.len() == PREFIX + size => {
            M::decode(&body[PREFIX..]).map_err(|error| WireError::Protobuf(error.to_string()))
        }
        _ => Err(WireError::Truncated),
    }
}

fn split_prefix(bytes: &[u8]) -> Option<(u8, usize)> {
    let (flag, rest) = bytes.split_first()?;
    let size = rest.first_chunk::<4>()?;
    Some((*flag, usize::try_from(u32::from_be_bytes(*size)).unwrap_or(usize::MAX)))
}

/// The outcome that stands in trailers, with the details as the daemon wrote them.
pub(super) fn outcome(trailers: &HeaderMap) -> Result<Status, WireError> {
    let text = trailers.get("grpc-status").ok_or(WireError::NoStatus)?;
    let code = text
        .to_str()
        .ok()
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| WireError::BadStatus(lossy(text.as_bytes())))?;
    let message =
        trailers.get("grpc-message").map(|text| percent_decoded(text.as_bytes())).unwrap_or_default();
    let details = trailers
        .get("grpc-status-details-bin")
        .and_then(|text| BINARY_HEADER.decode(text.as_bytes()).ok())
        .and_then(|bytes| Status::decode(bytes.as_slice()).ok())
        .map(|status| status.details)
        .unwrap_or_default();
    Ok(Status { code, message, details })
}

/// Undoes percent-encoding. What is not a valid escape stays as it is.
fn percent_decoded(text: &[u8]) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        if let Some(decoded) = escaped_byte(rest) {
            bytes.push(decoded);
            rest = &rest[3..];
        } else {
            bytes.push(byte);
            rest = after;
        }
    }
    lossy(&bytes)
}

fn escaped_byte(text: &[u8]) -> Option<u8> {
    let [b'%', high, low] = text.first_chunk::<3>()? else {
        return None;
    };
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use buildkit_proto::google::protobuf::Any;
    use buildkit_proto::moby::buildkit::v1::frontend::{FileRange, ReadFileResponse};
    use http::HeaderValue;

    use super::*;

    fn trailers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                let name = http::HeaderName::from_static(name);
                (name, HeaderValue::from_str(value).unwrap())
            })
            .collect()
    }

    #[test]
    fn a_framed_message_is_read_back() {
        let message = ReadFileResponse { data: b"spec".to_vec() };
        let bytes = frame(&message);
        assert_eq!(&bytes[..], b"\0\0\0\0\x06\x0a\x04spec");
        assert_eq!(unframe(&bytes, 6), Ok(message));
    }

    #[test]
    fn an_empty_message_has_a_prefix_only() {
        assert_eq!(unframe(b"\0\0\0\0\0", 0), Ok(FileRange::default()));
    }

    #[test]
    fn bodies_that_are_not_one_message_are_refused() {
        let read = |body: &[u8]| unframe::<ReadFileResponse>(body, 100).unwrap_err().to_string();
        assert_eq!(read(b""), "ends before its message is complete");
        assert_eq!(read(b"\0\0\0"), "ends before its message is complete");
        assert_eq!(read(b"\0\0\0\0\x06\x0a\x04sp"), "ends before its message is complete");
        assert_eq!(read(b"\0\0\0\0\0xy"), "goes on behind its message, for 2 bytes");
        assert_eq!(read(b"\x01\0\0\0\0"), "is compressed");
        assert_eq!(read(b"\0\0\0\0\x65"), "has 101 bytes, 100 are allowed");
        assert_eq!(read(b"\0\xff\xff\xff\xff"), "has 4294967295 bytes, 100 are allowed");
        assert!(read(b"\0\0\0\0\x02\x0a\x09").starts_with("cannot be decoded: "));
    }

    #[test]
    fn the_outcome_keeps_message_and_details() {
        let details = vec![Any {
            type_url: "github.com/moby/buildkit/errdefs.Vertex+json".to_owned(),
            value: br#"{"digest":"sha256:ab"}"#.to_vec(),
        }];
        let status = Status { code: 2, message: "ignored".to_owned(), details: details.clone() };
        let bytes = BINARY_HEADER.encode(status.encode_to_vec());
        let outcome = outcome(&trailers(&[
            ("grpc-status", "2"),
            ("grpc-message", "caf%C3%A9: 100%25 of 5% %zz"),
            ("grpc-status-details-bin", &bytes),
        ]));
        let message = "café: 100% of 5% %zz".to_owned();
        assert_eq!(outcome, Ok(Status { code: 2, message, details }));
    }

    #[test]
    fn details_are_read_with_padding_too_and_rubbish_is_no_detail() {
        let padded = outcome(&trailers(&[("grpc-status", "2"), ("grpc-status-details-bin", "CAI=")]));
        assert_eq!(padded.map(|status| status.details), Ok(Vec::new()));
        let rubbish = outcome(&trailers(&[("grpc-status", "5"), ("grpc-status-details-bin", "!!")]));
        assert_eq!(rubbish.map(|status| status.code), Ok(5));
    }

    #[test]
    fn a_reply_without_a_status_is_malformed() {
        assert_eq!(outcome(&trailers(&[])), Err(WireError::NoStatus));
        assert_eq!(
            outcome(&trailers(&[("grpc-status", "fine")])).unwrap_err().to_string(),
            "has the status \"fine\", which is not a number"
        );
    }
}
