// What is typed to sign in: a token, or a user name and a password, where the server takes those.

import type { Credentials } from '../bridge/backend'
import type { Key } from '../words'

/** The way to sign in that is chosen, and what has been typed for it. */
export interface Typed {
  method: 'token' | 'password'
  token: string
  user: string
  password: string
}

/** Where the token will be kept, as far as it is known before it is kept. */
export type Place = 'keychain' | 'session' | 'unknown'

/** A part of it that can be wrong. */
export type SecretField = 'token' | 'user' | 'password'

/** Nothing typed yet. */
export function nothingTyped(): Typed {
  return { method: 'token', token: '', user: '', password: '' }
}

/** What is missing, by field. */
export function missing(typed: Typed): Partial<Record<SecretField, Key>> {
  if (typed.method === 'token') return typed.token.trim() === '' ? { token: 'setup.token_missing' } : {}
  return {
    ...(typed.user.trim() === '' ? { user: 'setup.user_missing' } : {}),
    ...(typed.password === '' ? { password: 'setup.password_missing' } : {}),
  }
}

/** What goes inwards. */
export function credentials({ method, token, user, password }: Typed): Credentials {
  if (method === 'token') return { type: 'token', token: token.trim() }
  return { type: 'password', user: user.trim(), password }
}

/** Forgets the secrets; the user's name stays. */
export function forget(typed: Typed): void {
  typed.token = ''
  typed.password = ''
}
