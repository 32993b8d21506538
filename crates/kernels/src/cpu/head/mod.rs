//! The output layer with latents on the cpu device: what `latent_scores`, `latent_loss` and its backward pass are made
//! of. Nothing of the size R · V exists at any time.

mod product;
mod rows;
mod score;
mod winner;

use burn::{
    backend::{
        Flex,
        flex::FlexTensor,
        tensor::{FloatTensor, IntTensor},
    },
    tensor::TensorData,
};
use rayon::prelude::*;

use self::{
    rows::{Head, Row},
    winner::{Weights, Winner},
};
use super::packed;
use crate::head_ops::HeadOps;

/// Tensors of a head, row-major.
struct Inputs {
    states: FlexTensor,
    latents: FlexTensor,
    embedding: FlexTensor,
    targets: Vec<i32>,
    /// T.
    length: usize,
    slope: f32,
}

impl Inputs {
    fn new([states, latents, embedding]: [FlexTensor; 3], targets: IntTensor<Flex>, slope: f32) -> Self {
        let length = states.layout().shape()[1];
        let [states, latents, embedding] = [states, latents, embedding].map(packed);
        Self { states, latents, embedding, targets: targets.into_data().iter::<i32>().collect(), length, slope }
    }

    fn head(&self) -> Head<'_> {
        Head {
            states: self.states.storage(),
            latents: self.latents.storage(),
            embedding: self.embedding.storage(),
            d_model: self.embedding.layout().shape()[1],
            slope: self.slope,
        }
    }

    /// B.
    fn n_sentences(&self) -> usize {
        self.targets.len() / self.length
    }
}

fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D]) -> FlexTensor {
    FlexTensor::from_data(TensorData::new(values, shape))
}

/// Ē = (1/V) Σ_v E_v, summed in blocks of rows whose sums are added in order.
fn mean_embedding(head: &Head<'_>) -> Vec<f32> {
    const ROWS: usize = 256;
    let add = |mut sum: Vec<f32>, row: &[f32]| {
        sum.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
        sum
    };
    let zero = || vec![0f32; head.d_model];
    let blocks = head.embedding.par_chunks(ROWS * head.d_model);
    let sums: Vec<Vec<f32>> = blocks.map(|block| block.chunks_exact(head.d_model).fold(zero(), add)).collect();
    let mut mean = sums.iter().fold(zero(), |sum, block| add(sum, block));
    mean.iter_mut().for_each(|x| *x /= head.n_tokens() as f32);
    mean
}

/// See [`crate::latent_scores`].
pub(super) fn latent_scores(
    states: FloatTensor<Flex>,
    latents: FloatTensor<Flex>,
    embedding: FloatTensor<Flex>,
    targets: IntTensor<Flex>,
    slope: f32,
) -> (FloatTensor<Flex>, FloatTensor<Flex>) {
    let n_latents = latents.layout().shape()[1];
    let inputs = Inputs::new([states, latents, embedding], targets, slope);
    let (head, n_sentences) = (inputs.head(), inputs.n_sentences());
    let rows = head.rows(&inputs.targets, inputs.length);
    let partitions = score::log_partitions(&head, &rows);
    let logits = head.target_logits(&rows);
    let mut nll = vec![0f64; n_sentences * n_latents];
    let mut all = vec![0f32; nll.len() * inputs.length];
    for ((row, &partition), &logit) in rows.iter().zip(&partitions).zip(&logits) {
        nll[row.latent as usize] += f64::from(partition) - f64::from(logit);
        all[row.latent as usize * inputs.length + row.state as usize % inputs.length] = partition;
    }
    let nll = nll.into_iter().map(|nll| nll as f32).collect();
    (tensor(nll, [n_sentences, n_latents]), tensor(all, [n_sentences, n_latents, inputs.length]))
}

impl HeadOps for Flex {
    fn latent_loss(
        states: FloatTensor<Self>,
        latent: FloatTensor<Self>,
        embedding: FloatTensor<Self>,
        targets: IntTensor<Self>,
        log_partition: FloatTensor<Self>,
        slope: f32,
    ) -> FloatTensor<Self> {
        let log_partition = packed(log_partition);
        let inputs = Inputs::new([states, latent, embedding], targets, slope);
        let head = inputs.head();
        let rows = head.rows(&inputs.targets, inputs.length);
        let logits = head.target_logits(&rows);
        let mean = mean_embedding(&head);
        let mut losses = vec![0f64; 2 * inputs.n_sentences()];
        for (row, &logit) in rows.iter().zip(&logits) {
            let partition = f64::from(log_partition.storage::<f32>()[row.state as usize]);
            losses[2 * row.latent as usize] += partition - f64::from(logit);
            losses[2 * row.latent as usize + 1] += partition - f64::from(head.dot(*row, &mean));
        }
        tensor(losses.into_iter().map(|loss| loss as f32).collect(), [inputs.n_sentences(), 2])
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
        let [log_partition, grad] = [log_partition, grad].map(packed);
        let inputs = Inputs::new([states, latent, embedding], targets, slope);
        let (head, n_sentences) = (inputs.head(), inputs.n_sentences());
        let rows = head.rows(&inputs.targets, inputs.length);
        let grad = grad.storage::<f32>();
        let weight = |row: &Row| {
            let place = 2 * row.latent as usize;
            Weights { target: grad[place], mean: grad[place + 1] }
        };
        let weights: Vec<Weights> = rows.iter().map(weight).collect();
        let log_partitions: Vec<f32> =
            rows.iter().map(|row| log_partition.storage::<f32>()[row.state as usize]).collect();
        let mean = mean_embedding(&head);
        let mut embedding_grad = vec![0f32; head.embedding.len()];
        let mut states_grad = vec![0f32; head.states.len()];
        let winner = Winner { head, rows: &rows, log_partitions: &log_partitions, weights: &weights };
        winner.backward(&mut embedding_grad, |start, rows, parts| {
            let grads = of_rows(&mut states_grad, rows, head.d_model);
            grads.into_par_iter().with_min_len(16).enumerate().for_each(|(row_idx, grad)| {
                let (row, weights) = (rows[row_idx], weights[start + row_idx]);
                parts.sum(row_idx, grad);
                let target = &head.embedding[row.target as usize * head.d_model..][..head.d_model];
                for ((grad, target), mean) in grad.iter_mut().zip(target).zip(&mean) {
                    *grad -= weights.target * target + weights.mean * mean;
                }
                head.gate(row, grad);
            });
        });
        let mut latent_grad = vec![0f32; head.latents.len()];
        let sentences = states_grad.par_chunks(inputs.length * head.d_model);
        latent_grad.par_chunks_mut(head.d_model).zip(sentences).for_each(|(sum, states_grad)| {
            for row in states_grad.chunks_exact(head.d_model) {
                sum.iter_mut().zip(row).for_each(|(sum, grad)| *sum += grad);
            }
        });
        let d_model = head.d_model;
        (
            tensor(states_grad, [n_sentences, inputs.length, d_model]),
            tensor(latent_grad, [n_sentences, d_model]),
            tensor(embedding_grad, [head.n_tokens(), d_model]),
        )
    }
}

/// The rows of the states' gradient that belong to `rows`, whose order is theirs.
fn of_rows<'a>(states_grad: &'a mut [f32], rows: &[Row], d_model: usize) -> Vec<&'a mut [f32]> {
    let mut wanted = rows.iter().map(|row| row.state as usize).peekable();
    let all = states_grad.chunks_exact_mut(d_model).enumerate();
    all.filter_map(|(idx, grad)| wanted.next_if_eq(&idx).map(|_| grad)).collect()
}
