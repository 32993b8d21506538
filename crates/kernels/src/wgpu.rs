//! The stages on wgpu devices: hand-written WGSL launched through CubeCL.

use burn::{
    backend::{
        Slice,
        ops::FloatTensorOps,
        tensor::{FloatTensor, IntTensor},
        wgpu::{CubeBackend, CubeDim, CubeTensor, KernelSource, SourceKernel, SourceTemplate, into_contiguous},
    },
    tensor::{DType, Shape},
};
use cubecl::{CubeCount, prelude::KernelId, server::KernelArguments};

use crate::{
    log_partition::{self, RowOps},
    ops::KernelOps,
    reference::{
        adam_step::AdamStep,
        dropout::{DropoutKey, threshold},
    },
};

include!(concat!(env!("OUT_DIR"), "/shaders.rs"));

/// One stage as `build.rs` reflected it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shader {
    name: &'static str,
    source: &'static str,
    workgroup_size: [u32; 3],
    n_bindings: usize,
}

impl KernelSource for Shader {
    fn source(&self) -> SourceTemplate {
        SourceTemplate::new(self.source)
    }

    fn id(&self) -> KernelId {
        // The text never varies, so the stage's name identifies the pipeline.
        KernelId::new::<Self>().info(self.name)
    }

    fn lang(&self) -> &'static str {
        "wgsl"
    }
}

/// WebGPU's limit on workgroups per dimension.
const MAX_WORKGROUPS: u32 = 65_535;

/// Launches `shader` with one invocation per element of `tensors[0]`; `info` becomes the last binding, its first word
/// the number of elements.
fn launch_elementwise(shader: Shader, tensors: &[&CubeTensor], parameters: &[u32]) {
    let n_elements =
        u32::try_from(tensors[0].meta.shape().num_elements()).expect("a tensor has fewer than 2³² elements");
    let info: Vec<u32> = std::iter::once(&n_elements).chain(parameters).copied().collect();
    launch(shader, tensors, &info, n_elements.div_ceil(shader.workgroup_size.iter().product()));
}

/// Launches `n_groups` workgroups of `shader`; `info` becomes the last binding.
fn launch(shader: Shader, tensors: &[&CubeTensor], info: &[u32], n_groups: u32) {
    assert_eq!(shader.n_bindings, tensors.len() + 1, "stage `{}` has other bindings", shader.name);
    let client = &tensors[0].client;
    let info: Vec<u8> = info.iter().flat_map(|word| word.to_le_bytes()).collect();
    let n_groups = n_groups.max(1);
    let count = CubeCount::Static(n_groups.min(MAX_WORKGROUPS), n_groups.div_ceil(MAX_WORKGROUPS), 1);
    let [x, y, z] = shader.workgroup_size;
    let buffers = tensors
        .iter()
        .map(|tensor| tensor.handle.clone().binding())
        .chain([client.create_from_slice(&info).binding()])
        .collect();
    client.launch(
        Box::new(SourceKernel::new(shader, CubeDim::new_3d(x, y, z))),
        count,
        KernelArguments::new().with_buffers(buffers),
    );
}

fn packed(tensor: CubeTensor) -> CubeTensor {
    assert_eq!(tensor.dtype, DType::F32, "the kernels compute in f32");
    into_contiguous(tensor)
}

/// A new tensor of the same shape, its values undefined.
fn empty_like(x: &CubeTensor) -> CubeTensor {
    empty(x, x.meta.shape().clone())
}

/// A new tensor on the device of `x`, its values undefined.
fn empty(x: &CubeTensor, shape: Shape) -> CubeTensor {
    let handle = x.client.empty(shape.num_elements() * size_of::<f32>());
    CubeTensor::new_contiguous(x.client.clone(), x.device.clone(), shape, handle, DType::F32)
}

/// Indices in row-major order.
fn integers(indices: CubeTensor) -> CubeTensor {
    assert_eq!(indices.dtype, DType::I32, "indices are i32");
    into_contiguous(indices)
}

/// Sizes as a shader reads them.
fn sizes<const N: usize>(sizes: [usize; N]) -> [u32; N] {
    sizes.map(|size| u32::try_from(size).expect("a tensor has fewer than 2³² elements"))
}

/// Rows of a workgroup of `head_score`: its tile is square, and a lane holds four rows by four tokens.
const SCORE_ROWS: usize = 64;

/// Tokens that a workgroup of `head_score` goes through: a multiple of its tile's, and so few that none of its
/// invocations runs for longer than a driver's patience.
fn tokens_a_split(d_model: usize) -> usize {
    const MAX_ITERATIONS: usize = 40_000;
    let a_tile = d_model.div_ceil(16) * 20;
    (MAX_ITERATIONS / a_tile).clamp(1, 32) * SCORE_ROWS
}

/// `packed`, and in a buffer that nobody else reads, so that a stage may write it.
fn owned(tensor: CubeTensor) -> CubeTensor {
    let tensor = packed(tensor);
    if tensor.can_mut() { tensor } else { tensor.copy() }
}

impl RowOps for CubeBackend {}

impl KernelOps for CubeBackend {
    fn dropout(x: FloatTensor<Self>, key: DropoutKey, rate: f32) -> FloatTensor<Self> {
        let x = packed(x);
        let y = empty_like(&x);
        let scale = 1.0 / (1.0 - rate);
        launch_elementwise(DROPOUT, &[&x, &y], &[key.low(), key.high(), threshold(rate), scale.to_bits()]);
        y
    }

    fn leaky_gate(x: FloatTensor<Self>, g: FloatTensor<Self>, slope: f32) -> FloatTensor<Self> {
        let (x, g) = (packed(x), packed(g));
        let y = empty_like(&x);
        launch_elementwise(LEAKY_RELU, &[&x, &g, &y], &[slope.to_bits()]);
        y
    }

    fn log_partition(x: FloatTensor<Self>, embedding: FloatTensor<Self>) -> FloatTensor<Self> {
        log_partition::forward::<Self>(x, embedding)
    }

    fn log_partition_backward(
        x: FloatTensor<Self>,
        embedding: FloatTensor<Self>,
        result: FloatTensor<Self>,
        grad: FloatTensor<Self>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        log_partition::backward::<Self>(x, embedding, result, grad)
    }

    fn latent_scores(
        states: FloatTensor<Self>,
        latents: FloatTensor<Self>,
        embedding: FloatTensor<Self>,
        targets: IntTensor<Self>,
        slope: f32,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        let [states, latents, embedding] = [states, latents, embedding].map(packed);
        let targets = integers(targets);
        let [n_sentences, length, d_model] = [0, 1, 2].map(|dim| states.meta.shape()[dim]);
        let (n_latents, n_tokens) = (latents.meta.shape()[1], embedding.meta.shape()[0]);
        let n_rows = n_sentences * n_latents * length;
        let split = tokens_a_split(d_model);
        let n_splits = n_tokens.div_ceil(split);
        let empty = |shape: Vec<usize>| empty(&states, Shape::from(shape));
        let partials = empty(vec![n_rows, n_splits, 2]);
        let info = sizes([n_rows, n_latents, length, d_model, n_tokens, split, n_splits]);
        let n_groups = n_rows.div_ceil(SCORE_ROWS) * n_splits;
        let info = [info.as_slice(), &[slope.to_bits()]].concat();
        launch(HEAD_SCORE, &[&states, &latents, &embedding, &partials], &info, sizes([n_groups])[0]);
        // Log-partitions, then the targets' NLL.
        let tokens = empty(vec![2, n_sentences, n_latents, length]);
        let info = sizes([n_rows, n_latents, length, d_model, n_tokens, n_splits]);
        let info = [info.as_slice(), &[slope.to_bits()]].concat();
        launch(HEAD_TOKENS, &[&states, &latents, &embedding, &targets, &partials, &tokens], &info, info[0]);
        let nll = empty(vec![n_sentences, n_latents]);
        launch_elementwise(HEAD_SENTENCE, &[&nll, &tokens], &sizes([length, n_rows]));
        let partition = Self::float_slice(tokens, &[Slice::from(0..1)]);
        (nll, Self::float_reshape(partition, Shape::new([n_sentences, n_latents, length])))
    }

    fn adam_step(
        parameter: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        first_moment: FloatTensor<Self>,
        second_moment: FloatTensor<Self>,
        step: AdamStep,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let gradient = packed(gradient);
        let [parameter, first, second] = [parameter, first_moment, second_moment].map(owned);
        let AdamStep { gradient_scale, beta_1, beta_2, decay, step_size, epsilon } = step;
        let scalars = [gradient_scale, beta_1, beta_2, decay, step_size, epsilon].map(f32::to_bits);
        launch_elementwise(ADAM_STEP, &[&parameter, &gradient, &first, &second], &scalars);
        (parameter, first, second)
    }

    fn attend(
        query: FloatTensor<Self>,
        memory: FloatTensor<Self>,
        cells: IntTensor<Self>,
        lengths: IntTensor<Self>,
        n_heads: usize,
    ) -> FloatTensor<Self> {
        let [query, memory] = [query, memory].map(packed);
        let [cells, lengths] = [cells, lengths].map(integers);
        let out = empty_like(&query);
        let info = sizes([query.meta.shape()[0], n_heads, query.meta.shape()[1], cells.meta.shape()[1]]);
        launch(ATTEND, &[&query, &memory, &cells, &lengths, &out], &info, info[0] * info[1]);
        out
    }

    fn top(x: FloatTensor<Self>, n: usize, column: usize) -> FloatTensor<Self> {
        let x = packed(x);
        let [n_rows, n_columns] = [0, 1].map(|dim| x.meta.shape()[dim]);
        let out = empty(&x, Shape::new([n_rows, 2 + 2 * n]));
        let info = sizes([n_rows, n_columns, n, column]);
        launch(TOP, &[&x, &out], &info, info[0]);
        out
    }
}
