//! `report`: what an image in a file is made of, and in what it differs from another one.

use serde_json::json;

use super::args::{Form, Images};
use super::{GOOD, Told, Trouble};
use crate::image_file::ImageFile;
use crate::weight::{html, text};

pub(super) fn report(asked: &Images) -> Result<Told, Trouble> {
    let Images { image, before, platform, form } = asked;
    let image = ImageFile::read(image, platform.as_ref())?;
    let before = before.as_ref().map(|before| ImageFile::read(before, platform.as_ref())).transpose()?;
    let reports = [image.report(before.as_ref())];
    let out = match form {
        Form::Text => text(&reports),
        Form::Json => format!("{:#}\n", json!({ "platforms": reports })),
        Form::Html => html(&reports),
    };
    Ok(Told { out, err: String::new(), code: GOOD })
}
