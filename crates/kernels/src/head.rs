//! The output layer with latents: logits φ(a_t + b_k) · E_v that are never in memory.

use burn::{
    backend::{Dispatch, DispatchDevice},
    tensor::{Device, Int, Tensor},
};

use cubecl::MemoryScope;

use crate::{head_ops::HeadOps, leaky_relu, log_partition, ops::KernelOps, wgpu};

/// What the logits of a batch are made of, but for the latents: token t of a sentence has under latent k the logits
/// `x · E_v` with `x = φ(a_t + b_k)`, where φ is LeakyReLU.
#[derive(Clone, Debug)]
pub struct OutputLayer {
    /// a, the states' half of the combination, `[B, T, D]`.
    pub states: Tensor<3>,
    /// E, `[V, D]`.
    pub embedding: Tensor<2>,
    /// y, the target tokens, `[B, T]`, i32; below 0 where there is none and the position does not count.
    pub targets: Tensor<2, Int>,
    /// φ(s) = s where s ≥ 0, else `slope · s`; 1 is a combination without activation.
    pub slope: f32,
}

/// What [`latent_scores`] returns.
#[derive(Clone, Debug)]
pub struct LatentScores {
    /// Σ_t −log p(y_t) of each sentence under each latent, `[B, K]`, nats.
    pub nll_nats: Tensor<2>,
    /// log Σ_v exp(x · E_v), `[B, K, T]`, nats; 0 where a position does not count.
    pub log_partition: Tensor<3>,
}

/// What the products of a score are computed in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// f32.
    #[default]
    Single,
    /// f16 with sums in f32, where the device's shaders have it ([`scores_in_half`]), else f32.
    Half,
}

/// Whether the device scores in f16 when asked to.
pub fn scores_in_half(device: &Device) -> bool {
    match device.clone().without_autodiff().as_dispatch() {
        DispatchDevice::Cube(device) => wgpu::head::has_f16(&device.client()),
        _ => false,
    }
}

/// Scores many latents: the targets' negative log-likelihood under each, without gradients.
///
/// NLL_bk = Σ_t log Σ_v exp(x_btk · E_v) − x_btk · E_{y_bt}
///
/// # Shapes
/// `latents`: b, `[B, K, D]`
///
/// # Panics
/// When a target is V or more, on the cpu device.
pub fn latent_scores(layer: &OutputLayer, latents: Tensor<3>) -> LatentScores {
    latent_scores_in(layer, latents, Precision::Single)
}

/// [`latent_scores`] in a precision. Scores in f16 are good enough to choose a winner, not for its loss.
pub fn latent_scores_in(layer: &OutputLayer, latents: Tensor<3>, precision: Precision) -> LatentScores {
    let layer = layer.clone().without_autodiff();
    let latents = latents.without_autodiff();
    let OutputLayer { states, embedding, targets, slope } = layer;
    let (nll, log_partition) = Dispatch::latent_scores(
        states.into_dispatch(),
        latents.into_dispatch(),
        embedding.into_dispatch(),
        targets.into_dispatch(),
        slope,
        precision,
    );
    LatentScores { nll_nats: Tensor::from_dispatch(nll), log_partition: Tensor::from_dispatch(log_partition) }
}

/// The two sums that make up the label-smoothed loss of each sentence under one latent, differentiable in states,
/// latent and embedding: Σ_t −log p(y_t) and Σ_t (1/V) Σ_v −log p_v.
///
/// Neither needs the logits beyond their log-partition, which is given: the target's logit is x · E_y, the mean logit
/// x · Ē. The backward pass makes the probabilities again, a tile at a time:
/// dx = (g₁ + g₂) Σ_v p_v E_v − g₁ E_y − g₂ Ē, dE_v = Σ_t (g₁ + g₂) p_v x − g₁ [y = v] x − (g₂/V) x.
///
/// # Shapes
/// `latent`: b, `[B, D]`; `log_partition`: `[B, T]`, that of [`latent_scores`] for this latent; returns `[B, 2]`
pub fn latent_loss(layer: OutputLayer, latent: Tensor<2>, log_partition: Tensor<2>) -> Tensor<2> {
    if !is_fused(&layer.states.device()) {
        return composed_latent_loss(&layer, latent);
    }
    let OutputLayer { states, embedding, targets, slope } = layer;
    let losses = Dispatch::latent_loss(
        states.into_dispatch(),
        latent.into_dispatch(),
        embedding.into_dispatch(),
        targets.into_dispatch(),
        log_partition.into_dispatch(),
        slope,
    );
    Tensor::from_dispatch(losses)
}

impl OutputLayer {
    fn without_autodiff(self) -> Self {
        Self {
            states: self.states.without_autodiff(),
            embedding: self.embedding.without_autodiff(),
            targets: self.targets.without_autodiff(),
            slope: self.slope,
        }
    }
}

/// Whether this is the cpu device, whose memory the host's allocator counts.
pub fn is_cpu(device: &Device) -> bool {
    matches!(device.clone().without_autodiff().as_dispatch(), DispatchDevice::Flex(_))
}

/// Whether the device runs our kernels: the cpu device, and those that compile WGSL.
fn is_fused(device: &Device) -> bool {
    match device.clone().without_autodiff().as_dispatch() {
        DispatchDevice::Flex(_) => true,
        DispatchDevice::Cube(device) => device.client().name() == "wgpu<wgsl>",
        _ => false,
    }
}

/// [`latent_loss`] by tensor operations, over chunks of rows: what runs on devices that do not compile WGSL. It makes the
/// log-partitions itself.
pub fn composed_latent_loss(layer: &OutputLayer, latent: Tensor<2>) -> Tensor<2> {
    composed::latent_loss(layer, latent)
}

/// Bytes that a wgpu device has reserved for tensors, after those that nothing uses were given back; none of the others.
pub fn reserved_bytes(device: &Device) -> Option<u64> {
    match device.clone().without_autodiff().as_dispatch() {
        DispatchDevice::Cube(device) => Some(device.client().memory_report(MemoryScope::Device).usage().bytes_reserved),
        _ => None,
    }
}

/// What `run` returns, the bytes that a wgpu device's tensors held before it, and the most that they held at a launch of one
/// of our stages in the meantime; none of the other devices. For one thread at a time.
pub fn most_bytes_in_use<T>(device: &Device, run: impl FnOnce() -> T) -> Option<(T, u64, u64)> {
    match device.clone().without_autodiff().as_dispatch() {
        DispatchDevice::Cube(device) => Some(wgpu::most_bytes_in_use(&device.client(), run)),
        _ => None,
    }
}

/// Gives memory that no tensor of a wgpu device uses back to the driver.
pub fn give_back_memory(device: &Device) {
    if let DispatchDevice::Cube(device) = device.clone().without_autodiff().as_dispatch() {
        // A device that cannot give it back keeps it.
        let _ = device.client().memory_cleanup();
    }
}

/// The loss by tensor operations.
mod composed {
    use super::{Int, OutputLayer, Tensor, leaky_relu, log_partition};

    pub(super) fn latent_loss(layer: &OutputLayer, latent: Tensor<2>) -> Tensor<2> {
        let Parts { combined, partition, target, counts } = parts(layer, latent);
        let mean_embedding = layer.embedding.clone().mean_dim(0).transpose(); // [D, 1]
        let mean = combined.matmul(mean_embedding).reshape(partition.dims());
        let nll = ((partition.clone() - target) * counts.clone()).sum_dim(1);
        Tensor::cat(vec![nll, ((partition - mean) * counts).sum_dim(1)], 1)
    }

    struct Parts {
        /// x, `[B T, D]`.
        combined: Tensor<2>,
        /// log Σ_v exp(x · E_v), `[B, T]`.
        partition: Tensor<2>,
        /// x · E_y, `[B, T]`.
        target: Tensor<2>,
        /// 1 where a position counts, else 0, `[B, T]`.
        counts: Tensor<2>,
    }

    fn parts(layer: &OutputLayer, latent: Tensor<2>) -> Parts {
        let [n_sentences, length, d_model] = layer.states.dims();
        let shape = [n_sentences, length];
        let combined = leaky_relu(layer.states.clone() + latent.unsqueeze_dim::<3>(1), layer.slope);
        let combined = combined.reshape([n_sentences * length, d_model]);
        let rows: Tensor<1, Int> = layer.targets.clone().clamp_min(0).reshape([n_sentences * length]);
        let target = (combined.clone() * layer.embedding.clone().select(0, rows)).sum_dim(1).reshape(shape);
        let partition = log_partition(combined.clone(), layer.embedding.clone()).reshape(shape);
        let counts = layer.targets.clone().greater_equal_elem(0).float();
        Parts { combined, partition, target, counts }
    }
}
