//! What the engine is and can compute on.

use std::sync::OnceLock;

use repartee_engine::{Adapter, DeviceChoice, adapters};
use repartee_wire::engine::{self as wire, About, Device, EngineError};

use crate::{Inner, fault};

/// The devices of this machine, looked for once.
pub(crate) struct Devices {
    chosen: DeviceChoice,
    found: OnceLock<Vec<Adapter>>,
}

impl Devices {
    pub(crate) fn new(chosen: DeviceChoice) -> Self {
        Self { chosen, found: OnceLock::new() }
    }

    fn adapters(&self) -> &[Adapter] {
        self.found.get_or_init(adapters)
    }

    /// The one that is taken if none is asked for.
    fn first(&self) -> String {
        match self.chosen {
            DeviceChoice::Cpu => "cpu".to_owned(),
            DeviceChoice::Wgpu(index) => format!("wgpu:{}", index.unwrap_or(0)),
            DeviceChoice::Auto => {
                let gpu = self.adapters().iter().find(|adapter| adapter.is_gpu());
                gpu.map_or_else(|| "cpu".to_owned(), |gpu| format!("wgpu:{}", gpu.index))
            }
        }
    }

    /// The id and the choice of what is asked for.
    pub(crate) fn choose(&self, asked: Option<&str>) -> Result<(String, DeviceChoice), EngineError> {
        let id = asked.map_or_else(|| self.first(), str::to_owned);
        let choice = id.parse().map_err(|error| fault::of(&error))?;
        Ok((id, choice))
    }

    /// Whether it computes in software on the CPU.
    pub(crate) fn is_slow(&self, id: &str) -> bool {
        let adapter = self.adapters().iter().find(|adapter| id == format!("wgpu:{}", adapter.index));
        adapter.map_or(id == "cpu", |adapter| !adapter.is_gpu())
    }

    fn list(&self) -> Vec<Device> {
        let n_threads = std::thread::available_parallelism().map_or(1, usize::from);
        let cpu = Device { id: "cpu".to_owned(), name: format!("CPU ({n_threads} threads)"), adapter: None };
        let mut all = vec![cpu];
        all.extend(self.adapters().iter().map(described));
        let first = self.first();
        let is_software = |device: &Device| device.adapter.as_ref().is_some_and(|adapter| adapter.is_software);
        all.sort_by_key(|device| (device.id != first, is_software(device)));
        all
    }
}

fn described(adapter: &Adapter) -> Device {
    Device {
        id: format!("wgpu:{}", adapter.index),
        name: adapter.name.clone(),
        adapter: Some(wire::Adapter {
            backend: adapter.backend.clone(),
            vendor: adapter.kind.to_owned(),
            driver: adapter.driver.clone(),
            is_software: !adapter.is_gpu(),
            max_binding_bytes: adapter.max_binding_bytes,
            max_buffer_bytes: adapter.max_buffer_bytes,
            max_invocations_per_workgroup: adapter.max_invocations_per_workgroup.into(),
            max_workgroup_memory_bytes: adapter.max_workgroup_memory_bytes.into(),
            features: adapter.shader_f16.then(|| "shader-f16".to_owned()).into_iter().collect(),
        }),
    }
}

impl Inner {
    pub(crate) fn about(&self) -> Result<About, EngineError> {
        Ok(About {
            home: self.home,
            version: self.version.to_owned(),
            trains: true,
            devices: self.devices.list(),
            missing: None,
            storage_bytes: None,
        })
    }
}
