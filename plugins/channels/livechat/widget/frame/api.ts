// The visitor API of the account, from the frame's own origin.
import { ApiError } from '../core/connection.ts';
import type { ClientFrame, Identity, ServerFrame, Session } from '../core/types.ts';

export interface Uploaded {
  id: string;
  name: string;
  mimeType: string;
  sizeBytes: number;
}

export class Api {
  constructor(private base_: URL) {}

  session(token: string, identity: Identity | null): Promise<Session> {
    return this.call_<Session>('POST', 'session', '', { ...(token && { token }), ...(identity && { identity }) });
  }

  async poll(token: string, after: string): Promise<ServerFrame[]> {
    const answer = await this.call_<{ frames: ServerFrame[] }>('GET', 'poll?after=' + encodeURIComponent(after), token);
    return answer.frames;
  }

  /** A message is answered like on the socket; anything else by nothing. */
  async post(token: string, frame: ClientFrame): Promise<ServerFrame | null> {
    if (frame.type === 'ping') return null;
    if (frame.type !== 'message') {
      await this.call_('POST', 'events', token, frame);
      return null;
    }
    try {
      const answer = await this.call_<{ id: string }>('POST', 'messages', token, frame);
      return { type: 'ack', clientId: frame.id, id: answer.id };
    } catch (error) {
      if (!(error instanceof ApiError) || error.status === 0 || error.status === 401) throw error;
      const { code, message, retryAfterMs } = error;
      return { type: 'nack', clientId: frame.id, code, message, retryAfterMs };
    }
  }

  socket(ticket: string, after: string): WebSocket {
    const url = new URL('socket', this.base_);
    url.protocol = url.protocol === 'http:' ? 'ws:' : 'wss:';
    url.search = new URLSearchParams({ ticket, ...(after && { after }) }).toString();
    return new WebSocket(url);
  }

  /** XMLHttpRequest, as fetch tells no progress of what it sends. */
  upload(token: string, file: File, progress: (share: number) => void): { done: Promise<Uploaded>; abort(): void } {
    const request = new XMLHttpRequest();
    const done = new Promise<Uploaded>((resolve, reject) => {
      request.open('POST', new URL('uploads?name=' + encodeURIComponent(file.name || 'file'), this.base_));
      request.setRequestHeader('Authorization', 'Bearer ' + token);
      request.setRequestHeader('Content-Type', file.type || 'application/octet-stream');
      request.responseType = 'json';
      request.upload.onprogress = (event) => progress(event.lengthComputable ? event.loaded / event.total : 0);
      request.onerror = request.ontimeout = () => reject(new ApiError(0, 'network', 'no answer'));
      request.onload = () => {
        if (request.status === 201) resolve(request.response as Uploaded);
        else reject(problem(request.status, request.response, request.getResponseHeader('Retry-After')));
      };
      request.send(file);
    });
    return { done, abort: () => request.abort() };
  }

  private async call_<T>(method: string, path: string, token: string, body?: unknown): Promise<T> {
    let answer: Response;
    try {
      answer = await fetch(new URL(path, this.base_), {
        method,
        headers: {
          ...(token && { Authorization: 'Bearer ' + token }),
          ...(body !== undefined && { 'Content-Type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        credentials: 'omit',
        cache: 'no-store',
        signal: AbortSignal.timeout(20_000),
      });
    } catch (error) {
      throw new ApiError(0, 'network', String(error));
    }
    const parsed: unknown = await answer.json().catch(() => null);
    if (!answer.ok) throw problem(answer.status, parsed, answer.headers.get('Retry-After'));
    return parsed as T;
  }
}

function problem(status: number, body: unknown, retryAfter: string | null): ApiError {
  const error = (body as { error?: { code?: string; message?: string } } | null)?.error;
  const seconds = Number(retryAfter);
  return new ApiError(status, error?.code ?? 'http_' + status, error?.message ?? 'HTTP ' + status,
    Number.isFinite(seconds) ? seconds * 1000 : 0);
}
