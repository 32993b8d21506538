//! The backend extension of the loss of the output layer with latents, implemented for wgpu (`wgpu/head.rs`), Flex
//! (`cpu/head`) and, with a hand-written backward pass, for autodiff (`head_autodiff.rs`).

use burn::backend::{
    Backend, backend_extension,
    tensor::{FloatTensor, IntTensor},
};

/// See [`crate::OutputLayer`], whose fields `states`, `embedding`, `targets` and `slope` are.
#[backend_extension(Cube, Flex, Autodiff)]
pub trait HeadOps: Backend {
    /// NLL and uniform loss of each sentence, `[B, 2]`. `latent`: `[B, D]`; `log_partition`: `[B, T]`.
    fn latent_loss(
        states: FloatTensor<Self>,
        latent: FloatTensor<Self>,
        embedding: FloatTensor<Self>,
        targets: IntTensor<Self>,
        log_partition: FloatTensor<Self>,
        slope: f32,
    ) -> FloatTensor<Self>;

    /// Gradients of `states`, `latent` and `embedding` from that of the result, `[B, 2]`.
    fn latent_loss_backward(
        states: FloatTensor<Self>,
        latent: FloatTensor<Self>,
        embedding: FloatTensor<Self>,
        targets: IntTensor<Self>,
        log_partition: FloatTensor<Self>,
        slope: f32,
        grad: FloatTensor<Self>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
}
