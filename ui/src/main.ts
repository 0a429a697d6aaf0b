// Puts the window together: backend, store, words, addresses.

import { createApp } from 'vue'
import { createWebHistory } from 'vue-router'

import App from './App.vue'
import type { Backend } from './bridge/backend'
import './look/tokens.css'
import './look/base.css'
import './look/element.css'
import InboxPage from './pages/InboxPage.vue'
import SettingsPage from './pages/SettingsPage.vue'
import { makeRouter } from './routes'
import { createBelfry, provideBelfry } from './state/belfry'
import { provideCommands } from './state/commands'
import { followControls } from './state/controls'
import { followReveal } from './state/reveal'
import { wordsPlugin } from './words'

async function backend(): Promise<Backend> {
  if (!__FAKE_BACKEND__) return (await import('./bridge/tauri')).tauri
  const fake = (await import('./bridge/fake/address')).fakeFromAddress()
  // For the browser tests and the console.
  Object.assign(window, { fake })
  return fake
}

async function start(): Promise<void> {
  const belfry = createBelfry(await backend(), followControls(document))
  const router = makeRouter(createWebHistory(), InboxPage, SettingsPage)
  const app = createApp(App)
  app.use(wordsPlugin)
  app.use(router)
  provideBelfry(app, belfry)
  provideCommands(app)
  await belfry.start()
  followReveal(belfry, router)
  app.mount('#app')
}

void start()
