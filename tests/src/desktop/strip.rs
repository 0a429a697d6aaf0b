//! Icons on a real panel, read back from its pixels.
//!
//! The icons here are of the test's own making, painted by Belfry's painter and handed over as Belfry does; that Belfry
//! hands over what is painted the tray's tests hold.

use std::collections::HashMap;

use anyhow::{Context, Result, ensure};
use belfry_core::view::{TrayShape, paint_badge};
use futures_util::StreamExt;
use tokio::task::JoinHandle;
use zbus::message::Type;
use zbus::{Connection, Message, MessageStream, Variant};

use super::Session;
use crate::wait::until;

const WATCHER: &str = "org.kde.StatusNotifierWatcher";

/// The sizes that an icon is handed over in; those of panels of 32 pixels are looked for.
const SIDES: [u32; 4] = [16, 22, 24, 32];

/// What one channel of a pixel may be off by: panels mix colours in their own ways.
const OFF: u8 = 8;

/// A part of the screen.
pub struct Strip {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

/// An icon that has been found on a panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlacedIcon {
    /// From the strip's left, in pixels.
    pub x: usize,
    /// From the strip's top, in pixels.
    pub y: usize,
    /// Width and height, in pixels.
    pub side: u32,
}

/// An icon on the panel; it is gone when this is dropped.
#[derive(Debug)]
pub struct PanelIcon {
    server: JoinHandle<()>,
}

impl Drop for PanelIcon {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Session {
    /// Puts an icon on the panel.
    ///
    /// # Errors
    /// If there is no panel.
    pub async fn put_on_panel(&self, shape: TrayShape, unread: u64) -> Result<PanelIcon> {
        let connection = self.connect().await?;
        let mut calls = MessageStream::from(&connection);
        let serving = connection.clone();
        let server = tokio::spawn(async move {
            while let Some(Ok(call)) = calls.next().await {
                if call.message_type() == Type::MethodCall
                    && answer(&serving, &call, shape, unread).await.is_err()
                {
                    break;
                }
            }
        });
        let icon = PanelIcon { server };
        let own = connection.unique_name().context("the bus has given no name")?.to_string();
        let watcher = zbus::Proxy::new(&connection, WATCHER, "/StatusNotifierWatcher", WATCHER).await?;
        watcher.call::<_, _, ()>("RegisterStatusNotifierItem", &own).await.context("the panel")?;
        Ok(icon)
    }
}

/// Answers a panel that asks for properties.
async fn answer(bus: &Connection, call: &Message, shape: TrayShape, unread: u64) -> Result<()> {
    let header = call.header();
    let mut properties = properties(shape, unread);
    match header.member().map(|member| member.as_str()) {
        Some("GetAll") => bus.reply(&header, &properties).await?,
        Some("Get") => {
            let body = call.body();
            let (_, name): (&str, &str) = body.deserialize()?;
            match properties.remove(name) {
                Some(property) => bus.reply(&header, &property).await?,
                None => bus.reply_error(&header, "org.freedesktop.DBus.Error.UnknownProperty", &name).await?,
            }
        }
        _ => bus.reply_error(&header, "org.freedesktop.DBus.Error.UnknownMethod", &"no such method").await?,
    }
    Ok(())
}

/// What a panel is told, as far as these panels ask for it.
fn properties(shape: TrayShape, unread: u64) -> HashMap<&'static str, Variant<'static>> {
    let argb = |side: u32| {
        let mut data = paint_badge(shape, unread, side).rgba;
        data.chunks_exact_mut(4).for_each(|pixel| pixel.rotate_right(1));
        (side as i32, side as i32, data)
    };
    let name = format!("{shape:?}{unread}");
    HashMap::from([
        ("Category", Variant::from("Communications")),
        ("Id", Variant::from(name.clone())),
        ("Title", Variant::from(name)),
        ("Status", Variant::from("Active")),
        ("IconName", Variant::from("")),
        ("IconPixmap", Variant::new(SIDES.map(argb).to_vec())),
        ("ItemIsMenu", Variant::from(false)),
    ])
}

impl Strip {
    /// Takes a part of the screen.
    ///
    /// # Errors
    /// If it cannot be taken.
    pub async fn take(session: &Session, part: [i32; 4]) -> Result<Self> {
        let [_, _, width, height] = part.map(|length| usize::try_from(length).unwrap_or(0));
        let pixels = session.screen().pixels(part).await?;
        ensure!(pixels.len() == width * height * 3, "{} bytes for {width} × {height}", pixels.len());
        Ok(Self { width, height, pixels })
    }

    /// Waits until an icon stands somewhere in a part of the screen, as it was painted, on a ground of one colour.
    ///
    /// # Errors
    /// If it does not in time.
    pub async fn with(
        session: &Session,
        part: [i32; 4],
        ground: [u8; 3],
        (shape, unread): (TrayShape, u64),
    ) -> Result<(Self, PlacedIcon)> {
        until(&format!("{shape:?} with {unread} on the panel"), || async {
            let strip = Self::take(session, part).await?;
            let sides = SIDES.into_iter().rev();
            let found =
                sides.filter_map(|side| strip.find(&composed(shape, unread, side, ground), side)).next();
            let found = found.with_context(|| format!("it is not there, on {:?}", strip.pixel(0, 1)))?;
            Ok((strip, found))
        })
        .await
    }

    /// One pixel.
    #[must_use]
    pub fn pixel(&self, x: usize, y: usize) -> [u8; 3] {
        let at = (y * self.width + x) * 3;
        [self.pixels[at], self.pixels[at + 1], self.pixels[at + 2]]
    }

    /// The pixels of an icon.
    pub fn pixels_of(&self, icon: PlacedIcon) -> impl Iterator<Item = [u8; 3]> {
        let side = icon.side as usize;
        (0..side * side).map(move |place| self.pixel(icon.x + place % side, icon.y + place / side))
    }

    fn find(&self, icon: &[[u8; 3]], side: u32) -> Option<PlacedIcon> {
        let length = side as usize;
        let (columns, rows) = (self.width.checked_sub(length)?, self.height.checked_sub(length)?);
        let same = |x: usize, y: usize| {
            icon.iter().enumerate().all(|(place, wanted)| {
                let there = self.pixel(x + place % length, y + place / length);
                there.iter().zip(wanted).all(|(there, wanted)| there.abs_diff(*wanted) <= OFF)
            })
        };
        let mut places = (0..=rows).flat_map(|y| (0..=columns).map(move |x| (x, y)));
        places.find(|(x, y)| same(*x, *y)).map(|(x, y)| PlacedIcon { x, y, side })
    }
}

/// An icon on a ground.
fn composed(shape: TrayShape, unread: u64, side: u32, ground: [u8; 3]) -> Vec<[u8; 3]> {
    let icon = paint_badge(shape, unread, side);
    let mix = |over: u8, under: u8, alpha: u8| {
        let (over, under, alpha) = (u32::from(over), u32::from(under), u32::from(alpha));
        ((over * alpha + under * (255 - alpha)) / 255) as u8
    };
    let pixel = |pixel: &[u8]| [0, 1, 2].map(|channel| mix(pixel[channel], ground[channel], pixel[3]));
    icon.rgba.chunks_exact(4).map(pixel).collect()
}
