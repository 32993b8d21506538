//! Devices: what the machine has, and opening one by name.

use std::{
    collections::BTreeMap,
    str::FromStr,
    sync::{Mutex, PoisonError},
};

use burn::tensor::{
    Device, DeviceKind,
    wgpu::wgpu::{self, Backends, DeviceType},
};
use repartee_generate::block_on;
use serde::Serialize;

use crate::error::EngineError;

/// `--device`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeviceChoice {
    /// A real GPU if there is one, else the cpu device.
    #[default]
    Auto,
    /// Burn's Flex: threads and SIMD on the CPU.
    Cpu,
    /// The adapter with this number in [`adapters`]; the first by default.
    Wgpu(Option<usize>),
}

impl DeviceChoice {
    /// The device of one of several processes of a host, which take its GPUs in turn; the same choice where there is
    /// none.
    pub fn of_local_rank(self, local_rank: usize) -> Self {
        let gpus: Vec<usize> = adapters().iter().filter(|adapter| adapter.is_gpu()).map(|gpu| gpu.index).collect();
        gpus.get(local_rank % gpus.len().max(1)).map_or(self, |&gpu| Self::Wgpu(Some(gpu)))
    }
}

impl FromStr for DeviceChoice {
    type Err = EngineError;

    fn from_str(name: &str) -> Result<Self, EngineError> {
        let unknown = || EngineError::DeviceName { name: name.to_owned() };
        match name.split_once(':') {
            None if name == "auto" => Ok(Self::Auto),
            None if name == "cpu" => Ok(Self::Cpu),
            None if name == "wgpu" => Ok(Self::Wgpu(None)),
            Some(("wgpu", index)) => Ok(Self::Wgpu(Some(index.parse().map_err(|_| unknown())?))),
            _ => Err(unknown()),
        }
    }
}

/// A wgpu adapter.
#[derive(Clone, Debug, Serialize)]
pub struct Adapter {
    /// Its number for `--device wgpu:INDEX`.
    pub index: usize,
    /// Its name.
    pub name: String,
    /// Driver and version.
    pub driver: String,
    /// The graphics API, for instance `vulkan`.
    pub backend: String,
    /// `discrete-gpu`, `integrated-gpu`, `virtual-gpu`, `cpu` (a software adapter) or `other`.
    pub kind: &'static str,
    /// Largest storage buffer binding.
    pub max_binding_bytes: u64,
    /// Largest buffer.
    pub max_buffer_bytes: u64,
    /// Largest workgroup.
    pub max_invocations_per_workgroup: u32,
    /// Shared memory of a workgroup.
    pub max_workgroup_memory_bytes: u32,
    /// Whether shaders can compute in f16.
    pub shader_f16: bool,
    #[serde(skip)]
    selector: Option<DeviceKind>,
}

impl Adapter {
    /// Whether it is hardware, not a software rasteriser.
    pub fn is_gpu(&self) -> bool {
        !matches!(self.kind, "cpu" | "other")
    }
}

/// The wgpu adapters, in the order of their numbers: those of the first graphics API that has a GPU, or of the first
/// that has any adapter. The runtime searches in the same way.
pub fn adapters() -> Vec<Adapter> {
    let chain = if cfg!(target_os = "macos") {
        vec![Backends::METAL]
    } else {
        vec![Backends::VULKAN, Backends::DX12, Backends::GL]
    };
    let lists: Vec<Vec<Adapter>> = chain.into_iter().map(adapters_of).filter(|list| !list.is_empty()).collect();
    let with_gpu = lists.iter().position(|list| list.iter().any(Adapter::is_gpu));
    lists.into_iter().nth(with_gpu.unwrap_or(0)).unwrap_or_default()
}

fn adapters_of(backends: Backends) -> Vec<Adapter> {
    let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
    descriptor.backends = backends;
    let instance = wgpu::Instance::new(descriptor);
    let found = block_on(instance.enumerate_adapters(backends));
    let mut n_of_kind = [0usize; 3];
    let mut next = |kind: usize| {
        n_of_kind[kind] += 1;
        n_of_kind[kind] - 1
    };
    let describe = |(index, adapter): (usize, &wgpu::Adapter)| {
        let (info, limits) = (adapter.get_info(), adapter.limits());
        let (kind, selector) = match info.device_type {
            DeviceType::DiscreteGpu => ("discrete-gpu", Some(DeviceKind::DiscreteGpu(next(0)))),
            DeviceType::IntegratedGpu => ("integrated-gpu", Some(DeviceKind::IntegratedGpu(next(1)))),
            DeviceType::VirtualGpu => ("virtual-gpu", Some(DeviceKind::VirtualGpu(next(2)))),
            DeviceType::Cpu => ("cpu", Some(DeviceKind::Cpu)),
            DeviceType::Other => ("other", None),
        };
        Adapter {
            index,
            name: info.name,
            driver: format!("{} {}", info.driver, info.driver_info).trim().to_owned(),
            backend: info.backend.to_string(),
            kind,
            max_binding_bytes: limits.max_storage_buffer_binding_size,
            max_buffer_bytes: limits.max_buffer_size,
            max_invocations_per_workgroup: limits.max_compute_invocations_per_workgroup,
            max_workgroup_memory_bytes: limits.max_compute_workgroup_storage_size,
            shader_f16: adapter.features().contains(wgpu::Features::SHADER_F16),
            selector,
        }
    };
    found.iter().enumerate().map(describe).collect()
}

/// The runtime opens an adapter once in a process; whoever asks again gets the same device.
static OPENED: Mutex<BTreeMap<usize, Device>> = Mutex::new(BTreeMap::new());

/// A device that computations can run on.
#[derive(Clone, Debug)]
pub struct ComputeDevice {
    /// What to call it: `cpu`, or the adapter's name and driver.
    pub name: String,
    pub(crate) device: Device,
}

impl ComputeDevice {
    /// Opens the chosen device.
    ///
    /// # Errors
    /// No such adapter, or it does not open.
    pub fn open(choice: DeviceChoice) -> Result<Self, EngineError> {
        let asked = match choice {
            DeviceChoice::Cpu => return Ok(Self::cpu()),
            DeviceChoice::Auto => None,
            DeviceChoice::Wgpu(index) => Some(index.unwrap_or(0)),
        };
        let adapters = adapters();
        let Some(index) = asked.or_else(|| adapters.iter().position(Adapter::is_gpu)) else {
            return Ok(Self::cpu());
        };
        let n_adapters = adapters.len();
        let adapter = adapters.into_iter().nth(index).ok_or(match n_adapters {
            0 => EngineError::NoAdapter,
            _ => EngineError::AdapterIndex { index, n_adapters },
        })?;
        let name = format!("{} ({}, {})", adapter.name, adapter.backend, adapter.driver);
        let failed = |message| EngineError::OpenAdapter { name: name.clone(), message };
        let selector = adapter.selector.ok_or_else(|| failed("it is of no known kind".to_owned()))?;
        let mut opened = OPENED.lock().unwrap_or_else(PoisonError::into_inner);
        let device = match opened.get(&index) {
            Some(device) => device.clone(),
            None => {
                let device = Device::wgpu_options().device_kind(selector).init();
                let device = device.map_err(|error| failed(error.to_string().replace('\n', " ")))?;
                opened.insert(index, device.clone());
                device
            }
        };
        Ok(Self { name, device })
    }

    fn cpu() -> Self {
        repartee_kernels::keep_freed_memory();
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Self { name: format!("cpu ({threads} threads)"), device: Device::flex() }
    }

    /// The tensors' device, for tests and benchmarks that go below the use cases.
    pub fn raw(&self) -> &Device {
        &self.device
    }
}
