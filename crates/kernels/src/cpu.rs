//! The stages on the cpu device: the twins over blocks of elements, one rayon task a block.

use burn::backend::{Flex, tensor::FloatTensor};
use burn::tensor::DType;
use rayon::prelude::*;

use crate::{
    ops::KernelOps,
    reference::{
        adam_step::{AdamStep, adam_step},
        dropout::{DropoutKey, dropout},
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

impl KernelOps for Flex {
    fn dropout(x: FloatTensor<Self>, key: DropoutKey, rate: f32) -> FloatTensor<Self> {
        let mut x = packed(x);
        x.storage_mut::<f32>().par_chunks_mut(BLOCK).enumerate().for_each(|(block_idx, block)| {
            let offset = u32::try_from(block_idx * BLOCK).expect("a tensor has fewer than 2³² elements");
            dropout(block, offset, key, rate);
        });
        x
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
            .for_each(|(((p, g), m), v)| adam_step(p, g, m, v, step));
        (parameter, first, second)
    }
}
