//! A Wayland compositor, asked by its own tool, and a client of it that moves a pointer and asks for tokens.
//!
//! The client speaks the wire format itself: four requests are all that it needs.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::Session;
use crate::wait::PATIENCE;

/// The left button, of `linux/input-event-codes.h`.
const LEFT: u32 = 0x110;

/// sway in a session.
#[derive(Debug, Clone, Copy)]
pub struct Sway<'a> {
    session: &'a Session,
}

/// A window as sway lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SwayWindow {
    /// The process that made it.
    pub pid: u32,
    /// Whether it has the keyboard.
    pub focused: bool,
    /// Whether it is marked as one that wants to be looked at.
    pub urgent: bool,
}

impl Session {
    /// The compositor; the session must have been started with it.
    #[must_use]
    pub fn sway(&self) -> Sway<'_> {
        Sway { session: self }
    }
}

impl Sway<'_> {
    /// All windows.
    ///
    /// # Errors
    /// If sway is gone.
    pub async fn windows(&self) -> Result<Vec<SwayWindow>> {
        let tree = serde_json::from_str(&self.session.run("swaymsg", ["-t", "get_tree"]).await?)?;
        let mut windows = Vec::new();
        gather(&tree, &mut windows);
        Ok(windows)
    }

    /// The summaries of the popups that mako shows, newest first.
    ///
    /// # Errors
    /// If mako is gone.
    pub async fn popups(&self) -> Result<Vec<String>> {
        let list: Value = serde_json::from_str(&self.session.run("makoctl", ["list"]).await?)?;
        let popups = list["data"][0].as_array().context("no list")?;
        Ok(popups.iter().filter_map(|popup| popup["summary"]["data"].as_str()).map(str::to_owned).collect())
    }

    /// A pointer; there is none as long as nobody makes one.
    ///
    /// # Errors
    /// If sway is gone, or does not know the protocol.
    pub async fn pointer(&self) -> Result<Pointer> {
        let mut client = self.client().await?;
        tokio::task::spawn_blocking(move || {
            let manager = client.bind("zwlr_virtual_pointer_manager_v1")?;
            let pointer = client.new_id();
            client.request(manager, 0, &[Argument::Number(0), Argument::Number(pointer)])?;
            client.settle()?;
            Ok(Pointer { client: Mutex::new(client), pointer })
        })
        .await?
    }

    /// A token for a window to come to the front with, as somebody has who was clicked on.
    ///
    /// # Errors
    /// If sway is gone, or does not know the protocol.
    pub async fn token(&self) -> Result<String> {
        let mut client = self.client().await?;
        tokio::task::spawn_blocking(move || {
            let activation = client.bind("xdg_activation_v1")?;
            let token = client.new_id();
            client.request(activation, 1, &[Argument::Number(token)])?;
            client.request(token, 3, &[])?;
            let events = client.settle()?;
            let done = events.iter().find(|event| (event.object, event.code) == (token, 0));
            text(&done.context("no token")?.body).map(str::to_owned)
        })
        .await?
    }

    async fn client(&self) -> Result<Client> {
        let folder = std::path::PathBuf::from(self.session.variable("XDG_RUNTIME_DIR")?);
        let socket = folder.join(self.session.variable("WAYLAND_DISPLAY")?);
        tokio::task::spawn_blocking(move || Client::connect(&socket)).await?
    }
}

fn gather(node: &Value, windows: &mut Vec<SwayWindow>) {
    if let Some(pid) = node["pid"].as_u64().and_then(|pid| u32::try_from(pid).ok()) {
        let is = |name: &str| node[name].as_bool().unwrap_or(false);
        windows.push(SwayWindow { pid, focused: is("focused"), urgent: is("urgent") });
    }
    for below in ["nodes", "floating_nodes"] {
        node[below].as_array().into_iter().flatten().for_each(|node| gather(node, windows));
    }
}

/// A pointer (wlr-virtual-pointer-unstable-v1); it is gone when this is dropped.
pub struct Pointer {
    client: Mutex<Client>,
    pointer: u32,
}

impl Pointer {
    /// Moves to a point of a screen of `width` × `height` and clicks with the left button.
    ///
    /// # Errors
    /// If sway is gone.
    pub fn click(&self, [x, y]: [u32; 2], [width, height]: [u32; 2]) -> Result<()> {
        const MOTION_ABSOLUTE: u16 = 1;
        const BUTTON: u16 = 2;
        const FRAME: u16 = 4;
        let number = Argument::Number;
        let mut client = self.client.lock().unwrap_or_else(PoisonError::into_inner);
        let place = [0, x, y, width, height].map(number);
        client.request(self.pointer, MOTION_ABSOLUTE, &place)?;
        client.request(self.pointer, FRAME, &[])?;
        for pressed in [1, 0] {
            client.request(self.pointer, BUTTON, &[0, LEFT, pressed].map(number))?;
            client.request(self.pointer, FRAME, &[])?;
            client.settle()?;
        }
        Ok(())
    }
}

/// An argument of a request.
enum Argument<'a> {
    Number(u32),
    Text(&'a str),
}

/// An event of the compositor.
struct Event {
    object: u32,
    code: u16,
    body: Vec<u8>,
}

/// A client of the compositor (Wayland, "Wire Format").
struct Client {
    stream: UnixStream,
    /// The numbers of what can be bound, by interface.
    globals: HashMap<String, u32>,
    last_id: u32,
}

impl Client {
    /// The display is object 1, the registry object 2.
    fn connect(socket: &std::path::Path) -> Result<Self> {
        const GET_REGISTRY: u16 = 1;
        let stream = UnixStream::connect(socket).with_context(|| socket.display().to_string())?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut client = Self { stream, globals: HashMap::new(), last_id: 2 };
        client.request(1, GET_REGISTRY, &[Argument::Number(2)])?;
        for event in client.settle()?.iter().filter(|event| (event.object, event.code) == (2, 0)) {
            let name = number(&event.body, 0)?;
            client
                .globals
                .insert(text(event.body.get(4..).context("a global without a name")?)?.to_owned(), name);
        }
        Ok(client)
    }

    fn new_id(&mut self) -> u32 {
        self.last_id += 1;
        self.last_id
    }

    /// Binds version 1 of an interface.
    fn bind(&mut self, interface: &str) -> Result<u32> {
        let name = *self.globals.get(interface).with_context(|| format!("there is no {interface}"))?;
        let id = self.new_id();
        let arguments =
            [Argument::Number(name), Argument::Text(interface), Argument::Number(1), Argument::Number(id)];
        self.request(2, 0, &arguments)?;
        Ok(id)
    }

    fn request(&mut self, object: u32, code: u16, arguments: &[Argument<'_>]) -> Result<()> {
        let mut body = Vec::new();
        for argument in arguments {
            match argument {
                Argument::Number(number) => body.extend(number.to_ne_bytes()),
                Argument::Text(text) => {
                    body.extend(u32::try_from(text.len() + 1)?.to_ne_bytes());
                    body.extend(text.as_bytes());
                    body.resize(body.len() + 4 - text.len() % 4, 0);
                }
            }
        }
        let size = u32::try_from(body.len() + 8)?;
        let mut bytes = object.to_ne_bytes().to_vec();
        bytes.extend((size << 16 | u32::from(code)).to_ne_bytes());
        bytes.append(&mut body);
        Ok(self.stream.write_all(&bytes)?)
    }

    /// Waits until the compositor has done everything so far, and returns what it said meanwhile.
    fn settle(&mut self) -> Result<Vec<Event>> {
        const SYNC: u16 = 0;
        let done = self.new_id();
        self.request(1, SYNC, &[Argument::Number(done)])?;
        let mut events = Vec::new();
        loop {
            let event = self.event()?;
            ensure!((event.object, event.code) != (1, 0), "{}", String::from_utf8_lossy(&event.body));
            if event.object == done {
                return Ok(events);
            }
            events.push(event);
        }
    }

    fn event(&mut self) -> Result<Event> {
        let mut header = [0; 8];
        self.stream.read_exact(&mut header)?;
        let (object, word) = (number(&header, 0)?, number(&header, 4)?);
        let Some(length) = (word >> 16).checked_sub(8) else { bail!("an event of {} bytes", word >> 16) };
        let mut body = vec![0; usize::try_from(length)?];
        self.stream.read_exact(&mut body)?;
        Ok(Event { object, code: (word & 0xffff) as u16, body })
    }
}

fn number(bytes: &[u8], at: usize) -> Result<u32> {
    let bytes = bytes.get(at..at + 4).context("an event ends early")?;
    Ok(u32::from_ne_bytes(bytes.try_into()?))
}

/// The text at the beginning: its length with the NUL that ends it, and itself.
fn text(bytes: &[u8]) -> Result<&str> {
    let length = usize::try_from(number(bytes, 0)?)?;
    let text = bytes.get(4..(3 + length).max(4)).context("an event ends early")?;
    Ok(std::str::from_utf8(text)?)
}
