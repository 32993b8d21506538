//! The stages on the cpu device: the twins over blocks of elements, one rayon task a block, compiled for every SIMD
//! level and dispatched to the best that the machine has. No level contracts or reorders floating-point operations, so
//! the results are the same on all.

mod head;

use burn::{
    backend::{
        Flex,
        flex::FlexTensor,
        ops::{FloatTensorOps, ModuleOps as _},
        tensor::{FloatTensor, IntTensor},
    },
    tensor::{DType, TensorData},
};
use pulp::{Arch, NullaryFnOnce};
use rayon::prelude::*;

use crate::{
    head::Precision,
    log_partition::{self, RowOps},
    ops::KernelOps,
    reference::{
        adam_step::{AdamStep, adam_step},
        attend::attend,
        dropout::{DropoutKey, dropout},
        exp::exp,
        head_lowest::head_lowest,
        leaky_relu::leaky_relu,
        radix_sort::radix_sort,
        segment_sums::segment_sums,
        top::top,
    },
};

/// Elements a task: large enough to amortise its start, small enough to balance two cores on one layer.
const BLOCK: usize = 16 * 1024;

/// The tensor with its elements in row-major order and alone in its storage.
fn packed(tensor: FloatTensor<Flex>) -> FloatTensor<Flex> {
    assert_eq!(tensor.dtype(), DType::F32, "the kernels compute in f32");
    let elements = tensor.layout().shape().num_elements();
    if tensor.layout().contiguous_offsets() == Some((0, elements)) && tensor.storage::<f32>().len() == elements {
        tensor
    } else {
        tensor.to_contiguous()
    }
}

/// `packed`, and alone in its storage, so that it can be written: a shared one is copied by all threads, where Flex
/// would copy it by one.
fn owned(tensor: FloatTensor<Flex>) -> FloatTensor<Flex> {
    let tensor = packed(tensor);
    if tensor.is_unique() {
        return tensor;
    }
    let source: &[f32] = tensor.storage();
    let mut copy = vec![0f32; source.len()];
    copy.par_chunks_mut(BLOCK).zip(source.par_chunks(BLOCK)).for_each(|(copy, source)| copy.copy_from_slice(source));
    let shape: Vec<usize> = tensor.layout().shape().iter().copied().collect();
    FlexTensor::from_data(TensorData::new(copy, shape))
}

impl RowOps for Flex {
    fn log_sum_exp_rows(x: FloatTensor<Self>) -> FloatTensor<Self> {
        let x = packed(x);
        let [n_rows, n_columns] = [0, 1].map(|dim| x.layout().shape()[dim]);
        let mut result = vec![0f32; n_rows];
        let rows = result.par_iter_mut().zip(x.storage::<f32>().par_chunks(n_columns));
        rows.for_each(|(result, row)| {
            let (max, sum) = Arch::new().dispatch(MaxAndSum(row));
            *result = max + sum.ln();
        });
        FlexTensor::from_data(TensorData::new(result, [n_rows, 1]))
    }

    fn scaled_exp_rows(x: FloatTensor<Self>, shift: FloatTensor<Self>, scale: FloatTensor<Self>) -> FloatTensor<Self> {
        let [mut x, shift, scale] = [x, shift, scale].map(packed);
        let n_columns = x.layout().shape()[1];
        x.storage_mut::<f32>()
            .par_chunks_mut(n_columns)
            .zip(shift.storage::<f32>().par_iter().zip(scale.storage::<f32>()))
            .for_each(|(row, (&shift, &scale))| {
                Arch::new().dispatch(
                    #[inline(always)]
                    || row.iter_mut().for_each(|x| *x = exp(*x - shift) * scale),
                );
            });
        x
    }
}

/// log Σ_v exp(x_v) of each row of `n_columns` values, in nats.
pub(crate) fn log_sum_exp(x: &[f32], n_columns: usize) -> Vec<f64> {
    let rows = x.par_chunks(n_columns).map(|row| {
        let (max, sum) = Arch::new().dispatch(MaxAndSum(row));
        f64::from(max) + f64::from(sum).ln()
    });
    rows.collect()
}

/// The maximum m of a row and Σ exp(x − m). A struct and not a closure: two loops in a closure are not inlined into the
/// SIMD level's function, and then run without SIMD.
struct MaxAndSum<'a>(&'a [f32]);

impl NullaryFnOnce for MaxAndSum<'_> {
    type Output = (f32, f32);

    #[inline(always)]
    fn call(self) -> (f32, f32) {
        let max = lanes(
            self.0,
            f32::MIN,
            #[inline(always)]
            |max, &x| if x > max { x } else { max },
        );
        let max = max.into_iter().fold(f32::MIN, f32::max);
        let sums = lanes(
            self.0,
            0.0,
            #[inline(always)]
            |sum, &x| sum + exp(x - max),
        );
        (max, sums.into_iter().sum())
    }
}

/// Folds a row in sixteen independent lanes, which the compiler keeps in one vector register; the order of the fold is
/// fixed, so the result is too.
#[inline(always)]
fn lanes(row: &[f32], start: f32, fold: impl Fn(f32, &f32) -> f32) -> [f32; 16] {
    let mut lanes = [start; 16];
    let (whole, rest) = row.as_chunks::<16>();
    for chunk in whole {
        for (lane, x) in lanes.iter_mut().zip(chunk) {
            *lane = fold(*lane, x);
        }
    }
    for (lane, x) in lanes.iter_mut().zip(rest) {
        *lane = fold(*lane, x);
    }
    lanes
}

impl KernelOps for Flex {
    fn dropout(x: FloatTensor<Self>, key: DropoutKey, rate: f32) -> FloatTensor<Self> {
        let mut x = owned(x);
        x.storage_mut::<f32>().par_chunks_mut(BLOCK).enumerate().for_each(|(block_idx, block)| {
            let offset = u32::try_from(block_idx * BLOCK).expect("a tensor has fewer than 2³² elements");
            Arch::new().dispatch(
                #[inline(always)]
                || dropout(block, offset, key, rate),
            );
        });
        x
    }

    fn norm_rows(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        epsilon: f64,
    ) -> FloatTensor<Self> {
        Self::layer_norm(x, gamma, Some(beta), epsilon)
    }

    fn leaky(x: FloatTensor<Self>, slope: f32) -> FloatTensor<Self> {
        Self::leaky_gate(x.clone(), x, slope)
    }

    fn leaky_gate(x: FloatTensor<Self>, g: FloatTensor<Self>, slope: f32) -> FloatTensor<Self> {
        let (x, mut g) = (packed(x), owned(g));
        g.storage_mut::<f32>().par_chunks_mut(BLOCK).zip(x.storage::<f32>().par_chunks(BLOCK)).for_each(|(g, x)| {
            Arch::new().dispatch(
                #[inline(always)]
                || leaky_relu(x, g, slope),
            );
        });
        g
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
        _precision: Precision,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        head::latent_scores(states, latents, embedding, targets, slope)
    }

    fn lowest(scores: FloatTensor<Self>) -> IntTensor<Self> {
        let scores = packed(scores);
        let n_columns = scores.layout().shape()[1];
        let lowest: Vec<i32> = scores.storage::<f32>().chunks(n_columns).map(head_lowest).collect();
        let shape = [lowest.len()];
        FlexTensor::from_data(TensorData::new(lowest, shape))
    }

    fn embed(weight: FloatTensor<Self>, ids: IntTensor<Self>) -> FloatTensor<Self> {
        Self::float_select(weight, 0, ids)
    }

    fn segment_sums(x: FloatTensor<Self>, ids: IntTensor<Self>, n_segments: usize) -> FloatTensor<Self> {
        /// Numbers a task.
        const NUMBERS: usize = 64;
        let x = packed(x);
        let width = x.layout().shape()[1];
        let (order, starts) = radix_sort(&ids.into_data().iter::<i32>().collect::<Vec<_>>(), n_segments);
        let mut sums = vec![0f32; n_segments * width];
        sums.par_chunks_mut(NUMBERS * width).enumerate().for_each(|(block_idx, sums)| {
            segment_sums(x.storage(), &order, &starts[block_idx * NUMBERS..], sums, width);
        });
        FlexTensor::from_data(TensorData::new(sums, [n_segments, width]))
    }

    fn adam_step(
        parameter: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        first_moment: FloatTensor<Self>,
        second_moment: FloatTensor<Self>,
        step: AdamStep,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let gradient = packed(gradient);
        let [mut parameter, mut first, mut second] = [parameter, first_moment, second_moment].map(packed);
        parameter
            .storage_mut::<f32>()
            .par_chunks_mut(BLOCK)
            .zip(gradient.storage::<f32>().par_chunks(BLOCK))
            .zip(first.storage_mut::<f32>().par_chunks_mut(BLOCK))
            .zip(second.storage_mut::<f32>().par_chunks_mut(BLOCK))
            .for_each(|(((p, g), m), v)| {
                Arch::new().dispatch(
                    #[inline(always)]
                    || adam_step(p, g, m, v, step),
                )
            });
        (parameter, first, second)
    }

    fn attend(
        query: FloatTensor<Self>,
        memory: FloatTensor<Self>,
        cells: IntTensor<Self>,
        lengths: IntTensor<Self>,
        n_heads: usize,
    ) -> FloatTensor<Self> {
        let query = packed(query);
        // Not `packed`: a memory with room to grow is read where it lies.
        let memory = if memory.layout().is_contiguous() { memory } else { memory.to_contiguous() };
        let memory = &memory.storage::<f32>()[memory.layout().start_offset()..];
        let [n_rows, d_model] = [0, 1].map(|dim| query.layout().shape()[dim]);
        let [cells, lengths] = [cells, lengths].map(|tensor| tensor.into_data().iter::<i32>().collect::<Vec<_>>());
        let (width, mut out) = (cells.len() / n_rows, vec![0f32; n_rows * d_model]);
        let rows = out.par_chunks_mut(d_model).zip(query.storage::<f32>().par_chunks(d_model));
        rows.zip(cells.par_chunks(width)).zip(&lengths).for_each_init(
            Vec::new,
            |scores, (((out, query), cells), &length)| {
                Arch::new().dispatch(
                    #[inline(always)]
                    || attend(query, memory, &cells[..length as usize], n_heads, scores, out),
                );
            },
        );
        FlexTensor::from_data(TensorData::new(out, [n_rows, d_model]))
    }

    fn top(x: FloatTensor<Self>, n: usize, column: usize) -> FloatTensor<Self> {
        let x = packed(x);
        let [n_rows, n_columns] = [0, 1].map(|dim| x.layout().shape()[dim]);
        let width = 2 + 2 * n;
        let mut out = vec![0f32; n_rows * width];
        out.par_chunks_mut(width).zip(x.storage::<f32>().par_chunks(n_columns)).for_each(|(out, row)| {
            let (max, sum) = Arch::new().dispatch(MaxAndSum(row));
            (out[0], out[1]) = (max + sum.ln(), row[column]);
            let (values, columns) = out[2..].split_at_mut(n);
            Arch::new().dispatch(
                #[inline(always)]
                || top(row, values, columns),
            );
        });
        FlexTensor::from_data(TensorData::new(out, [n_rows, width]))
    }
}
