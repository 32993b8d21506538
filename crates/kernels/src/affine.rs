//! Affine maps of a few rows, over a block of a weight matrix.

use burn::{
    backend::{Dispatch, Slice, TensorMetadata, tensor::FloatTensor},
    tensor::{Shape, Tensor},
};

use crate::ops::KernelOps;

/// Rows that a stage of its own multiplies; of more a plain product makes whole tiles.
pub(crate) const MAX_ROWS: usize = 64;

/// Which part of a weight matrix is used, and whether its outputs have a bias.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// The first row of the weight matrix; as many follow as the input has columns.
    pub first_input: usize,
    /// The first column of the weight matrix and of the bias.
    pub first_output: usize,
    /// Columns of the result.
    pub n_outputs: usize,
    pub(crate) has_bias: bool,
}

impl Block {
    /// `n_outputs` columns from `first_output` on, in the rows from `first_input` on.
    pub fn new(first_input: usize, first_output: usize, n_outputs: usize) -> Self {
        Self { first_input, first_output, n_outputs, has_bias: false }
    }
}

/// `y = x W + b` over a block of `weight` and the same columns of `bias`.
///
/// On wgpu without autodiff and with few rows one launch, which reads a transposed `weight` where it lies; else Burn's own
/// product.
///
/// # Shapes
/// `x`: `[R, K]`; `weight`: `[≥ K, ≥ N]`; `bias`: as many as `weight` has columns; returns `[R, N]`
///
/// # Panics
/// When the block does not lie within `weight`.
pub fn affine(x: Tensor<2>, weight: Tensor<2>, bias: Option<Tensor<1>>, block: Block) -> Tensor<2> {
    let ([_, n_inputs], [rows, columns]) = (x.dims(), weight.dims());
    let is_inside = block.first_input + n_inputs <= rows && block.first_output + block.n_outputs <= columns;
    assert!(is_inside, "{n_inputs} inputs and {block:?} are no part of {rows} × {columns} weights");
    let block = Block { has_bias: bias.is_some(), ..block };
    let x = x.into_dispatch();
    let bias = bias.map_or_else(|| x.clone(), Tensor::into_dispatch);
    Tensor::from_dispatch(Dispatch::affine(x, weight.into_dispatch(), bias, block))
}

/// The same of Burn's operations.
pub(crate) fn composed<B: KernelOps>(
    x: FloatTensor<B>,
    weight: FloatTensor<B>,
    bias: FloatTensor<B>,
    block: Block,
) -> FloatTensor<B> {
    let (n_inputs, [n_rows, n_columns]) = (x.shape()[1], [0, 1].map(|axis| weight.shape()[axis]));
    let inputs = Slice::from(block.first_input..block.first_input + n_inputs);
    let outputs = Slice::from(block.first_output..block.first_output + block.n_outputs);
    let is_whole = block.n_outputs == n_columns;
    let weight = if is_whole && n_inputs == n_rows { weight } else { B::float_slice(weight, &[inputs, outputs]) };
    let y = B::float_matmul(x, weight);
    if !block.has_bias {
        return y;
    }
    let bias = if is_whole { bias } else { B::float_slice(bias, &[outputs]) };
    B::float_add(y, B::float_reshape(bias, Shape::new([1, block.n_outputs])))
}
