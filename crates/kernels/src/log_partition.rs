//! The log-partition of an output layer, log Σ_v exp(x_r · E_v), over chunks of rows: the logits of all rows never
//! exist at once, forward or backward.

use burn::{
    backend::{Backend, Slice, TensorMetadata, tensor::FloatTensor},
    tensor::Shape,
};

/// Logits alive at once, as a number of elements: 16 MiB of f32, which stays below the smallest binding of a GPU.
const MAX_LOGITS: usize = 4 << 20;

/// Row-wise steps, by ordinary tensor operations unless a backend does better.
pub(crate) trait RowOps: Backend {
    /// log Σ_v exp(x_rv): `[N, V]` to `[N, 1]`.
    fn log_sum_exp_rows(x: FloatTensor<Self>) -> FloatTensor<Self> {
        let n_rows = x.shape()[0];
        let max = Self::float_reshape(Self::float_max_dim(x.clone(), 1), Shape::new([n_rows, 1]));
        let sum = Self::float_sum_dim(Self::float_exp(Self::float_sub(x, max.clone())), 1);
        Self::float_add(Self::float_log(sum), max)
    }

    /// exp(x_rv − shift_r) · scale_r: `[N, V]` with `[N, 1]` twice to `[N, V]`.
    fn scaled_exp_rows(x: FloatTensor<Self>, shift: FloatTensor<Self>, scale: FloatTensor<Self>) -> FloatTensor<Self> {
        Self::float_mul(Self::float_exp(Self::float_sub(x, shift)), scale)
    }
}

fn rows<B: Backend>(x: &FloatTensor<B>, start: usize, end: usize) -> FloatTensor<B> {
    let width = x.shape()[1];
    B::float_slice(x.clone(), &[Slice::from(start..end), Slice::from(0..width)])
}

/// `(start, end)` of each chunk of rows.
fn chunks(n_rows: usize, n_columns: usize) -> impl Iterator<Item = (usize, usize)> {
    let n_chunk = (MAX_LOGITS / n_columns).max(1);
    (0..n_rows).step_by(n_chunk).map(move |start| (start, (start + n_chunk).min(n_rows)))
}

/// See [`crate::log_partition`].
pub(crate) fn forward<B: RowOps>(x: FloatTensor<B>, embedding: FloatTensor<B>) -> FloatTensor<B> {
    let transposed = B::float_transpose(embedding.clone());
    let parts = chunks(x.shape()[0], embedding.shape()[0])
        .map(|(start, end)| B::log_sum_exp_rows(B::float_matmul(rows::<B>(&x, start, end), transposed.clone())))
        .collect();
    B::float_cat(parts, 0)
}

/// Gradients of x and E from the gradient of the result, with the probabilities made again from the saved result:
/// p = exp(x Eᵀ − result) · grad, dx = p E, dE = pᵀ x.
pub(crate) fn backward<B: RowOps>(
    x: FloatTensor<B>,
    embedding: FloatTensor<B>,
    result: FloatTensor<B>,
    grad: FloatTensor<B>,
) -> (FloatTensor<B>, FloatTensor<B>) {
    let transposed = B::float_transpose(embedding.clone());
    let mut x_grads = Vec::new();
    let mut embedding_grad: Option<FloatTensor<B>> = None;
    for (start, end) in chunks(x.shape()[0], embedding.shape()[0]) {
        let x = rows::<B>(&x, start, end);
        let logits = B::float_matmul(x.clone(), transposed.clone());
        let p = B::scaled_exp_rows(logits, rows::<B>(&result, start, end), rows::<B>(&grad, start, end));
        x_grads.push(B::float_matmul(p.clone(), embedding.clone()));
        let part = B::float_matmul(B::float_transpose(p), x);
        embedding_grad = Some(match embedding_grad {
            Some(sum) => B::float_add(sum, part),
            None => part,
        });
    }
    let embedding_grad = embedding_grad.expect("a batch has rows");
    (B::float_cat(x_grads, 0), embedding_grad)
}
