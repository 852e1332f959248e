/** Where to go after signing in: only addresses of this very site. */
export function landing(next: string | null): string {
  if (!next || !next.startsWith('/') || next.startsWith('//') || next.includes('\\')) return '/inbox/mine';
  return next;
}
