//! One pass through the model: its dropout, and which of its values the backward pass keeps.
//!
//! Kept as a whole, a pass through a deep model needs much memory. With checkpointing the trunk is cut into segments (a
//! layer each); of each only inputs and output are kept, and the backward pass computes a segment again when it needs
//! what is inside (Chen et al. 2016). Dropout masks are functions of a key, so they are the same the second time.

use burn::{
    module::Module,
    optim::{GradientsAccumulator, GradientsParams},
    tensor::{Gradients, Tensor},
};

use crate::random::Dropout;

type Compute<'m> = Box<dyn Fn(&[Tensor<3>], &mut Dropout) -> Tensor<3> + 'm>;

/// A stretch of the trunk that is computed again in the backward pass.
struct Segment<'m> {
    inputs: Vec<Tensor<3>>,
    dropout: Dropout,
    compute: Compute<'m>,
    /// Where the graph behind it was cut; gradients arrive here.
    output: Tensor<3>,
}

/// See the module. `'m` is the model's lifetime.
pub struct Pass<'m> {
    /// The dropout of this pass.
    pub dropout: Dropout,
    segments: Option<Vec<Segment<'m>>>,
}

impl<'m> Pass<'m> {
    /// A pass that keeps everything.
    pub fn new(dropout: Dropout) -> Self {
        Self { dropout, segments: None }
    }

    /// A pass without dropout: evaluation and generation.
    pub fn plain() -> Self {
        Self::new(Dropout::off())
    }

    /// A training pass that keeps the segments' inputs and outputs alone.
    pub fn checkpointed(dropout: Dropout) -> Self {
        Self { dropout, segments: Some(Vec::new()) }
    }

    /// Computes a segment. Beside parameters, `compute` uses no tensor that needs gradients but its inputs, and each of
    /// them is the output of a segment.
    pub(crate) fn segment(
        &mut self,
        inputs: Vec<Tensor<3>>,
        compute: impl Fn(&[Tensor<3>], &mut Dropout) -> Tensor<3> + 'm,
    ) -> Tensor<3> {
        let Some(segments) = &mut self.segments else { return compute(&inputs, &mut self.dropout) };
        let before = self.dropout.clone();
        let output = compute(&inputs, &mut self.dropout).detach().require_grad();
        segments.push(Segment { inputs, dropout: before, compute: Box::new(compute), output: output.clone() });
        output
    }

    /// The gradients of `objective`, which was computed with this pass, for the parameters of `model`.
    pub fn backward<M: Module>(self, objective: Tensor<1>, model: &M) -> GradientsParams {
        let Some(segments) = self.segments else {
            return GradientsParams::from_grads(objective.backward(), model);
        };
        let mut accumulator = GradientsAccumulator::new();
        let mut at_outputs: Vec<Option<Tensor<3>>> = vec![None; segments.len()];
        let mut take = |gradients: Gradients, at_outputs: &mut [Option<Tensor<3>>]| {
            for (sum, segment) in at_outputs.iter_mut().zip(&segments) {
                if let Some(gradient) = segment.output.grad(&gradients) {
                    *sum = Some(match sum.take() {
                        Some(sum) => sum + gradient,
                        None => gradient,
                    });
                }
            }
            accumulator.accumulate(model, GradientsParams::from_grads(gradients, model));
        };
        take(objective.backward(), &mut at_outputs);
        for (idx, segment) in segments.iter().enumerate().rev() {
            // A segment behind which nothing is left to train has no gradient.
            let Some(gradient) = at_outputs[idx].take() else { continue };
            let output = (segment.compute)(&segment.inputs, &mut segment.dropout.clone());
            // d/dθ Σ output · gradient, the gradient held fixed, is the chain rule's step through the segment.
            take((output * gradient.autodiff()).sum().backward(), &mut at_outputs);
        }
        accumulator.grads()
    }
}
