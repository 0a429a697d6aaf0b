// The addresses of the window. `/inbox?messageId=42` and its alias come from popups and links.

import type { Component } from 'vue'
import { createRouter, type Router, type RouterHistory } from 'vue-router'

/** Makes the router on a history. All addresses are shown by one page, which reads them itself. */
export function makeRouter(history: RouterHistory, page: Component): Router {
  return createRouter({
    history,
    routes: [
      { path: '/', redirect: { name: 'inbox' } },
      { path: '/inbox', alias: '/personal-center/inbox', name: 'inbox', component: page },
      { path: '/sources/new', name: 'add-source', component: page },
      { path: '/sources/:id', name: 'source', component: page },
      { path: '/:unknown(.*)*', redirect: { name: 'inbox' } },
    ],
  })
}
