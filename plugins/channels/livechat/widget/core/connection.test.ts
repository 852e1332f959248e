import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError, Connection, type Ports, type SocketLike } from './connection.ts';
import type { ClientFrame, ServerFrame } from './types.ts';

class Socket implements SocketLike {
  sent: ClientFrame[] = [];
  closed = false;
  onmessage: SocketLike['onmessage'] = null;
  onclose: SocketLike['onclose'] = null;
  constructor(public after: string) {}
  send(data: string) {
    this.sent.push(JSON.parse(data) as ClientFrame);
  }
  close() {
    this.closed = true;
  }
  say(frame: ServerFrame) {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
}

/** A server and a clock that do only what the test says. */
class World implements Ports {
  sockets: Socket[] = [];
  timers: Array<{ run: () => void; delay: number }> = [];
  refusals: ApiError[] = [];
  polled: string[] = [];
  pollAnswers: ServerFrame[][] = [];
  posted: ClientFrame[] = [];
  frames: ServerFrame[] = [];
  line = new Connection(this);
  constructor() {
    this.line.onFrame = (frame) => this.frames.push(frame);
  }
  async openSession() {
    const refusal = this.refusals.shift();
    if (refusal) throw refusal;
    return { token: 't', ticket: 'k', visitor: { id: 'anon-1', verified: false } };
  }
  openSocket(_ticket: string, after: string) {
    const socket = new Socket(after);
    this.sockets.push(socket);
    return socket;
  }
  async poll(after: string) {
    this.polled.push(after);
    return this.pollAnswers.shift() ?? [];
  }
  async post(frame: ClientFrame): Promise<ServerFrame | null> {
    this.posted.push(frame);
    return frame.type === 'message' ? { type: 'ack', clientId: frame.id, id: '9' } : null;
  }
  setTimer(run: () => void, delay: number) {
    const timer = { run, delay };
    this.timers.push(timer);
    return timer;
  }
  clearTimer(timer: unknown) {
    this.timers = this.timers.filter((candidate) => candidate !== timer);
  }
  random() {
    return 0.5;
  }
  async settle() {
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  }
  async fire() {
    this.timers.shift()?.run();
    await this.settle();
  }
  get socket() {
    return this.sockets.at(-1)!;
  }
}

test('is ready when the kernel has replayed, and resumes after the last applied frame', async () => {
  const world = new World();
  world.line.start();
  await world.settle();
  assert.equal(world.socket.after, '');
  assert.equal(world.line.send({ type: 'typing' }), false, 'nothing leaves before ready');
  world.socket.say({ type: 'status', cursor: 'c7', id: '1', status: 'read' });
  world.socket.say({ type: 'ready', cursor: 'c8' });
  assert.equal(world.line.state, 'ready');
  world.socket.onclose?.({ code: 1006 });
  assert.equal(world.line.state, 'waiting');
  assert.equal(world.timers[0]?.delay, 250, 'half of the first half second');
  await world.fire();
  assert.equal(world.socket.after, 'c8');
});

test('waits longer after each failure, at least as long as the server asks, and not at all when woken', async () => {
  const world = new World();
  world.refusals = [new ApiError(503, 'unavailable', 'x'), new ApiError(503, 'unavailable', 'x'), new ApiError(429, 'rate_limited', 'x', 9000)];
  world.line.start();
  await world.settle();
  assert.equal(world.timers[0]?.delay, 250);
  await world.fire();
  assert.equal(world.timers[0]?.delay, 500);
  await world.fire();
  assert.equal(world.timers[0]?.delay, 9000);
  world.line.wake();
  await world.settle();
  assert.equal(world.sockets.length, 1);
});

test('a refusal ends it: no hammering of a server that said no', async () => {
  const world = new World();
  world.refusals = [new ApiError(403, 'origin_refused', 'https://evil.example is not allowed')];
  world.line.start();
  await world.settle();
  assert.equal(world.line.state, 'refused');
  assert.equal(world.line.refusal?.code, 'origin_refused');
  assert.equal(world.timers.length, 0);
});

test('a reset forgets the cursor and starts over', async () => {
  const world = new World();
  world.line.start();
  await world.settle();
  world.socket.say({ type: 'ready', cursor: 'c1' });
  const first = world.socket;
  first.say({ type: 'reset' });
  await world.settle();
  assert.equal(first.closed, true);
  assert.notEqual(world.socket, first);
  assert.equal(world.socket.after, '');
});

test('a line that answers no pings is given up', async () => {
  const world = new World();
  world.line.start();
  await world.settle();
  world.socket.say({ type: 'ready', cursor: 'c1' });
  await world.fire();
  world.socket.say({ type: 'pong' });
  await world.fire();
  await world.fire();
  assert.equal(world.line.state, 'ready');
  await world.fire();
  assert.equal(world.line.state, 'waiting');
  assert.equal(world.socket.sent.filter((frame) => frame.type === 'ping').length, 3);
});

test('where no WebSocket gets through, the same frames go over requests', async () => {
  const world = new World();
  world.line.start();
  for (let failure = 0; failure < 3; failure++) {
    await world.settle();
    world.socket.onclose?.({ code: 1006 });
    await world.fire();
  }
  assert.equal(world.line.state, 'ready');
  assert.deepEqual(world.polled, ['']);
  world.pollAnswers.push([{ type: 'status', cursor: 'p2', id: '1', status: 'read' }]);
  await world.fire();
  await world.fire();
  assert.deepEqual(world.polled, ['', '', 'p2']);
  assert.equal(world.line.send({ type: 'message', id: 'm1', text: 'hi' }), true);
  await world.settle();
  assert.deepEqual(world.frames.at(-1), { type: 'ack', clientId: 'm1', id: '9' });
});
