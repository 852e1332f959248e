import { beforeEach, describe, expect, it } from 'vitest';
import { firstDelay, LiveSocket, longestDelay, pingEvery, type SocketState, type Wire } from './socket';
import type { Frame } from '../api/types';

interface Timer {
  run: () => void;
  ms: number;
}

class FakeWire implements Wire {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  sent: string[] = [];
  closed = false;
  constructor(readonly after: string | null) {}
  send(text: string): void {
    this.sent.push(text);
  }
  close(): void {
    this.closed = true;
  }
  open(): void {
    this.onopen?.();
  }
  say(frame: Frame): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
  drop(code = 1006): void {
    this.onclose?.({ code });
  }
}

let wires: FakeWire[];
let timers: Timer[];
let states: SocketState[];
let ready: boolean[];
let frames: Frame[];
let resets: number;
let signedOut: number;
let session: boolean;
let socket: LiveSocket;

const wire = () => wires[wires.length - 1] as FakeWire;
const settle = () => new Promise<void>((resolve) => setTimeout(resolve, 0));
const fire = (ms: (timer: Timer) => boolean = () => true) => {
  const timer = timers.find(ms);
  if (!timer) throw new Error('no such timer');
  timers = timers.filter((x) => x !== timer);
  timer.run();
};

beforeEach(() => {
  wires = [];
  timers = [];
  states = [];
  ready = [];
  frames = [];
  resets = 0;
  signedOut = 0;
  session = true;
  socket = new LiveSocket({
    connect: (after) => {
      wires.push(new FakeWire(after));
      return wire();
    },
    setTimer: (run, ms) => {
      const timer = { run, ms };
      timers.push(timer);
      return timer;
    },
    clearTimer: (timer) => {
      timers = timers.filter((x) => x !== timer);
    },
    random: () => 1,
    onReady: (resumed) => ready.push(resumed),
    onFrame: (frame) => frames.push(frame),
    onReset: () => {
      resets += 1;
    },
    onState: (state) => states.push(state),
    stillSignedIn: () => Promise.resolve(session),
    onSignedOut: () => {
      signedOut += 1;
    }
  });
});

describe('the live connection', () => {
  it('asks for loading at the first ready and resumes with the last applied cursor', () => {
    socket.start();
    expect(wire().after).toBeNull();
    wire().open();
    wire().say({ type: 'ready', cursor: 'c0' });
    expect(ready).toEqual([false]);
    wire().say({ type: 'message.received', cursor: 'c1', data: {} });
    wire().say({ type: 'typing', data: {} });
    wire().drop();
    fire((x) => x.ms === firstDelay);
    expect(wire().after).toBe('c1');
    wire().open();
    wire().say({ type: 'ready', cursor: 'c9' });
    expect(ready).toEqual([false, true]);
    expect(frames.map((f) => f.type)).toEqual(['message.received', 'typing']);
  });

  it('keeps the old cursor when it is cut off before the missed frames came', () => {
    socket.start();
    wire().open();
    wire().say({ type: 'ready', cursor: 'c0' });
    wire().say({ type: 'x', cursor: 'c1', data: {} });
    wire().drop();
    fire();
    wire().open();
    wire().say({ type: 'ready', cursor: 'c5' });
    wire().drop();
    fire((x) => x.ms === firstDelay);
    expect(wire().after).toBe('c1');
  });

  it('doubles the delay up to thirty seconds and never gives up', async () => {
    socket.start();
    const delays: number[] = [];
    for (let i = 0; i < 9; i++) {
      wire().drop();
      await settle();
      delays.push(timers[0]?.ms ?? -1);
      fire();
    }
    expect(delays.slice(0, 4)).toEqual([500, 1000, 2000, 4000]);
    expect(Math.max(...delays)).toBe(longestDelay);
    expect(signedOut).toBe(0);
  });

  it('connects at once when the network comes back', () => {
    socket.start();
    wire().open();
    wire().say({ type: 'ready', cursor: 'c0' });
    wire().drop();
    expect(socket.state).toBe('waiting');
    socket.retryNow();
    expect(wires).toHaveLength(2);
    expect(timers).toHaveLength(0);
  });

  it('after a reset forgets the cursor, connects anew and loads everything', () => {
    socket.start();
    wire().open();
    wire().say({ type: 'ready', cursor: 'c0' });
    const first = wire();
    first.say({ type: 'reset' });
    expect(resets).toBe(1);
    expect(first.closed).toBe(true);
    expect(wire()).not.toBe(first);
    expect(wire().after).toBeNull();
    wire().open();
    wire().say({ type: 'ready', cursor: 'n0' });
    expect(ready).toEqual([false, false]);
    expect(socket.cursor.value).toBe('n0');
  });

  it('waits between resets that repeat before ready', () => {
    socket.start();
    wire().say({ type: 'reset' });
    wire().say({ type: 'reset' });
    expect(socket.state).toBe('waiting');
    expect(resets).toBe(2);
  });

  it('closes after two pings without an answer', () => {
    socket.start();
    wire().open();
    wire().say({ type: 'ready', cursor: 'c0' });
    fire((x) => x.ms === pingEvery);
    fire((x) => x.ms === pingEvery);
    expect(wire().sent).toEqual(['{"type":"ping"}', '{"type":"ping"}']);
    fire((x) => x.ms === pingEvery);
    expect(wire().closed).toBe(true);
    expect(socket.state).toBe('waiting');
  });

  it('an answered ping keeps it open', () => {
    socket.start();
    wire().open();
    wire().say({ type: 'ready', cursor: 'c0' });
    for (let i = 0; i < 5; i++) {
      fire((x) => x.ms === pingEvery);
      wire().say({ type: 'pong' });
    }
    expect(socket.state).toBe('open');
  });

  it('stops when the session is gone', async () => {
    session = false;
    socket.start();
    wire().drop();
    await settle();
    expect(signedOut).toBe(1);
    expect(socket.state).toBe('idle');
    expect(timers).toHaveLength(0);
  });

  it('says nothing while it is not open, and queues nothing', () => {
    socket.start();
    socket.say({ type: 'typing', conversationId: 'a' });
    wire().open();
    wire().say({ type: 'ready', cursor: 'c0' });
    expect(wire().sent).toEqual([]);
    socket.say({ type: 'typing', conversationId: 'a' });
    expect(wire().sent).toHaveLength(1);
  });

  it('ignores what is not JSON', () => {
    socket.start();
    wire().onmessage?.({ data: 'oops' });
    expect(socket.state).toBe('connecting');
  });
});
