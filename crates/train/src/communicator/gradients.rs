//! Gradients of a model as one row of numbers: read back, summed over ranks, and put on the device again.

use std::ops::Range;

use burn::{
    module::{Module, ModuleVisitor, Param},
    optim::GradientsParams,
    tensor::{Device, Tensor, TensorData},
};
use repartee_model::Tcvae;

use super::{
    Communicator, Compression, SumOptions,
    sum::{Summand, add_to, sum_in_order},
};
use crate::error::TrainError;

/// The gradients of one or more micro-batches, and numbers that travel with them.
struct Parcel {
    /// Where each parameter's values lie in the row; the last range holds `notes`.
    ranges: Vec<Range<usize>>,
    /// By micro-batch and parameter, until they are read back.
    on_device: Vec<Vec<Option<Tensor<1>>>>,
    /// The same, read back. Empty where a parameter has no gradient.
    on_host: Vec<Vec<Vec<f32>>>,
    notes: Vec<f32>,
    n_loaded: usize,
}

impl Summand for Parcel {
    fn load(&mut self, end: usize) {
        while self.n_loaded < self.ranges.len() && self.ranges[self.n_loaded].start < end {
            for (on_device, on_host) in self.on_device.iter_mut().zip(&mut self.on_host) {
                let tensor = on_device.get_mut(self.n_loaded).and_then(Option::take);
                let read = |tensor: Tensor<1>| tensor.into_data().try_into_vec().expect("gradients are f32");
                on_host.push(tensor.map_or_else(Vec::new, read));
            }
            self.n_loaded += 1;
        }
    }

    fn add(&self, range: Range<usize>, sum: &mut [f32], is_first: bool) {
        let first = self.ranges.partition_point(|of_parameter| of_parameter.end <= range.start);
        let overlapping = self.ranges.iter().enumerate().skip(first);
        for (idx, of_parameter) in overlapping.take_while(|(_, of_parameter)| of_parameter.start < range.end) {
            let common = range.start.max(of_parameter.start)..range.end.min(of_parameter.end);
            let sum = &mut sum[common.start - range.start..common.end - range.start];
            let within = common.start - of_parameter.start..common.end - of_parameter.start;
            if is_first {
                sum.fill(0.0);
            }
            if idx + 1 == self.ranges.len() {
                add_to(sum, &self.notes[within], is_first);
                continue;
            }
            let with_gradient = self.on_host.iter().map(|values| &values[idx]).filter(|values| !values.is_empty());
            for (nth, values) in with_gradient.enumerate() {
                add_to(sum, &values[within.clone()], is_first && nth == 0);
            }
        }
    }
}

/// Sums over ranks the gradients of micro-batches, in their order, and beside them `notes`; `row` is memory to be used
/// again. Returns the same gradients and notes on every rank.
///
/// # Errors
/// As [`Communicator::exchange`].
pub(crate) fn sum(
    communicator: &dyn Communicator,
    compression: Compression,
    model: &Tcvae,
    gradients: Vec<GradientsParams>,
    notes: &[f32],
    row: &mut Vec<f32>,
    device: &Device,
) -> Result<(GradientsParams, Vec<f32>), TrainError> {
    let mut ranges = Vec::new();
    let mut start = 0;
    for size in sizes(model) {
        ranges.push(start..start + size);
        start += size;
    }
    let (n_parameters, n_values) = (ranges.len(), start);
    let on_device: Vec<_> = gradients.iter().map(|gradients| flattened(model, gradients)).collect();
    // How many micro-batches have a gradient for a parameter: where there is none, Adam must not step.
    let count = |idx: usize| on_device.iter().filter(|tensors| tensors[idx].is_some()).count() as f32;
    let notes: Vec<f32> = notes.iter().copied().chain((0..n_parameters).map(count)).collect();
    ranges.push(start..start + notes.len());
    let on_host = vec![Vec::new(); on_device.len()];
    let n_exact = notes.len();
    row.resize(n_values + n_exact, 0.0);
    let mut parcel = Parcel { ranges, on_device, on_host, notes, n_loaded: 0 };
    drop(gradients);
    sum_in_order(communicator, &mut parcel, row, SumOptions { compression, n_exact })?;
    let (notes, counts) = row[n_values..].split_at(n_exact - n_parameters);
    let mut writer = Writer { row, ranges: &parcel.ranges, counts, device, next: 0, gradients: GradientsParams::new() };
    model.visit(&mut writer);
    Ok((writer.gradients, notes.to_vec()))
}

/// Numbers of each parameter, in the order of visits.
fn sizes(model: &Tcvae) -> Vec<usize> {
    struct Sizes(Vec<usize>);
    impl ModuleVisitor for Sizes {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.0.push(param.val().dims().iter().product());
        }
    }
    let mut sizes = Sizes(Vec::new());
    model.visit(&mut sizes);
    sizes.0
}

/// Each parameter's gradient as a row.
fn flattened(model: &Tcvae, gradients: &GradientsParams) -> Vec<Option<Tensor<1>>> {
    struct Flattened<'a>(&'a GradientsParams, Vec<Option<Tensor<1>>>);
    impl ModuleVisitor for Flattened<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let gradient = self.0.get::<D>(param.id);
            self.1.push(gradient.map(|gradient| {
                let size = gradient.dims().iter().product::<usize>();
                gradient.reshape([size])
            }));
        }
    }
    let mut flattened = Flattened(gradients, Vec::new());
    model.visit(&mut flattened);
    flattened.1
}

struct Writer<'a> {
    row: &'a [f32],
    ranges: &'a [Range<usize>],
    counts: &'a [f32],
    device: &'a Device,
    next: usize,
    gradients: GradientsParams,
}

impl ModuleVisitor for Writer<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let idx = self.next;
        self.next += 1;
        if self.counts[idx] == 0.0 {
            return;
        }
        let values = self.row[self.ranges[idx].clone()].to_vec();
        let data = TensorData::new(values, param.val().dims());
        self.gradients.register::<D>(param.id, Tensor::from_data(data, self.device));
    }
}
