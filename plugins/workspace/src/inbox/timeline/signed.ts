/** Signed addresses of attachments, kept until shortly before they expire. */
export const signed = new Map<string, { url: string; expiresAt: string }>();
