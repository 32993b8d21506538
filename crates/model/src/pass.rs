//! One pass through the model: its dropout, and which of its values the backward pass keeps.
//!
//! Kept as a whole, a pass through a deep model needs much memory. With checkpointing the trunk is cut into segments (a
//! layer each); of each only inputs and output are kept, and the backward pass computes a segment again when it needs
//! what is inside (Chen et al. 2016). Dropout masks are functions of a key, so they are the same the second time.

use burn::{
    module::Module,
    optim::{GradientsAccumulator, GradientsParams},
    tensor::{Bool, Gradients, Int, Tensor},
};

use crate::{random::Dropout, tcvae::Tcvae};

/// What a segment is computed from, beside the model.
#[derive(Clone, Default)]
pub(crate) struct Inputs {
    /// Token ids, `[B, L]`, of a segment that begins with them.
    pub(crate) ids: Vec<Tensor<2, Int>>,
    /// Outputs of earlier segments, `[B, L, D]`.
    pub(crate) states: Vec<Tensor<3>>,
    /// `true` = ignore.
    pub(crate) masks: Vec<Tensor<4, Bool>>,
}

impl Inputs {
    fn without_autodiff(&self) -> Self {
        Self {
            ids: self.ids.iter().map(|ids| ids.clone().without_autodiff()).collect(),
            states: self.states.iter().map(|states| states.clone().without_autodiff()).collect(),
            masks: self.masks.iter().map(|mask| mask.clone().without_autodiff()).collect(),
        }
    }
}

type Compute = Box<dyn Fn(&Tcvae, &Inputs, &mut Dropout) -> Tensor<3>>;

/// A stretch of the trunk that is computed again in the backward pass.
struct Segment {
    inputs: Inputs,
    dropout: Dropout,
    compute: Compute,
    /// A leaf of the graph; gradients of what was computed from it arrive here.
    output: Tensor<3>,
}

struct Checkpoints {
    /// The model without autodiff: tensors that a graph once held are freed by its backward pass only.
    model: Tcvae,
    segments: Vec<Segment>,
}

/// See the module.
pub struct Pass {
    /// The dropout of this pass.
    pub dropout: Dropout,
    checkpoints: Option<Checkpoints>,
}

impl Pass {
    /// A pass that keeps everything.
    pub fn new(dropout: Dropout) -> Self {
        Self { dropout, checkpoints: None }
    }

    /// A pass without dropout: evaluation and generation.
    pub fn plain() -> Self {
        Self::new(Dropout::off())
    }

    /// A training pass through `model` that keeps the segments' inputs and outputs alone.
    pub fn checkpointed(dropout: Dropout, model: &Tcvae) -> Self {
        Self { dropout, checkpoints: Some(Checkpoints { model: model.valid(), segments: Vec::new() }) }
    }

    /// Computes a segment; its `states` are outputs of segments.
    pub(crate) fn segment(
        &mut self,
        model: &Tcvae,
        inputs: Inputs,
        compute: impl Fn(&Tcvae, &Inputs, &mut Dropout) -> Tensor<3> + 'static,
    ) -> Tensor<3> {
        let Some(checkpoints) = &mut self.checkpoints else { return compute(model, &inputs, &mut self.dropout) };
        let before = self.dropout.clone();
        let output = compute(&checkpoints.model, &inputs.without_autodiff(), &mut self.dropout);
        let output = output.autodiff().require_grad();
        let segment = Segment { inputs, dropout: before, compute: Box::new(compute), output: output.clone() };
        checkpoints.segments.push(segment);
        output
    }

    /// The gradients of `objective`, which was computed with this pass, for the parameters of `model`.
    pub fn backward(self, objective: Tensor<1>, model: &Tcvae) -> GradientsParams {
        let Some(Checkpoints { segments, .. }) = self.checkpoints else {
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
            let output = (segment.compute)(model, &segment.inputs, &mut segment.dropout.clone());
            // d/dθ Σ output · gradient, the gradient held fixed, is the chain rule's step through the segment.
            take((output * gradient.autodiff()).sum().backward(), &mut at_outputs);
        }
        accumulator.grads()
    }
}
