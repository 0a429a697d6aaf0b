// All symbols of the window: strokes in a box of 24, drawn by `Icon.vue`. One family, so that they belong
// together; meaning never hangs on colour alone.

import type { SettingsPart } from '../routes'
import type { CommandId } from '../state/shortcuts'

/** The strokes of each symbol, as SVG path data. */
export const ICONS = {
  bell: 'M12 3a6 6 0 0 0-6 6v4l-2 3h16l-2-3V9a6 6 0 0 0-6-6zM10 19.5a2.2 2.2 0 0 0 4 0',
  inbox: 'M4 13h5l1.5 2.5h3L15 13h5M4 13l2.5-8h11L20 13v6H4z',
  unread: 'M12 6a6 6 0 1 1 0 12 6 6 0 0 1 0-12z',
  read: 'M4 12.5l4.5 4.5M8.5 17 18 7',
  reply: 'M9 7 4 12l5 5M4 12h9a6 6 0 0 1 6 6v1',
  system: 'M12 4 3 20h18zM12 10v4M12 17v.01',
  notification: 'M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16zM8.5 12l2.5 2.5 4.5-5',
  message: 'M4 6h16v12H4zM4.5 7 12 13l7.5-6',
  other: 'M4 4h8l8 8-8 8-8-8zM8.5 8.5v.01',
  live: 'M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16zM8.5 12l2.5 2.5 4.5-5',
  connecting: 'M12 4a8 8 0 0 1 8 8M20 12a8 8 0 0 1-8 8M4 12a8 8 0 0 1 2.3-5.6M4.6 15a8 8 0 0 0 2.6 3.4',
  polling: 'M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16zM12 7.5V12l3 2',
  paused: 'M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16zM10 9v6M14 9v6',
  offline: 'M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16zM6.5 17.5l11-11',
  sign_in: 'M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3M12 15v1.5',
  empty:
    'M12 4v.01M16 5v.01M19 8v.01M20 12v.01M19 16v.01M16 19v.01M12 20v.01M8 19v.01M5 16v.01M4 12v.01M5 8v.01M8 5v.01',
  all_read: 'M2.5 12.5 7 17l9.5-10M12 16l1 1 9-10',
  open: 'M14 4h6v6M20 4l-9 9M18 14v6H4V6h6',
  back: 'M19 12H5M11 6l-6 6 6 6',
  up: 'M6 14.5l6-6 6 6',
  down: 'M6 9.5l6 6 6-6',
  menu: 'M4 7h16M4 12h16M4 17h16',
  close: 'M6 6l12 12M18 6 6 18',
  sliders:
    'M4 8h8M18 8h2M15 5.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5zM4 16h2M12 16h8M9 13.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5z',
  plus: 'M12 5v14M5 12h14',
  grip: 'M9 6v.01M9 12v.01M9 18v.01M15 6v.01M15 12v.01M15 18v.01',
  dot: 'M12 8.5a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7zM12 11.9v.2',
  people:
    'M9 5a3 3 0 1 1 0 6 3 3 0 0 1 0-6zM3 19a6 6 0 0 1 12 0M16 5.5a3 3 0 0 1 0 5.5M17.5 14a6 6 0 0 1 3.5 5',
  office: 'M5 20V4h9v16M14 9h5v11M3 20h18M8 8h3M8 12h3M8 16h3',
  code: 'M8 7l-5 5 5 5M16 7l5 5-5 5M13.5 5l-3 14',
  cloud: 'M7 18a4 4 0 0 1-.5-8A5.5 5.5 0 0 1 17 9.5a4.3 4.3 0 0 1 0 8.5z',
  chart: 'M4 4v16h16M8 16v-4M12.5 16V8M17 16v-6',
  home: 'M4 11l8-7 8 7M6 9.5V20h12V9.5M10 20v-6h4v6',
  star: 'M12 4l2.5 5 5.5.8-4 3.9 1 5.5-5-2.6-5 2.6 1-5.5-4-3.9 5.5-.8z',
  heart: 'M12 20C6 16 4 12.5 4 9.5A4 4 0 0 1 12 8a4 4 0 0 1 8 1.5C20 12.5 18 16 12 20z',
  play: 'M8 5.5 18 12 8 18.5z',
  copy: 'M9 9h11v11H9zM15 9V4H4v11h5',
  retry: 'M19 12a7 7 0 1 1-2-5l2.5 2.5M19.5 4.5v5h-5',
  urgent: 'M12 5v9M12 18.5v.01',
  memory: 'M7 7h10v10H7zM10 4v3M14 4v3M10 17v3M14 17v3M4 10h3M4 14h3M17 10h3M17 14h3',
  theme: 'M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16zM12 4v16M12 8.5l5.5-2M12 12.5h8M12 16.5l5.5 1',
  storage:
    'M5 6c0-1.7 3.1-3 7-3s7 1.3 7 3-3.1 3-7 3-7-1.3-7-3zM5 6v12c0 1.7 3.1 3 7 3s7-1.3 7-3V6M5 12c0 1.7 3.1 3 7 3s7-1.3 7-3',
  about: 'M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16zM12 11.5v4.5M12 8v.01',
  server: 'M4 5h16v6H4zM4 13h16v6H4zM7.5 8v.01M7.5 16v.01',
  search: 'M11 4.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zM16 16l4.5 4.5',
  archive: 'M4 5h16v4H4zM5.5 9v10h13V9M10 13h4',
  snooze: 'M12 6a7 7 0 1 1 0 14 7 7 0 0 1 0-14zM12 9.5V13l2.5 2M4.5 6.5 7 4M19.5 6.5 17 4',
  pin: 'M9 4h6l-.7 6.5L17 14H7l2.7-3.5zM12 14v6',
  filter: 'M4 6h16M7 12h10M10 18h4',
  trash: 'M4 7h16M9 7V4h6v3M6.5 7l1 13h9l1-13M10.5 11v5.5M13.5 11v5.5',
  undo: 'M8 6 4 10l4 4M4 10h10a5.5 5.5 0 0 1 0 11h-4',
  warning: 'M12 4 3 20h18zM12 10v4M12 17v.01',
  failed: 'M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16zM9 9l6 6M15 9l-6 6',
  skipped: 'M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16zM8.5 12h7',
  choose: 'M4 4h16v16H4zM8 12.5l3 3 5-6.5',
  keyboard: 'M3 7h18v10H3zM7 10.5v.01M10.3 10.5v.01M13.6 10.5v.01M17 10.5v.01M8 14h8',
  gap: 'M4 12h4M16 12h4M10 6 9 18M15 6l-1 12',
} as const

/** The name of a symbol. */
export type IconName = keyof typeof ICONS

/** The symbols of the commands that stand in the palette. */
export const COMMAND_ICONS: Readonly<Partial<Record<CommandId, IconName>>> = {
  next_unread: 'down',
  read: 'read',
  archive: 'archive',
  snooze: 'snooze',
  pin: 'pin',
  delete: 'trash',
  undo: 'undo',
  page: 'open',
  copy: 'copy',
  details: 'about',
  read_all: 'all_read',
  choose_all: 'choose',
  search: 'search',
  shortcuts: 'keyboard',
}

/** The symbols of the settings' parts. */
export const SETTINGS_ICONS: Readonly<Record<SettingsPart, IconName>> = {
  appearance: 'theme',
  notifications: 'bell',
  sources: 'server',
  shortcuts: 'keyboard',
  storage: 'archive',
  about: 'about',
}
