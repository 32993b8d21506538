//! The stages on wgpu devices: hand-written WGSL launched through CubeCL.

use burn::{
    backend::{
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
    let shape = x.meta.shape().clone();
    let handle = x.client.empty(shape.num_elements() * size_of::<f32>());
    CubeTensor::new_contiguous(x.client.clone(), x.device.clone(), shape, handle, DType::F32)
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
        let [cells, lengths] = [cells, lengths].map(|indices| {
            assert_eq!(indices.dtype, DType::I32, "cells are numbered in i32");
            into_contiguous(indices)
        });
        let out = empty_like(&query);
        let sizes = [query.meta.shape()[0], n_heads, query.meta.shape()[1], cells.meta.shape()[1]];
        let info = sizes.map(|size| u32::try_from(size).expect("a tensor has fewer than 2³² elements"));
        launch(ATTEND, &[&query, &memory, &cells, &lengths, &out], &info, info[0] * info[1]);
        out
    }

    fn top(x: FloatTensor<Self>, n: usize, column: usize) -> FloatTensor<Self> {
        let x = packed(x);
        let [n_rows, n_columns] = [0, 1].map(|dim| x.meta.shape()[dim]);
        let shape = Shape::new([n_rows, 2 + 2 * n]);
        let handle = x.client.empty(shape.num_elements() * size_of::<f32>());
        let out = CubeTensor::new_contiguous(x.client.clone(), x.device.clone(), shape, handle, DType::F32);
        let info = [n_rows, n_columns, n, column];
        let info = info.map(|size| u32::try_from(size).expect("a tensor has fewer than 2³² elements"));
        launch(TOP, &[&x, &out], &info, info[0]);
        out
    }
}
