// The addresses of the window. `/inbox?messageId=42` and its alias come from popups and links.

import { createRouter, type Router, type RouterHistory } from 'vue-router'

import InboxPage from './pages/InboxPage.vue'

/** Makes the router on a history. */
export function makeRouter(history: RouterHistory): Router {
  return createRouter({
    history,
    routes: [
      { path: '/', redirect: { name: 'inbox' } },
      { path: '/inbox', alias: '/personal-center/inbox', name: 'inbox', component: InboxPage },
      { path: '/sources/new', name: 'add-source', component: InboxPage },
      { path: '/sources/:id', name: 'source', component: InboxPage },
      { path: '/:unknown(.*)*', redirect: { name: 'inbox' } },
    ],
  })
}
