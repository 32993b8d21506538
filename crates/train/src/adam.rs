//! Adam over a whole model: gradient norm, one fused update per parameter, and state by parameter name.

use std::collections::BTreeMap;

use burn::{
    module::{Module, ModuleMapper, ModuleVisitor, Param},
    optim::GradientsParams,
    tensor::Tensor,
};
use repartee_kernels::{AdamStep, adam_step};
use repartee_model::Tcvae;

use crate::config::OptimizerConfig;

/// First and second moment of one parameter, flattened.
#[derive(Clone, Debug)]
pub struct Moments {
    /// m, `[n]`.
    pub first: Tensor<1>,
    /// v, `[n]`.
    pub second: Tensor<1>,
}

/// The optimiser's state.
#[derive(Clone, Debug)]
pub struct Adam {
    config: OptimizerConfig,
    /// Updates made, the exponent of bias correction.
    pub n_updates: u64,
    /// By parameter name.
    pub moments: BTreeMap<String, Moments>,
}

impl Adam {
    /// Before the first update.
    pub fn new(config: &OptimizerConfig) -> Self {
        Self { config: config.clone(), n_updates: 0, moments: BTreeMap::new() }
    }

    /// Applies one update: gradients are scaled to a global norm of at most `clip_norm`.
    ///
    /// Deviation: fairseq divides by `norm + 1e-6`; so do we.
    pub fn step(&mut self, model: Tcvae, gradients: GradientsParams, learning_rate: f64, gradient_norm: f64) -> Tcvae {
        self.n_updates += 1;
        let OptimizerConfig { beta_1, beta_2, epsilon, weight_decay, clip_norm } = self.config;
        let correction = |beta: f32| 1.0 - f64::from(beta).powf(self.n_updates as f64);
        let step = AdamStep {
            gradient_scale: (clip_norm / (gradient_norm + 1e-6)).min(1.0) as f32,
            beta_1,
            beta_2,
            decay: (1.0 - learning_rate * weight_decay) as f32,
            step_size: (learning_rate * correction(beta_2).sqrt() / correction(beta_1)) as f32,
            epsilon,
        };
        model.map(&mut StepMapper { path: Vec::new(), gradients, moments: &mut self.moments, step })
    }
}

/// Σ g² of every gradient, one scalar a parameter, `[P]`; the caller reads them back together with its losses.
pub fn squared_norms(model: &Tcvae, gradients: &GradientsParams) -> Tensor<1> {
    struct Norms<'a>(&'a GradientsParams, Vec<Tensor<1>>);
    impl ModuleVisitor for Norms<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            if let Some(gradient) = self.0.get::<D>(param.id) {
                self.1.push(gradient.square().sum());
            }
        }
    }
    let mut norms = Norms(gradients, Vec::new());
    model.visit(&mut norms);
    Tensor::cat(norms.1, 0)
}

struct StepMapper<'a> {
    path: Vec<String>,
    gradients: GradientsParams,
    moments: &'a mut BTreeMap<String, Moments>,
    step: AdamStep,
}

impl ModuleMapper for StepMapper<'_> {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (id, tensor, mapper) = param.consume();
        let Some(gradient) = self.gradients.remove::<D>(id) else {
            return Param::from_mapped_value(id, tensor, mapper);
        };
        let shape = tensor.dims();
        let flat = [shape.iter().product::<usize>()];
        let parameter = tensor.without_autodiff().reshape(flat);
        let moments = self.moments.remove(&self.path.join(".")).unwrap_or_else(|| {
            let zeros = Tensor::zeros(flat, &parameter.device());
            Moments { first: zeros.clone(), second: zeros }
        });
        let update = adam_step(parameter, gradient.reshape(flat), moments.first, moments.second, self.step);
        let moments = Moments { first: update.first_moment, second: update.second_moment };
        self.moments.insert(self.path.join("."), moments);
        let tensor = update.parameter.reshape(shape).autodiff().require_grad();
        Param::from_mapped_value(id, tensor, mapper)
    }
}
