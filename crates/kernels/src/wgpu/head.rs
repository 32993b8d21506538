//! The output layer with latents on wgpu devices: which stages run, and in which chunks. Sizes come from the shaders'
//! constants and the device's limits.

use burn::{
    backend::{
        Slice,
        ops::FloatTensorOps,
        tensor::{FloatTensor, IntTensor},
        wgpu::{CubeBackend, CubeTensor},
    },
    tensor::{DType, FloatDType, Shape},
};
use burn_cubecl::kernel::matmul::{MatmulStrategy, matmul};

use cubecl::{
    client::Client,
    ir::{ElemType, FloatKind},
};

use super::{
    COLUMN_SUMS, HEAD_COMBINE, HEAD_LOGITS_GRAD, HEAD_LOSS, HEAD_ROWS, HEAD_SCORE, HEAD_SCORE_F16, HEAD_SCORE_WIDE,
    HEAD_SENTENCE, HEAD_STATES, HEAD_TOKENS, Shader, empty, integers, is_software, launch, launch_over, note_memory,
    packed, sizes,
};
use crate::{head::Precision, head_ops::HeadOps};

/// Rounds of loops of an invocation in one launch: drivers have patience for a second or two, and some software adapters
/// stop after 65,535.
const MAX_ROUNDS: usize = 40_000;

/// Tokens that a workgroup of a scoring stage goes through: whole tiles, and few enough that small batches fill a GPU.
fn tokens_a_split(stage: Shader, d_model: usize) -> usize {
    let of_a_tile = d_model.div_ceil(stage.constant("STEP")) * 24 + 40;
    let tokens = stage.constant("TOKENS");
    (MAX_ROUNDS / of_a_tile).clamp(1, 2048 / tokens) * tokens
}

/// Tokens of a range whose logits' gradients are in memory at once: a quarter of the vocabulary, or what fits into
/// `scratch`; whole tiles.
fn tokens_a_range(n_tokens: usize, n_rows: usize, scratch: usize) -> usize {
    let tile = HEAD_LOGITS_GRAD.constant("TOKENS");
    let fitting = scratch / (n_rows * size_of::<f32>()) / tile * tile;
    n_tokens.div_ceil(4).next_multiple_of(tile).min(fitting.max(tile))
}

/// The largest buffer that we make for our own needs; a quarter of what the device can bind, and no more than 32 MiB.
fn scratch_bytes(tensor: &CubeTensor) -> usize {
    const MOST: u64 = 32 << 20;
    MOST.min(tensor.client.properties().memory.max_page_size / 4) as usize
}

/// Chunks of rows that need `bytes` of scratch each, in whole tiles: first row and end.
fn chunks(n_rows: usize, bytes: usize, tile: usize, scratch: usize) -> impl Iterator<Item = (usize, usize)> {
    let n = (scratch / bytes / tile).max(1) * tile;
    (0..n_rows).step_by(n).map(move |start| (start, (start + n).min(n_rows)))
}

/// Packed, its last axis filled up with zeros to vectors of four.
pub(super) fn in_fours(tensor: CubeTensor) -> CubeTensor {
    let mut shape = tensor.meta.shape().clone();
    let last = shape.num_dims() - 1;
    let missing = shape[last].next_multiple_of(4) - shape[last];
    if missing == 0 {
        return packed(tensor);
    }
    shape[last] = missing;
    let zeros = CubeBackend::float_zeros(shape, &tensor.device, FloatDType::F32);
    packed(CubeBackend::float_cat(vec![tensor, zeros], last))
}

/// The first `width` of the last axis.
pub(super) fn first_columns(tensor: CubeTensor, width: usize) -> CubeTensor {
    let shape = tensor.meta.shape().clone();
    let last = shape.num_dims() - 1;
    if shape[last] == width {
        return tensor;
    }
    let slices: Vec<Slice> =
        (0..=last).map(|dim| Slice::from(0..if dim == last { width } else { shape[dim] })).collect();
    CubeBackend::float_slice(tensor, &slices)
}

/// Tensors of a head, row-major, with D a multiple of four.
struct Inputs {
    states: CubeTensor,
    /// `[B, K, D]` or `[B, D]`.
    latents: CubeTensor,
    embedding: CubeTensor,
    targets: CubeTensor,
    slope: f32,
    /// D before it was filled up.
    width: usize,
}

impl Inputs {
    fn new([states, latents, embedding]: [CubeTensor; 3], targets: CubeTensor, slope: f32) -> Self {
        let width = embedding.meta.shape()[1];
        let [states, latents, embedding] = [states, latents, embedding].map(in_fours);
        Self { states, latents, embedding, targets: integers(targets), slope, width }
    }

    fn n_sentences(&self) -> usize {
        self.states.meta.shape()[0]
    }

    fn length(&self) -> usize {
        self.states.meta.shape()[1]
    }

    fn d_model(&self) -> usize {
        self.states.meta.shape()[2]
    }

    fn n_tokens(&self) -> usize {
        self.embedding.meta.shape()[0]
    }

    /// B T.
    fn n_rows(&self) -> usize {
        self.n_sentences() * self.length()
    }

    fn empty<const D: usize>(&self, shape: [usize; D]) -> CubeTensor {
        empty(&self.states, Shape::from(shape))
    }

    /// x of one latent a sentence, `[B T, D]`.
    fn combine(&self) -> CubeTensor {
        let x = self.empty([self.n_rows(), self.d_model()]);
        let [n, length, d4] = sizes([self.n_rows() * self.d_model() / 4, self.length(), self.d_model() / 4]);
        let info = [n, length, d4, self.slope.to_bits()];
        launch_over(HEAD_COMBINE, &[&x, &self.states, &self.latents, &self.targets], &info);
        x
    }

    /// Gradients of the states, `[B, T, D]`, and of E, `[V, D]`: for a range of tokens after the other the logits' gradients
    /// g, of which dx is the sum of g E, while dE of the range is gᵀ x.
    fn gradients(&self, x: &CubeTensor, rows: &CubeTensor) -> (CubeTensor, CubeTensor) {
        let (n_rows, n_tokens, d_model) = (self.n_rows(), self.n_tokens(), self.d_model());
        let tile = [HEAD_LOGITS_GRAD.constant("ROWS"), HEAD_LOGITS_GRAD.constant("TOKENS")];
        let share = (1.0 / n_tokens as f32).to_bits();
        let embedding_grad = self.empty([n_tokens, d_model]);
        let mut dx = None;
        let range = tokens_a_range(n_tokens, n_rows, scratch_bytes(x));
        for first in (0..n_tokens).step_by(range) {
            let end = n_tokens.min(first + range);
            let g = self.empty([n_rows, end - first]);
            let info = sizes([n_rows, first, end, d_model / 4]);
            let n_groups = n_rows.div_ceil(tile[0]) * (end - first).div_ceil(tile[1]);
            let tensors = [x, &self.embedding, rows, &g];
            launch(HEAD_LOGITS_GRAD, &tensors, &[info.as_slice(), &[share]].concat(), sizes([n_groups])[0]);
            let transposed = CubeBackend::float_swap_dims(g.clone(), 0, 1);
            product(&transposed, x, Some(rows_between(&embedding_grad, first, end)));
            let part = product(&g, &rows_between(&self.embedding, first, end), None);
            dx = Some(match dx {
                None => part,
                Some(dx) => CubeBackend::float_add(dx, part),
            });
        }
        let dx = dx.expect("a vocabulary has tokens");
        let states_grad = self.empty([self.n_sentences(), self.length(), d_model]);
        let info = sizes([n_rows * d_model / 4, self.length(), d_model / 4]);
        let info = [info.as_slice(), &[self.slope.to_bits()]].concat();
        launch_over(HEAD_STATES, &[&states_grad, &dx, &self.states, &self.latents], &info);
        (states_grad, embedding_grad)
    }
}

/// The rows from `first` on, before `end`, of a matrix, where they lie; `first` is a multiple of a tile's tokens, by which
/// their beginning is aligned for every device.
fn rows_between(matrix: &CubeTensor, first: usize, end: usize) -> CubeTensor {
    let width = matrix.meta.shape()[1];
    let handle = matrix.handle.clone().offset_start((first * width * size_of::<f32>()) as u64);
    let (client, device) = (matrix.client.clone(), matrix.device.clone());
    CubeTensor::new_contiguous(client, device, Shape::new([end - first, width]), handle, DType::F32)
}

/// Burn's product, into `out` where that is given. The factors are the caller's until memory was noted.
fn product(a: &CubeTensor, b: &CubeTensor, out: Option<CubeTensor>) -> CubeTensor {
    let product = matmul(a.clone(), b.clone(), out, MatmulStrategy::default(), DType::F32);
    let product = product.expect("every device multiplies f32");
    note_memory(&product.client);
    product
}

/// y of `column_sums`, `[parts, D]`.
fn column_sums(x: &CubeTensor, rows_a_part: usize, scale: f32) -> CubeTensor {
    let width = x.meta.shape()[x.meta.shape().num_dims() - 1];
    let n_rows = x.meta.shape().num_elements() / width;
    let n_parts = n_rows.div_ceil(rows_a_part);
    let y = empty(x, Shape::new([n_parts, width]));
    let info = sizes([n_parts * width, width, rows_a_part, n_rows]);
    launch_over(COLUMN_SUMS, &[&y, x], &[info.as_slice(), &[scale.to_bits()]].concat());
    y
}

/// (1/V) Σ_v E_v, `[1, D]`.
fn mean_embedding(embedding: &CubeTensor) -> CubeTensor {
    /// Large enough that the parts are few, small enough that they fill a GPU.
    const ROWS: usize = 128;
    let n_tokens = embedding.meta.shape()[0];
    column_sums(&column_sums(embedding, ROWS, 1.0), n_tokens.div_ceil(ROWS), 1.0 / n_tokens as f32)
}

/// `y[i] = Σ x[skip + i T ..][.. T]`, `[n]`.
fn sentence_sums(x: &CubeTensor, n: usize, length: usize, skip: usize) -> CubeTensor {
    let y = empty(x, Shape::new([n]));
    launch_over(HEAD_SENTENCE, &[&y, x], &sizes([n, length, skip]));
    y
}

/// Whether shaders can compute in f16.
pub(crate) fn has_f16(client: &Client) -> bool {
    client.properties().supports_type(ElemType::Float(FloatKind::F16))
}

/// See [`crate::latent_scores_in`].
pub(super) fn latent_scores(
    tensors: [CubeTensor; 3],
    targets: CubeTensor,
    slope: f32,
    precision: Precision,
) -> (CubeTensor, CubeTensor) {
    let stage = match precision {
        Precision::Half if has_f16(&tensors[0].client) => HEAD_SCORE_F16,
        _ if is_software(&tensors[0]) => HEAD_SCORE_WIDE,
        _ => HEAD_SCORE,
    };
    let inputs = Inputs::new(tensors, targets, slope);
    let (n_sentences, length, d_model) = (inputs.n_sentences(), inputs.length(), inputs.d_model());
    let (n_latents, n_tokens) = (inputs.latents.meta.shape()[1], inputs.n_tokens());
    let n_rows = n_sentences * n_latents * length;
    let split = tokens_a_split(stage, d_model);
    let n_splits = n_tokens.div_ceil(split);
    let Inputs { states, latents, embedding, targets, .. } = &inputs;
    // Log-partitions, then the targets' NLL.
    let tokens = inputs.empty([2, n_sentences, n_latents, length]);
    let tile = stage.constant("ROWS");
    for (first, end) in chunks(n_rows, n_splits * 2 * size_of::<f32>(), tile, scratch_bytes(states)) {
        let partials = inputs.empty([end - first, n_splits, 2]);
        let info = sizes([end, first, n_latents, length, d_model / 4, n_tokens, split, n_splits]);
        let info = [info.as_slice(), &[slope.to_bits()]].concat();
        let n_groups = (end - first).div_ceil(tile) * n_splits;
        launch(stage, &[states, latents, embedding, &partials], &info, sizes([n_groups])[0]);
        let info = sizes([n_rows, first, end - first, n_latents, length, d_model / 4, n_tokens, n_splits]);
        let info = [info.as_slice(), &[slope.to_bits()]].concat();
        launch(HEAD_TOKENS, &[states, latents, embedding, targets, &partials, &tokens], &info, info[2]);
    }
    let nll = sentence_sums(&tokens, n_sentences * n_latents, length, n_rows);
    let partition = CubeBackend::float_slice(tokens, &[Slice::from(0..1)]);
    (
        CubeBackend::float_reshape(nll, Shape::new([n_sentences, n_latents])),
        CubeBackend::float_reshape(partition, Shape::new([n_sentences, n_latents, length])),
    )
}

impl HeadOps for CubeBackend {
    fn latent_loss(
        states: FloatTensor<Self>,
        latent: FloatTensor<Self>,
        embedding: FloatTensor<Self>,
        targets: IntTensor<Self>,
        log_partition: FloatTensor<Self>,
        slope: f32,
    ) -> FloatTensor<Self> {
        let inputs = Inputs::new([states, latent, embedding], targets, slope);
        let (n_sentences, length, log_partition) = (inputs.n_sentences(), inputs.length(), packed(log_partition));
        let (x, mean) = (inputs.combine(), mean_embedding(&inputs.embedding));
        let tokens = inputs.empty([n_sentences, 2, length]);
        let info = sizes([inputs.n_rows(), length, inputs.d_model() / 4, inputs.n_tokens()]);
        launch(HEAD_LOSS, &[&x, &inputs.embedding, &mean, &log_partition, &inputs.targets, &tokens], &info, info[0]);
        Self::float_reshape(sentence_sums(&tokens, 2 * n_sentences, length, 0), Shape::new([n_sentences, 2]))
    }

    fn latent_loss_backward(
        states: FloatTensor<Self>,
        latent: FloatTensor<Self>,
        embedding: FloatTensor<Self>,
        targets: IntTensor<Self>,
        log_partition: FloatTensor<Self>,
        slope: f32,
        grad: FloatTensor<Self>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let [log_partition, grad] = [log_partition, grad].map(packed);
        let inputs = Inputs::new([states, latent, embedding], targets, slope);
        let x = inputs.combine();
        let rows = inputs.empty([inputs.n_rows(), 4]);
        let info = sizes([inputs.n_rows(), inputs.length()]);
        launch_over(HEAD_ROWS, &[&rows, &log_partition, &grad, &inputs.targets], &info);
        let (states_grad, embedding_grad) = inputs.gradients(&x, &rows);
        let latent_grad = column_sums(&states_grad, inputs.length(), 1.0);
        let [states_grad, latent_grad, embedding_grad] =
            [states_grad, latent_grad, embedding_grad].map(|grad| first_columns(grad, inputs.width));
        (states_grad, latent_grad, embedding_grad)
    }
}
