//! The stages on wgpu devices: hand-written WGSL launched through CubeCL.

pub(crate) mod head;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use burn::{
    backend::{
        ops::FloatTensorOps,
        tensor::{FloatTensor, IntTensor},
        wgpu::{CubeBackend, CubeDim, CubeTensor, KernelSource, SourceKernel, SourceTemplate, into_contiguous},
    },
    tensor::{DType, Shape},
};
use cubecl::{
    CubeCount, Device as CubeDevice, ExecutionMode, MemoryScope,
    client::Client,
    device::WgpuDeviceKind,
    prelude::KernelId,
    server::{KernelArguments, MetadataBindingInfo},
};

use crate::{
    affine::{self, Block},
    head::Precision,
    log_partition::{self, RowOps},
    ops::KernelOps,
    reference::{
        adam_step::AdamStep,
        dropout::{DropoutKey, threshold},
    },
};

use head::{first_columns, in_fours};

include!(concat!(env!("OUT_DIR"), "/shaders.rs"));

/// One stage as `build.rs` reflected it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shader {
    name: &'static str,
    source: &'static str,
    workgroup_size: [u32; 3],
    n_bindings: usize,
    constants: &'static [(&'static str, u32)],
}

impl Shader {
    /// A whole number that the shader's text declares as a constant.
    fn constant(self, name: &str) -> usize {
        let found = self.constants.iter().find(|(constant, _)| *constant == name);
        found.unwrap_or_else(|| panic!("stage `{}` has no constant `{name}`", self.name)).1 as usize
    }
}

impl KernelSource for Shader {
    fn source(&self) -> SourceTemplate {
        SourceTemplate::new(self.source)
    }

    fn id(&self) -> KernelId {
        // The text never varies, so the stage's name identifies the pipeline. Our loops end by themselves; counters that
        // end them, which checked mode adds, would also keep drivers from unrolling them.
        KernelId::new::<Self>().info(self.name).mode(ExecutionMode::Unchecked)
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

/// Launches `shader` with one invocation for each of the `info[0]` things that it counts; `info` becomes the last binding.
fn launch_over(shader: Shader, tensors: &[&CubeTensor], info: &[u32]) {
    launch(shader, tensors, info, info[0].div_ceil(shader.workgroup_size.iter().product()));
}

/// Launches `n_groups` workgroups of `shader`; `info` becomes the last binding.
fn launch(shader: Shader, tensors: &[&CubeTensor], info: &[u32], n_groups: u32) {
    assert_eq!(shader.n_bindings, tensors.len() + 1, "stage `{}` has other bindings", shader.name);
    let client = &tensors[0].client;
    let n_groups = n_groups.max(1);
    let count = CubeCount::Static(n_groups.min(MAX_WORKGROUPS), n_groups.div_ceil(MAX_WORKGROUPS), 1);
    let [x, y, z] = shader.workgroup_size;
    let buffers = tensors.iter().map(|tensor| tensor.handle.clone().binding()).collect();
    note_memory(client);
    client.launch(
        Box::new(SourceKernel::new(shader, CubeDim::new_3d(x, y, z))),
        count,
        KernelArguments::new().with_buffers(buffers).with_info(MetadataBindingInfo::custom(in_pairs(info))),
    );
}

/// The words as the queue takes what belongs to a launch, which, unlike the upload of a tensor, ends no submission.
fn in_pairs(words: &[u32]) -> Vec<u64> {
    let pair = |pair: &[u32]| u64::from(pair[0]) | u64::from(pair.get(1).copied().unwrap_or_default()) << 32;
    words.chunks(2).map(pair).collect()
}

/// Whether launches note how many bytes are in use, and the most that they noted.
static IS_WATCHED: AtomicBool = AtomicBool::new(false);
static MOST_IN_USE: AtomicU64 = AtomicU64::new(0);

/// While a run is watched, for the most bytes in use.
fn note_memory(client: &Client) {
    if IS_WATCHED.load(Relaxed) {
        MOST_IN_USE.fetch_max(bytes_in_use(client), Relaxed);
    }
}

fn bytes_in_use(client: &Client) -> u64 {
    client.memory_report(MemoryScope::Device).usage().bytes_in_use
}

/// See [`crate::most_bytes_in_use`].
pub(crate) fn most_bytes_in_use<T>(client: &Client, run: impl FnOnce() -> T) -> (T, u64, u64) {
    let before = bytes_in_use(client);
    MOST_IN_USE.store(before, Relaxed);
    IS_WATCHED.store(true, Relaxed);
    let result = run();
    IS_WATCHED.store(false, Relaxed);
    (result, before, MOST_IN_USE.load(Relaxed))
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

/// `n` integers on the device of `x`, their values undefined.
fn empty_integers(x: &CubeTensor, n: usize) -> CubeTensor {
    let handle = x.client.empty(n * size_of::<i32>());
    CubeTensor::new_contiguous(x.client.clone(), x.device.clone(), Shape::new([n]), handle, DType::I32)
}

/// Lanes of a subgroup that no GPU falls short of.
const MIN_GPU_LANES: u32 = 16;

/// Whether the device was opened as a software adapter. One that comes with its owner's set-up counts as a GPU; a browser
/// does not name the kind, but the size of its subgroups tells.
fn is_software(tensor: &CubeTensor) -> bool {
    if cfg!(target_family = "wasm") {
        return tensor.client.properties().hardware.plane_size_max < MIN_GPU_LANES;
    }
    matches!(&tensor.device, CubeDevice::Wgpu(device) if device.kind == WgpuDeviceKind::Cpu)
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

    fn norm_rows(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        epsilon: f64,
    ) -> FloatTensor<Self> {
        let (x, gamma, beta) = (packed(x), packed(gamma), packed(beta));
        let y = empty_like(&x);
        let d_model = gamma.meta.shape().num_elements();
        let n_rows = x.meta.shape().num_elements() / d_model;
        if n_rows > 0 {
            let [rows, width] = sizes([n_rows, d_model]);
            launch(LAYER_NORM, &[&x, &gamma, &beta, &y], &[rows, width, (epsilon as f32).to_bits()], rows);
        }
        y
    }

    fn affine(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        block: Block,
    ) -> FloatTensor<Self> {
        let [n_rows, n_inputs] = [0, 1].map(|dim| x.meta.shape()[dim]);
        if n_rows == 0 || n_rows > affine::MAX_ROWS {
            return affine::composed::<Self>(x, weight, bias, block);
        }
        let x = packed(x);
        // A buffer may not be bound twice, so that a bias that is not there has one of its own.
        let bias = if block.has_bias { packed(bias) } else { empty(&x, Shape::new([1])) };
        let y = empty(&x, Shape::new([n_rows, block.n_outputs]));
        assert_eq!(weight.dtype, DType::F32, "the kernels compute in f32");
        let strides = [0, 1].map(|dim| weight.meta.strides()[dim]);
        let first = block.first_input * strides[0] + block.first_output * strides[1];
        let (n_outputs, has_bias) = (block.n_outputs, usize::from(block.has_bias));
        let info = sizes([n_rows, n_inputs, n_outputs, first, strides[0], strides[1], block.first_output, has_bias]);
        let stage = if is_software(&x) { AFFINE_WHOLE } else { AFFINE };
        let [rows, columns] = ["ROWS", "COLUMNS"].map(|name| stage.constant(name));
        let [n_groups] = sizes([n_rows.div_ceil(rows) * n_outputs.div_ceil(columns)]);
        launch(stage, &[&x, &weight, &bias, &y], &info, n_groups);
        y
    }

    fn leaky(x: FloatTensor<Self>, slope: f32) -> FloatTensor<Self> {
        let x = packed(x);
        let y = empty_like(&x);
        // A buffer may not be bound twice, so that the gate's place is taken by one that is not read.
        let unread = empty(&x, Shape::new([1]));
        launch_elementwise(LEAKY_RELU, &[&x, &unread, &y], &[slope.to_bits(), 0]);
        y
    }

    fn leaky_gate(x: FloatTensor<Self>, g: FloatTensor<Self>, slope: f32) -> FloatTensor<Self> {
        let (x, g) = (packed(x), packed(g));
        let y = empty_like(&x);
        launch_elementwise(LEAKY_RELU, &[&x, &g, &y], &[slope.to_bits(), 1]);
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
        precision: Precision,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        head::latent_scores([states, latents, embedding], targets, slope, precision)
    }

    fn lowest(scores: FloatTensor<Self>) -> IntTensor<Self> {
        let scores = packed(scores);
        let [n_rows, n_columns] = [0, 1].map(|dim| scores.meta.shape()[dim]);
        let lowest = empty_integers(&scores, n_rows);
        launch_over(HEAD_LOWEST, &[&lowest, &scores], &sizes([n_rows, n_columns]));
        lowest
    }

    fn embed(weight: FloatTensor<Self>, ids: IntTensor<Self>) -> FloatTensor<Self> {
        Self::float_select(weight, 0, ids)
    }

    fn segment_sums(x: FloatTensor<Self>, ids: IntTensor<Self>, n_segments: usize) -> FloatTensor<Self> {
        let columns = x.meta.shape()[1];
        let (x, ids) = (in_fours(x), integers(ids));
        let [n_rows, width] = [0, 1].map(|dim| x.meta.shape()[dim]);
        let (starts, pairs) = (empty_integers(&x, n_segments + 1), empty_integers(&x, 4 * n_rows));
        let info = sizes([n_rows, n_segments]);
        launch(RADIX_SORT, &[&starts, &pairs, &ids], &info, 1);
        let n_bits = u32::BITS - info[1].leading_zeros();
        let is_in_second_half = n_bits.div_ceil(RADIX_SORT.constant("BITS") as u32) % 2 == 1;
        let sums = empty(&x, Shape::new([n_segments, width]));
        let first = if is_in_second_half { n_rows } else { 0 };
        let info = sizes([n_segments, width / 4, first]);
        let n_groups = n_segments.div_ceil(SEGMENT_SUMS.constant("NUMBERS"));
        launch(SEGMENT_SUMS, &[&sums, &x, &starts, &pairs], &info, sizes([n_groups])[0]);
        first_columns(sums, columns)
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
