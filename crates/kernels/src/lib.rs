//! Hand-written operations: WGSL stages from `shaders/` for every wgpu device and their multi-threaded twins for the
//! cpu device, as Burn operations. Owns binding numbers and launches; knows nothing of models.
//!
//! A new stage is `shaders/<stage>.wgsl`, its twin `reference/<stage>.rs` and a method of [`ops::KernelOps`].

mod affine;
mod allocation;
mod autodiff;
mod cpu;
mod head;
mod head_autodiff;
pub mod head_ops;
mod log_partition;
pub mod ops;
pub mod reference;
mod wgpu;

use burn::{
    backend::Dispatch,
    tensor::{Int, Tensor},
};

pub use affine::{Block, affine};
pub use allocation::{CountingAllocator, allocated, keep_freed_memory, peak, reset_peak};
pub use head::{
    LatentScores, OutputLayer, Precision, composed_latent_loss, give_back_memory, is_cpu, latent_loss, latent_scores,
    latent_scores_in, most_bytes_in_use, reserved_bytes, scores_in_half,
};
use ops::KernelOps;
pub use reference::{adam_step::AdamStep, dropout::DropoutKey};

/// Inverted dropout: `y_i = x_i / (1 − rate)` where the mask keeps element `i`, else 0.
///
/// The mask is a hash of `key` and the element's row-major index: equal on every device, never stored, and
/// reproducible from the run's seed. The gradient is the same operation on the output's gradient.
///
/// # Shapes
/// `x`: any; the result has the same shape.
///
/// # Panics
/// When `rate` is outside `[0, 1)` or `x` is not f32.
pub fn dropout<const D: usize>(x: Tensor<D>, key: DropoutKey, rate: f32) -> Tensor<D> {
    assert!((0.0..1.0).contains(&rate), "a dropout rate lies in [0, 1), not {rate}");
    if rate == 0.0 {
        return x;
    }
    Tensor::from_dispatch(Dispatch::dropout(x.into_dispatch(), key, rate))
}

/// Layer normalisation over the last axis: `y = (x − mean(x)) / √(var(x) + ε) · γ + β`, the variance being the mean square.
///
/// On wgpu one launch without autodiff; with it, and on the cpu device, Burn's own operation.
///
/// # Shapes
/// `x`: `[…, D]`; `gamma`, `beta`: `[D]`; the result has the shape of `x`.
pub fn layer_norm<const N: usize>(x: Tensor<N>, gamma: Tensor<1>, beta: Tensor<1>, epsilon: f64) -> Tensor<N> {
    let (x, gamma, beta) = (x.into_dispatch(), gamma.into_dispatch(), beta.into_dispatch());
    Tensor::from_dispatch(Dispatch::norm_rows(x, gamma, beta, epsilon))
}

/// LeakyReLU: `y_i = x_i` where `x_i ≥ 0`, else `slope · x_i`.
///
/// # Shapes
/// `x`: any; the result has the same shape.
pub fn leaky_relu<const D: usize>(x: Tensor<D>, slope: f32) -> Tensor<D> {
    Tensor::from_dispatch(Dispatch::leaky(x.into_dispatch(), slope))
}

/// The log-partition of an output layer: `log Σ_v exp(x_r · E_v)`, in chunks of rows, so that the logits of all rows
/// never exist at once. The backward pass makes the probabilities again from the saved result.
///
/// # Shapes
/// `x`: `[R, D]`; `embedding` E: `[V, D]`; returns `[R, 1]`
pub fn log_partition(x: Tensor<2>, embedding: Tensor<2>) -> Tensor<2> {
    Tensor::from_dispatch(Dispatch::log_partition(x.into_dispatch(), embedding.into_dispatch()))
}

/// The index of each row's lowest value, ties to the lowest index; the last index where a row holds NaN.
///
/// # Shapes
/// `scores`: `[B, K]`; returns `[B]`, i32
pub fn lowest(scores: Tensor<2>) -> Tensor<1, Int> {
    Tensor::from_dispatch(Dispatch::lowest(scores.into_dispatch()))
}

/// Rows of an embedding. Where a token occurs more than once its gradients add up in the order of the rows, so that runs
/// agree to the bit.
///
/// # Shapes
/// `weight`: `[V, D]`; `ids`: `[N]`, i32, below V; returns `[N, D]`
pub fn embed(weight: Tensor<2>, ids: Tensor<1, Int>) -> Tensor<2> {
    Tensor::from_dispatch(Dispatch::embed(weight.into_dispatch(), ids.into_dispatch()))
}

/// `y_v = Σ x_i` over the rows i whose number `ids_i` is v, in their order; 0 where there is none. Not differentiable.
///
/// # Shapes
/// `x`: `[N, D]`; `ids`: `[N]`, i32; returns `[n_segments, D]`
pub fn segment_sums(x: Tensor<2>, ids: Tensor<1, Int>, n_segments: usize) -> Tensor<2> {
    Tensor::from_dispatch(Dispatch::segment_sums(x.into_dispatch(), ids.into_dispatch(), n_segments))
}

/// The parameter and both moments after one update; all `[n]`.
#[derive(Debug)]
pub struct AdamUpdate {
    /// The updated parameter.
    pub parameter: Tensor<1>,
    /// The first moment m.
    pub first_moment: Tensor<1>,
    /// The second moment v.
    pub second_moment: Tensor<1>,
}

/// One update of Adam with decoupled weight decay (Kingma & Ba 2015; Loshchilov & Hutter 2019), in one pass and in
/// place where the tensors are not shared. Not differentiable: pass tensors without autodiff.
///
/// # Shapes
/// All four tensors `[n]`, f32.
pub fn adam_step(
    parameter: Tensor<1>,
    gradient: Tensor<1>,
    first_moment: Tensor<1>,
    second_moment: Tensor<1>,
    step: AdamStep,
) -> AdamUpdate {
    let (parameter, first_moment, second_moment) = Dispatch::adam_step(
        parameter.into_dispatch(),
        gradient.into_dispatch(),
        first_moment.into_dispatch(),
        second_moment.into_dispatch(),
        step,
    );
    AdamUpdate {
        parameter: Tensor::from_dispatch(parameter),
        first_moment: Tensor::from_dispatch(first_moment),
        second_moment: Tensor::from_dispatch(second_moment),
    }
}

/// log Σ_v exp(x_v) of each row of `n_columns` values on the host, in nats; not finite where a value is NaN or +∞.
pub fn log_sum_exp(x: &[f32], n_columns: usize) -> Vec<f64> {
    cpu::log_sum_exp(x, n_columns)
}

/// Which cells of a memory each row attends to; see [`attend`].
#[derive(Clone, Debug)]
pub struct Cells {
    /// Numbers of cells, `[R, L]`, i32.
    pub numbers: Tensor<2, Int>,
    /// How many of a row's numbers count, from the left, `[R]`, i32; at least 1.
    pub lengths: Tensor<1, Int>,
}

/// softmax(q kᵀ/√(D/H)) v, each row over the cells of the memory that it names: rows that share a past share its cells,
/// and a beam is reordered without moving a key. Not differentiable.
///
/// # Shapes
/// `query`: `[R, D]`; `memory`: `[C, 2 D]`, a key and a value a cell; returns `[R, D]`
pub fn attend(query: Tensor<2>, memory: Tensor<2>, cells: Cells, n_heads: usize) -> Tensor<2> {
    Tensor::from_dispatch(Dispatch::attend(
        query.into_dispatch(),
        memory.into_dispatch(),
        cells.numbers.into_dispatch(),
        cells.lengths.into_dispatch(),
        n_heads,
    ))
}

/// Of each row its log-partition log Σ exp x, the value in `column`, its `n` highest values from the highest on (ties to
/// the lower column), and the columns of these as numbers. Where a row has fewer than `n` values above −3e38, that stands
/// in their place. Not differentiable.
///
/// # Shapes
/// `x`: `[R, V]`; returns `[R, 2 + 2 n]`
///
/// # Panics
/// When `n` is 0, or there are more columns than an f32 can count.
pub fn top(x: Tensor<2>, n: usize, column: usize) -> Tensor<2> {
    let [_, n_columns] = x.dims();
    assert!(n > 0 && n_columns < 1 << 24, "1 or more of fewer than 2²⁴ columns, not {n} of {n_columns}");
    Tensor::from_dispatch(Dispatch::top(x.into_dispatch(), n, column))
}
