// The addresses of the window. `/inbox?messageId=42` and its alias come from popups and links.

import type { Component } from 'vue'
import { createRouter, type Router, type RouterHistory } from 'vue-router'

/** The parts of the settings, in their order. */
export const SETTINGS = ['appearance', 'notifications', 'sources', 'shortcuts', 'storage', 'about'] as const
export type SettingsPart = (typeof SETTINGS)[number]

/** Makes the router on a history. The inbox and the settings are a page each, which read the rest themselves. */
export function makeRouter(history: RouterHistory, inbox: Component, settings: Component = inbox): Router {
  return createRouter({
    history,
    routes: [
      { path: '/', redirect: { name: 'inbox' } },
      { path: '/inbox', alias: '/personal-center/inbox', name: 'inbox', component: inbox },
      { path: '/sources/new', name: 'add-source', component: inbox },
      { path: '/sources/:id', name: 'source', component: inbox },
      { path: `/settings/:part(${SETTINGS.join('|')})?`, name: 'settings', component: settings },
      { path: '/settings/sources/:id', name: 'edit-source', component: settings },
      { path: '/:unknown(.*)*', redirect: { name: 'inbox' } },
    ],
  })
}
