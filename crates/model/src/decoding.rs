//! Decoding token by token. Keys and values of every source and of every position decoded so far are cells of one list
//! a layer; what a prefix has seen is a list of cell numbers. So prefixes may share their past, beams are reordered and
//! finished rows dropped without moving a tensor, and a source is encoded once for all its beams and latents.

use burn::tensor::{Device, Int, Tensor, TensorData};
use repartee_kernels::{Cells, attend};

use crate::{
    batch::TokenBatch,
    layers::{
        linear::Linear,
        transformer::{Blocks, normalised},
    },
    random::Dropout,
    tcvae::{Encoded, Tcvae},
};

/// Positions for which a state has room at first; then it doubles.
const FIRST_STEPS: usize = 16;

/// A reply's beginning: which source it answers, and where its keys and values lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prefix {
    /// The source's row in the batch.
    pub source: usize,
    /// One cell a position, in every layer the same number.
    cells: Vec<i32>,
}

impl Prefix {
    /// The empty beginning of a reply to `source`.
    pub fn new(source: usize) -> Self {
        Self { source, cells: Vec::new() }
    }
}

/// The keys and values of a batch of sources and of the replies to them.
#[derive(Debug)]
pub struct DecoderState {
    /// `[B·S, 2 D]` a layer.
    source: Vec<Tensor<2>>,
    source_lengths: Vec<usize>,
    source_width: usize,
    /// Which source each row answered in the last step, and its cells: mostly the same in the next one.
    crossed: Option<(Vec<usize>, Cells)>,
    /// `[capacity, 2 D]` a layer.
    past: Vec<Tensor<2>>,
    n_cells: usize,
    capacity: usize,
    device: Device,
}

impl Tcvae {
    /// Prepares decoding of replies to these sources: their keys and values, once for each layer.
    pub fn start_decoding(&self, tokens: &TokenBatch, source: &Encoded) -> DecoderState {
        let [batch, width, d_model] = source.states.dims();
        let key_value = |idx: usize| {
            let states = source.states.clone().reshape([batch * width, d_model]);
            key_value(&self.blocks(idx).cross_attention.in_projection, states)
        };
        DecoderState {
            source: (0..self.decoder.len()).map(key_value).collect(),
            source_lengths: tokens.lengths.clone(),
            source_width: width,
            crossed: None,
            past: Vec::new(),
            n_cells: 0,
            capacity: 0,
            device: source.states.device(),
        }
    }

    fn blocks(&self, idx: usize) -> Blocks<'_> {
        self.decoder[idx].blocks(&self.encoder[idx])
    }

    /// The top decoder states of the next position of each prefix, given its input token; the prefixes, all of one
    /// length, grow by it. Independent of z.
    ///
    /// # Shapes
    /// returns `[R, D]`
    ///
    /// # Panics
    /// When the prefixes have different lengths, or there is none.
    pub fn decode_step(&self, tokens: &[u32], prefixes: &mut [Prefix], state: &mut DecoderState) -> Tensor<2> {
        let (n_rows, position) = (prefixes.len(), prefixes[0].cells.len());
        assert!(prefixes.iter().all(|prefix| prefix.cells.len() == position), "prefixes of a step have one length");
        let (d_model, n_heads) = (self.config().d_model, self.config().n_heads);
        state.make_room(prefixes, self.decoder.len(), d_model);
        let start = state.n_cells;
        for (cell, prefix) in (start..).zip(prefixes.iter_mut()) {
            prefix.cells.push(i32::try_from(cell).expect("a cell's number fits i32"));
        }
        state.n_cells += n_rows;
        let (own, crossed) = (state.past_cells(prefixes), state.source_cells(prefixes));
        let ids = tokens.iter().map(|&id| i32::try_from(id).expect("a token id fits i32"));
        let ids = integers(ids, [n_rows, 1], &state.device);
        let x = self.embedding.forward(ids, position, &mut Dropout::off(), 0.0);
        let mut x = x.reshape([n_rows, d_model]);
        for (idx, (past, source)) in state.past.iter_mut().zip(&state.source).enumerate() {
            let (blocks, layer) = (self.blocks(idx), &self.decoder[idx]);
            let projected = blocks.self_attention.in_projection.forward(x.clone()); // [R, 3D]
            let present = projected.clone().slice([0..n_rows, d_model..3 * d_model]);
            // Taken out, so that nobody else holds it and it is written in place.
            let memory = std::mem::replace(past, present.clone());
            *past = memory.slice_assign([start..start + n_rows, 0..2 * d_model], present);
            let query = projected.slice([0..n_rows, 0..d_model]);
            let attended = attend(query, past.clone(), own.clone(), n_heads);
            let x_self = x + blocks.self_attention.out_projection.forward(attended);
            let x_self = normalised(&layer.self_attention_norm, x_self);
            let query = blocks.cross_attention.in_projection.forward_columns(x_self.clone(), 0, d_model);
            let attended = attend(query, source.clone(), crossed.clone(), n_heads);
            let x_cross = x_self + blocks.cross_attention.out_projection.forward(attended);
            let x_cross = normalised(&layer.cross_attention_norm, x_cross);
            let y = blocks.feed_forward.infer(x_cross.clone());
            x = normalised(&layer.feed_forward_norm, x_cross + y);
        }
        x
    }
}

/// Keys and values of `states`: `[N, D]` to `[N, 2 D]`.
fn key_value(in_projection: &Linear, states: Tensor<2>) -> Tensor<2> {
    let d_model = states.dims()[1];
    in_projection.forward_columns(states, d_model, 2 * d_model)
}

impl DecoderState {
    /// Makes room for one more cell of each prefix: throws out cells that no prefix names any more, or doubles.
    fn make_room(&mut self, prefixes: &mut [Prefix], n_layers: usize, d_model: usize) {
        let n_rows = prefixes.len();
        if self.n_cells + n_rows <= self.capacity {
            return;
        }
        let mut used = vec![false; self.n_cells];
        prefixes.iter().flat_map(|prefix| &prefix.cells).for_each(|&cell| used[cell as usize] = true);
        let kept: Vec<i32> = (0i32..).zip(&used).filter(|&(_, &used)| used).map(|(cell, _)| cell).collect();
        let mut new_number = vec![0i32; self.n_cells];
        (0i32..).zip(&kept).for_each(|(number, &cell)| new_number[cell as usize] = number);
        for cell in prefixes.iter_mut().flat_map(|prefix| &mut prefix.cells) {
            *cell = new_number[*cell as usize];
        }
        // A quarter free at least, so that room is not made again at once.
        let needed = (kept.len() + n_rows) * 4 / 3;
        let capacity = if needed <= self.capacity { self.capacity } else { (2 * needed).max(n_rows * FIRST_STEPS) };
        let room = |n: usize| Tensor::zeros([n, 2 * d_model], &self.device);
        self.past = if kept.is_empty() {
            (0..n_layers).map(|_| room(capacity)).collect()
        } else {
            let kept_cells: Tensor<1, Int> = integers(kept.iter().copied(), [kept.len()], &self.device);
            let past = std::mem::take(&mut self.past);
            past.into_iter()
                .map(|past| {
                    room(capacity).slice_assign([0..kept.len(), 0..2 * d_model], past.select(0, kept_cells.clone()))
                })
                .collect()
        };
        self.n_cells = kept.len();
        self.capacity = capacity;
    }

    fn past_cells(&self, prefixes: &[Prefix]) -> Cells {
        let (n_rows, length) = (prefixes.len(), prefixes[0].cells.len());
        let numbers = prefixes.iter().flat_map(|prefix| prefix.cells.iter().copied());
        let length_of_all = i32::try_from(length).expect("a reply is short");
        Cells {
            numbers: integers(numbers, [n_rows, length], &self.device),
            lengths: integers(std::iter::repeat_n(length_of_all, n_rows), [n_rows], &self.device),
        }
    }

    fn source_cells(&mut self, prefixes: &[Prefix]) -> Cells {
        let sources: Vec<usize> = prefixes.iter().map(|prefix| prefix.source).collect();
        if let Some((known, cells)) = &self.crossed
            && *known == sources
        {
            return cells.clone();
        }
        let (n_rows, width) = (sources.len(), self.source_width);
        let integer = |n: usize| i32::try_from(n).expect("a source is short");
        let numbers = sources.iter().flat_map(|source| (0..width).map(move |s| integer(source * width + s)));
        let lengths = sources.iter().map(|&source| integer(self.source_lengths[source]));
        let cells = Cells {
            numbers: integers(numbers, [n_rows, width], &self.device),
            lengths: integers(lengths, [n_rows], &self.device),
        };
        self.crossed = Some((sources, cells.clone()));
        cells
    }
}

fn integers<const N: usize>(values: impl Iterator<Item = i32>, shape: [usize; N], device: &Device) -> Tensor<N, Int> {
    Tensor::from_data(TensorData::new(values.collect::<Vec<_>>(), shape), device)
}
