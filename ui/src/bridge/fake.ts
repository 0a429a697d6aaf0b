// A backend without a backend: serves `npm run dev` in a browser and the tests. It keeps the boundary's
// promises (rising revs, a view after each act, paging by key) and has none of the product's logic.

import type { AnswerTo, Backend, Credentials } from './backend'
import type { Action } from './generated/Action'
import type { ActKind } from './generated/ActKind'
import type { Answer } from './generated/Answer'
import type { Failure } from './generated/Failure'
import type { FailureCode } from './generated/FailureCode'
import type { Hold } from './generated/Hold'
import type { Notice } from './generated/Notice'
import type { Outcome } from './generated/Outcome'
import type { Preferences } from './generated/Preferences'
import type { Query } from './generated/Query'
import type { Reveal } from './generated/Reveal'
import type { RevealOrigin } from './generated/RevealOrigin'
import type { RevealPage } from './generated/RevealPage'
import type { SavedView } from './generated/SavedView'
import type { SecretOutcome } from './generated/SecretOutcome'
import type { SecretUse } from './generated/SecretUse'
import type { StorageView } from './generated/StorageView'
import type { Tab } from './generated/Tab'
import type { ViewCount } from './generated/ViewCount'
import type { TemplatePreview } from './generated/TemplatePreview'
import type { UndoView } from './generated/UndoView'
import type { View } from './generated/View'
import { example, siteOf } from '../parts/templates'
import { picture } from './fake/picture'
import { connectionOf, detail, helpOf, report } from './fake/answers'
import { Mailbox, type Former } from './fake/mailbox'
import type { Sample } from './fake/samples'
import { ALL, scene, type SceneName } from './fake/scenes'
import { Sources } from './fake/sources'
import { PREFERENCES, REPORT } from './fake/texts'
import { SavedViews } from './fake/views'

/** How a fake begins. */
export interface FakeOptions {
  scene?: SceneName
  preferences?: Preferences
  /** How long a call takes, in milliseconds. */
  delay?: number
}

const UNDO_FOR = 10_000
const SLOW = 700

/** A backend in memory. Everything public beyond {@link Backend} is for tests. */
export class Fake implements Backend {
  /** Everything that was asked for, in order. */
  readonly acts: Action[] = []
  /** For which sources a token came; the tokens themselves are not kept. */
  readonly secrets: string[] = []
  /** Set to make the next act fail with this code. */
  failNext: FailureCode | null = null
  /** What becomes of questions. */
  answers: 'prompt' | 'never' | 'failure' = 'prompt'
  /** How long an act takes beyond that of every call, in milliseconds. */
  actsTake = 0
  /** Whether an act is followed by a view, as it has to be. */
  publishing: 'prompt' | 'withheld' = 'prompt'
  /** What is told at the start of the program. */
  notices: Notice[] = []
  readonly mailbox: Mailbox
  /** What {@link arrive} takes from when given nothing. */
  readonly live: readonly Sample[]
  private readonly sources: Sources
  private readonly listeners = new Set<(view: View) => void>()
  private readonly delay: number
  private readonly broken: boolean
  private readonly demo: boolean
  private preferences: Preferences
  private readonly views: SavedViews
  private readonly undos = new Map<number, { view: UndoView; former: Former }>()
  private acted = 0
  private reveal: Reveal | null = null
  private hold: Hold | null
  private readonly storage: StorageView = { trouble: null, set_aside: null }
  private rev = 0
  private arrived = 0
  private shows = 0

  constructor({ scene: name = 'default', preferences, delay = 0 }: FakeOptions = {}) {
    const start = scene(name, Date.now())
    this.sources = new Sources(start.sources)
    this.live = start.live
    this.demo = start.demo === 'demo'
    this.broken = name === 'broken'
    if (name === 'loading') this.answers = 'never'
    if (name === 'failing') this.answers = 'failure'
    if (name === 'slow') this.actsTake = SLOW
    if (name === 'storage') this.storage.trouble = 'full'
    if (name === 'set_aside') this.storage.set_aside = 'messages.db.broken-2026-11-22'
    if (name === 'notices')
      this.notices = [{ code: 'settings_damaged', file: 'settings.toml.broken-1', parts: '' }]
    this.delay = delay
    this.preferences = preferences ?? PREFERENCES
    this.hold = start.hold
    this.views = new SavedViews(start.views)
    this.mailbox = new Mailbox((id) => this.sources.nameOf(id))
    this.mailbox.file(start.messages, 'backfill')
  }

  async view(): Promise<View> {
    await this.pause()
    if (this.broken)
      throw { code: 'storage', message: 'messages.db: database disk image is malformed' } satisfies Failure
    return this.present()
  }

  async query<Q extends Query>(query: Q): Promise<AnswerTo<Q>> {
    await this.pause()
    if (this.answers === 'never') await new Promise(() => undefined)
    if (this.answers === 'failure') throw { code: 'storage', message: 'disk I/O error' } satisfies Failure
    return this.answer(query) as AnswerTo<Q>
  }

  async act(action: Action): Promise<Outcome> {
    this.acts.push(action)
    await this.pause(this.delay + (action.type === 'attend' ? 0 : this.actsTake))
    if (this.failNext !== null) {
      const code = this.failNext
      this.failNext = null
      throw { code, message: `scripted: ${code}` } satisfies Failure
    }
    const outcome = this.carryOut(action)
    if (this.publishing === 'prompt') this.publish()
    return outcome
  }

  async secret(what: SecretUse, credentials: Credentials): Promise<SecretOutcome> {
    await this.pause(this.delay + this.actsTake)
    const wrong = credentials.type === 'token' && credentials.token === 'wrong'
    if (what.type === 'try') return { type: 'probed', report: report(wrong) }
    const id = what.type === 'add' ? this.sources.add(what.source) : what.source
    const kept: SecretOutcome = { type: 'kept', source: id }
    if (wrong) this.sources.reject(id)
    else {
      this.secrets.push(id)
      if (what.type === 'keep_proxy_login') return kept
      this.sources.signIn(id, () => this.publish())
    }
    this.publish()
    return kept
  }

  onView(listener: (view: View) => void): Promise<() => void> {
    this.listeners.add(listener)
    return Promise.resolve(() => this.listeners.delete(listener))
  }

  /** Lets a message arrive now: the given one, or the scene's next. Returns its id. */
  arrive(sample: Sample | undefined = this.live[this.arrived++ % this.live.length]): string | null {
    if (!sample) return null
    const id = this.mailbox.file([{ sample, at: Date.now() }], 'live')
    this.publish()
    return id
  }

  /** Lets so many messages arrive at once, with one view, as a flood does. */
  arriveMany(count: number): void {
    const sample = (index: number) => this.live[index % this.live.length] ?? []
    const samples = Array.from({ length: count }, (_, index) => sample(index)).flat()
    this.mailbox.file(
      samples.map((each) => ({ sample: each, at: Date.now() })),
      'live',
    )
    this.publish()
  }

  /** Asks the window to show a message, as a click on a popup does, or a list, as a link may. */
  show(
    message: string | null,
    tab: Tab | null = null,
    page: RevealPage = 'inbox',
    origin: RevealOrigin = 'user',
  ): void {
    this.shows += 1
    this.reveal = { seq: this.shows, origin, page, message, tab }
    this.publish()
  }

  /** Sends a view out of turn, e.g. a stale one. */
  send(view: View): void {
    for (const listener of this.listeners) listener(view)
  }

  /** The present view, with a new number. */
  present(): View {
    this.rev += 1
    const language = this.preferences.language
    return structuredClone({
      rev: this.rev,
      version: '0.1.0',
      demo: this.demo,
      sources: this.sources.all.map((source) => ({
        ...source,
        connection: connectionOf(source.link),
        help: helpOf(source.link),
        unread: this.mailbox.unreadOf(source.id),
        kinds: this.mailbox.kinds(source.id),
      })),
      connection: this.sources.connection(),
      views: this.views.all,
      inbox: this.mailbox.summary(),
      newest: this.mailbox.newest(5),
      language: language === 'system' ? (navigator.language.startsWith('zh') ? 'zh-CN' : 'en') : language,
      preferences: this.preferences,
      notices: this.notices,
      reveal: this.reveal,
      hold: this.hold,
      storage: this.storage,
      undos: [...this.undos.values()].map(({ view }) => view),
    })
  }

  private publish(): void {
    this.send(this.present())
  }

  private pause(time = this.delay): Promise<void> {
    return time === 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, time))
  }

  private answer(query: Query): Answer {
    switch (query.type) {
      case 'page':
        return {
          type: 'page',
          ...this.mailbox.page(query.tab, query.source ?? null, query.filter, query.before, query.limit),
        }
      case 'message':
        return { type: 'message', ...this.mailbox.detail(query.id) }
      case 'view_counts':
        return { type: 'view_counts', counts: this.views.all.map((view) => this.viewCount(view)) }
      case 'count':
        return { type: 'count', count: this.mailbox.matching(query.of).length, more: false }
      case 'storage':
        return { type: 'storage', ...this.mailbox.storage() }
      case 'search': {
        const { text, tab, source, filter, before, limit } = query
        const found = this.mailbox.search(text, tab ?? null, source ?? null, filter, before, limit)
        return { type: 'search', ...found }
      }
      case 'template_preview':
        return { type: 'template_preview', ...this.preview(query) }
      case 'decisions':
        return { type: 'decisions', decisions: this.mailbox.decisions(query.limit) }
      case 'report':
        return { type: 'report', text: REPORT }
      case 'image':
        return { type: 'image', ...picture(query.url) }
      case 'source':
        return {
          type: 'source',
          ...detail(this.sources.find(query.source), this.sources.isInMemory(query.source)),
        }
      case 'probe':
        return { type: 'probe', ...report(this.sources.find(query.source).link.reason === 'rejected') }
    }
  }

  private carryOut(action: Action): Outcome {
    const now = Date.now()
    switch (action.type) {
      case 'open_link':
        if (!this.mailbox.detail(action.id).message.body.includes(action.url)) {
          throw { code: 'link_refused', message: 'the text has no such address' } satisfies Failure
        }
        return this.undoable('seen', this.mailbox.mark([action.id], now))
      case 'follow_link':
        return this.undoable('seen', this.mailbox.mark([action.id], now))
      case 'open':
        this.mailbox.mark([action.id], now)
        break
      case 'mark_seen':
        return this.undoable('seen', this.mailbox.mark(action.ids, now))
      case 'mark_read':
        return this.undoable('read', this.mailbox.mark(action.ids, now))
      case 'mark_unread':
        return this.undoable('unread', this.mailbox.mark(action.ids, null))
      case 'mark_all_read':
        return this.undoable('all_read', this.mailbox.mark('all', now))
      case 'all_of': {
        const { type, ...rest } = action.deed
        return this.carryOut({ type, ...rest, ids: this.mailbox.matching(action.of) } as Action)
      }
      case 'archive':
        return this.undoable('archive', this.mailbox.archive(action.ids, now))
      case 'unarchive':
        return this.undoable('unarchive', this.mailbox.archive(action.ids, null))
      case 'snooze': {
        const hours = { hour: 1, tonight: 10, tomorrow: 22, next_week: 70 }
        const { span } = action
        const until = typeof span === 'string' ? now + hours[span] * 3_600_000 : Date.parse(span.until)
        return this.undoable('snooze', this.mailbox.snooze(action.ids, until))
      }
      case 'wake':
        return this.undoable('wake', this.mailbox.wake(action.ids, now))
      case 'pin':
        return this.undoable('pin', this.mailbox.pin(action.ids, now))
      case 'unpin':
        return this.undoable('unpin', this.mailbox.pin(action.ids, null))
      case 'delete':
        return this.undoable('delete', this.mailbox.delete(action.ids))
      case 'undo': {
        const open = this.undos.get(action.undo)
        if (!open) throw { code: 'too_late', message: `no act ${String(action.undo)}` } satisfies Failure
        this.undos.delete(action.undo)
        this.mailbox.takeBack(open.former)
        break
      }
      case 'export': {
        const { messages } = this.mailbox.storage()
        return { type: 'exported', file: '~/Downloads/belfry-2026-11-22.jsonl', messages }
      }
      case 'delete_all':
        return this.undoable('delete_all', this.mailbox.delete('all'))
      case 'save_report':
        return { type: 'saved', file: '~/Downloads/belfry-report-2026-11-22.txt' }
      case 'start_demo':
        break
      case 'test_popup':
        if (typeof action.sound === 'object' && !action.sound.file.startsWith('/')) {
          throw { code: 'sound', message: 'no such file' } satisfies Failure
        }
        break
      case 'rebuild_index':
      case 'show_inbox':
      case 'show_settings':
      case 'no_tray':
      case 'show':
      case 'attend':
        break
      case 'revealed':
        if (this.reveal?.seq === action.seq) this.reveal = null
        break
      case 'pause': {
        const { span } = action
        const minutes = typeof span === 'string' ? (span === 'tomorrow' ? 600 : null) : span.minutes
        const until = minutes === null ? null : new Date(now + minutes * 60_000).toISOString()
        this.hold = { why: 'paused', until }
        break
      }
      case 'resume':
        this.hold = null
        break
      case 'retry_now':
        this.sources.retry(() => this.publish())
        break
      case 'add_source':
        return { type: 'source_added', source: this.sources.add(action.source) }
      case 'edit_source':
        this.sources.edit(action.source, action.change)
        break
      case 'move_source':
        this.sources.move(action.source, action.to)
        break
      case 'remove_source':
        this.sources.remove(action.source)
        this.mailbox.forget(action.source)
        break
      case 'sign_out':
        this.sources.signOut(action.source)
        break
      case 'dismiss_gap':
        this.sources.dismissGap(action.source)
        break
      case 'dismiss_notices':
        this.notices = []
        break
      case 'save_view':
        this.views.save(action.view)
        break
      case 'rename_view':
        this.views.rename(action.name, action.to)
        break
      case 'move_view':
        this.views.move(action.name, action.to)
        break
      case 'remove_view':
        this.views.remove(action.name)
        break
      case 'save_preferences':
        this.preferences = action.preferences
        break
    }
    return { type: 'done' }
  }

  private viewCount({ name, tab, source, filter, text }: SavedView): ViewCount {
    if (text !== '' || tab.type === 'archived' || tab.type === 'snoozed') {
      return { name, unread: null, more: false }
    }
    const { rows } = this.mailbox.page(tab, source ?? null, { ...filter, unread: true }, null, 100)
    return { name, unread: Math.min(rows.length, 99), more: rows.length > 99 }
  }

  private preview(query: Query & { type: 'template_preview' }): TemplatePreview {
    const { source: id, kind, template } = query
    const source = this.sources.find(id)
    const site = query.site ?? source.site ?? ''
    if (site !== '' && !/^https?:\/\/./.test(site)) {
      throw { code: 'invalid', message: 'no address', field: 'site' } satisfies Failure
    }
    const url = example(siteOf(source.url, site), kind, template)
    const { rows } = this.mailbox.page({ type: 'kind', kind }, id, ALL, null, 1)
    return {
      title: rows[0]?.title ?? null,
      leads: url === null ? { type: 'inbox' } : { type: 'page', url },
    }
  }

  private undoable(kind: ActKind, former: Former): Outcome {
    if (former.length === 0) return { type: 'done' }
    const undo = ++this.acted
    const [first] = kind === 'all_read' || kind === 'delete_all' ? [] : former
    const messages = kind === 'all_read' ? 0 : former.length
    const view = { undo, kind, messages, first: first === undefined ? null : String(first.id) }
    this.undos.set(undo, { view, former })
    setTimeout(() => {
      if (this.undos.delete(undo)) this.publish()
    }, UNDO_FOR)
    return { type: 'undoable', undo }
  }
}
