// An image such as a server might have: drawn here, for nothing is loaded from anywhere.

import type { Failure } from '../generated/Failure'
import type { ImageData } from '../generated/ImageData'

const [WIDTH, HEIGHT] = [480, 180]
const BARS = [0.3, 0.42, 0.35, 0.6, 0.55, 0.8, 0.72, 0.95]

/** The image at an address; there are only those that are called `….png`. */
export function picture(address: string): ImageData {
  if (!address.endsWith('.png'))
    throw { code: 'no_image', message: `nothing at ${address}` } satisfies Failure
  const canvas = document.createElement('canvas')
  canvas.width = WIDTH
  canvas.height = HEIGHT
  const context = canvas.getContext('2d')
  if (context) {
    context.fillStyle = '#f6f5f3'
    context.fillRect(0, 0, WIDTH, HEIGHT)
    context.fillStyle = '#8a5a12'
    BARS.forEach((bar, index) => context.fillRect(24 + index * 55, HEIGHT - bar * 150, 36, bar * 150))
  }
  return { url: canvas.toDataURL('image/png'), width: WIDTH, height: HEIGHT }
}
