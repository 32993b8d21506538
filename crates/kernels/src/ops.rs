//! The backend extension: one method per stage, implemented for wgpu (`wgpu.rs`), Flex (`cpu.rs`) and, with a
//! hand-written backward pass, for autodiff (`autodiff.rs`).

use burn::backend::{Backend, backend_extension, tensor::FloatTensor};

use crate::reference::{adam_step::AdamStep, dropout::DropoutKey};

/// Operations that Burn's backends lack.
#[backend_extension(Cube, Flex, Autodiff)]
pub trait KernelOps: Backend {
    /// See [`crate::dropout`].
    fn dropout(x: FloatTensor<Self>, key: DropoutKey, rate: f32) -> FloatTensor<Self>;

    /// See [`crate::adam_step`]: `(parameter, first_moment, second_moment)`.
    fn adam_step(
        parameter: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        first_moment: FloatTensor<Self>,
        second_moment: FloatTensor<Self>,
        step: AdamStep,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
}
