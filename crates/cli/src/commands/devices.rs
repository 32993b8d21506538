//! `repartee devices`.

use std::process::ExitCode;

use comfy_table::{Table, presets::UTF8_HORIZONTAL_ONLY};
use repartee_engine::{ComputeDevice, DeviceChoice, adapters};

use super::{print_json, print_line};
use crate::context::Global;

/// List the devices of this machine, with the limits that matter.
#[derive(Debug, clap::Args)]
pub(crate) struct Devices {}

impl Devices {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        let adapters = adapters();
        if global.json {
            print_json(&adapters)?;
            return Ok(ExitCode::SUCCESS);
        }
        let mut table = Table::new();
        table.load_style(UTF8_HORIZONTAL_ONLY);
        table.set_header([
            "--device",
            "name",
            "kind",
            "API",
            "driver",
            "binding",
            "buffer",
            "workgroup",
            "shared",
            "f16",
        ]);
        let cpu = ComputeDevice::open(DeviceChoice::Cpu)?;
        table.add_row(["cpu", &cpu.name, "cpu", "–", "Flex", "–", "–", "–", "–", "–"]);
        let mebibytes = |bytes: u64| format!("{} MiB", bytes >> 20);
        for adapter in &adapters {
            table.add_row([
                format!("wgpu:{}", adapter.index),
                adapter.name.clone(),
                if adapter.is_gpu() { adapter.kind.to_owned() } else { format!("{} (software)", adapter.kind) },
                adapter.backend.clone(),
                adapter.driver.clone(),
                mebibytes(adapter.max_binding_bytes),
                mebibytes(adapter.max_buffer_bytes),
                adapter.max_invocations_per_workgroup.to_string(),
                format!("{} KiB", adapter.max_workgroup_memory_bytes >> 10),
                if adapter.shader_f16 { "yes" } else { "no" }.to_owned(),
            ]);
        }
        print_line(&table.to_string())?;
        let auto = adapters.iter().find(|adapter| adapter.is_gpu());
        let auto = auto.map_or_else(|| "cpu".to_owned(), |adapter| format!("wgpu:{}", adapter.index));
        print_line(&format!("auto is {auto} here"))?;
        Ok(ExitCode::SUCCESS)
    }
}
