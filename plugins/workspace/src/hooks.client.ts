import type { HandleClientError } from '@sveltejs/kit';

/** A part of the application could not be fetched: the server is away, or has another build. */
const isMissingPart = (error: unknown): boolean =>
  error instanceof Error && /dynamically imported module|importing a module|preload css|failed to fetch/i.test(error.message);

export const handleError: HandleClientError = ({ error, message }) => ({ message, missingPart: isMissingPart(error) });
