//! The backward pass of the output layer with latents.

use burn::backend::{
    AutodiffBackend,
    autodiff::{
        Autodiff, NodeId,
        checkpoint::{base::Checkpointer, strategy::CheckpointStrategy},
        grads::Gradients,
        ops::{Backward, Ops, OpsKind},
    },
    tensor::{FloatTensor, IntTensor},
};

use crate::head_ops::HeadOps;

/// See [`HeadOps::latent_loss_backward`]; states, latent and embedding are read back, the log-partitions are saved.
#[derive(Debug)]
struct LatentLossBackward;

impl<B: HeadOps> Backward<B, 3> for LatentLossBackward {
    type State = ([NodeId; 3], IntTensor<B>, FloatTensor<B>, f32);

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, checkpointer: &mut Checkpointer) {
        let parents = ops.parents;
        let (nodes, targets, log_partition, slope) = ops.state;
        let grad = grads.consume::<B>(&ops.node);
        let [states, latent, embedding] = nodes.map(|node| checkpointer.retrieve_node_output(node));
        let (states, latent, embedding) =
            B::latent_loss_backward(states, latent, embedding, targets, log_partition, slope, grad);
        for (node, grad) in parents.into_iter().zip([states, latent, embedding]) {
            if let Some(node) = node {
                grads.register::<B>(node.id, grad);
            }
        }
    }
}

impl<B: HeadOps, C: CheckpointStrategy> HeadOps for Autodiff<B, C> {
    fn latent_loss(
        states: FloatTensor<Self>,
        latent: FloatTensor<Self>,
        embedding: FloatTensor<Self>,
        targets: IntTensor<Self>,
        log_partition: FloatTensor<Self>,
        slope: f32,
    ) -> FloatTensor<Self> {
        let log_partition = log_partition.into_primitive();
        let nodes = [states.node(), latent.node(), embedding.node()];
        match LatentLossBackward.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(mut prepared) => {
                let nodes = [&states, &latent, &embedding].map(|tensor| prepared.checkpoint(tensor));
                let [states, latent, embedding] = [states, latent, embedding].map(|tensor| tensor.into_primitive());
                let partition = log_partition.clone();
                let losses = B::latent_loss(states, latent, embedding, targets.clone(), partition, slope);
                prepared.finish((nodes, targets, log_partition, slope), losses)
            }
            OpsKind::UnTracked(prepared) => {
                let [states, latent, embedding] = [states, latent, embedding].map(|tensor| tensor.into_primitive());
                prepared.finish(B::latent_loss(states, latent, embedding, targets, log_partition, slope))
            }
        }
    }

    fn latent_loss_backward(
        states: FloatTensor<Self>,
        latent: FloatTensor<Self>,
        embedding: FloatTensor<Self>,
        targets: IntTensor<Self>,
        log_partition: FloatTensor<Self>,
        slope: f32,
        grad: FloatTensor<Self>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let [states, latent, embedding] = [states, latent, embedding].map(|tensor| tensor.into_primitive());
        let [log_partition, grad] = [log_partition, grad].map(|tensor| tensor.into_primitive());
        let (states, latent, embedding) =
            B::latent_loss_backward(states, latent, embedding, targets, log_partition, slope, grad);
        (Self::from_inner(states), Self::from_inner(latent), Self::from_inner(embedding))
    }
}
