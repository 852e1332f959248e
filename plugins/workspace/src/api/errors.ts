/** What can go wrong with a call, as one value that every page can show. */

export interface Fault {
  path: string;
  message: string;
}

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly details: Fault[] = [],
    readonly requestId: string | null = null,
    readonly retryAfter: number | null = null
  ) {
    super(message);
    this.name = 'ApiError';
  }

  /** No answer came: no network, server down, or aborted by a proxy. */
  get offline(): boolean {
    return this.status === 0;
  }

  /** Worth sending again as it is. */
  get temporary(): boolean {
    return this.status === 0 || this.status === 401 || this.status === 429 || this.status >= 500;
  }

  /** The first fault of a field, by JSON pointer prefix ("/assignmentRules"). */
  fault(path: string): string | undefined {
    return this.details.find((d) => d.path === path || d.path.startsWith(`${path}/`))?.message;
  }
}

export function toApiError(reason: unknown): ApiError {
  if (reason instanceof ApiError) return reason;
  return new ApiError(0, 'unexpected', reason instanceof Error ? reason.message : String(reason));
}

/** Reads the error envelope of an answer; anything else still gives a usable error. */
export function readError(status: number, body: string, header: (name: string) => string | null): ApiError {
  const requestId = header('X-Request-Id');
  const retry = Number(header('Retry-After') ?? NaN);
  const retryAfter = Number.isFinite(retry) ? retry : null;
  try {
    const parsed = JSON.parse(body) as { error?: { code?: string; message?: string; details?: unknown; requestId?: string } };
    if (parsed.error) {
      const details = Array.isArray(parsed.error.details) ? (parsed.error.details as Fault[]) : [];
      return new ApiError(
        status,
        parsed.error.code ?? `http_${status}`,
        parsed.error.message ?? `HTTP ${status}`,
        details,
        parsed.error.requestId ?? requestId,
        retryAfter
      );
    }
  } catch (reason) {
    console.info('An error answer was not JSON:', (reason as Error).message);
  }
  return new ApiError(status, `http_${status}`, `HTTP ${status}`, [], requestId, retryAfter);
}
