//! Token ids as padded tensors.

use burn::tensor::{Bool, Device, Int, Tensor, TensorData};

use crate::losses::bow::BowForm;

/// Rows of token ids, padded on the right.
///
/// Deviation: the authors pad sources on the left. Pads are masked and positions count real tokens only, so the side
/// changes no value.
#[derive(Clone, Debug)]
pub struct TokenBatch {
    /// Token ids, `[B, L]`.
    pub ids: Tensor<2, Int>,
    /// `true` where a cell is padding and must be ignored, `[B, L]`.
    pub pad_mask: Tensor<2, Bool>,
    /// Real tokens of each row.
    pub lengths: Vec<usize>,
}

impl TokenBatch {
    /// Pads `rows` with `pad` to `width`, or to the longest row if that is longer.
    ///
    /// # Panics
    /// When there is no row, or a row is empty: attention over nothing is undefined.
    pub fn new(rows: &[Vec<u32>], pad: u32, width: usize, device: &Device) -> Self {
        let width = rows.iter().map(Vec::len).max().expect("a batch has rows").max(width);
        let lengths: Vec<usize> = rows.iter().map(Vec::len).collect();
        assert!(lengths.iter().all(|&length| length > 0), "a row of a batch holds at least one token");
        let ids = padded(rows, pad, width);
        let pads: Vec<bool> = lengths.iter().flat_map(|&length| (0..width).map(move |t| t >= length)).collect();
        let shape = [rows.len(), width];
        Self {
            ids: Tensor::from_data(TensorData::new(ids, shape), device),
            pad_mask: Tensor::from_data(TensorData::new(pads, shape), device),
            lengths,
        }
    }

    fn without_autodiff(&self) -> Self {
        Self {
            ids: self.ids.clone().without_autodiff(),
            pad_mask: self.pad_mask.clone().without_autodiff(),
            lengths: self.lengths.clone(),
        }
    }

    /// `(B, L)`.
    pub fn dims(&self) -> [usize; 2] {
        self.ids.dims()
    }
}

fn padded(rows: &[Vec<u32>], pad: u32, width: usize) -> Vec<i32> {
    rows.iter()
        .flat_map(|row| row.iter().chain(std::iter::repeat_n(&pad, width - row.len())))
        .map(|&id| i32::try_from(id).expect("a token id fits i32"))
        .collect()
}

/// The special tokens that a batch is made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Specials {
    /// `<pad>`.
    pub pad: u32,
    /// `</s>`: ends sources and targets, and starts the decoder's input, as in fairseq.
    pub eos: u32,
}

/// Utterances with their replies, as the model reads them.
#[derive(Clone, Debug)]
pub struct Batch {
    /// `x₁ … x_n </s>`, `[B, S]`.
    pub source: TokenBatch,
    /// `</s> y₁ … y_n`: the decoder's input, and what the posterior's encoder reads, `[B, T]`.
    pub decoder_input: TokenBatch,
    /// `y₁ … y_n </s>`, `[B, T]`.
    pub target: Tensor<2, Int>,
    /// The same with −1 for pads: what the loss counts, `[B, T]`.
    pub scored_target: Tensor<2, Int>,
    /// `y₁ … y_n </s>` without padding, for what is counted and not computed on the device.
    targets: Vec<Vec<u32>>,
}

impl Batch {
    /// From token ids without specials.
    ///
    /// # Panics
    /// When the numbers of contexts and responses differ or are 0.
    pub fn new(contexts: &[Vec<u32>], responses: &[Vec<u32>], specials: Specials, device: &Device) -> Self {
        Self::with_widths(contexts, responses, specials, [0, 0], device)
    }

    /// As [`Batch::new`], padded to at least `[S, T]`.
    pub fn with_widths(
        contexts: &[Vec<u32>],
        responses: &[Vec<u32>],
        Specials { pad, eos }: Specials,
        [source_width, target_width]: [usize; 2],
        device: &Device,
    ) -> Self {
        assert_eq!(contexts.len(), responses.len(), "every context has one response");
        let ended = |row: &Vec<u32>| [row.as_slice(), &[eos]].concat();
        let sources: Vec<_> = contexts.iter().map(ended).collect();
        let targets: Vec<_> = responses.iter().map(ended).collect();
        let inputs: Vec<_> = responses.iter().map(|row| [&[eos], row.as_slice()].concat()).collect();
        let target = TokenBatch::new(&targets, pad, target_width, device);
        Self {
            source: TokenBatch::new(&sources, pad, source_width, device),
            decoder_input: TokenBatch::new(&inputs, pad, target_width, device),
            scored_target: target.ids.clone().mask_fill(target.pad_mask, -1),
            target: target.ids,
            targets,
        }
    }

    /// How often each token is in the bag of each target.
    ///
    /// # Shapes
    /// returns `[B, V]`
    pub fn bag(&self, n_tokens: usize, form: BowForm, device: &Device) -> Tensor<2> {
        let mut counts = vec![0f32; self.targets.len() * n_tokens];
        for (target, row) in self.targets.iter().zip(counts.chunks_mut(n_tokens)) {
            match form {
                BowForm::Set => target[..target.len() - 1].iter().for_each(|&id| row[id as usize] = 1.0),
                BowForm::Sequence => target.iter().for_each(|&id| row[id as usize] += 1.0),
            }
        }
        Tensor::from_data(TensorData::new(counts, [self.targets.len(), n_tokens]), device)
    }

    /// The same batch for computations without gradients.
    pub fn without_autodiff(&self) -> Self {
        Self {
            source: self.source.without_autodiff(),
            decoder_input: self.decoder_input.without_autodiff(),
            target: self.target.clone().without_autodiff(),
            scored_target: self.scored_target.clone().without_autodiff(),
            targets: self.targets.clone(),
        }
    }

    /// Sentences, `B`.
    pub fn n_sentences(&self) -> usize {
        self.target.dims()[0]
    }

    /// Target tokens that are not padding, `</s>` included.
    pub fn n_target_tokens(&self) -> usize {
        self.decoder_input.lengths.iter().sum()
    }
}
