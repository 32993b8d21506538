//! The backend extension: one method per stage, implemented for wgpu (`wgpu.rs`), Flex (`cpu.rs`) and, with a
//! hand-written backward pass, for autodiff (`autodiff.rs`).

use burn::backend::{
    Backend, backend_extension,
    tensor::{FloatTensor, IntTensor},
};

use crate::{
    affine::{self, Block},
    head::Precision,
    reference::{adam_step::AdamStep, dropout::DropoutKey},
};

/// Operations that Burn's backends lack.
#[backend_extension(Cube, Flex, Autodiff)]
pub trait KernelOps: Backend {
    /// See [`crate::dropout`].
    fn dropout(x: FloatTensor<Self>, key: DropoutKey, rate: f32) -> FloatTensor<Self>;

    /// See [`crate::layer_norm`].
    fn norm_rows(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        epsilon: f64,
    ) -> FloatTensor<Self>;

    /// See [`crate::affine`]; `bias` is any tensor where `block` says that there is none.
    fn affine(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        block: Block,
    ) -> FloatTensor<Self> {
        affine::composed::<Self>(x, weight, bias, block)
    }

    /// See [`crate::leaky_relu`].
    fn leaky(x: FloatTensor<Self>, slope: f32) -> FloatTensor<Self>;

    /// `g` times the slope of LeakyReLU at `x`, which is LeakyReLU's gradient. Not differentiable.
    fn leaky_gate(x: FloatTensor<Self>, g: FloatTensor<Self>, slope: f32) -> FloatTensor<Self>;

    /// See [`crate::log_partition`].
    fn log_partition(x: FloatTensor<Self>, embedding: FloatTensor<Self>) -> FloatTensor<Self>;

    /// Gradients of `x` and `embedding` from `result` and its gradient, both `[R, 1]`.
    fn log_partition_backward(
        x: FloatTensor<Self>,
        embedding: FloatTensor<Self>,
        result: FloatTensor<Self>,
        grad: FloatTensor<Self>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>);

    /// See [`crate::latent_scores_in`]: NLL `[B, K]` and log-partitions `[B, K, T]`, without gradients. `latents`: `[B, K, D]`.
    fn latent_scores(
        states: FloatTensor<Self>,
        latents: FloatTensor<Self>,
        embedding: FloatTensor<Self>,
        targets: IntTensor<Self>,
        slope: f32,
        precision: Precision,
    ) -> (FloatTensor<Self>, FloatTensor<Self>);

    /// See [`crate::lowest`].
    fn lowest(scores: FloatTensor<Self>) -> IntTensor<Self>;

    /// See [`crate::embed`].
    fn embed(weight: FloatTensor<Self>, ids: IntTensor<Self>) -> FloatTensor<Self>;

    /// See [`crate::segment_sums`].
    fn segment_sums(x: FloatTensor<Self>, ids: IntTensor<Self>, n_segments: usize) -> FloatTensor<Self>;

    /// See [`crate::adam_step`]: `(parameter, first_moment, second_moment)`.
    fn adam_step(
        parameter: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        first_moment: FloatTensor<Self>,
        second_moment: FloatTensor<Self>,
        step: AdamStep,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);

    /// See [`crate::attend`].
    fn attend(
        query: FloatTensor<Self>,
        memory: FloatTensor<Self>,
        cells: IntTensor<Self>,
        lengths: IntTensor<Self>,
        n_heads: usize,
    ) -> FloatTensor<Self>;

    /// See [`crate::top`].
    fn top(x: FloatTensor<Self>, n: usize, column: usize) -> FloatTensor<Self>;
}
