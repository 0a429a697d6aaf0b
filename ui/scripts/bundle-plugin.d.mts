import type { Plugin } from 'vite'

export function bundleLimit(limit: number): Plugin
