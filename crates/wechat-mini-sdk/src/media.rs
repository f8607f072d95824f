use core::fmt;

use http::HeaderValue;
use wechat_auth::{ApiError, AppToken, Endpoint, Origin, Reply, Request};

use crate::{Api, multipart};

// ANCHOR: upload_media
/// Uploads a file for three days (新增临时素材), to be sent in messages by its `media_id`.
///
/// What can never be right is refused by the constructor, before megabytes travel; what is in the file is
/// for WeChat to judge.
///
/// # Source
/// Official page of `uploadTempMedia`, `POST /cgi-bin/media/upload` (documented).
#[derive(Clone, PartialEq, Eq)]
pub struct UploadMedia {
    kind: MediaType,
    content_type: HeaderValue,
    body: Vec<u8>,
}

impl Api for UploadMedia {
    const PATH: &'static str = "/cgi-bin/media/upload";
}

impl Endpoint for UploadMedia {
    type Token = AppToken;
    type Response = Media;

    fn request(&self, to: &Origin) -> Request {
        let query = [("type", self.kind.as_str())];
        let (content_type, body) = (self.content_type.clone(), self.body.clone());
        Request::post(to.api(), Self::PATH, &query, content_type, body)
    }

    fn parse(&self, response: http::Response<&[u8]>) -> Result<Media, ApiError> {
        let reply = Reply::read(&response)?;
        let field = match self.kind {
            MediaType::Thumb => "thumb_media_id",
            _ => "media_id",
        };
        Ok(Media {
            media_id: reply.text(field).or_else(|_| reply.text("media_id"))?.to_owned(),
            created_at: reply.u64("created_at")?,
        })
    }
}
// ANCHOR_END: upload_media

impl UploadMedia {
    /// A file of this kind. Of its name, such as `cat.png`, the ending says what is in it.
    ///
    /// # Errors
    /// [`InvalidMedia`] when WeChat documents that it does not take such a file.
    pub fn new(kind: MediaType, file_name: &str, content: &[u8]) -> Result<Self, InvalidMedia> {
        let plain = |c: char| !c.is_control() && !matches!(c, '"' | '\\' | '/');
        if file_name.len() > 255 || !file_name.chars().all(plain) {
            return Err(InvalidMedia::FileName);
        }
        let content_is = kind.content_type(file_name).ok_or(InvalidMedia::Format)?;
        let max_bytes = kind.max_bytes();
        if content.is_empty() || content.len() > max_bytes {
            return Err(InvalidMedia::Size { max_bytes });
        }
        let (content_type, body) = multipart::one_file("media", file_name, content_is, content);
        Ok(Self {
            kind,
            content_type,
            body,
        })
    }
}

impl fmt::Debug for UploadMedia {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "UploadMedia({}, {} bytes)",
            self.kind.as_str(),
            self.body.len()
        )
    }
}

/// What kinds of files WeChat takes, and their limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MediaType {
    /// PNG, JPEG or GIF, at most 10 MiB. (Some official pages still say 2 MB; WeChat decides.)
    Image,
    /// AMR or MP3, at most 2 MiB and 60 s.
    Voice,
    /// MP4, at most 10 MiB.
    Video,
    /// JPEG, at most 64 KiB: the picture in front of a video.
    Thumb,
}

impl MediaType {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Voice => "voice",
            Self::Video => "video",
            Self::Thumb => "thumb",
        }
    }

    /// The largest file, in bytes.
    pub const fn max_bytes(self) -> usize {
        match self {
            Self::Image | Self::Video => 10 << 20,
            Self::Voice => 2 << 20,
            Self::Thumb => 64 << 10,
        }
    }

    fn content_type(self, file_name: &str) -> Option<&'static str> {
        let (_, ending) = file_name.rsplit_once('.')?;
        match (self, ending.to_ascii_lowercase().as_str()) {
            (Self::Image | Self::Thumb, "jpg" | "jpeg") => Some("image/jpeg"),
            (Self::Image, "png") => Some("image/png"),
            (Self::Image, "gif") => Some("image/gif"),
            (Self::Voice, "amr") => Some("audio/amr"),
            (Self::Voice, "mp3") => Some("audio/mpeg"),
            (Self::Video, "mp4") => Some("video/mp4"),
            _ => None,
        }
    }
}

/// An uploaded file.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Media {
    /// Names the file in messages, as often as wanted, for three days.
    pub media_id: String,
    /// When it was uploaded, in Unix seconds.
    pub created_at: u64,
}

/// Why a file is not worth sending.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMedia {
    /// The name cannot stand in the request.
    #[error("the file name must be shorter than 256 bytes, without quotes, slashes and control characters")]
    FileName,
    /// WeChat does not take this format as this kind.
    #[error("wechat takes png, jpg and gif images, amr and mp3 voices, mp4 videos and jpg thumbs")]
    Format,
    /// The file is empty, or larger than allowed.
    #[error("the file must have 1 to {max_bytes} bytes")]
    Size {
        /// The largest file of this kind, in bytes.
        max_bytes: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_wechat_does_not_take_is_refused_before_it_is_sent() {
        use MediaType::{Image, Thumb, Video, Voice};
        for (kind, max_bytes) in [
            (Image, 10 << 20),
            (Voice, 2 << 20),
            (Video, 10 << 20),
            (Thumb, 64 << 10),
        ] {
            let name = match kind {
                Image | Thumb => "a.JPG",
                Voice => "a.amr",
                Video => "a.mp4",
            };
            let size = Err(InvalidMedia::Size { max_bytes });
            assert_eq!(UploadMedia::new(kind, name, &vec![0; max_bytes + 1]), size);
            assert_eq!(UploadMedia::new(kind, name, b""), size);
            assert_eq!(UploadMedia::new(kind, "a.txt", b"x"), Err(InvalidMedia::Format));
            assert_eq!(UploadMedia::new(kind, "a", b"x"), Err(InvalidMedia::Format));
        }
        assert!(UploadMedia::new(Thumb, "a.jpg", &[0; 64 << 10]).is_ok());
        assert_eq!(UploadMedia::new(Thumb, "a.png", b"x"), Err(InvalidMedia::Format));
        for name in ["a\r\nb.png", "a\".png", "../a.png", "a\\.png", &"a".repeat(256)] {
            let refused = UploadMedia::new(Image, name, b"x");
            assert_eq!(refused, Err(InvalidMedia::FileName), "{name}");
        }
    }

    #[test]
    fn the_id_of_a_thumb_is_found_under_either_name() {
        let thumb = UploadMedia::new(MediaType::Thumb, "a.jpg", b"x").unwrap();
        for body in [
            r#"{"type":"thumb","thumb_media_id":"M","created_at":1}"#,
            r#"{"type":"thumb","media_id":"M","created_at":1}"#,
        ] {
            let media = thumb.parse(http::Response::new(body.as_bytes())).unwrap();
            assert_eq!(media.media_id, "M");
        }
    }
}
