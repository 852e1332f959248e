// One visitor's line to the server: a WebSocket with an opaque cursor, reopened for ever with jittered back-off; where a
// network lets no WebSocket through, the same frames over plain requests.
import { delayFor } from './backoff.ts';
import type { ClientFrame, ServerFrame, Session } from './types.ts';

export interface SocketLike {
  send(data: string): void;
  close(code?: number, reason?: string): void;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number }) => void) | null;
}

export class ApiError extends Error {
  constructor(
    public status: number, // 0: no answer
    public code: string,
    message: string,
    public retryAfterMs = 0,
  ) {
    super(message);
  }
}

export interface Ports {
  openSession(): Promise<Session>; // throws ApiError
  openSocket(ticket: string, after: string): SocketLike;
  poll(after: string): Promise<ServerFrame[]>;
  post(frame: ClientFrame): Promise<ServerFrame | null>;
  setTimer(run: () => void, delayMs: number): unknown;
  clearTimer(timer: unknown): void;
  random(): number;
}

export type LineState = 'idle' | 'connecting' | 'ready' | 'waiting' | 'refused';

const kSocketFailuresBeforePolling = 3;
const kPollEveryMs = 3000;
const kPollsBeforeSocketAgain = 20;
const kPingEveryMs = 25_000;

export class Connection {
  state: LineState = 'idle';
  refusal: ApiError | null = null;
  cursor = '';
  onFrame: (frame: ServerFrame) => void = () => {};
  onState: () => void = () => {};

  private socket_: SocketLike | null = null;
  private timer_: unknown = null;
  private heartbeat_: unknown = null;
  private attempt_ = 0;
  private socketFailures_ = 0;
  private polls_ = 0;
  private silentPings_ = 0;
  private generation_ = 0; // raised by stop and restart: answers of an older one are dropped

  constructor(private ports_: Ports) {}

  start(): void {
    if (this.state === 'idle') void this.connect_();
  }

  /** The network is back, or the page visible again: no more waiting. */
  wake(): void {
    if (this.state === 'waiting') {
      this.attempt_ = 0;
      void this.connect_();
    }
  }

  stop(): void {
    this.drop_();
    this.setState_('idle');
  }

  restart(): void {
    this.drop_();
    this.attempt_ = 0;
    void this.connect_();
  }

  /** @returns false when there is no line; the caller keeps what must not be lost. */
  send(frame: ClientFrame): boolean {
    if (this.state !== 'ready') return false;
    if (this.socket_) {
      this.socket_.send(JSON.stringify(frame));
      return true;
    }
    const generation = this.generation_;
    this.ports_.post(frame).then(
      (answer) => {
        if (generation === this.generation_ && answer) this.deliver_(answer);
      },
      (error: unknown) => {
        if (generation === this.generation_) this.lost_(error);
      },
    );
    return true;
  }

  private async connect_(): Promise<void> {
    this.drop_();
    const generation = this.generation_;
    this.setState_('connecting');
    let session: Session;
    try {
      session = await this.ports_.openSession();
    } catch (error) {
      if (generation === this.generation_) this.lost_(error);
      return;
    }
    if (generation !== this.generation_) return;
    if (this.socketFailures_ >= kSocketFailuresBeforePolling) {
      this.polls_ = 0;
      void this.pollOnce_(generation);
      return;
    }
    const socket = this.ports_.openSocket(session.ticket, this.cursor);
    this.socket_ = socket;
    socket.onmessage = (event) => {
      if (generation === this.generation_) this.receive_(String(event.data));
    };
    socket.onclose = () => {
      if (generation !== this.generation_) return;
      if (this.state !== 'ready') this.socketFailures_++;
      this.lost_(new ApiError(0, 'closed', 'the connection closed'));
    };
  }

  private receive_(data: string): void {
    this.silentPings_ = 0;
    let frame: ServerFrame;
    try {
      frame = JSON.parse(data) as ServerFrame;
    } catch {
      return; // not ours
    }
    this.deliver_(frame);
  }

  private deliver_(frame: ServerFrame): void {
    if (frame.type === 'reset') this.cursor = '';
    this.onFrame(frame);
    if ('cursor' in frame && frame.cursor) this.cursor = frame.cursor; // only after it was applied
    if (frame.type === 'ready') this.becomeReady_();
    else if (frame.type === 'reset') this.restart();
  }

  private becomeReady_(): void {
    this.attempt_ = 0;
    if (this.socket_) {
      this.socketFailures_ = 0;
      this.silentPings_ = 0;
      this.beat_();
    }
    this.setState_('ready');
  }

  private beat_(): void {
    this.heartbeat_ = this.ports_.setTimer(() => {
      if (this.silentPings_ >= 2) {
        this.lost_(new ApiError(0, 'silent', 'two pings were not answered'));
        return;
      }
      this.silentPings_++;
      this.send({ type: 'ping' });
      this.beat_();
    }, kPingEveryMs);
  }

  private async pollOnce_(generation: number): Promise<void> {
    try {
      const frames = await this.ports_.poll(this.cursor);
      if (generation !== this.generation_) return;
      for (const frame of frames) {
        this.deliver_(frame);
        if (generation !== this.generation_) return;
      }
      if (this.state !== 'ready') this.becomeReady_();
    } catch (error) {
      if (generation === this.generation_) this.lost_(error);
      return;
    }
    if (++this.polls_ >= kPollsBeforeSocketAgain) {
      this.socketFailures_ = kSocketFailuresBeforePolling - 1;
      void this.connect_();
      return;
    }
    this.timer_ = this.ports_.setTimer(() => void this.pollOnce_(generation), kPollEveryMs);
  }

  private lost_(error: unknown): void {
    this.drop_();
    const failure = error instanceof ApiError ? error : new ApiError(0, 'network', String(error));
    if (failure.status === 403) {
      this.refusal = failure;
      this.setState_('refused');
      return;
    }
    const delay = Math.max(delayFor(this.attempt_++, this.ports_.random()), failure.retryAfterMs);
    this.setState_('waiting');
    this.timer_ = this.ports_.setTimer(() => void this.connect_(), delay);
  }

  private drop_(): void {
    this.generation_++;
    if (this.timer_ !== null) this.ports_.clearTimer(this.timer_);
    if (this.heartbeat_ !== null) this.ports_.clearTimer(this.heartbeat_);
    this.timer_ = this.heartbeat_ = null;
    const socket = this.socket_;
    this.socket_ = null;
    if (socket) {
      socket.onmessage = socket.onclose = null;
      socket.close();
    }
  }

  private setState_(state: LineState): void {
    if (this.state === state) return;
    this.state = state;
    if (state !== 'refused') this.refusal = null;
    this.onState();
  }
}
