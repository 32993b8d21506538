//! Closing a window as the window manager does, which the screen does not have.

use repartee_browser::Screen;
use x11rb::{
    connection::Connection as _,
    protocol::xproto::{AtomEnum, ClientMessageEvent, ConnectionExt as _, EventMask, Window},
    rust_connection::RustConnection,
};

/// Asks the window whose title has a text to close.
#[track_caller]
pub(crate) fn close_window(screen: &Screen, title: &str) {
    let (connection, number) = RustConnection::connect(Some(screen.display())).unwrap();
    let atom = |name: &str| connection.intern_atom(false, name.as_bytes()).unwrap().reply().unwrap().atom;
    let (protocols, delete, name) = (atom("WM_PROTOCOLS"), atom("WM_DELETE_WINDOW"), atom("_NET_WM_NAME"));
    let root = connection.setup().roots[number].root;
    let window = below(&connection, root)
        .into_iter()
        .find(|window| {
            let text = connection.get_property(false, *window, name, AtomEnum::ANY, 0, 1024).unwrap().reply();
            text.is_ok_and(|text| String::from_utf8_lossy(&text.value).contains(title))
        })
        .unwrap_or_else(|| panic!("no window has the title `{title}`"));
    let message = ClientMessageEvent::new(32, window, protocols, [delete, 0, 0, 0, 0]);
    connection.send_event(false, window, EventMask::NO_EVENT, message).unwrap();
    connection.flush().unwrap();
}

fn below(connection: &RustConnection, window: Window) -> Vec<Window> {
    let children = connection.query_tree(window).unwrap().reply().map(|tree| tree.children).unwrap_or_default();
    children.into_iter().flat_map(|child| [vec![child], below(connection, child)].concat()).collect()
}
