//! Initial weights from named streams: equal on every device, whatever the order of construction.

use burn::{
    module::{Param, ParamId},
    tensor::{Device, Tensor, TensorData},
};

use crate::random::{RandomStreams, standard_normal, uniform};

/// Draws the parameters of one module; the path names the stream.
#[derive(Clone, Debug)]
pub struct Initializer<'a> {
    streams: RandomStreams,
    device: &'a Device,
    path: String,
}

impl<'a> Initializer<'a> {
    /// The initializer of a whole model.
    pub fn new(streams: RandomStreams, device: &'a Device) -> Self {
        Self { streams, device, path: "init".to_owned() }
    }

    /// The device that parameters are made on.
    pub fn device(&self) -> &'a Device {
        self.device
    }

    /// The initializer of the part `name`.
    pub fn scope(&self, name: impl std::fmt::Display) -> Self {
        Self { path: format!("{}.{name}", self.path), ..self.clone() }
    }

    /// U(−bound, bound).
    pub fn uniform<const D: usize>(&self, shape: [usize; D], bound: f32) -> Param<Tensor<D>> {
        let mut rng = self.streams.stream(&self.path, &[]);
        self.parameter(uniform(&mut rng, -bound..bound, shape.iter().product()), shape)
    }

    /// N(0, σ²).
    pub fn normal<const D: usize>(&self, shape: [usize; D], standard_deviation: f32) -> Param<Tensor<D>> {
        self.parameter(self.normal_values(shape.iter().product(), standard_deviation), shape)
    }

    /// `n` values of N(0, σ²), for parameters that are not all noise.
    pub fn normal_values(&self, n: usize, standard_deviation: f32) -> Vec<f32> {
        let mut values = standard_normal(&mut self.streams.stream(&self.path, &[]), n);
        values.iter_mut().for_each(|value| *value *= standard_deviation);
        values
    }

    /// Zeros.
    pub fn zeros<const D: usize>(&self, shape: [usize; D]) -> Param<Tensor<D>> {
        self.parameter(vec![0.0; shape.iter().product()], shape)
    }

    /// A parameter with these values.
    pub fn parameter<const D: usize>(&self, values: Vec<f32>, shape: [usize; D]) -> Param<Tensor<D>> {
        let tensor = Tensor::from_data(TensorData::new(values, shape), self.device);
        let tensor = if self.device.is_autodiff() { tensor.require_grad() } else { tensor };
        Param::initialized(ParamId::new(), tensor)
    }
}
