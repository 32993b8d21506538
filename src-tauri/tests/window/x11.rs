//! What the screen shows; and closing a window as a window manager does, of which there is none. WebKit's driver takes no
//! pictures where nothing composes.

use repartee_browser::Screen;
use x11rb::{
    connection::Connection as _,
    protocol::xproto::{AtomEnum, ClientMessageEvent, ConnectionExt as _, EventMask, ImageFormat, Window},
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
    // Whoever goes before the server has read may not be heard.
    connection.send_event(false, window, EventMask::NO_EVENT, message).unwrap().check().unwrap();
}

/// The whole screen, as PPM.
pub(crate) fn picture(screen: &Screen) -> Vec<u8> {
    let (connection, number) = RustConnection::connect(Some(screen.display())).unwrap();
    let root = &connection.setup().roots[number];
    let (width, height) = (root.width_in_pixels, root.height_in_pixels);
    let image =
        connection.get_image(ImageFormat::Z_PIXMAP, root.root, 0, 0, width, height, !0).unwrap().reply().unwrap();
    let pixels = image.data.as_chunks::<4>().0.iter().flat_map(|[blue, green, red, _]| [*red, *green, *blue]);
    format!("P6 {width} {height} 255\n").into_bytes().into_iter().chain(pixels).collect()
}

fn below(connection: &RustConnection, window: Window) -> Vec<Window> {
    let children = connection.query_tree(window).unwrap().reply().map(|tree| tree.children).unwrap_or_default();
    children.into_iter().flat_map(|child| [vec![child], below(connection, child)].concat()).collect()
}
