//! Backward passes of the stages.

use burn::backend::{
    AutodiffBackend, TensorMetadata,
    autodiff::{
        Autodiff, NodeId,
        checkpoint::{base::Checkpointer, strategy::CheckpointStrategy},
        grads::Gradients,
        ops::{Backward, Ops, OpsKind, unary},
    },
    ops::ModuleOps as _,
    tensor::{FloatTensor, IntTensor},
};

use crate::{
    head::Precision,
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

/// d lrelu(x) = dy · slope(x); x is read back.
#[derive(Debug)]
struct LeakyReluBackward;

impl<B: KernelOps> Backward<B, 1> for LeakyReluBackward {
    type State = (NodeId, f32);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, checkpointer: &mut Checkpointer) {
        let (x, slope) = ops.state;
        let x = checkpointer.retrieve_node_output(x);
        unary::<B, _>(ops.parents, ops.node, grads, |grad| B::leaky_gate(x, grad, slope));
    }
}

/// See [`KernelOps::log_partition_backward`]; x and E are read back, the result is saved.
#[derive(Debug)]
struct LogPartitionBackward;

impl<B: KernelOps> Backward<B, 2> for LogPartitionBackward {
    type State = (NodeId, NodeId, FloatTensor<B>);

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, checkpointer: &mut Checkpointer) {
        let [x_node, embedding_node] = ops.parents;
        let (x, embedding, result) = ops.state;
        let grad = grads.consume::<B>(&ops.node);
        let x = checkpointer.retrieve_node_output(x);
        let embedding = checkpointer.retrieve_node_output(embedding);
        let (x_grad, embedding_grad) = B::log_partition_backward(x, embedding, result, grad);
        for (node, grad) in [(x_node, x_grad), (embedding_node, embedding_grad)] {
            if let Some(node) = node {
                grads.register::<B>(node.id, grad);
            }
        }
    }
}

/// The rows' gradients of equal tokens add up; the ids are saved.
#[derive(Debug)]
struct EmbedBackward;

impl<B: KernelOps> Backward<B, 1> for EmbedBackward {
    type State = (IntTensor<B>, usize);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let (ids, n_tokens) = ops.state;
        unary::<B, _>(ops.parents, ops.node, grads, |grad| B::segment_sums(grad, ids, n_tokens));
    }
}

impl<B: KernelOps, C: CheckpointStrategy> KernelOps for Autodiff<B, C> {
    fn dropout(x: FloatTensor<Self>, key: DropoutKey, rate: f32) -> FloatTensor<Self> {
        match DropoutBackward.prepare::<C>([x.node()]).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => prepared.finish((key, rate), B::dropout(x.into_primitive(), key, rate)),
            OpsKind::UnTracked(prepared) => prepared.finish(B::dropout(x.into_primitive(), key, rate)),
        }
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
        match LeakyReluBackward.prepare::<C>([x.node()]).compute_bound().stateful() {
            OpsKind::Tracked(mut prepared) => {
                let node = prepared.checkpoint(&x);
                prepared.finish((node, slope), B::leaky(x.into_primitive(), slope))
            }
            OpsKind::UnTracked(prepared) => prepared.finish(B::leaky(x.into_primitive(), slope)),
        }
    }

    fn leaky_gate(x: FloatTensor<Self>, g: FloatTensor<Self>, slope: f32) -> FloatTensor<Self> {
        Self::from_inner(B::leaky_gate(x.into_primitive(), g.into_primitive(), slope))
    }

    fn log_partition(x: FloatTensor<Self>, embedding: FloatTensor<Self>) -> FloatTensor<Self> {
        match LogPartitionBackward.prepare::<C>([x.node(), embedding.node()]).compute_bound().stateful() {
            OpsKind::Tracked(mut prepared) => {
                let nodes = (prepared.checkpoint(&x), prepared.checkpoint(&embedding));
                let result = B::log_partition(x.into_primitive(), embedding.into_primitive());
                prepared.finish((nodes.0, nodes.1, result.clone()), result)
            }
            OpsKind::UnTracked(prepared) => {
                prepared.finish(B::log_partition(x.into_primitive(), embedding.into_primitive()))
            }
        }
    }

    fn log_partition_backward(
        x: FloatTensor<Self>,
        embedding: FloatTensor<Self>,
        result: FloatTensor<Self>,
        grad: FloatTensor<Self>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        let (x_grad, embedding_grad) = B::log_partition_backward(
            x.into_primitive(),
            embedding.into_primitive(),
            result.into_primitive(),
            grad.into_primitive(),
        );
        (Self::from_inner(x_grad), Self::from_inner(embedding_grad))
    }

    fn latent_scores(
        states: FloatTensor<Self>,
        latents: FloatTensor<Self>,
        embedding: FloatTensor<Self>,
        targets: IntTensor<Self>,
        slope: f32,
        precision: Precision,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        let [states, latents, embedding] = [states, latents, embedding].map(|tensor| tensor.into_primitive());
        let (nll, log_partition) = B::latent_scores(states, latents, embedding, targets, slope, precision);
        (Self::from_inner(nll), Self::from_inner(log_partition))
    }

    fn lowest(scores: FloatTensor<Self>) -> IntTensor<Self> {
        B::lowest(scores.into_primitive())
    }

    fn embed(weight: FloatTensor<Self>, ids: IntTensor<Self>) -> FloatTensor<Self> {
        let n_tokens = weight.shape()[0];
        match EmbedBackward.prepare::<C>([weight.node()]).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => {
                prepared.finish((ids.clone(), n_tokens), B::embed(weight.into_primitive(), ids))
            }
            OpsKind::UnTracked(prepared) => prepared.finish(B::embed(weight.into_primitive(), ids)),
        }
    }

    fn segment_sums(x: FloatTensor<Self>, ids: IntTensor<Self>, n_segments: usize) -> FloatTensor<Self> {
        Self::from_inner(B::segment_sums(x.into_primitive(), ids, n_segments))
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

    fn attend(
        query: FloatTensor<Self>,
        memory: FloatTensor<Self>,
        cells: IntTensor<Self>,
        lengths: IntTensor<Self>,
        n_heads: usize,
    ) -> FloatTensor<Self> {
        Self::from_inner(B::attend(query.into_primitive(), memory.into_primitive(), cells, lengths, n_heads))
    }

    fn top(x: FloatTensor<Self>, n: usize, column: usize) -> FloatTensor<Self> {
        Self::from_inner(B::top(x.into_primitive(), n, column))
    }
}
