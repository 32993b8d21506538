//! Start values that were learnt before the model: word2vec vectors for its embedding.

use std::path::Path;

use burn::{
    module::Param,
    tensor::{Tensor, TensorData},
};
use repartee_corpus::{Embeddings, Vocabulary};
use repartee_model::Tcvae;

use crate::error::TrainError;

/// Reads the vectors of a corpus folder for a model of width `d_model`.
///
/// # Errors
/// When there are none, they cannot be read, or they are of another size.
pub(crate) fn read(path: &Path, d_model: usize) -> Result<Embeddings, TrainError> {
    if !path.is_file() {
        return Err(TrainError::NoEmbeddings { path: path.to_owned() });
    }
    let embeddings = Embeddings::load(path)?;
    if embeddings.size() != d_model {
        return Err(TrainError::EmbeddingSize { path: path.to_owned(), found: embeddings.size(), expected: d_model });
    }
    Ok(embeddings)
}

/// The model with the vectors as rows of its embedding, not rescaled (the authors' code); pieces that have none keep
/// the row they had.
///
/// # Errors
/// When none of the vectors is a piece's.
pub(crate) fn with_embeddings(
    mut model: Tcvae,
    embeddings: &Embeddings,
    path: &Path,
    vocabulary: &Vocabulary,
) -> Result<Tcvae, TrainError> {
    let weight = model.embedding.weight.val();
    let [n_pieces, d_model] = weight.dims();
    let device = weight.device();
    let mut values: Vec<f32> = weight.into_data().try_into_vec().expect("parameters are f32");
    let mut n_rows = 0;
    for (id, row) in embeddings.rows_for(vocabulary) {
        let start = id as usize * d_model;
        values[start..start + d_model].copy_from_slice(row);
        n_rows += 1;
    }
    if n_rows == 0 {
        return Err(TrainError::ForeignEmbeddings { path: path.to_owned() });
    }
    let weight = Tensor::<2>::from_data(TensorData::new(values, [n_pieces, d_model]), &device);
    let weight = if device.is_autodiff() { weight.require_grad() } else { weight };
    model.embedding.weight = Param::initialized(model.embedding.weight.id, weight);
    Ok(model)
}
