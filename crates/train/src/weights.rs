//! How the parameters of a checkpoint are written: as they are, or smaller, for models to give away.
//!
//! Owns the formats. Whatever the format, a checkpoint is read back as f32 and the model computes in f32: smaller weights
//! save disk and download, not time.

use std::{collections::BTreeMap, str::FromStr};

use half::f16;
use safetensors::{Dtype, SafeTensors};
use serde::Serialize;

/// What holds the scales of an int8 tensor: its name with this behind it.
const SCALE: &str = ".scale";

/// Largest magnitude of an int8 weight; −128 is not used, so that both sides are alike.
const MOST: f32 = 127.0;

/// How a parameter is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum WeightFormat {
    /// Four bytes, as trained.
    #[default]
    F32,
    /// Two bytes: to the nearest half-precision number, a relative error of 2⁻¹¹ at most.
    F16,
    /// One byte: matrices as w ≈ s_r · q, q an integer from −127 to 127 and s_r the largest magnitude of row r by 127, an
    /// error of s_r / 2 at most. Vectors (biases and gains) stay f32.
    Int8,
}

impl WeightFormat {
    /// All formats with their names.
    pub const ALL: [(&'static str, Self); 3] = [("f32", Self::F32), ("f16", Self::F16), ("int8", Self::Int8)];
}

impl FromStr for WeightFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().find(|(name, _)| *name == text);
        found.map(|(_, format)| *format).ok_or_else(|| format!("unknown format `{text}`; use f32, f16 or int8"))
    }
}

/// Tensors as they are computed with: name to shape and values.
pub(crate) type Tensors = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

/// A tensor ready for a safetensors file.
pub(crate) struct Written {
    pub(crate) name: String,
    pub(crate) dtype: Dtype,
    pub(crate) shape: Vec<usize>,
    pub(crate) bytes: Vec<u8>,
}

/// The tensors of the file that holds one parameter.
///
/// # Errors
/// A value that the format cannot hold, with the parameter's name.
pub(crate) fn write(name: &str, shape: &[usize], values: &[f32], format: WeightFormat) -> Result<Vec<Written>, String> {
    let written = |name: String, dtype, shape: &[usize], bytes| Written { name, dtype, shape: shape.to_vec(), bytes };
    if values.iter().any(|value| !value.is_finite()) {
        return Err(format!("`{name}` is not finite"));
    }
    match format {
        WeightFormat::F16 => {
            let halves: Vec<f16> = values.iter().map(|&value| f16::from_f32(value)).collect();
            if halves.iter().any(|half| !half.is_finite()) {
                return Err(format!("`{name}` has values beyond f16; use int8 or f32"));
            }
            let bytes = halves.iter().flat_map(|half| half.to_le_bytes()).collect();
            Ok(vec![written(name.to_owned(), Dtype::F16, shape, bytes)])
        }
        WeightFormat::Int8 if shape.len() > 1 && shape[0] > 0 => {
            let (mut numbers, mut scales) = (Vec::with_capacity(values.len()), Vec::with_capacity(shape[0]));
            for row in values.chunks(values.len() / shape[0]) {
                let scale = row.iter().fold(0.0_f32, |most, value| most.max(value.abs())) / MOST;
                let divisor = if scale == 0.0 { 1.0 } else { scale };
                numbers.extend(row.iter().map(|value| (value / divisor).round().clamp(-MOST, MOST) as i8 as u8));
                scales.extend(scale.to_le_bytes());
            }
            Ok(vec![
                written(name.to_owned(), Dtype::I8, shape, numbers),
                written(format!("{name}{SCALE}"), Dtype::F32, &shape[..1], scales),
            ])
        }
        WeightFormat::F32 | WeightFormat::Int8 => {
            let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
            Ok(vec![written(name.to_owned(), Dtype::F32, shape, bytes)])
        }
    }
}

/// Every tensor of a file as f32, whatever the format.
///
/// # Errors
/// A tensor of a type that no format has, or an int8 tensor without its scales.
pub(crate) fn read(file: &SafeTensors<'_>) -> Result<Tensors, String> {
    let floats = |bytes: &[u8]| -> Vec<f32> {
        bytes.chunks_exact(4).map(|bytes| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])).collect()
    };
    let mut tensors = Tensors::new();
    for (name, view) in file.iter() {
        let of_int8 = name.strip_suffix(SCALE).and_then(|base| file.tensor(base).ok());
        if of_int8.is_some_and(|base| base.dtype() == Dtype::I8) {
            continue;
        }
        let values = match view.dtype() {
            Dtype::F32 => floats(view.data()),
            Dtype::F16 => {
                view.data().chunks_exact(2).map(|bytes| f16::from_le_bytes([bytes[0], bytes[1]]).to_f32()).collect()
            }
            Dtype::I8 => {
                let scales = file.tensor(&format!("{name}{SCALE}")).map(|scales| floats(scales.data()));
                let scales = scales.map_err(|_| format!("`{name}` has no scales"))?;
                if scales.is_empty() || scales.len() != view.shape()[0] {
                    return Err(format!("`{name}` has {} scales", scales.len()));
                }
                let rows = view.data().chunks((view.data().len() / scales.len()).max(1)).zip(scales);
                rows.flat_map(|(row, scale)| row.iter().map(move |&number| f32::from(number as i8) * scale)).collect()
            }
            other => return Err(format!("`{name}` is {other:?}, not f32, f16 or int8")),
        };
        tensors.insert(name.to_owned(), (view.shape().to_vec(), values));
    }
    Ok(tensors)
}
