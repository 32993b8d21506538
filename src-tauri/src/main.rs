//! The desktop app: a window around the pages, and the program `repartee studio` as the engine behind them.
//!
//! Owns windows, dialogs, recent projects and the engine's process. Computes nothing, and links neither Burn nor the engine:
//! a graphics driver that crashes takes the engine's process with it, not the window.

#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod closing;
mod commands;
mod engine;
mod import;
mod projects;
mod shell;
mod windows;

use std::process::ExitCode;

use tauri::{AppHandle, Manager as _, RunEvent, WindowEvent};

use crate::shell::Shell;

fn main() -> ExitCode {
    let app = tauri::Builder::default()
        // The first plugin: another instance ends before it does anything.
        .plugin(tauri_plugin_single_instance::init(|app, _, _| windows::show(app)))
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_window_state::Builder::default().build())
        .setup(|app| {
            app.manage(Shell::new(app.handle()));
            app.state::<Shell>().restart();
            windows::open_main(app.handle())?;
            windows::entitle(app.handle(), &app.state::<Shell>().project());
            Ok(())
        })
        .invoke_handler(tauri::generate_handler![
            commands::call,
            commands::start,
            commands::stop,
            commands::attend,
            commands::choose_project,
            commands::open_project,
            commands::import_corpus,
            commands::import_model,
            commands::restart_engine,
            commands::open_studies,
            commands::close,
        ])
        .build(tauri::generate_context!());
    match app {
        Ok(app) => {
            app.run(on_event);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: the app cannot start ({error}); on Linux it needs a display and WebKitGTK 4.1");
            ExitCode::FAILURE
        }
    }
}

fn on_event(app: &AppHandle, event: RunEvent) {
    match event {
        RunEvent::WindowEvent { label, event: WindowEvent::CloseRequested { api, .. }, .. }
            if label == windows::MAIN =>
        {
            api.prevent_close();
            tauri::async_runtime::spawn(closing::ask(app.clone()));
        }
        RunEvent::Exit => app.state::<Shell>().end_engine(),
        _ => {}
    }
}
