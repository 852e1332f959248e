// The conversation behind the frame's views: session, line, outbox, timeline, unread, typing, claims. Views read it and
// call its commands; it tells them by `changed`.
import type { Attributes } from '../core/bridge.ts';
import { ApiError, Connection, type SocketLike } from '../core/connection.ts';
import { isOpen, nextOpening } from '../core/hours.ts';
import { Outbox } from '../core/outbox.ts';
import type { Store } from '../core/storage.ts';
import { Timeline } from '../core/timeline.ts';
import type { Claims, Entry, Identity, Page, ServerFrame, Session, Settings } from '../core/types.ts';
import type { Api, Uploaded } from './api.ts';
import { Sound } from './sound.ts';

const kTypingShownMs = 6000;
const kTypingSentEveryMs = 3000;
const kAckWithinMs = 15_000;

export interface Told {
  unread(count: number): void;
  message(): void;
  history(): void;
  error(text: string): void;
}

export class Chat {
  readonly timeline = new Timeline();
  readonly outbox: Outbox;
  readonly line: Connection;
  open = false;
  loaded = false; // the first replay is over
  ended = false;
  typingName: string | null = null;
  visitor: Session['visitor'] | null;
  formDone: boolean;
  lineDownSince = 0;
  changed: () => void = () => {};

  private identity_: Identity | null = null;
  private profile_: Claims; // what the pre-chat form was told
  private attributes_: Attributes = {};
  private page_: Page = { url: '', title: '' };
  private opening_: Promise<Session> | null = null;
  private inFlight_ = '';
  private ackTimer_ = 0;
  private typingTimer_ = 0;
  private typingSentAt_ = 0;
  private reportedSeq_ = 0; // by this line; a lost receipt is told again on the next
  private unreadTold_ = -1;
  private clockOffset_: number;
  private sound_ = new Sound();

  constructor(
    readonly settings: Settings,
    readonly api: Api,
    private store_: Store,
    private told_: Told,
  ) {
    this.outbox = new Outbox(store_);
    this.clockOffset_ = settings.now ? settings.now - Date.now() : 0;
    this.profile_ = store_.getJson<Claims>('profile') ?? {};
    this.visitor = store_.getJson<Session['visitor']>('visitor');
    this.formDone = store_.get('form') === 'done';
    this.line = new Connection({
      openSession: () => this.openSession_(),
      openSocket: (ticket, after) => api.socket(ticket, after) as SocketLike,
      poll: (after) => api.poll(this.token_, after),
      post: (frame) => api.post(this.token_, frame),
      setTimer: (run, delay) => window.setTimeout(run, delay),
      clearTimer: (timer) => window.clearTimeout(timer as number),
      random: Math.random,
    });
    this.line.onFrame = (frame) => this.receive_(frame);
    this.line.onState = () => this.lineChanged_();
  }

  // ---- what the loader and the views call --------------------------------------------------------------------

  init(page: Page, identity: Identity | null, attributes: Attributes): void {
    this.page_ = page;
    this.identity_ = identity;
    this.attributes_ = attributes;
    if (this.token_) this.line.start();
  }

  setOpen(open: boolean): void {
    this.open = open;
    if (open && (this.token_ || this.identity_)) this.line.start();
    this.changed();
  }

  identify(identity: Identity): void {
    this.identity_ = identity;
    if (this.open || this.token_ || this.line.state !== 'idle') this.line.restart();
  }

  setAttributes(attributes: Attributes): void {
    this.attributes_ = { ...this.attributes_, ...attributes };
    if (this.hasHistory()) this.line.send({ type: 'profile', visitor: this.claims_() });
  }

  setPage(page: Page): void {
    if (page.url === this.page_.url && page.title === this.page_.title) return;
    this.page_ = page;
    if (this.hasHistory()) this.line.send({ type: 'page', ...page });
  }

  submitForm(answers: Record<string, string | boolean>): void {
    const { name, email, phone, ...others } = answers as Record<string, string>;
    this.profile_ = {
      ...this.profile_,
      ...(name && { name }), ...(email && { email }), ...(phone && { phone }),
      attributes: { ...this.profile_.attributes, ...others },
    };
    this.store_.set('profile', JSON.stringify(this.profile_));
    this.store_.set('form', 'done');
    this.formDone = true;
    this.line.start();
    this.changed();
  }

  sendMessage(text: string, uploads: Uploaded[]): void {
    this.outbox.add({ clientId: crypto.randomUUID(), text, uploads, page: this.page_, at: this.now() });
    this.ended = false;
    this.line.start();
    this.told_.history();
    this.flush_();
    this.changed();
  }

  retry(clientId: string): void {
    this.outbox.retry(clientId);
    this.flush_();
    this.changed();
  }

  discard(clientId: string): void {
    this.outbox.remove(clientId);
    this.changed();
  }

  typing(): void {
    this.line.start(); // ready by the time the first message is written
    const now = Date.now();
    if (now - this.typingSentAt_ < kTypingSentEveryMs) return;
    if (this.hasHistory() && this.line.send({ type: 'typing' })) this.typingSentAt_ = now;
  }

  /** The newest message is on screen, the frame is open and the page visible. */
  seen(): void {
    const last = this.timeline.lastSeq();
    if (last > this.seenSeq_) this.store_.set('seen', String(last));
    this.reportReads_();
    this.tellUnread_();
  }

  async ensureToken(): Promise<string> {
    if (!this.token_) await this.openSession_();
    this.line.start();
    return this.token_;
  }

  /** The entry anew, with fresh addresses of its attachments; they expire after some minutes. */
  async refresh(entry: Entry): Promise<Entry> {
    for (const frame of await this.api.poll(this.token_, this.timeline.cursorBefore(entry.id))) {
      if (frame.type === 'entry' && frame.entry.id === entry.id) {
        this.timeline.apply(frame.entry, frame.cursor);
        this.changed();
        return frame.entry;
      }
    }
    return entry;
  }

  shutdown(): void {
    this.line.stop();
    this.line.cursor = '';
    this.forget_();
    this.outbox.clear();
    this.store_.clear();
    this.identity_ = this.visitor = null;
    this.profile_ = this.attributes_ = {};
    this.formDone = this.loaded = false;
    this.tellUnread_();
    this.changed();
  }

  /** Another tab of this browser signed in, out, or began: follow it. */
  visitorChangedElsewhere(): void {
    const now = this.store_.getJson<Session['visitor']>('visitor');
    if (now?.id === this.visitor?.id) return;
    this.line.stop();
    this.line.cursor = '';
    this.forget_();
    this.visitor = now;
    if (this.token_) this.line.start();
    this.changed();
  }

  unlockSound(): void {
    if (this.settings.sound) this.sound_.unlock();
  }

  get draft(): string {
    return this.store_.get('draft');
  }

  set draft(text: string) {
    this.store_.set('draft', text);
  }

  // ---- what views ask ----------------------------------------------------------------------------------------

  now(): number {
    return Date.now() + this.clockOffset_;
  }

  isAway(): boolean {
    return !isOpen(this.settings.workingHours, this.now());
  }

  backAt(): number | null {
    return nextOpening(this.settings.workingHours, this.now());
  }

  hasHistory(): boolean {
    return this.timeline.lastSeq() > 0 || this.outbox.list().length > 0;
  }

  needsIdentity(): boolean {
    return this.settings.requireIdentity && !this.identity_ && !this.visitor?.verified;
  }

  known(): Claims {
    const verified = this.visitor?.verified ? this.visitor : null;
    return {
      ...this.claims_(),
      ...(verified?.name && { name: verified.name }),
      ...(verified?.email && { email: verified.email }),
    };
  }

  // ---- inside ------------------------------------------------------------------------------------------------

  private get token_(): string {
    return this.store_.get('token');
  }

  private get seenSeq_(): number {
    return Number(this.store_.get('seen')) || 0;
  }

  private claims_(): Claims {
    const attributes = { ...this.profile_.attributes, ...this.attributes_ };
    const { name, email, phone, ...others } = attributes as Record<string, string>;
    const plain = this.identity_ && 'id' in this.identity_ ? this.identity_ : null; // its hash proves the id alone
    return {
      ...(plain?.name && { name: plain.name }), ...(plain?.email && { email: plain.email }),
      ...(name && { name }), ...(email && { email }), ...(phone && { phone }),
      ...this.profile_,
      ...(Object.keys(others).length && { attributes: others }),
    };
  }

  private openSession_(): Promise<Session> {
    this.opening_ ??= this.requestSession_().finally(() => (this.opening_ = null));
    return this.opening_;
  }

  private async requestSession_(): Promise<Session> {
    const identity = this.identity_;
    let session: Session;
    try {
      session = await this.api.session(this.token_, identity);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401) throw error;
      if (error.code === 'identity_refused') {
        if (this.identity_ === identity) this.identity_ = null;
        this.told_.error(error.message);
        if (this.visitor?.verified) this.store_.set('token', ''); // never on behalf of somebody proven earlier
      } else {
        this.store_.set('token', '');
      }
      session = await this.api.session(this.token_, this.identity_);
    }
    this.adopt_(session);
    return session;
  }

  private adopt_(session: Session): void {
    const before = this.visitor;
    if (before?.id !== session.visitor.id) {
      this.forget_();
      this.line.cursor = '';
      this.store_.set('seen', '');
      if (before?.verified && session.visitor.verified) this.outbox.clear(); // another person's words
    }
    this.visitor = session.visitor;
    this.store_.set('token', session.token);
    this.store_.set('visitor', JSON.stringify(session.visitor));
  }

  private forget_(): void {
    this.timeline.clear();
    this.reportedSeq_ = 0;
    this.typingName = null;
    this.ended = false;
  }

  private lineChanged_(): void {
    if (this.line.state === 'ready') {
      this.lineDownSince = 0;
      if (this.hasHistory()) {
        this.told_.history();
        this.line.send({ type: 'page', ...this.page_ });
      }
      this.loaded = true;
      this.flush_();
      this.reportReads_();
    } else {
      this.inFlight_ = '';
      this.reportedSeq_ = 0;
      window.clearTimeout(this.ackTimer_);
      if (this.lineDownSince === 0 && this.line.state !== 'idle') this.lineDownSince = Date.now();
    }
    this.changed();
  }

  private receive_(frame: ServerFrame): void {
    switch (frame.type) {
      case 'entry':
        this.entryCame_(frame.entry, frame.cursor);
        break;
      case 'status':
        this.timeline.setStatus(frame.id, frame.status);
        break;
      case 'ack':
        this.outbox.acked(frame.clientId, frame.id);
        if (this.timeline.has(frame.id)) this.outbox.remove(frame.clientId);
        this.settled_(frame.clientId, 0);
        break;
      case 'nack': {
        const again = frame.code === 'unavailable' || frame.code === 'rate_limited';
        if (!again) this.outbox.failed(frame.clientId, frame.message);
        this.settled_(frame.clientId, again ? Math.max(frame.retryAfterMs ?? 0, 2000) : 0);
        break;
      }
      case 'typing':
        if (frame.state === 'stopped') {
          this.typingOver_();
          break;
        }
        this.typingName = frame.author?.name ?? '';
        window.clearTimeout(this.typingTimer_);
        this.typingTimer_ = window.setTimeout(() => this.typingOver_(), kTypingShownMs);
        break;
      case 'read':
        this.timeline.readUpTo(frame);
        break;
      case 'closed':
        this.ended = true;
        break;
      case 'reset':
        this.forget_();
        break;
      case 'ready':
      case 'pong':
        break;
    }
    this.changed();
  }

  private entryCame_(entry: Entry, cursor: string): void {
    const fresh = this.timeline.apply(entry, cursor);
    this.outbox.arrived(entry);
    this.ended = false;
    if (!fresh || entry.direction !== 'outbound') return;
    this.typingOver_();
    if (this.loaded) {
      this.told_.message();
      if (!this.open || document.hidden) this.sound_.ring();
    }
    window.setTimeout(() => this.tellUnread_(), 150); // what is on screen is seen by then: no flicker of the badge
  }

  private typingOver_(): void {
    window.clearTimeout(this.typingTimer_);
    this.typingName = null;
    this.changed();
  }

  private flush_(): void {
    const item = this.outbox.next();
    if (!item || this.inFlight_ || this.line.state !== 'ready') return;
    this.inFlight_ = item.clientId;
    const visitor = this.claims_();
    this.line.send({
      type: 'message',
      id: item.clientId,
      text: item.text,
      ...(item.uploads.length && { uploadIds: item.uploads.map((upload) => upload.id) }),
      page: item.page,
      ...(Object.keys(visitor).length && { visitor }),
      sentAt: new Date(item.at).toISOString(),
    });
    this.ackTimer_ = window.setTimeout(() => this.line.restart(), kAckWithinMs);
  }

  private settled_(clientId: string, delay: number): void {
    if (this.inFlight_ !== clientId) return;
    window.clearTimeout(this.ackTimer_);
    if (delay === 0) {
      this.inFlight_ = '';
      this.flush_();
    } else {
      this.ackTimer_ = window.setTimeout(() => {
        this.inFlight_ = '';
        this.flush_();
      }, delay);
    }
  }

  private reportReads_(): void {
    if (this.line.state !== 'ready') return;
    const newest = this.timeline
      .list()
      .findLast((entry) => entry.direction === 'outbound' && entry.seq <= this.seenSeq_);
    if (!newest || newest.status === 'read' || newest.seq <= this.reportedSeq_) return;
    if (this.line.send({ type: 'read', id: newest.id })) this.reportedSeq_ = newest.seq;
  }

  private tellUnread_(): void {
    const count = this.timeline.unread(this.seenSeq_).length;
    if (count === this.unreadTold_) return;
    this.unreadTold_ = count;
    this.told_.unread(count);
  }
}
