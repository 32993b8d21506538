//! Affine maps with the initialisations that the authors' code uses.

use burn::{
    module::{Module, Param},
    tensor::Tensor,
};
use repartee_kernels::{Block, affine};

use super::initializer::Initializer;

/// How a linear layer's weights start.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LinearInit {
    /// U(±√(6 / (fan_in + fan_out))), bias 0 (Glorot & Bengio 2010): the Transformer's layers.
    Xavier,
    /// U(±1/√fan_in) for weight and bias, PyTorch's default: the latent layers.
    ///
    /// Deviation: the paper's Appendix A says Xavier for all parameters; the authors' code does this.
    FanIn,
}

/// y = x W + b.
#[derive(Module, Debug)]
pub struct Linear {
    /// `[fan_in, fan_out]`.
    pub weight: Param<Tensor<2>>,
    /// `[fan_out]`.
    pub bias: Option<Param<Tensor<1>>>,
}

impl Linear {
    /// A new layer.
    pub fn new([fan_in, fan_out]: [usize; 2], bias: bool, how: LinearInit, init: &Initializer<'_>) -> Self {
        let fan_bound = (1.0 / fan_in as f32).sqrt();
        let bound = match how {
            LinearInit::Xavier => (6.0 / (fan_in + fan_out) as f32).sqrt(),
            LinearInit::FanIn => fan_bound,
        };
        let bias = bias.then(|| match how {
            LinearInit::Xavier => init.scope("bias").zeros([fan_out]),
            LinearInit::FanIn => init.scope("bias").uniform([fan_out], fan_bound),
        });
        Self { weight: init.scope("weight").uniform([fan_in, fan_out], bound), bias }
    }

    /// # Shapes
    /// `x`: `[…, fan_in]`; returns `[…, fan_out]`
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        let fan_out = self.weight.dims()[1];
        self.forward_columns(x, 0, fan_out)
    }

    /// The output columns `start .. start + width` alone; fused projections are used in parts.
    ///
    /// # Shapes
    /// `x`: `[…, fan_in]`; returns `[…, width]`
    pub fn forward_columns<const D: usize>(&self, x: Tensor<D>, start: usize, width: usize) -> Tensor<D> {
        let mut shape = x.dims();
        let x = x.reshape([-1, shape[D - 1] as i32]); // [N, fan_in]
        let bias = self.bias.as_ref().map(Param::val);
        let y = affine(x, self.weight.val(), bias, Block::new(0, start, width)); // [N, width]
        shape[D - 1] = width;
        y.reshape(shape)
    }
}
