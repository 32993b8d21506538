//! Backward passes of the stages.

use burn::backend::{
    AutodiffBackend,
    autodiff::{
        Autodiff,
        checkpoint::{base::Checkpointer, strategy::CheckpointStrategy},
        grads::Gradients,
        ops::{Backward, Ops, OpsKind, unary},
    },
    tensor::FloatTensor,
};

use crate::{
    ops::KernelOps,
    reference::{adam_step::AdamStep, dropout::DropoutKey},
};

/// d dropout(x) = dropout(dy) under the same mask.
#[derive(Debug)]
struct DropoutBackward;

impl<B: KernelOps> Backward<B, 1> for DropoutBackward {
    type State = (DropoutKey, f32);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let (key, rate) = ops.state;
        unary::<B, _>(ops.parents, ops.node, grads, |grad| B::dropout(grad, key, rate));
    }
}

impl<B: KernelOps, C: CheckpointStrategy> KernelOps for Autodiff<B, C> {
    fn dropout(x: FloatTensor<Self>, key: DropoutKey, rate: f32) -> FloatTensor<Self> {
        match DropoutBackward.prepare::<C>([x.node()]).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => prepared.finish((key, rate), B::dropout(x.into_primitive(), key, rate)),
            OpsKind::UnTracked(prepared) => prepared.finish(B::dropout(x.into_primitive(), key, rate)),
        }
    }

    fn adam_step(
        parameter: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        first_moment: FloatTensor<Self>,
        second_moment: FloatTensor<Self>,
        step: AdamStep,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let (parameter, first, second) = B::adam_step(
            parameter.into_primitive(),
            gradient.into_primitive(),
            first_moment.into_primitive(),
            second_moment.into_primitive(),
            step,
        );
        (Self::from_inner(parameter), Self::from_inner(first), Self::from_inner(second))
    }
}
